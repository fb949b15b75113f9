# bats file_tags=models
# What filed's peers see in both dialects, byte by byte, under every model.

load lib/brood
load lib/talk

# 6 bytes, 100000 bytes, nothing; and what must not be had.
setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/root
	mkdir -p "$ROOT/sub/deep"
	chmod 755 "$BATS_FILE_TMPDIR" "$ROOT" "$ROOT/sub" "$ROOT/sub/deep"
	echo hello >"$ROOT/hello.txt"
	"$PYTHON" -c 'import random, sys
sys.stdout.buffer.write(random.Random(1).randbytes(100000))' >"$ROOT/big"
	: >"$ROOT/empty"
	echo inner >"$ROOT/sub/deep/inner"
	echo spaced >"$ROOT/sub/a b"
	echo half >"$ROOT/x.0123456789abcdef.part"
	echo mine >"$ROOT/x.part"
	echo list >"$ROOT/LIST"
	echo odd >"$ROOT/GET odd one"
	ln -s hello.txt "$ROOT/in"
	ln -s /etc/passwd "$ROOT/out"
	ln -s ../.. "$ROOT/sub/up"
	mkfifo "$ROOT/fifo"
	touch -d 2020-02-02T02:02:02.5Z "$ROOT/hello.txt"
	SHA=$(sha256sum <"$ROOT/hello.txt")
	export SHA=${SHA%% *}
	start_server filed "$ROOT"
}

# ask STEP... - on one connection
ask() {
	run tcp "$HOST" "$PORT" "$@"
}

# -- The plain dialect --------------------------------------------------------

@test "plain: the size, alone in one recv, a pause, the bytes, another name" {
	run "$PYTHON" - "$HOST" "$PORT" "$ROOT/big" <<-'EOF'
	import socket, sys, time
	s = socket.create_connection(sys.argv[1:3], 20)
	for name, data in [(b"hello.txt", b"hello\n"),
	                   (b"big", open(sys.argv[3], "rb").read()),
	                   (b"nope", None), (b"sub/a b", b"spaced\n")]:
	    start = time.monotonic()
	    s.sendall(name)
	    size = s.recv(65536)
	    if data is None:
	        assert size == b"-1", size
	        continue
	    assert size == b"%d" % len(data), size
	    got = s.recv(1)
	    # 100 ms of silence end the name, 100 ms follow the size
	    assert time.monotonic() - start > 0.19
	    while len(got) < len(data):
	        got += s.recv(65536)
	    assert got == data
	s.settimeout(0.05)
	try:
	    print("more:", s.recv(100))
	except socket.timeout:
	    print("no more")
	EOF
	assert_success
	assert_output 'no more'
}

@test "plain: nc" {
	need nc
	run nc -N -w 5 "$HOST" "$PORT" <<<'' # a blank line is no file
	assert_output -- '-1'
	run bash -c 'printf hello.txt | nc -N -w 5 "$HOST" "$PORT"'
	assert_success
	assert_output '6hello'
}

@test "plain: a name split at every byte is one name; an empty file" {
	run tcp --split 1 "$HOST" "$PORT" hello.txt @shut
	assert_success
	assert_output '6hello'
	ask empty @shut
	assert_output 0
}

@test "plain: several names in one segment, the last of them bare" {
	ask 'hello.txt\nnope\r\nempty\nhello.txt' @shut
	assert_success
	assert_output $'6\nhello\n-1\r\n0\n6hello'
}

@test "plain: a bare word is a name, whatever it is in the other dialect" {
	ask LIST @expect '5list\n' QUIT @expect -- '-1' 'GET odd one' \
	    @expect '4odd' @close
	assert_success
	ask 'GET odd one\n' @expect '4\nodd\n' @close
	assert_success
}

