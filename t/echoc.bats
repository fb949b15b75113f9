# bats file_tags=long
# echoc: with echod, and with servers that answer late, half, or never.

load lib/brood

ECHOES=$LIB/fixtures/echoes.py

# say TEXT ARG... - echoc with TEXT as its standard input
say() {
	printf '%b' "$1" | client echoc -W "$((2 * SLOW))s" "${@:2}"
}

@test "a stream there and back" {
	start_server echod
	run say 'hello\nworld\n' "$HOST" "$PORT"
	assert_success
	assert_output $'hello\nworld'
	run say 'no newline' "$HOST:$PORT"
	assert_success
	assert_output 'no newline'
	run say '' "$HOST" "$PORT"
	assert_success
	assert_output ''
}

@test "20 MB there and back, while neither side reads all at once" {
	start_server "$ECHOES" echo
	head -c 20000000 /dev/urandom >"$BATS_TEST_TMPDIR/f"
	client echoc "$HOST" "$PORT" <"$BATS_TEST_TMPDIR/f" \
	    >"$BATS_TEST_TMPDIR/g"
	cmp "$BATS_TEST_TMPDIR/f" "$BATS_TEST_TMPDIR/g"
}

@test "a server that answers far more than it is sent" {
	start_server "$ECHOES" flood
	head -c 2000 /dev/zero >"$BATS_TEST_TMPDIR/f"
	client echoc "$HOST" "$PORT" <"$BATS_TEST_TMPDIR/f" \
	    >"$BATS_TEST_TMPDIR/g"
	assert_equal "$(stat -c %s "$BATS_TEST_TMPDIR/g")" 2000000
}

@test "everything has come back: no wait for a server that keeps the connection" {
	start_server "$ECHOES" kept
	run say 'hello\n' -W 1h "$HOST" "$PORT"
	assert_success
	assert_output hello
}

@test "input that comes slowly is waited for" {
	start_server echod
	mkfifo "$BATS_TEST_TMPDIR/in"
	client echoc -W 200ms "$HOST" "$PORT" <"$BATS_TEST_TMPDIR/in" \
	    >"$BATS_TEST_TMPDIR/out" &
	exec {in}>"$BATS_TEST_TMPDIR/in"
	echo one >&"$in"
	wait_for_line "$BATS_TEST_TMPDIR/out" '^one$'
	read -r -t 0.5 -u "$BROOD_TICK" || :	# longer than -W
	echo two >&"$in"
	wait_for_line "$BATS_TEST_TMPDIR/out" '^two$'
	exec {in}>&-
	wait $!
}

@test "no answer: 1" {
	start_server "$ECHOES" mute
	run say 'hello\n' -W 200ms "$HOST" "$PORT"
	assert_failure 1
	assert_output --partial '6 bytes sent, 0 received'
}

@test "a server that closes while there is more to send: 1" {
	start_server "$ECHOES" half
	head -c 20000000 /dev/zero >"$BATS_TEST_TMPDIR/f"
	run bash -c '"$@" <"$0" | wc -c; exit "${PIPESTATUS[0]}"' \
	    "$BATS_TEST_TMPDIR/f" "$BIN/echoc" "$HOST" "$PORT"
	((status == 1 || status == 2))	# closed, or reset
	assert_line 4
}

@test "a discard server: -n expects no answer" {
	start_server echod discard
	run say 'to be printed\n' -n "$HOST" "$PORT"
	assert_success
	assert_output ''
	wait_for_line "$SERVER_OUT" 'to be printed'
	run say 'datagram\n' -nu "$HOST" "$PORT"
	assert_success
	wait_for_line "$SERVER_OUT" 'datagram'
	run say 'a\nb\n' -n --json "$HOST" "$PORT"
	assert_success
	assert_line --index 1 '{"sent":"b","received":null,"rtt_us":null}'
}

@test "datagrams: each line one, each answer printed" {
	start_server echod
	run say 'one\n\nthree' -u "$HOST" "$PORT"
	assert_success
	assert_output $'one\n\nthree'
}

@test "datagrams without an answer: 1, and the others are still sent" {
	start_server "$ECHOES" late
	run say 'one\ntwo\n' -u -W 200ms "$HOST" "$PORT"
	assert_failure 1
	assert_output --partial 'no answer to message 1'
	assert_line one		# too late for its own, in time for the next
}

