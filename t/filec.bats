# filec, with a filed that behaves: what is where afterwards, what is printed,
# and what the exit status says.

load lib/brood

setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/root
	mkdir -p "$ROOT/tree/deep/empty"
	chmod -R 755 "$BATS_FILE_TMPDIR"
	echo hello >"$ROOT/hello.txt"
	head -c 1000000 /dev/urandom >"$ROOT/big"
	: >"$ROOT/nothing"
	for ((i = 0; i < 12; i++)); do
		echo "file $i" >"$ROOT/tree/f$i"
	done
	echo spaced >"$ROOT/tree/deep/a b"
	chmod 640 "$ROOT/hello.txt"
	chmod 750 "$ROOT/tree/deep/empty"
	chown -R nobody "$ROOT" 2>/dev/null || :
	touch -d 2020-02-02T02:02:02.123456789Z "$ROOT/hello.txt" \
	    "$ROOT/tree/deep/empty"
	start_server filed "$ROOT"
	export READ=$HOST:$PORT READ_PORT=$PORT
	export W=$BATS_FILE_TMPDIR/w
	mkdir "$W"
	chmod 777 "$W"
	start_server filed --writable "$W"
	export WRITE=$HOST:$PORT WRITE_LOG=$SERVER_LOG
}

setup() {
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return
}

filec() {
	client filec "$@"
}

# -- Getting --------------------------------------------------------------------

@test "get: the file, its mode and its time; silent" {
	run filec get "$READ" hello.txt big nothing
	assert_success
	assert_output ''
	cmp hello.txt "$ROOT/hello.txt"
	cmp big "$ROOT/big"
	assert_equal "$(stat -c '%a %.9Y' hello.txt)" '640 1580608922.123456789'
	assert_equal "$(ls)" $'big\nhello.txt\nnothing'
	run filec get --no-preserve -o plain "$READ" hello.txt
	assert_success
	assert_equal "$(stat -c %a plain)" 644
}

@test "get: what is here already is not fetched again" {
	filec get "$READ" big
	run filec get -v "$READ" big
	assert_success
	assert_output --regexp '^big: 1000000 bytes, there already, [0-9a-f]{64}$'
}

@test "get: another file of that name stays, unless it is said what to do" {
	echo mine >hello.txt
	run filec get "$READ" hello.txt
	assert_failure 8
	assert_output --partial 'there is another file of that name'
	assert_equal "$(<hello.txt)" mine
	run filec get --rename "$READ" hello.txt
	assert_success
	assert_output 'filec: hello.txt: hello.txt.1'
	cmp hello.txt.1 "$ROOT/hello.txt"
	assert_equal "$(<hello.txt)" mine
	# of the same size, too
	echo hallo >hello.txt
	run filec get "$READ" hello.txt
	assert_failure 8
	run filec get --overwrite "$READ" hello.txt
	assert_success
	cmp hello.txt "$ROOT/hello.txt"
	mkdir big
	run filec get --overwrite "$READ" big
	assert_failure 8
	assert_output --partial 'there is a folder of that name'
	# a device of that name would be gone
	mkfifo pipe
	run filec get --overwrite -o pipe "$READ" hello.txt
	assert_failure 8
	assert_output --partial 'what is there is no file'
	run filec get -P --overwrite -o pipe "$READ" hello.txt
	assert_failure 8
	[[ -p pipe && ! -e pipe.part ]]
}

@test "get: goes on with a .part, and starts anew with one of another file" {
	head -c 600000 "$ROOT/big" >big.part
	run filec get -v "$READ" big
	assert_success
	assert_output --partial 'resumed at 600000'
	cmp big "$ROOT/big"
	rm big
	for size in 600000 1000000 2000000; do
		head -c "$size" /dev/urandom >big.part
		run filec get -v "$READ" big
		assert_success
		refute_output --partial resumed
		cmp big "$ROOT/big"
		rm big
	done
	assert_equal "$(ls)" ''
}

@test "get: a .part that is not ours is left alone" {
	echo precious >mine
	ln mine hello.txt.part
	run filec get "$READ" hello.txt
	assert_failure 6
	assert_output --partial 'is not ours to write to'
	assert_equal "$(<mine)" precious
}

@test "get -o: a file, a folder, standard output" {
	mkdir folder
	filec get -o other "$READ" hello.txt
	filec get -o folder "$READ" hello.txt big
	filec get -o folder/third "$READ" hello.txt
	cmp other "$ROOT/hello.txt"
	cmp folder/hello.txt other
	cmp folder/third other
	cmp folder/big "$ROOT/big"
	filec get -o - "$READ" big >big
	cmp big "$ROOT/big"
	run filec get -o nowhere/x "$READ" hello.txt
	assert_failure 6
	run filec get -o - "$READ" hello.txt big
	assert_failure 2
}

