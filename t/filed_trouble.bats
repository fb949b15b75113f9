# bats file_tags=long
# What goes wrong with files and disks, on either side: a clear word on both,
# nothing lost, and nothing at a final name that is not the whole file.

load lib/brood
load lib/talk

setup() {
	mkdir "$BATS_TEST_TMPDIR/here" "$BATS_TEST_TMPDIR/there"
	THERE=$BATS_TEST_TMPDIR/there
	chmod 777 "$THERE"
	cd "$BATS_TEST_TMPDIR/here" || return
}

filec() {
	client filec "$@"
}

# start ARG... - a filed for THERE
start() {
	start_server filed "$@" "$THERE"
	S=$HOST:$PORT
}

# make FILE BYTES
make() {
	head -c "$2" /dev/urandom >"$1"
}

bytes_in() {
	local file=("$1"*.part)

	[[ -e ${file[0]} ]] && (($(stat -c %s "${file[0]}") >= $2))
}

# -- The disk is full -----------------------------------------------------------

@test "put: the server may write no more: 552, exit 1; later it goes on" {
	make f 400000
	ulimit -S -f 200			# KiB
	start --writable
	ulimit -S -f unlimited
	run filec put "$S" f
	assert_failure 1
	assert_output --partial '552 the file is larger than the server takes'
	wait_for_line "$SERVER_LOG" "PUT 'f': .*larger.* after [1-9]"
	assert [ ! -e "$THERE/f" ]
	bytes_in "$THERE/f" 200000
	stop_server
	start --writable
	run filec put -v "$S" f
	assert_success
	assert_output --partial 'resumed at '
	cmp f "$THERE/f"
}

@test "put and get: the disk is full: 452 and 1, ENOSPC and 6" {
	mkdir small
	mount -t tmpfs -o size=1m,mode=777 tmpfs small 2>/dev/null ||
	    skip 'cannot mount a small file system here'
	make f 3000000
	make g 900000
	THERE=$PWD/small
	start --writable
	run filec put "$S" f
	status_f=$status output_f=$output
	run filec put -o a "$S" g
	status_g=$status
	run filec put -o b "$S" g	# what is announced does not fit
	umount_when_done
	assert_failure 1
	assert_output --partial '452 the disk is full'
	assert_equal "$status_g" 0
	assert_equal "$status_f" 1
	[[ $output_f == *'452 the disk is full'* ]]
}

umount_when_done() {
	stop_server
	umount small
}

@test "get: we may write no more: 6, and later it goes on" {
	make "$THERE/f" 400000
	start
	(ulimit -f 200; client filec get "$S" f) >out 2>&1 && status=0 ||
	    status=$?
	assert_equal "$status" 6
	grep 'f.part: File too large' out
	assert [ ! -e f ]
	bytes_in f 200000
	run filec get -v "$S" f
	assert_success
	assert_output --partial 'resumed at '
	cmp f "$THERE/f"
	run bash -c '"$BIN/filec" get -o - "$0" f >/dev/full' "$S"
	assert_failure 6
	assert_output --partial 'No space left on device'
}

# -- Permissions and names ------------------------------------------------------

@test "permission denied: there 550 and 1, here 6" {
	make "$THERE/secret" 10
	chmod 0 "$THERE/secret"
	mkdir -m 555 "$THERE/shut" closed
	make f 10
	make "$THERE/g" 10
	# root gives its powers away, but the test's own user owns the files
	if ((EUID == 0)); then
		start --writable --user nobody
		chown nobody "$THERE/secret" "$THERE/shut"
	else
		start --writable
		run filec get -o closed/ "$S" g
		assert_failure 6
		assert_output --partial 'Permission denied'
	fi
	run filec get "$S" secret
	assert_failure 1
	assert_output 'filec: secret: 550 permission denied'
	run filec put -o shut/f "$S" f
	assert_failure 1
	assert_output 'filec: f: 550 permission denied'
	assert_equal "$(ls "$THERE/shut" .)" $'.:\nclosed\nf\n\n'"$THERE/shut:"
}

# bats test_tags=no-valgrind
@test "a folder that nobody else may enter is served by root all the same" {
	((EUID == 0)) || skip 'for root'
	mkdir -m 700 "$THERE/private"
	THERE=$THERE/private
	make "$THERE/f" 1000
	start --writable
	run filec get "$S" f
	assert_success
	run filec put -o g "$S" f
	assert_success
	cmp f "$THERE/g"
}