@test "a port without a server: UDP 1, TCP 2" {
	port=$("$PYTHON" -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	run say 'x\n' -u 127.0.0.1 "$port"
	assert_failure 1
	assert_output --partial 'refused'
	run say 'x\n' 127.0.0.1 "$port"
	assert_failure 2
	assert_output --partial 'Connection refused'
}

@test "usage, names, lengths: 2" {
	run say '' "$BATS_TEST_TMPDIR"
	assert_failure 2
	run say '' nobody.invalid 7
	assert_failure 2
	assert_output --partial 'name not known'
	run say '' -u --tls 127.0.0.1 7
	assert_failure 2
	run say '' -W soon 127.0.0.1 7
	assert_failure 2
	assert_output --partial "'soon' is not a time"
	run bash -c 'head -c 70000 /dev/zero | tr "\0" x | "$@"' _ \
	    "$BIN/echoc" -u 127.0.0.1 9
	assert_failure 2
	assert_output --partial 'does not fit into a datagram'
}

@test "interactive through a pipe: a prompt, and an empty line ends it" {
	start_server echod
	run say 'one\ntwo\n\nthree\n' -i "$HOST" "$PORT"
	assert_success
	assert_output $'Send a message: one\nSend a message: two\nSend a message: '
}

@test "interactive on a terminal" {
	start_server echod reply '[ok]'
	run "$LIB/fixtures/terminal.py" "$BIN/echoc" "$HOST" "$PORT" \
	    < <(printf 'hello\n\n')
	assert_success
	assert_line --partial 'Send a message: '
	assert_line $'[ok]\r'
}

@test "answers without a newline end at silence" {
	start_server "$ECHOES" upper
	run say 'one\ntwo\n' --json "$HOST" "$PORT"
	assert_success
	assert_line --index 0 --partial '"received":"ONE"'
	assert_line --index 1 --partial '"received":"TWO"'
}

@test "--json: an object a message" {
	start_server echod
	run say 'a "b"\n\\xff\n' --json -u "$HOST" "$PORT"
	assert_success
	assert_line --index 0 --partial '{"sent":"a \"b\"","received":"a \"b\"","rtt_us":'
	while read -r line; do
		"$PYTHON" -c 'import json, sys
o = json.loads(sys.argv[1]); assert 0 < o["rtt_us"] < 6e7' "$line"
	done <<<"$output"
}

@test "a server that ends the conversation: 2" {
	start_server "$ECHOES" half
	run say 'hello\nagain\nand again\n' -i "$HOST" "$PORT"
	assert_failure 2
}

@test "-v shows addresses, socket type and family" {
	start_server echod
	run say 'x\n' -v "$HOST" "$PORT"
	assert_success
	assert_line --regexp "^local address 127\.0\.0\.1:[0-9]+, $(
	    )peer address 127\.0\.0\.1:$PORT, socket type SOCK_STREAM, $(
	    )family AF_INET$"
	run say 'x\n' -vu "$HOST" "$PORT"
	assert_line --partial 'socket type SOCK_DGRAM'
}

@test "a UNIX socket, and one family only" {
	start_server echod --listen "unix:$BATS_TEST_TMPDIR/s"
	run say 'x\n' "unix:$BATS_TEST_TMPDIR/s"
	assert_success
	assert_output x
	run say 'x\n' -6 127.0.0.1 7
	assert_failure 2
	assert_output --partial 'no IPv6 address'
}

@test "TLS: verified, refused, and taken on trust" {
	need openssl
	cd "$BATS_TEST_TMPDIR" || return
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert \
	    -days 30 -subj /CN=localhost -addext \
	    'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null
	start_server echod --tls-cert "$PWD/cert" --tls-key "$PWD/key"
	run say 'secret\n' --tls --cacert cert "$HOST" "$PORT"
	assert_success
	assert_output secret
	run say 'secret\n' --tls --cacert cert "localhost:$PORT"
	assert_success
	run say 'secret\n' --tls "$HOST" "$PORT"
	assert_failure 2
	refute_line secret
	run say 'secret\n' --tls -kv "$HOST" "$PORT"
	assert_success
	assert_line --partial TLSv1.3
	run say 'one\ntwo\n' --tls -k --json "$HOST" "$PORT"
	assert_success
	assert_line --index 1 --partial '"received":"two"'
	head -c 3000000 /dev/urandom >f
	client echoc --tls -k "$HOST" "$PORT" <f >g
	cmp f g
}