@test "get -r: a tree, by several at once; the rest of it if that is cut" {
	run filec get "$READ" tree
	assert_failure 1
	assert_output --partial 'is a folder (-r gets it)'
	run filec get -r -j 4 "$READ" tree
	assert_success
	assert_output ''
	diff -r tree "$ROOT/tree"
	assert_equal "$(stat -c '%a %Y' tree/deep/empty)" '750 1580608922'
	rm tree/f3 "tree/deep/a b"
	run filec get -r -v "$READ" tree/deep/.. .
	assert_failure		# the parent of a folder is no good name
	run filec get -r -j 2 -o all "$READ" .
	assert_success
	diff -r all "$ROOT"
}

@test "get: what is not there or may not be had: 1, and the rest is got" {
	run filec get "$READ" nope hello.txt ../x
	assert_failure 1
	assert_line 'filec: nope: 550 no such file or folder'
	assert_line 'filec: ../x: 550 no such file or folder'
	cmp hello.txt "$ROOT/hello.txt"
}

@test "get --no-digest: as fast as it goes" {
	run filec get --no-digest "$READ" big
	assert_success
	cmp big "$ROOT/big"
}

# bats test_tags=no-valgrind
@test "--retry: also where there is no connection to begin with" {
	for command in get list stat; do
		now_ms
		start=$NOW_MS
		run filec --retry 1 "$command" 127.0.0.1:1 x
		assert_failure 3
		assert_output 'filec: x: 127.0.0.1:1: Connection refused'
		now_ms
		((NOW_MS - start >= 500))
	done
}

# bats test_tags=no-valgrind
@test "no server: 3; one that is not filed: 4; usage: 2" {
	run filec get 127.0.0.1:1 x
	assert_failure 3
	run filec list 127.0.0.1:1
	assert_failure 3
	assert_output 'filec: 127.0.0.1:1: Connection refused'
	start_server echod
	run filec -W 2s get "$HOST:$PORT" x
	assert_failure 4
	assert_output --partial 'this is no filed'
	for args in get 'get host' 'put host' 'host port' 'x' 'stat h' \
	    'put -P h f' 'put h -' '--overwrite --rename get h f' \
	    '-4 -6 get h f' '-j 0 get h f' '--user x get h f' '-P -r get h f'
	do
		# shellcheck disable=SC2086
		run filec $args </dev/null
		assert_failure 2
		assert_output --partial filec:
	done
}

# -- Putting --------------------------------------------------------------------

@test "put: the file, its mode and its time; twice is once" {
	run filec put "$WRITE" "$ROOT/hello.txt" "$ROOT/big" "$ROOT/nothing"
	assert_success
	assert_output ''
	cmp "$W/big" "$ROOT/big"
	assert_equal "$(stat -c '%a %.9Y' "$W/hello.txt")" \
	    '640 1580608922.123456789'
	run filec put -v "$WRITE" "$ROOT/big"
	assert_success
	assert_output --partial 'there already'
}

@test "put: another file of that name stays, unless it is said what to do" {
	echo theirs >"$W/name"
	echo mine >name
	run filec put "$WRITE" name
	assert_failure 8
	assert_output 'filec: name: 553 there is a file of that name'
	# of the same size and time as well
	echo mines >name
	echo their >"$W/name"
	touch -d 2020-02-02 name "$W/name"
	run filec put "$WRITE" name
	assert_failure 8
	run filec put --rename "$WRITE" name
	assert_success
	assert_output 'filec: name: name.1'
	cmp name "$W/name.1"
	run filec put --overwrite "$WRITE" name
	assert_success
	cmp name "$W/name"
}

@test "put -o, put -r, put -j, put -" {
	mkdir -p local/in
	for i in 1 2 3 4 5; do
		echo "$i" >"local/in/$i"
	done
	ln -s 1 local/in/link
	ln -s .. local/in/up
	run filec put -o name2 "$WRITE" local/in/1
	assert_success
	assert_equal "$(<"$W/name2")" 1
	run filec put "$WRITE" local
	assert_failure 6
	assert_output 'filec: local: is a folder (-r puts it)'
	run filec put -r -j 3 -o new/place "$WRITE" local
	assert_success
	assert_output --partial 'up: is neither file nor folder: left out'
	rm local/in/up
	diff -r local "$W/new/place/local"
	seq 100000 >numbers
	filec put -o numbers "$WRITE" - <numbers
	cmp numbers "$W/numbers"
	run filec put -o numbers "$WRITE" - <numbers
	assert_failure 8
	run filec put -r -o dots "$WRITE" local/.
	assert_success
	diff -r local "$W/dots"
	run filec put -r -o slashes "$WRITE" local//
	assert_success
	diff -r local "$W/slashes/local"
	run filec put -r "$WRITE" ''
	assert_failure 6
	mkfifo fifo
	for option in -q -r; do
		run filec put "$option" "$WRITE" fifo
		assert_failure 6
		assert_output 'filec: fifo: is neither file nor folder'
	done
}

