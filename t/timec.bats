# timec against timed, and against servers that are slow, wrong or rude
# (t/lib/fixtures/clock.py, whose requests say what it does).

load lib/brood

DATE='[A-Z][a-z]{2} [A-Z][a-z]{2} [ 123][0-9] [0-9:]{8} [0-9]{4}'
CLOCK=$LIB/fixtures/clock.py

setup_file() {
	start_server timed
	export QUERY=$PORT
	start_server "$CLOCK"
	export ODD=$PORT
}

timec() {
	client timec "$@"
}

# nobody - a port on which nobody listens, in PORT
nobody() {
	PORT=$("$PYTHON" -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
}

# -- Once ---------------------------------------------------------------------

@test "HOST PORT asks once" {
	run timec 127.0.0.1 "$QUERY"
	assert_success
	assert_output --regexp "^$DATE\$"
	run timec "127.0.0.1:$QUERY"
	assert_success
	assert_output --regexp "^$DATE\$"
	run timec -u localhost "$QUERY"
	assert_success
	assert_output --regexp "^$DATE\$"
}

@test "a REQUEST of one's own, sent as it is" {
	run timec 127.0.0.1 "$QUERY" Iso.
	assert_success
	assert_output --regexp '^[0-9]{4}-.*T.*Z$'
	run timec 127.0.0.1 "$QUERY" 'What is it?'
	assert_success
	assert_output 'Unknown meaning.'
	run timec 127.0.0.1 "$QUERY" Exit
	assert_output 'Bye.'
}

# bats test_tags=no-valgrind
@test "an answer is known to be whole without waiting for silence" {
	now_ms
	start=$NOW_MS
	for i in 1 2 3 4 5 6 7 8 9 10; do
		timec 127.0.0.1 "$QUERY" >/dev/null
	done
	now_ms
	((NOW_MS - start < 900 * SLOW))
}

@test "answers in pieces, with a newline and without one" {
	run timec 127.0.0.1 "$ODD"
	assert_output 'Sat Jun 19 22:05:18 2021'
	run timec 127.0.0.1 "$ODD" lf
	assert_output 'one line'
	run timec 127.0.0.1 "$ODD" pieces
	assert_output 'three pieces here'
	run timec 127.0.0.1 "$ODD" once
	assert_success
	assert_output once
}

@test "what the server says cannot drive the terminal" {
	run timec 127.0.0.1 "$ODD" escape
	assert_success
	assert_output '\x1b[31mred\x07'
}

@test "--json" {
	run timec --json 127.0.0.1 "$QUERY" Unix.
	assert_success
	"$PYTHON" - "$output" "$QUERY" <<'PY'
import json, sys, time
o = json.loads(sys.argv[1])
assert o["server"] == "127.0.0.1" and o["port"] == int(sys.argv[2]), o
assert o["request"] == "Unix." and o["rtt_us"] > 0, o
assert abs(float(o["reply"]) - time.time()) < 60, o
PY
	socket=unix:$BATS_TEST_TMPDIR/s
	start_server timed --transport tcp --listen "$socket"
	run timec --json "$socket"
	assert_success
	assert_output --partial "{\"server\":\"$socket\","
	run timec -o --json "$socket"
	assert_success
	assert_output --partial "\"server\":\"$socket\","
	run timec --json -W 100ms 127.0.0.1 "$ODD" silent
	assert_failure 1
	assert_line --partial '"request":"silent","reply":null,"rtt_us":null'
}

@test "-v says which ends and what socket" {
	run timec -v 127.0.0.1 "$QUERY"
	assert_success
	assert_line --regexp "^local address 127.0.0.1:[0-9]+, peer address \
127.0.0.1:$QUERY, socket type SOCK_STREAM, family AF_INET\$"
	run timec -uv 127.0.0.1 "$QUERY"
	assert_line --partial 'socket type SOCK_DGRAM'
}

tls_server() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
	    -addext subjectAltName=DNS:localhost \
	    -keyout "$BATS_TEST_TMPDIR/key" -out "$BATS_TEST_TMPDIR/cert" \
	    2>/dev/null
	start_server timed --tls-cert "$BATS_TEST_TMPDIR/cert" \
	    --tls-key "$BATS_TEST_TMPDIR/key"
}

