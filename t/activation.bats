# bats file_tags=long
# Under supervisors: sockets that are passed in, word to systemd, and the models
# of inetd(8), tcpserver and socat.

load lib/brood
load lib/talk

teardown() {
	[[ ! ${NOTIFIED:-} ]] || kill "$NOTIFIED" || :
	stop_servers
}

# wrapped NAME COMMAND... - a script that runs COMMAND, behind it our program
# NAME under the checker of this run, with what start_server adds
wrapped() {
	local name=$1 wrap=()

	shift
	checker_wrap wrap "$BIN/$name"
	SCRIPT=$BATS_TEST_TMPDIR/run.$RANDOM
	{
		echo '#!/bin/bash'
		# The address that the tests' own library asks for.
		echo '[[ $1 != --listen || $2 != *:0 ]] || shift 2'
		printf '%q ' exec "$@" "${wrap[@]}" "$BIN/$name"
		echo '"$@"'
	} >"$SCRIPT"
	chmod +x "$SCRIPT"
}

activated() {
	local kinds=$1

	shift
	wrapped echod env ${PIDOF:+"PIDOF=$PIDOF"} ${FDSOF:+"FDSOF=$FDSOF"} \
	    "$PYTHON" -S "$LIB/fixtures/activate.py" "$kinds"
	spawn_server "$SCRIPT" "$@"
}