@test "plain: what is not below the folder is not there" {
	names=(../root/hello.txt /etc/passwd out sub/up/root/hello.txt
	    sub/../../root/hello.txt sub . '' .. fifo nope/x hello.txt/
	    x.0123456789abcdef.part 'hello.txt\0' "$(printf 'n%.0s' {1..300})")
	ask "$(printf '%s\\n' "${names[@]}")" ../hello.txt @shut
	assert_success
	assert_output "$(printf -- '-1\n%.0s' "${names[@]}")"$'\n-1'
	ask in @expect 6hello sub/../hello.txt @expect 6hello x.part \
	    @expect 5mine @close
	assert_success
}

@test "plain: a request that is too long is refused, and that is the end" {
	head -c 200000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/long"
	ask @file "$BATS_TEST_TMPDIR/long"
	assert_success
	assert_output -- -1
	ask 'GET ' @file "$BATS_TEST_TMPDIR/long"
	assert_success
	assert_output $'500 the request is too long\r'
}

# -- The better dialect -------------------------------------------------------

@test "GET: announced, sent, and its digest" {
	ask 'GET hello.txt\r\n' 'QUIT\r\n'
	assert_success
	assert_line --index 0 --regexp \
	    '^150 6 0 1580608922\.500000000 0644 (-|[0-9a-f]{64})'
	assert_line --index 1 hello
	assert_line --index 2 $'226 '"$SHA"$'\r'
	assert_line --index 3 $'221 bye\r'
}

@test "GET: from an offset, with the digest of what is before" {
	ask 'GET hello.txt 2\n' @expect "226 $SHA" 'QUIT\n'
	assert_success
	assert_line --index 0 --regexp '^150 6 2 '
	assert_line --index 1 "151 $(printf he | sha256sum | cut -c 1-64)"
	assert_line --index 2 llo
	ask 'GET hello.txt 6\n' @expect "151 $SHA\n226 $SHA\n" @close
	assert_success
	ask 'GET hello.txt 7\nGET hello.txt 3 nodigest\nGET empty\nQUIT\n'
	assert_line --index 0 --regexp '^554 '
	assert_line --index 1 --regexp '^150 6 3 .* '
	assert_line --index 2 lo
	assert_line --index 3 '226 -'
	assert_line --index 4 --regexp '^150 0 0 '
	assert_line --index 5 --regexp '^226 e3b0c44298fc1c14'
}

@test "GET: is acknowledged, by the digest that was said" {
	ask "ACK $SHA\n" "GET hello.txt\n" @expect 226 \
	    "ACK ${SHA//[0-7]/0}\nACK $SHA\nQUIT\n"
	assert_success
	assert_line --index 0 --regexp '^503 '
	assert_line --regexp '^451 '
	assert_line "250 $SHA"
	[[ ${MODEL:-} == inetd ]] ||
	    wait_for_line "$SERVER_LOG" 'received and verified: '
}

@test "GET: split at every byte, pipelined, and many at once" {
	run tcp --split 1 "$HOST" "$PORT" 'GET hello.txt\r\n' @expect '226 .*\n' \
	    @close
	assert_success
	for ((i = 0; i < 20; i++)); do
		printf 'GET hello.txt\n'
	done >"$BATS_TEST_TMPDIR/many"
	ask @file "$BATS_TEST_TMPDIR/many" 'QUIT\n'
	assert_success
	assert_equal "$(grep -c '^hello$' <<<"$output")" 20
	assert_equal "$(grep -c "^226 $SHA" <<<"$output")" 20
}

@test "GET: the bytes are the file's" {
	tcp "$HOST" "$PORT" 'GET big\nQUIT\n' >"$BATS_TEST_TMPDIR/got"
	tail -c +"$(($(head -1 "$BATS_TEST_TMPDIR/got" | wc -c) + 1))" \
	    "$BATS_TEST_TMPDIR/got" | head -c 100000 | cmp - "$ROOT/big"
}

