# A server whose standard output and error are pipes that nobody reads any more
# serves on.

load lib/brood

# unread NAME ARG... <SCRIPT - the script has what starts one: the first line of
# its output is read, and then nothing.
unread() {
	local script=$BATS_TEST_TMPDIR/script.py

	checker_wrap wrap "$BIN/$1"
	{
		cat <<-'PY'
		import fcntl, os, socket, subprocess, sys
		SLOW = float(os.environ["SLOW"])
		PIPE_SIZE, SMALL = 1031, 4096
		server = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE,
		                          stderr=subprocess.PIPE, bufsize=0)
		for pipe in (server.stdout, server.stderr):
		    fcntl.fcntl(pipe, PIPE_SIZE, SMALL)
		line = server.stdout.readline().decode()
		where = ("127.0.0.1", int(line.rsplit(":", 1)[1]))
		def connect(kind=socket.SOCK_STREAM):
		    s = socket.socket(socket.AF_INET, kind)
		    s.settimeout(20 * SLOW)
		    s.connect(where)
		    return s
		PY
		cat
		cat <<-'PY'
		server.terminate()
		print(server.wait(20 * SLOW))
		PY
	} >"$script"
	run "$PYTHON" -S "$script" "${wrap[@]}" "$BIN/$1" --listen 127.0.0.1:0 \
	    "${@:2}"
	assert_success
	assert_output 0
}

@test "unread: timed answers" {
	unread timed <<-'PY'
	for _ in range(100):
	    s = connect()
	    s.sendall(b"Unix.\n")
	    got = b""
	    while not got.endswith(b"\n"):
	        got += s.recv(100)
	    assert float(got) > 0, got
	    s.close()
	PY
}

@test "unread: roomd's people are heard" {
	unread roomd --rate 1000 <<-'PY'
	s = connect(socket.SOCK_DGRAM)
	s.send(b"ann -n")
	for i in range(100):
	    s.send(b"message %d" % i)
	    while b"ann:message %d" % i not in s.recv(1000):
	        pass
	PY
}

@test "unread: beacond answers" {
	unread beacond <<-'PY'
	s = connect(socket.SOCK_DGRAM)
	for _ in range(100):
	    s.send(b"anyone?")
	    assert s.recv(1000)
	PY
}

@test "unread: echod discard takes all" {
	unread echod discard <<-'PY'
	s = connect()
	s.sendall(b"a line that is thrown away\n" * 100000)
	s.shutdown(socket.SHUT_WR)
	assert s.recv(100) == b""
	PY
}

@test "unread: filed -v sends all" {
	cd "$BATS_TEST_TMPDIR"
	mkdir files
	head -c 1000000 /dev/zero >files/zeros
	chmod -R go+rX .
	unread filed -v files <<-'PY'
	for _ in range(3):
	    s = connect()
	    s.sendall(b"zeros")
	    got = 0
	    while got < 1000000:
	        data = s.recv(65536)
	        assert data, got
	        got += len(data)
	    s.close()
	PY
}

@test "unread: httpd refuses, and need not log it" {
	unread httpd "$TOP/htdocs" <<-'PY'
	for _ in range(120):
	    s = connect()
	    s.sendall(b"GET / HTTP/1.1\r\n\r\n")
	    assert s.recv(1000).startswith(b"HTTP/1.1 400 ")
	    s.close()
	PY
}