@test "TLS" {
	tls_server
	run timec -W $((5 * SLOW)) --tls --cacert "$BATS_TEST_TMPDIR/cert" \
	    -o localhost "$PORT"
	assert_success
	assert_output --partial 'samples 5'
}

# bats test_tags=no-valgrind
@test "TLS that is not to be trusted" {
	tls_server
	run timec --tls localhost "$PORT"
	assert_failure 2
	assert_output --partial 'TLS with localhost: '
	run timec --tls -k localhost "$PORT"
	assert_success
	assert_output --regexp "^$DATE\$"
}

# -- No answer and other errors -----------------------------------------------

@test "nobody there: status 1" {
	nobody
	run timec 127.0.0.1 "$PORT"
	assert_failure 1
	assert_output 'timec: 127.0.0.1: Connection refused'
	run timec -u 127.0.0.1 "$PORT"
	assert_failure 1
	assert_output 'timec: 127.0.0.1: Connection refused'
	run timec -o 127.0.0.1 "$PORT"
	assert_failure 1
}

@test "no answer: status 1" {
	run timec -W 100ms 127.0.0.1 "$ODD" silent
	assert_failure 1
	assert_output 'timec: 127.0.0.1: no answer'
	run timec -u -W 100ms 127.0.0.1 "$ODD" silent
	assert_failure 1
	assert_output 'timec: 127.0.0.1: no answer'
	run timec 127.0.0.1 "$ODD" close
	assert_failure 1
	assert_output 'timec: 127.0.0.1 has closed the connection'
	run timec 127.0.0.1 "$ODD" reset
	assert_failure 1
	assert_output 'timec: 127.0.0.1: Connection reset by peer'
}

@test "an answer that is none: status 2" {
	run timec 127.0.0.1 "$ODD" long
	assert_failure 2
	assert_output --partial 'longer than 1024 bytes'
}

# bats test_tags=no-valgrind
@test "usage: status 2" {
	for args in '-i -o' '-4 -6' '-u --tls' '-P time -o' '-P daytime -i' \
	    '-n 0 -o' '-n 1001' '-o 127.0.0.1 1 Time.' \
	    '-P time 127.0.0.1 1 Time.' '1 2 3 4' 'a.invalid 1 2 3' \
	    '127.0.0.1 99999' '-P ntp'; do
		# shellcheck disable=SC2086
		run timec $args
		assert_failure 2
		assert_output --partial 'timec: '
	done
}

# -- Interactive --------------------------------------------------------------

@test "interactive, as the coursework's client" {
	run timec -i 127.0.0.1 "$QUERY" <<<$'Time.\nWhat?\n\nTime\nExit.\nTime.'
	assert_success
	assert_output --regexp "^Send a request: Received the current system \
time on the server: $DATE
Send a request: Received a response: Unknown meaning\.
Send a request: Send a request: Received the current system time on the \
server: $DATE
Send a request: Received a response: Bye\.\$"
}

@test "interactive: the end of the input ends it" {
	run timec -i 127.0.0.1 "$QUERY" <<<'Time.'
	assert_success
	assert_output --regexp "server: $DATE
Send a request: \$"
	run timec -i 127.0.0.1 "$QUERY" </dev/null
	assert_success
	assert_output 'Send a request: '
}

# bats test_tags=no-valgrind
@test "interactive on a terminal" {
	run "$PYTHON" -S "$LIB/fixtures/terminal.py" "$BIN/timec" -i \
	    127.0.0.1 "$QUERY" <<<$'Time.\nExit.'
	assert_success
	assert_line --partial 'Received the current system time on the server: '
	assert_line --partial 'Received a response: Bye.'
}

@test "interactive without operands, with timed's usual port" {
	run timec </dev/null
	[[ $output == 'Send a request: ' ||
	    $output == 'timec: 127.0.0.1: Connection refused' ]]
}