@test "a file is hashed once: the second time its digest is announced" {
	skip_model 'its memory ends with the connection' inetd
	touch -d 2020-02-02 "$ROOT/once"	# ctime is now: it settles
	ask 'GET once\nQUIT\n'
	assert_line --index 0 --regexp '^150 0 0 .* -$'
	known() {
		tcp "$HOST" "$PORT" 'GET once\n' 'STAT once\nQUIT\n' |
		    grep -q '^213 f .* e3b0c44298fc1c14.* once'
	}
	wait_until 10 known
	rm "$ROOT/once"
}

@test "errors: a code for each, and the conversation goes on" {
	ask 'GET nope\nGET sub\nGET out\nGET ../x\nGET fifo\nGET\n' \
	    "GET $(printf 'n%.0s' {1..300})\\n" \
	    'STAT nope\nPUT x 1 *\nMKDIR x\nGET x 1 2 3\nUSER a\nQUIT\n'
	assert_success
	mapfile -t codes < <(cut -c 1-3 <<<"$output")
	assert_equal "${codes[*]}" \
	    '550 550 550 550 550 501 555 550 550 550 501 501 221'
}

@test "LIST and STAT: what there is, and nothing else" {
	ask 'LIST\nQUIT\n'
	assert_success
	assert_line --regexp '^213-f 6 1580608922\.500000000 0644 .* hello.txt$'
	assert_line --regexp '^213-f 6 .* in$'
	assert_line --regexp '^213-f 4 .* "GET odd one"$'
	assert_line --regexp '^213-d 0 .* - sub$'
	assert_line --regexp '^213 8 entries, 0 troubles$'
	refute_line --regexp ' (out|fifo|x\.0123456789abcdef\.part)$'
	ask 'LIST -r sub\nQUIT\n'
	assert_line --regexp '^213-f 7 .* "sub/a b"$'
	assert_line --regexp '^213-d 0 .* sub/deep$'
	assert_line --regexp '^213-f 6 .* sub/deep/inner$'
	assert_line --regexp '^213 3 entries'
	ask 'LIST hello.txt\nSTAT sub/\nLIST ..\nQUIT\n'
	assert_line --index 0 --regexp '^213 f 6 '
	assert_line --index 1 --regexp '^213 d 0 .* sub/$'
	assert_line --index 2 --regexp '^550 '
}

# -- Uploads ------------------------------------------------------------------

# writable - another server, whose folder is W
writable() {
	W=$BATS_TEST_TMPDIR/w
	mkdir "$W"
	chmod 777 "$W"
	start_server filed --writable "$@" "$W"
}

@test "PUT: stored when its digest is right, with mode and time" {
	writable
	ask "PUT sub.txt 6 $SHA mtime=1580608922.5 mode=0640\\n" \
	    @expect '354 0\n' 'hello\n' @expect "250 $SHA sub.txt\n" \
	    "PUT sub.txt 6 $SHA\\n" @expect "250 $SHA sub.txt\n" \
	    'PUT sub.txt 5 *\n' @expect '553 [^\n]*\n' \
	    'PUT sub.txt 5 * exists=rename\n' @expect '354 0\n' \
	    "other$(printf other | sha256sum | cut -c 1-64)\\n" \
	    @expect '250 [0-9a-f]* sub.txt.1\n' 'MKDIR d mode=0750\n' \
	    @expect '257 ' 'PUT "d/a b" * *\n' @expect '354 0\n' \
	    "3\nhel3\nlo\n0\n$SHA\n" @expect "250 $SHA \"d/a b\"\n" 'QUIT\n'
	assert_success
	assert_equal "$(stat -c '%a %Y %s' "$W/sub.txt")" '640 1580608922 6'
	assert_equal "$(stat -c %a "$W/d")" 750
	assert_equal "$(<"$W/sub.txt.1")" other
	assert_equal "$(<"$W/d/a b")" hello
	assert_equal "$(find "$W" -name '*.part')" ''
}