# bats test_tags=no-valgrind
@test "names that are too long: 555 there; as long as can be are taken" {
	start --writable
	make f 100
	long=$(printf 'n%.0s' {1..255})
	run filec put -o "$long" "$S" f
	assert_success
	cmp f "$THERE/$long"
	run filec get "$S" "$long"
	assert_success
	cmp f "$long"
	run filec put -o "${long}n" "$S" f
	assert_failure 1
	assert_output 'filec: f: 555 the name is too long'
	run filec get "$S" "${long}n"
	assert_failure 1
	assert_output --partial '555 the name is too long'
	assert_equal "$(ls "$THERE")" "$long"
}

# -- Files that change on their way ---------------------------------------------

@test "get: cut short there while it is sent: 451 and 7; then what is left" {
	make "$THERE/f" 8000000
	start
	filec get --limit-rate 4M "$S" f 2>err &
	pid=$!
	wait_until 10 bytes_in f 500000
	truncate -s 600000 "$THERE/f"
	wait "$pid" && status=0 || status=$?
	assert_equal "$status" 7
	assert_equal "$(<err)" \
	    'filec: f: 451 the file got shorter while it was sent'
	wait_for_line "$SERVER_LOG" "GET 'f': given up: .*shorter"
	assert_equal "$(ls)" $'err\nf.part'
	run filec get "$S" f
	assert_success
	cmp f "$THERE/f"
}

@test "get: by a little shorter, which must not look like data" {
	make "$THERE/f" 8000000
	start
	dial
	say "$FD" 'GET f nodigest\n'
	hear_line "$FD"
	truncate -s 7999990 "$THERE/f"
	head -c 8000000 <&"$FD" >data
	hear_line "$FD"
	assert_equal "$HEARD" '451 the file got shorter while it was sent'
	say "$FD" 'QUIT\n'
	hear_line "$FD"
	assert_equal "$HEARD" '221 bye'
	cmp -n 7999990 data "$THERE/f"
}

# bats test_tags=no-valgrind
@test "get: written to there while it is sent: 451 and 7" {
	make "$THERE/f" 8000000
	start
	filec get --limit-rate 8M "$S" f 2>err &
	pid=$!
	wait_until 10 bytes_in f 500000
	echo more >>"$THERE/f"
	wait "$pid" && status=0 || status=$?
	assert_equal "$status" 7
	assert_equal "$(<err)" 'filec: f: 451 the file changed while it was sent'
	assert [ ! -e f ]
	run filec get "$S" f
	assert_success
	cmp f "$THERE/f"
}

# bats test_tags=no-valgrind
@test "get: replaced there while it is sent: the old one comes whole" {
	make "$THERE/f" 4000000
	cp "$THERE/f" old
	start
	filec get --limit-rate 4M "$S" f &
	pid=$!
	wait_until 10 bytes_in f 500000
	make "$THERE/new" 10
	mv "$THERE/new" "$THERE/f"
	wait "$pid"
	cmp f old
}

@test "put: changed or cut short here while it is sent: 7, nothing there" {
	make f 4000000
	start --writable
	filec put --limit-rate 4M "$S" f 2>err &
	pid=$!
	wait_until 10 bytes_in "$THERE/f" 500000
	echo more >>f
	wait "$pid" && status=0 || status=$?
	assert_equal "$status" 7
	assert_equal "$(<err)" 'filec: f: f changed while it was sent'
	wait_for_line "$SERVER_LOG" "PUT 'f': given up by its sender"
	assert_equal "$(ls "$THERE")" ''
	filec put --limit-rate 4M "$S" f 2>err &
	pid=$!
	wait_until 10 bytes_in "$THERE/f" 500000
	truncate -s 100000 f
	wait "$pid" && status=0 || status=$?
	assert_equal "$status" 7
	assert_equal "$(<err)" 'filec: f: f got shorter while it was sent'
	assert [ ! -e "$THERE/f" ]
	run filec put "$S" f
	assert_success
	cmp f "$THERE/f"
}

# -- Folders that vanish --------------------------------------------------------