@test "interactive: a server that closes while nothing is asked" {
	start_server timed --idle-timeout 100ms
	run "$PYTHON" - "$BIN/timec" "$PORT" "$SERVER_OUT" <<'PY'
import subprocess, sys, time
p = subprocess.Popen([sys.argv[1], "-i", "127.0.0.1", sys.argv[2]],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for n in 1, 2:
    p.stdin.write(b"Time.\n")
    p.stdin.flush()
    assert b"server: " in p.stdout.readline()
    end = time.time() + 60
    while open(sys.argv[3]).read().count("connection closed") < n:
        assert time.time() < end
        time.sleep(0.01)
out, _ = p.communicate(b"Exit.\n")
assert b"Bye." in out, out
assert p.returncode == 0
PY
	assert_success
}

@test "interactive: a server that closes instead of an answer" {
	run timec -i 127.0.0.1 "$ODD" <<<$'once\nclose\nTime.'
	assert_failure 1
	assert_output 'Send a request: Received a response: once
Send a request: timec: 127.0.0.1 has closed the connection'
}

# As one does that serves a request a connection: whether it has closed before
# the next request goes out, or after, is chance.
@test "interactive: a server that closes after each answer" {
	run timec -i 127.0.0.1 "$ODD" <<<$'last\nlast\nExit.'
	assert_success
	assert_output 'Send a request: Received a response: Sat Jun 19 22:05:18 2021
Send a request: Received a response: Sat Jun 19 22:05:18 2021
Send a request: Received a response: Bye.'
	run timec -i 127.0.0.1 "$ODD" <<<$'last\nreset'
	assert_failure 1
	assert_line --partial 'Connection reset by peer'
}

@test "interactive: an answer's late newline is none to the next request" {
	run timec -i --json 127.0.0.1 "$ODD" <<<$'lf\npieces\nTime.\nExit.'
	assert_success
	assert_line --index 0 --partial '"reply":"one line",'
	assert_line --index 1 --partial '"reply":"three pieces here",'
	assert_line --index 2 --partial '"reply":"Sat Jun 19 22:05:18 2021",'
	assert_line --index 3 --partial '"reply":"Bye.",'
}

@test "interactive over UDP: no answer does not end it" {
	run timec -iu -W 100ms 127.0.0.1 "$ODD" <<<$'what\nTime.'
	assert_failure 1
	assert_output 'Send a request: timec: 127.0.0.1: no answer
Send a request: Received the current system time on the server: Sat Jun 19 22:05:18 2021
Send a request: '
}

# -- The offset ---------------------------------------------------------------

@test "-o: one clock has no offset to itself" {
	for how in -o -ou; do
		run timec "$how" 127.0.0.1 "$QUERY"
		assert_success
		assert_output --regexp '^offset [+-]0\.[0-9]{6} s, delay 0\.[0-9]{6} s, server 127\.0\.0\.1, samples 5$'
		[[ ${BROOD_VALGRIND:-} ]] ||
		    assert_output --regexp '^offset [+-]0\.00'
	done
}

@test "-o: another clock's, in spite of a slow sample" {
	start_server "$CLOCK" --ahead 3600.5
	run timec -o -n 3 127.0.0.1 "$PORT"
	assert_success
	assert_output --regexp '^offset \+3600\.(4|5)[0-9]{5} s, delay 0\.[01][0-9]{5} s, server 127\.0\.0\.1, samples 3$'
	start_server "$CLOCK" --ahead -86400
	run timec -o --json -n 2 127.0.0.1 "$PORT"
	assert_success
	"$PYTHON" - "$output" <<'PY'
import json, sys
o = json.loads(sys.argv[1])
assert abs(o["offset"] + 86400) < 0.1 and 0 < o["delay"] < 0.2, o
assert o["samples"] == 2 and o["server"] == "127.0.0.1", o
PY
}

# The answer to the first comes while the third is waited for.
@test "-o over UDP: late and lost answers are no samples" {
	start_server "$CLOCK" --ahead 100
	run timec -ou -n 4 -W 110ms 127.0.0.1 "$PORT"
	assert_success
	assert_line --regexp '^offset \+(99\.9|100\.0)[0-9]{5} s, delay 0\.[01][0-9]{5} s, server 127\.0\.0\.1, samples 2$'
}

@test "-o: a server that has only plain replies: status 2" {
	printf 'what?\n' >"$BATS_TEST_TMPDIR/first"
	start_server "$CLOCK" --first "$BATS_TEST_TMPDIR/first"
	run timec -o 127.0.0.1 "$PORT"
	assert_failure 2
	assert_output --partial "it answers 'what?'"
}

# -- Daytime and time servers -------------------------------------------------

@test "-P daytime and -P time read timed's" {
	start_server timed -P daytime
	for how in '-P daytime' '-uP daytime'; do
		# shellcheck disable=SC2086
		run timec $how 127.0.0.1 "$PORT"
		assert_success
		assert_output --regexp "^$DATE\$"
	done
	start_server timed -P time
	run timec -P time 127.0.0.1 "$PORT"
	assert_success
	assert_output --regexp "^$DATE\$"
	run timec -uP time --json 127.0.0.1 "$PORT"
	assert_success
	[[ $output =~ \"seconds\":([0-9]+), ]]
	now=$EPOCHSECONDS
	((BASH_REMATCH[1] >= now - 60 && BASH_REMATCH[1] <= now))
}

# What others' servers look like: NIST's begins with an empty line.
@test "-P daytime prints what there is" {
	printf '\n60480 26-01-01 00:00:00 00 0 0 50.0 UTC(NIST) * \r\nmore\n' \
	    >"$BATS_TEST_TMPDIR/first"
	start_server "$CLOCK" --first "$BATS_TEST_TMPDIR/first"
	for how in '-P daytime' '-uP daytime'; do
		# shellcheck disable=SC2086
		run timec $how 127.0.0.1 "$PORT"
		assert_success
		assert_output '60480 26-01-01 00:00:00 00 0 0 50.0 UTC(NIST) * 
more'
	done
}

# 2026-01-01 00:02:18 ends in the byte of a newline; and there is the overflow
# of 2036, seen from now.
@test "-P time takes any four bytes" {
	for case in '\xed\x00\x38\x0a Thu Jan  1 00:02:18 2026' \
	    '\x00\x00\x00\x00 Thu Feb  7 06:28:16 2036'; do
		printf '%b' "${case%% *}" >"$BATS_TEST_TMPDIR/first"
		start_server "$CLOCK" --first "$BATS_TEST_TMPDIR/first"
		for how in '-P time' '-uP time'; do
			# shellcheck disable=SC2086
			run timec $how 127.0.0.1 "$PORT"
			assert_success
			assert_output "${case#* }"
		done
	done
}

@test "-P time: a server that has said it and does not close" {
	printf '\xed\x00\x38\x0a' >"$BATS_TEST_TMPDIR/first"
	start_server "$CLOCK" --keep --first "$BATS_TEST_TMPDIR/first"
	run timec -P time 127.0.0.1 "$PORT"
	assert_success
	now_ms
	start=$NOW_MS
	run timec -P daytime -W 60s 127.0.0.1 "$PORT"
	assert_success
	now_ms
	((NOW_MS - start < 30000))
}

@test "-P time: fewer bytes, or none" {
	printf '\xed\x00\x38' >"$BATS_TEST_TMPDIR/first"
	start_server "$CLOCK" --first "$BATS_TEST_TMPDIR/first"
	for how in '-P time' '-uP time'; do
		# shellcheck disable=SC2086
		run timec $how 127.0.0.1 "$PORT"
		assert_failure 2
		assert_output --partial 'an answer of 3 bytes; RFC 868 has 4'
	done
	: >"$BATS_TEST_TMPDIR/empty"
	start_server "$CLOCK" --first "$BATS_TEST_TMPDIR/empty"
	run timec -P daytime 127.0.0.1 "$PORT"
	assert_failure 1
}