@test "put: goes on where the last one was cut" {
	head -c 3000000 /dev/urandom >whole
	filec put --limit-rate 2M "$WRITE" whole &
	pid=$!
	wait_until 10 compgen -G "$W/whole.*.part" >/dev/null
	grown() {
		(($(stat -c %s "$W"/whole.*.part) >= 500000))
	}
	wait_until 10 grown
	allow_unfinished
	pkill -KILL -P "$pid" || kill -KILL "$pid"
	wait "$pid" || :
	assert [ ! -e "$W/whole" ]
	run filec put -v "$WRITE" whole
	assert_success
	assert_output --regexp 'resumed at [1-9][0-9]{5,}'
	cmp whole "$W/whole"
	assert_equal "$(compgen -G "$W/whole.*.part")" ''
}

@test "put: a read-only server, and bad names: 1" {
	run filec put "$READ" "$ROOT/hello.txt"
	assert_failure 1
	assert_output --partial '550 this server is read-only'
	run filec put -o ../x "$WRITE" "$ROOT/hello.txt"
	assert_failure 1
	assert_output --partial '555 '
	run filec put "$WRITE" nowhere
	assert_failure 6
}

# -- Listing --------------------------------------------------------------------

@test "list and stat, for people and for programs" {
	run filec list "$READ"
	assert_success
	assert_line --regexp \
	    '^-rw-r-----            6 2020-02-02 02:02:02 hello.txt$'
	assert_line --regexp '^drwxr-xr-x            0 .* tree/$'
	run filec list -r "$READ" tree
	assert_success
	assert_equal "${#lines[@]}" 15
	assert_line --regexp ' tree/deep/a b$'
	run filec stat --json "$READ" hello.txt
	assert_success
	assert_output --regexp '^\{"name":"hello.txt","type":"file","size":6,"mtime":1580608922.123456789,"mode":"0640","sha256":(null|"[0-9a-f]{64}")\}$'
	run filec stat "$READ" nope
	assert_failure 1
	assert_output 'filec: nope: 550 no such file or folder'
}

# -- What is shown --------------------------------------------------------------

@test "--json: an object for each file, also for those that failed" {
	run filec get --json "$READ" hello.txt big
	assert_success
	"$PYTHON" -c 'import json, sys
for line in sys.argv[1].splitlines(): print(*json.loads(line).keys())
' "$output" >keys
	assert_equal "$(sort -u keys)" \
	    'from to size offset sha256 seconds status error'
	echo mine >hello.txt
	run filec get --json "$READ" hello.txt
	assert_failure 8
	assert_output --partial '"status":8,"error":"there is another file'
	run filec get --json "$READ" nope nothing
	assert_failure 1
	assert_line --regexp '^\{"from":"nope","to":null,.*"status":1,"error":"550 '
	assert_line --regexp '^\{"from":"nothing","to":"nothing",.*"status":0,'
	for where in 127.0.0.1:1 no.host.invalid; do
		run filec get --json "$where" a b
		assert_failure 3
		assert_line --regexp '^\{"from":"a","to":null,.*"status":3,'
		assert_line --regexp '^\{"from":"b","to":null,.*"status":3,'
	done
	run filec put --json 127.0.0.1:1 nope hello.txt nothing
	assert_failure 6
	assert_line --regexp '^\{"from":"nope","to":null,.*"status":6,'
	assert_line --regexp '^\{"from":"hello.txt","to":"hello.txt",.*"status":3,'
	assert_line --regexp '^\{"from":"nothing","to":null,.*"status":3,'
}

# bats test_tags=no-valgrind
@test "output that nobody can take is an error" {
	[[ -w /dev/full ]] || skip 'no /dev/full'
	for args in list stat 'stat --json' 'get --json'; do
		run sh -c "'$BIN/filec' $args '$READ' hello.txt >/dev/full"
		assert_failure 6
		assert_output 'filec: standard output: No space left on device'
	done
	for option in --help --version; do
		run sh -c "'$BIN/filec' $option >/dev/full"
		assert_failure 2
		assert_output --partial 'standard output: No space left on device'
	done
}