@test "put: the folder vanishes: 550 and 1; get: 6" {
	make f 3000000
	mkdir -m 777 "$THERE/sub" sub
	start --writable
	filec put -o sub/ --limit-rate 6M "$S" f 2>err &
	pid=$!
	wait_until 10 bytes_in "$THERE/sub/f" 500000
	rm -r "$THERE/sub"
	wait "$pid" && status=0 || status=$?
	assert_equal "$status" 1
	assert_equal "$(<err)" 'filec: f: 550 the folder has vanished'
	wait_for_line "$SERVER_LOG" "PUT 'sub/f': "
	run filec put -o sub/ "$S" f
	assert_failure 1
	assert_output 'filec: f: 550 no such file or folder'
	cp f "$THERE"
	filec get -o sub --limit-rate 6M "$S" f 2>err &
	pid=$!
	wait_until 10 bytes_in sub/f 500000
	rm -r sub
	wait "$pid" && status=0 || status=$?
	assert_equal "$status" 6
	assert_equal "$(<err)" 'filec: f: No such file or directory'
}

# -- The other side vanishes ----------------------------------------------------

@test "get: cut: 4; --retry goes on by itself" {
	make "$THERE/f" 20000000	# more than is on its way at a time
	start
	filec get --limit-rate 20M --retry 5 "$S" f &
	pid=$!
	wait_until 10 bytes_in f 500000
	# shellcheck disable=SC2046
	kill9 $(children_of "$SERVER_PID")
	wait "$pid"
	cmp f "$THERE/f"
	rm f
	filec get --limit-rate 20M "$S" f 2>err &
	pid=$!
	wait_until 10 bytes_in f 500000
	# shellcheck disable=SC2046
	kill9 $(children_of "$SERVER_PID")
	wait "$pid" && status=0 || status=$?
	assert_equal "$status" 4
	assert [ ! -e f ]
}

# takes_all [REPLY] - a server for one PUT of 1000 bytes, which it ends with that
# or without a word; $LINE says where, $! is it
takes_all() {
	"$PYTHON" - "$@" <<-'EOF' >out &
	import socket, sys
	s = socket.create_server(("127.0.0.1", 0))
	print("listening on 127.0.0.1:%d" % s.getsockname()[1], flush=True)
	c, _ = s.accept()
	c.recv(1000)
	c.sendall(b"354 0\r\n")
	got = b""
	while len(got) < 1000 + 66:
	    got += c.recv(5000)
	for reply in sys.argv[1:]:
	    c.sendall(reply.encode() + b"\r\n")
	    c.recv(1000)
	EOF
	wait_for_line out listening
}

# bats test_tags=no-valgrind
@test "put: all was sent and no answer came: 5" {
	make f 1000
	takes_all
	run filec put "${LINE##* }" f
	assert_failure 5
	wait_for_exit $!
}

# bats test_tags=no-valgrind
@test "put: the server has stored something else: 7" {
	make f 1000
	takes_all "250 $(printf '0%.0s' {1..64}) f"
	run filec put "${LINE##* }" f
	assert_failure 7
	assert_output --partial 'another digest'
	wait_for_exit $!
}

@test "put: two at once of the same file: one of them waits, both succeed" {
	make f 3000000
	start --writable
	filec put --limit-rate $((3000 / SLOW))K "$S" f &
	pid=$!
	wait_until 10 bytes_in "$THERE/f" 300000
	run filec put "$S" f
	assert_success
	wait "$pid"
	cmp f "$THERE/f"
	assert_equal "$(ls "$THERE")" f
}

@test "get -j: filec is killed, and its workers with it: the next goes on" {
	mkdir "$THERE/d"
	make "$THERE/d/a" 2000000
	make "$THERE/d/b" 2000000
	start
	allow_unfinished
	client filec get -r -j 2 --limit-rate 2M "$S" d &
	pid=$!
	wait_until 10 bytes_in d/a 200000
	wait_until 10 bytes_in d/b 200000
	parent=$(pgrep -o -f "^[^ ]*(filec|valgrind).* get -r -j 2 .*$S" |
	    head -1)
	workers=$(children_of "$parent")
	kill -KILL "$parent"
	for worker in $workers; do
		wait_for_exit "$worker"
	done
	wait "$pid" || :
	run filec get -r -v "$S" d
	assert_success
	assert_output --partial 'resumed at'
	diff -r d "$THERE/d"
}

# -- A server that lies ---------------------------------------------------------

