# httpc when things go wrong on the way: trying again, and going on with files.

load lib/brood

setup_file() {
	start_server "$LIB/fixtures/origin.py"
	export U=http://127.0.0.1:$PORT ORIGIN_LOG=$SERVER_LOG ORIGIN_PORT=$PORT
	# A port on which nobody listens, now and for the life of this file.
	FREE=$("$PYTHON" -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	export FREE
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

httpc() {
	client httpc "$@"
}

# -- Trying again -------------------------------------------------------------------

@test "--retry tries passing errors again, others not" {
	run httpc --retry 3 --retry-delay 0 -w '%{num_retries}\n' "$U/flaky/a/2"
	assert_success
	assert_line 'at last'
	assert_line 2
	refute_line 'not yet'
	for code in 408 429 500 502 504; do
		run httpc -s --retry 1 --retry-delay 0 "$U/flaky/c$code/1/$code"
		assert_success
		assert_output 'at last'
	done
	run httpc --retry 3 --retry-delay 0 -w '%{num_retries}' -f "$U/code/404"
	assert_failure 22
	assert_output --partial 0
}

@test "--retry that is used up gives the last answer" {
	run httpc -s --retry 2 --retry-delay 0 -w '%{http_code}' "$U/flaky/b/9"
	assert_success
	assert_line 'not yet'
	assert_line 503
	run grep -c 'GET /flaky/b/9' "$ORIGIN_LOG"
	assert_output 3
}

@test "--retry covers connections that end or are not to be had" {
	run httpc -s --retry 2 --retry-delay 0 "$U/dropped/a/2"
	assert_success
	assert_output 'at last'
	run httpc --retry 2 --retry-delay 0 "http://127.0.0.1:$FREE/"
	assert_failure 7
	assert_output --partial '1 try left'
}

@test "Retry-After is heeded, but not past --max-time" {
	run httpc -s --retry 1 "$U/flaky/d/1/503/0"
	assert_success
	assert_output 'at last'
	run httpc -s --retry 5 -m 60 "$U/flaky/e/1/503/3600"
	assert_success
	assert_output 'not yet'
}

# A socket got the number 1, and the server the page.
@test "standard output that is closed: 23, and nobody else gets the bytes" {
	run bash -c "'$BIN/httpc' '$U/ok' >&-"
	assert_failure 23
	run bash -c "'$BIN/httpc' -v -o f '$U/ok' >&- 2>&- <&-"
	assert_success
	assert_equal "$(<f)" hello
}

# -- Bodies that do not get away -------------------------------------------------

@test "-T of a pipe that says nothing: answers are heard, and time passes" {
	mkfifo p
	exec 8<>p
	run httpc -T - -H Expect: -m 20 "$U/early" <p
	assert_success
	assert_output 'too large'
	run httpc -T - -H Expect: -m 300ms "$U/silent" <p
	assert_failure 28
	exec 8>&-
}

@test "a connection that is reset while a body is sent: 55; before it: 56" {
	head -c 30000000 /dev/zero >f
	run httpc -T f -m 20 "$U/breaks"
	assert_failure 56
	assert_output --partial 'Connection reset'
	run httpc -T f -H Expect: -m 20 "$U/breaks"
	assert_failure 55
}

# -- Files that grow -------------------------------------------------------------

@test "-C - goes on where the file ends" {
	printf 01234 >f
	run httpc -C - -o f "$U/digits/1"
	assert_success
	assert_equal "$(cat f)" 0123456789
	run httpc -C - -o f "$U/digits/1"
	assert_success
	assert_equal "$(cat f)" 0123456789
	run httpc -C - -o new "$U/digits/1"
	assert_equal "$(cat new)" 0123456789
	run httpc -C 7 "$U/digits/1"
	assert_output 789
}

@test "-C OFFSET without a file stores the rest alone" {
	run httpc -C 6 -o f "$U/digits/v1"
	assert_success
	assert_equal "$(<f)" 6789
}

@test "-C refuses what it could only spoil: 33, and the file stays" {
	printf 01234 >f
	for page in noranges otherrange; do
		run httpc -C - -o f "$U/$page"
		assert_failure 33
		assert_equal "$(cat f)" 01234
	done
	run httpc -C - -o f "$U/code/500"
	assert_failure 22
	assert_equal "$(cat f)" 01234
	printf '01234567890' >f
	run httpc -C - -o f "$U/digits/1"
	assert_failure 33
	run httpc -C 50 -o f "$U/digits/1"
	assert_failure 33
}

@test "a file that changed on the server is fetched anew, never joined" {
	run httpc -o f "$U/digitscut/1"
	assert_failure 18
	"$PYTHON" -c 'import os; os.getxattr("f", "user.httpc.validator")' ||
	    skip "no extended attributes here"
	run httpc -C - -o f -v "$U/digits/2"
	assert_success
	assert_line '> If-Range: "1"'
	assert_output --partial 'has changed on the server'
	assert_equal "$(cat f)" 0123456789
	run httpc -o f "$U/digitscut/1"
	run httpc -C - -o f -v "$U/digits/1"
	assert_success
	assert_line '< HTTP/1.1 206 Partial Content'
	assert_equal "$(cat f)" 0123456789
	run "$PYTHON" -c 'import os; os.getxattr("f", "user.httpc.validator")'
	assert_failure
}

@test "100 MiB in little memory" {
	[[ ! ${BROOD_VALGRIND:-}${BROOD_ASAN:-} ]] || skip "memory is theirs"
	run bash -c 'ulimit -v 40000; "$1" -o f "$2"' _ "$BIN/httpc" \
	    "$U/big/104857600"
	assert_success
	assert_equal "$(stat -c %s f)" 104857600
}