@test "a terminal sees a bar, and is asked about files that exist" {
	run "$PYTHON" "$LIB/fixtures/terminal.py" "$BIN/filec" get "$READ" big \
	    </dev/null
	assert_success
	assert_output --partial '100%'
	echo mine >hello.txt
	echo mine >nothing
	for answer in n q; do
		run "$PYTHON" "$LIB/fixtures/terminal.py" "$BIN/filec" get \
		    "$READ" hello.txt <<<"$answer"
		assert_failure 8
		assert_output --partial 'replace it?'
		assert_equal "$(<hello.txt)" mine
	done
	run "$PYTHON" "$LIB/fixtures/terminal.py" "$BIN/filec" get "$READ" \
	    hello.txt <<<r
	assert_success
	cmp hello.txt.1 "$ROOT/hello.txt"
	run "$PYTHON" "$LIB/fixtures/terminal.py" "$BIN/filec" get "$READ" \
	    hello.txt nothing <<<a
	assert_success
	cmp hello.txt "$ROOT/hello.txt"
	cmp nothing "$ROOT/nothing"
}

@test "--limit-rate is kept, by all workers together" {
	mkdir two
	head -c 300000 "$ROOT/big" >two/a
	cp two/a two/b
	now_ms
	start=$NOW_MS
	run filec put -r -j 2 --limit-rate 600k -o limited "$WRITE" two
	assert_success
	now_ms
	((NOW_MS - start > 850))
	diff -r two "$W/limited/two"
}

# -- Who is it ------------------------------------------------------------------

# bats test_tags=no-valgrind
@test "--user and a password; TLS" {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert \
	    -days 1 -subj /CN=localhost \
	    -addext 'subjectAltName=DNS:localhost' 2>/dev/null
	chmod 644 key
	echo "me:$(openssl passwd -5 -salt abc 'a secret')" >users
	echo 'a secret' >password
	echo wrong >wrong
	chmod 600 password wrong
	start_server filed --users users --tls-cert "$PWD/cert" \
	    --tls-key "$PWD/key" "$ROOT"
	run filec get --tls --cacert cert --user me --password-file password \
	    "localhost:$PORT" big hello.txt
	assert_success
	cmp big "$ROOT/big"
	run filec get --tls -k "localhost:$PORT" hello.txt
	assert_failure 1
	assert_output --partial '530 '
	run filec get --tls --user me --password-file wrong -k "$HOST:$PORT" x
	assert_failure 1
	assert_output --partial '530 wrong user or password'
	run filec get --tls "localhost:$PORT" hello.txt
	assert_failure 3
}

# -- The plain dialect ----------------------------------------------------------

@test "plain: HOST PORT asks for names and stores received_NAME" {
	run filec -v "$HOST" "$READ_PORT" <<<$'hello.txt\nnope\nnothing'
	assert_failure 1
	assert_line 'File name: Received a chunk of 6 bytes.'
	assert_line 'A file renamed received_hello.txt of 6 bytes is saved.'
	assert_line --partial 'filec: nope: no such file'
	cmp received_hello.txt "$ROOT/hello.txt"
	cmp received_nothing "$ROOT/nothing"
	run filec get -P -v --chunk 100k "$READ" big
	assert_success
	assert_line --index 0 --regexp '^Received a chunk of [0-9]+ bytes\.$'
	cmp received_big "$ROOT/big"
	run filec get -P "$READ" big
	assert_failure 8
	run filec get -P --overwrite "$READ" big
	assert_success
	run filec get -P -o other "$READ" hello.txt
	assert_success
	cmp other "$ROOT/hello.txt"
}

@test "plain: the coursework's server" {
	cat >server.py <<-'EOF'
	import os, socket, sys, time
	s = socket.create_server(("127.0.0.1", 0))
	print("listening on 127.0.0.1:%d" % s.getsockname()[1], flush=True)
	c, _ = s.accept()
	while True:
	    name = c.recv(1024)
	    if not name:
	        break
	    data = open(name, "rb").read()
	    c.send(str(len(data)).encode())
	    time.sleep(0.1)
	    for i in range(0, len(data), 64):
	        c.send(data[i:i + 64])
	EOF
	seq 1000 >digits
	"$PYTHON" server.py >out &
	wait_for_line out listening
	run filec 127.0.0.1 "${LINE##*:}" <<<$'digits\nserver.py'
	assert_success
	cmp digits received_digits
	cmp server.py received_server.py
	wait_for_exit $!
}