# bats test_tags=no-valgrind
@test "get -r: names that lead out of the folder are not followed" {
	for name in ../evil /tmp/evil-brood tree/../../evil other/x 'tree/./x'
	do
		rm -f out	# or the line of the one before is waited for
		"$PYTHON" - "$name" <<-'EOF' >out &
		import socket, sys
		s = socket.create_server(("127.0.0.1", 0))
		print("listening on 127.0.0.1:%d" % s.getsockname()[1], flush=True)
		c, _ = s.accept()
		c.recv(1000)
		c.sendall(b"213 d 0 1.0 0755 - tree\r\n")
		c.recv(1000)
		c.sendall(b"213-f 4 1.0 0644 - %s\r\n213 1\r\n" %
		          sys.argv[1].encode())
		c.recv(1000)
		EOF
		wait_for_line out listening
		run filec get -r "${LINE##* }" tree
		assert_failure 1
		assert_output --partial 'filec: tree: the server'
		wait_for_exit $!
	done
	assert [ ! -e ../evil ]
}

# bats test_tags=no-valgrind
@test "get: data with another digest never get the name: 7" {
	"$PYTHON" - <<-'EOF' >out &
	import socket
	s = socket.create_server(("127.0.0.1", 0))
	print("listening on 127.0.0.1:%d" % s.getsockname()[1], flush=True)
	c, _ = s.accept()
	c.recv(1000)
	c.sendall(b"213 f 4 1.0 0644 - x\r\n")
	c.recv(1000)
	c.sendall(b"150 4 0 1.0 0644 -\r\nevil226 %s\r\n" % (b"0" * 64))
	c.recv(1000)
	EOF
	wait_for_line out listening
	run filec get "${LINE##* }" x
	assert_failure 7
	assert_equal "$(ls)" out
	wait_for_exit $!
}

# bats test_tags=no-valgrind
@test "get: a reply of several lines; a mode that gives a program rights" {
	"$PYTHON" - <<-'EOF' >out &
	import hashlib, socket
	s = socket.create_server(("127.0.0.1", 0))
	print("listening on 127.0.0.1:%d" % s.getsockname()[1], flush=True)
	c, _ = s.accept()
	c.recv(1000)
	c.sendall(b"213 f 4 1.0 6755 - x\r\n")
	c.recv(1000)
	sha = hashlib.sha256(b"evil").hexdigest().encode()
	c.sendall(b"150-4 0 1.0 4777 -\r\n150 4 0 1.0 6755 -\r\nevil226 %s\r\n"
	          % sha)
	c.recv(1000)
	c.sendall(b"250 %s\r\n" % sha)
	EOF
	wait_for_line out listening
	run filec get "${LINE##* }" x
	assert_success
	assert_equal "$(<x) $(stat -c %a x)" 'evil 755'
	wait_for_exit $!
}

# -- Killed at any moment ---------------------------------------------------------

# cut_at_random ARG... - see the fixture; less of it under a checker, and with
# BROOD_LONG=1 200 moments of each way, and after each on to the end
cut_at_random() {
	local wrap=() size=104857600 kills=100 slow=0.15

	checker_wrap wrap "$BIN/filec"
	allow_unfinished
	if [[ ${BROOD_VALGRIND:-} ]]; then
		size=2000000 kills=5 slow=3
	elif [[ ${BROOD_ASAN:-} ]]; then
		size=20000000 kills=20 slow=0.5
	elif [[ ${BROOD_LONG:-} ]]; then
		kills=200 slow=0.4
		set -- --each "$@"
	fi
	run "$PYTHON" "$LIB/fixtures/cut.py" --bin "$BIN" --wrap "${wrap[*]}" \
	    --size "$size" --kills "$kills" --slow "$slow" "$@" \
	    "$BATS_TEST_TMPDIR"
	assert_success
	assert_output --regexp '^[0-9]+ kills, [1-9][0-9]* whole transfers$'
}

@test "get: 100 MiB, either side killed at 100 random moments" {
	rmdir "$BATS_TEST_TMPDIR/here" "$THERE"
	cd "$BATS_TEST_TMPDIR"
	cut_at_random get
}

@test "put: 100 MiB, either side killed at 100 random moments" {
	rmdir "$BATS_TEST_TMPDIR/here" "$THERE"
	cd "$BATS_TEST_TMPDIR"
	cut_at_random put
}