@test "PUT: what is cut leaves a .part alone, and goes on from there" {
	writable
	ask "PUT x 6 $SHA\\n" @expect '354 0\n' hel @close
	assert_success
	wait_until 10 compgen -G "$W/x.*.part" >/dev/null
	assert [ ! -e "$W/x" ]
	ask "PUT x 6 $SHA\\n" @expect '354 3\n' 'lo\n' @expect 250 @close
	assert_success
	assert_equal "$(<"$W/x")" hello
	assert_equal "$(ls "$W")" x
}

@test "PUT: another digest: nothing is kept" {
	writable
	ask "PUT x 6 $SHA\\n" @expect '354 0\n' 'hallo\n' @expect '451 [^\n]*\n' \
	    'PUT y 2 *\n' @expect '354 0\n' 'no-\n' @expect '451 [^\n]*\n' \
	    'PUT z * *\n' @expect '354 0\n' 'two\n' @expect '501 .*\n'
	assert_success
	assert_equal "$(ls "$W")" ''
}

@test "PUT: names that lead out or are filed's own" {
	writable --max-size 1k
	ln -s /tmp "$W/away"
	ln -s nowhere "$W/link"
	names=(../x /x a/../x ./x x/ . a/b away/x x.0123456789abcdef.part
	    "$(printf 'n%.0s' {1..256})")
	ask "$(printf 'PUT %s 0 *\\n' "${names[@]}")" 'QUIT\n'
	assert_success
	assert_equal "$(grep -cE '^55[05] ' <<<"$output")" "${#names[@]}"
	ask 'PUT link 0 *\nPUT x 1025 *\nPUT away 0 * exists=replace\n-\nQUIT\n'
	assert_line --index 0 --regexp '^553 '
	assert_line --index 1 --regexp '^552 '
	assert_line --index 3 --regexp '^451 '
	assert_equal "$(ls "$W")" $'away\nlink'
}

# -- Who may --------------------------------------------------------------------

@test "--users: nothing without a password, three tries; --public reads" {
	only_model 'a password is checked alike everywhere' fork fibers
	printf '# people\nme:%s\n' "$(openssl passwd -5 -salt abc secret)" \
	    >"$BATS_TEST_TMPDIR/users"
	writable --users "$BATS_TEST_TMPDIR/users"
	echo hello >"$W/f"
	ask 'f\nGET f\nLIST\nPUT x 0 *\nUSER me wrong\n' @expect '530 wrong' \
	    'USER me secret\n' @expect '230' 'GET f nodigest\n' \
	    @expect '226' 'f' @expect '6hello' @close
	assert_success
	mapfile -t codes < <(cut -c 1-3 <<<"$output")
	assert_equal "${codes[*]:0:6}" '-1 530 530 530 530 230'
	[[ ${MODEL:-} == inetd ]] ||
	    wait_for_line "$SERVER_LOG" "wrong password for 'me'"
	stop_server
	start_server filed --writable --public \
	    --users "$BATS_TEST_TMPDIR/users" "$W"
	ask 'f\nSTAT f\nPUT x 0 *\nMKDIR x\nUSER me a\nUSER me a\nUSER me a\n'
	assert_success
	mapfile -t codes < <(grep -v hello <<<"$output" | cut -c 1-3)
	assert_equal "${codes[*]}" '6 213 530 530 530 530 530'
}

# -- What it prints -------------------------------------------------------------

@test "-v: each chunk and file" {
	start_server filed -v --chunk 4 "$ROOT"
	out=$SERVER_OUT
	[[ ${MODEL:-} != inetd ]] || out=$SERVER_LOG
	ask hello.txt @expect 6hello @close
	assert_success
	wait_for_line "$out" '^Done!'
	run grep -v listening "$out"
	assert_line --index 0 'Send a chunk of 4 bytes.'
	assert_line --index 1 'Send a chunk of 2 bytes.'
	assert_line --index 2 'Send a file of 6 bytes.'
	assert_line --index 3 'Done!'
}