# up - the server says that it listens; on HOST and PORT
up() {
	wait_for_line "$SERVER_OUT" '^listening on [0-9.]+:[0-9]+'
	PORT=${LINE##*:}
	HOST=127.0.0.1
}

# -- Sockets that are passed in -----------------------------------------------

@test "LISTEN_FDS: a TCP socket serves under every model" {
	while read -r model flags; do
		[[ $model && $model != '#'* && $model != inetd ]] || continue
		# shellcheck disable=SC2086
		activated tcp $flags
		up
		dial
		exchange "$FD" "hello $model"
		hang_up "$FD"
		# It is the socket's address, not the default.
		assert_equal "$(wc -l <"$SERVER_OUT")" 1
		stop_server
	done <"$TOP/t/models"
}

@test "LISTEN_FDS: several, of all kinds" {
	path=$BATS_TEST_TMPDIR/sock
	activated "tcp,udp,unix=$path"
	wait_for_lines 3 "$SERVER_OUT" '^listening on'
	mapfile -t listen <"$SERVER_OUT"
	run tcp 127.0.0.1 "${listen[0]##*:}" stream @shut
	assert_output stream
	run tcp --udp 127.0.0.1 "${listen[1]##*:}" datagram @expect datagram @close
	assert_output datagram
	run tcp --unix "$path" local @shut
	assert_output local
	stop_server
	# Who made it removes it.
	[[ -S $path ]]
}

@test "LISTEN_FDS: a reload keeps them" {
	activated tcp,udp
	up
	kill -HUP "$SERVER_PID"
	wait_for_line "$SERVER_LOG" 'configuration reloaded'
	run tcp 127.0.0.1 "$PORT" again @shut
	assert_output again
}

@test "LISTEN_FDNAMES: one named status answers statusc" {
	path=$BATS_TEST_TMPDIR/status.sock
	activated "tcp,status=$path"
	up
	run client statusc "unix:$path"
	assert_success
	assert_output --partial echod
	run tcp 127.0.0.1 "$PORT" TEXT @shut
	assert_output TEXT
}

@test "LISTEN_FDS beside --listen" {
	path=$BATS_TEST_TMPDIR/sock
	activated tcp --listen "unix:$path"
	up
	wait_for_line "$SERVER_OUT" "unix:$path"
	run tcp 127.0.0.1 "$PORT" one @shut
	assert_output one
	run tcp --unix "$path" two @shut
	assert_output two
}

@test "LISTEN_PID of another process: not for us" {
	path=$BATS_TEST_TMPDIR/sock
	PIDOF=1 activated tcp --listen "unix:$path"
	wait_for_line "$SERVER_OUT" "unix:$path"
	assert_equal "$(wc -l <"$SERVER_OUT")" 1
}

@test "LISTEN_FDS that cannot be: one line, exit status 1" {
	activated file
	wait_server
	assert_equal "$SERVER_STATUS" 1
	assert_equal "$(wc -l <"$SERVER_LOG")" 1
	wait_for_line "$SERVER_LOG" 'descriptor 3 is no socket'
	for bad in 5 many -1; do
		FDSOF=$bad activated tcp
		wait_server
		assert_equal "$SERVER_STATUS" 1
		wait_for_line "$SERVER_LOG" LISTEN_FDS
	done
}

# -- Word to systemd ----------------------------------------------------------

# notified ADDRESS - a listener there; NOTES is the file with what came
notified() {
	NOTES=$BATS_TEST_TMPDIR/notes
	"$PYTHON" -S "$LIB/fixtures/notified.py" "$1" "$NOTES" 3>&- &
	NOTIFIED=$!
	wait_for_line "$NOTES" bound
}

# notifying ADDRESS ARG... - a server that sends there
notifying() {
	local address=$1

	shift
	wrapped echod env "NOTIFY_SOCKET=$address" ${USEC:+"WATCHDOG_USEC=$USEC"} \
	    "$PYTHON" -S "$LIB/fixtures/activate.py" tcp
	spawn_server "$SCRIPT" "$@"
	up
}

@test "NOTIFY_SOCKET: READY, RELOADING and READY again, STOPPING" {
	for model in fork prefork single; do
		notified "$BATS_TEST_TMPDIR/notify"
		notifying "$BATS_TEST_TMPDIR/notify" --model "$model"
		wait_for_line "$NOTES" "^READY=1.*MAINPID=$SERVER_PID"
		kill -HUP "$SERVER_PID"
		wait_for_line "$NOTES" '^RELOADING=1 MONOTONIC_USEC=[0-9]+'
		wait_for_lines 2 "$NOTES" '^READY=1'
		stop_server
		wait_for_line "$NOTES" '^STOPPING=1'
		run grep -c . "$NOTES"
		assert_output 5
		kill "$NOTIFIED"
		rm "$BATS_TEST_TMPDIR"/{notes,notify}
	done
}

@test "NOTIFY_SOCKET: an abstract name" {
	notified "@brood-test-$$-$RANDOM"
	name=$(tr '\0' '\n' <"/proc/$NOTIFIED/cmdline" | grep ^@)
	notifying "$name"
	wait_for_line "$NOTES" '^READY=1'
}

@test "NOTIFY_SOCKET: a reload that fails is over too" {
	notified "$BATS_TEST_TMPDIR/notify"
	echo 'reply one' >"$BATS_TEST_TMPDIR/conf"
	notifying "$BATS_TEST_TMPDIR/notify" -f "$BATS_TEST_TMPDIR/conf"
	wait_for_line "$NOTES" '^READY=1'
	echo 'nonsense' >"$BATS_TEST_TMPDIR/conf"
	kill -HUP "$SERVER_PID"
	wait_for_line "$NOTES" '^RELOADING=1'
	wait_for_lines 2 "$NOTES" '^READY=1'
}

@test "WATCHDOG_USEC: a sign of life in half of that time" {
	for model in fork prefork; do
		notified "$BATS_TEST_TMPDIR/notify"
		USEC=300000 notifying "$BATS_TEST_TMPDIR/notify" --model "$model"
		now_ms
		before=$NOW_MS
		wait_for_lines 4 "$NOTES" '^WATCHDOG=1'
		now_ms
		((NOW_MS - before >= 300))
		((NOW_MS - before <= 1200 * SLOW))
		stop_server
		kill "$NOTIFIED"
		rm "$BATS_TEST_TMPDIR"/{notes,notify}
	done
}

@test "NOTIFY_SOCKET: nobody there harms nobody" {
	notifying "$BATS_TEST_TMPDIR/nobody"
	run tcp 127.0.0.1 "$PORT" hello @shut
	assert_output hello
}

# -- inetd and its like -------------------------------------------------------

# piped - echod between pipes
piped() {
	client echod --inetd
}

@test "inetd: two pipes" {
	run piped <<<'through a pipe'
	assert_success
	assert_output 'through a pipe'
	run bash -c "$(declare -f piped client checker_wrap checker_dir scope_dir)
		$(declare -p BIN LIB BATS_TEST_TMPDIR)
		head -c 300000 /dev/zero | piped | wc -c"
	assert_output 300000
}

@test "inetd: a file for input and a file for output" {
	seq 20000 >"$BATS_TEST_TMPDIR/in"
	piped <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
	run piped </dev/null
	assert_success
	assert_output ''
}

@test "inetd: socat, with a socket and with pipes" {
	need socat
	wrapped echod
	for how in '' ,pipes; do
		run socat -t $((10 * SLOW)) - "EXEC:$SCRIPT --inetd$how" <<<"by socat$how"
		assert_success
		assert_output "by socat$how"
	done
}

@test "inetd: a bad option is told on standard error" {
	run client echod --inetd --no-such-thing <<<hello
	assert_failure 2
	assert_output --partial no-such-thing
}

# passing - what starts echod with a socket as descriptors 0, 1 and 2, as inetd
# has it, and looks at it from the other end: a script of Python's, from input
passing() {
	wrapped echod
	"$PYTHON" -S - "$SCRIPT"
}

@test "inetd: nothing that is printed reaches the peer" {
	passing <<-'EOF'
		import socket, subprocess, sys
		ours, theirs = socket.socketpair()
		p = subprocess.Popen([sys.argv[1], "--inetd", "discard",
		    "--idle-timeout", "100ms"],
		    stdin=theirs, stdout=theirs, stderr=theirs)
		theirs.close()
		ours.sendall(b"what is printed elsewhere\n")
		ours.settimeout(60)
		assert ours.recv(100) == b"", "something came back"
		assert p.wait(60) == 0
	EOF
}

@test "inetd: nowait, a connection, and TERM" {
	passing <<-'EOF'
		import signal, socket, subprocess, sys
		listener = socket.create_server(("127.0.0.1", 0))
		ours = socket.create_connection(listener.getsockname(), 60)
		theirs = listener.accept()[0]
		p = subprocess.Popen([sys.argv[1], "--inetd"],
		    stdin=theirs, stdout=theirs)
		theirs.close()
		ours.sendall(b"hello")
		assert ours.recv(100) == b"hello"
		p.send_signal(signal.SIGTERM)
		assert ours.recv(100) == b""
		assert p.wait(60) == 0
	EOF
}

@test "inetd: wait, a datagram socket, given back after a silence" {
	passing <<-'EOF'
		import socket, subprocess, sys
		theirs = socket.socket(type=socket.SOCK_DGRAM)
		theirs.bind(("127.0.0.1", 0))
		p = subprocess.Popen([sys.argv[1], "--inetd", "--idle-timeout",
		    "300ms"], stdin=theirs, stdout=theirs)
		ours = socket.socket(type=socket.SOCK_DGRAM)
		ours.connect(theirs.getsockname())
		ours.settimeout(60)
		for text in (b"one", b"two"):
		    ours.send(text)
		    assert ours.recv(100) == text
		assert p.wait(60) == 0
	EOF
}

@test "inetd: wait, a listener" {
	passing <<-'EOF'
		import socket, subprocess, sys
		theirs = socket.create_server(("127.0.0.1", 0))
		p = subprocess.Popen([sys.argv[1], "--inetd", "--idle-timeout",
		    "300ms"], stdin=theirs, stdout=theirs)
		for text in (b"one", b"two"):
		    with socket.create_connection(theirs.getsockname(), 60) as s:
		        s.sendall(text)
		        assert s.recv(100) == text
		assert p.wait(60) == 0
	EOF
}
