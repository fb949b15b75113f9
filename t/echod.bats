# bats file_tags=models
# What echod's peers see, over TCP and UDP, in each of its three modes.

load lib/brood
load lib/talk

# One server for each mode, for the whole file.
setup_file() {
	start_server echod
	export ECHO=$PORT
	start_server echod reply 'got it'
	export FIXED=$PORT FIXED_LOG=$SERVER_LOG
	start_server echod discard
	export DISCARD=$PORT DISCARDED=$SERVER_OUT
	# Under inetd, standard output is the peer.
	[[ ${MODEL:-} != inetd ]] || DISCARDED=$SERVER_LOG
}

torrent() {
	"$PYTHON" -S "$LIB/fixtures/torrent.py" "$@"
}

# -- Echo ---------------------------------------------------------------------

@test "echo: text comes back" {
	run tcp "$HOST" "$ECHO" 'hello\n' @shut
	assert_success
	assert_output hello
}

@test "echo: our own client" {
	run client echoc -W $((5 * SLOW)) "$HOST" "$ECHO" <<<'hello, client'
	assert_success
	assert_output 'hello, client'
}

@test "echo: several messages on a connection, each at once" {
	dial "$HOST" "$ECHO"
	exchange "$FD" 'one'
	exchange "$FD" 'two two'
	exchange "$FD" $'three\nlines\n'
	hang_up "$FD"
}

@test "echo: every byte value, NULs too, at whatever segments" {
	"$PYTHON" -c 'import sys
sys.stdout.buffer.write(bytes(range(256)) + bytes(300))' \
	    >"$BATS_TEST_TMPDIR/bytes"
	tcp "$HOST" "$ECHO" @file "$BATS_TEST_TMPDIR/bytes" @shut \
	    >"$BATS_TEST_TMPDIR/echoed"
	cmp "$BATS_TEST_TMPDIR/bytes" "$BATS_TEST_TMPDIR/echoed"
	tcp --split 1 "$HOST" "$ECHO" @file "$BATS_TEST_TMPDIR/bytes" @shut \
	    >"$BATS_TEST_TMPDIR/echoed"
	cmp "$BATS_TEST_TMPDIR/bytes" "$BATS_TEST_TMPDIR/echoed"
}

@test "echo: a mebibyte to a peer that reads slowly" {
	run torrent "$HOST" "$ECHO" 1048576 3000000
	assert_success
	assert_output '1048576 echoed'
}

# A wake-up that came while the session was writing was lost once, and the
# last of what had been sent stayed in the server's socket.
@test "echo: what comes while the server is stuck in writing" {
	run torrent "$HOST" "$ECHO" 1000000 full
	assert_success
	assert_output 'all echoed'
}

# So was the end that came together with the data before it.
@test "echo: words and a half-close in one segment, after a rest" {
	run torrent "$HOST" "$ECHO" 40000 last
	assert_success
	assert_output 'all echoed'
}

@test "echo: what came before a half-close is answered" {
	run tcp "$HOST" "$ECHO" 'last words' @shut
	assert_success
	assert_output 'last words'
}

@test "echo: a peer that says nothing and ends" {
	run tcp "$HOST" "$ECHO" @shut
	assert_success
	assert_output ''
}

@test "echo: a reset harms nobody" {
	skip_model 'serves one after another' single
	dial "$HOST" "$ECHO"
	other=$FD
	exchange "$other" before
	run tcp "$HOST" "$ECHO" 'x' @expect x @reset
	assert_success
	exchange "$other" after
	hang_up "$other"
}

# -- Reply --------------------------------------------------------------------

@test "reply: a bare request gets a bare reply, after 100 ms of silence" {
	dial "$HOST" "$FIXED"
	now_ms
	start=$NOW_MS
	say "$FD" 'request'
	hear "$FD" 6
	now_ms
	assert_equal "$HEARD" 'got it'
	((NOW_MS - start >= 99))
	is_silent "$FD" 50
	say "$FD" 'another'
	hear "$FD" 6
	hang_up "$FD"
}

@test "reply: LF gets LF, CRLF gets CRLF, without a pause" {
	run tcp "$HOST" "$FIXED" 'a\n' @expect 'got it\n' 'b\r\n' \
	    @expect 'got it\r\n' @close
	assert_success
	assert_output $'got it\ngot it\r'
}

@test "reply: several requests in one segment, the last bare" {
	run tcp "$HOST" "$FIXED" 'one\ntwo\r\n\nfour' @shut
	assert_success
	assert_output $'got it\ngot it\r\ngot it\ngot it'
}

@test "reply: a request split at every byte is one request" {
	run tcp --split 1 "$HOST" "$FIXED" 'a request\r\n' @shut
	assert_success
	assert_output $'got it\r'
	run tcp --split 1 "$HOST" "$FIXED" 'bare' @shut
	assert_success
	assert_output 'got it'
	run tcp "$HOST" "$FIXED" 'split at' ' its end\r' @pause 0.01 '\n' @shut
	assert_success
	assert_output $'got it\r'
}

@test "reply: a NUL is a byte like others" {
	run tcp "$HOST" "$FIXED" 'a\0b\n' @shut
	assert_success
	assert_output 'got it'
}

@test "reply: a message that is too long is refused, not cut" {
	for size in 9000 300000; do
		head -c "$size" /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/long"
		run tcp "$HOST" "$FIXED" @file "$BATS_TEST_TMPDIR/long" '\n'
		assert_success
		assert_output 'message too long'
	done
	wait_for_lines 2 "$FIXED_LOG" '127\.0\.0\.1:[0-9]+: message too long'
}

@test "reply: a long message that is short enough" {
	run tcp "$HOST" "$FIXED" "$(printf '%08192d' 0)"'\n' @shut
	assert_success
	assert_output 'got it'
}

@test "reply: %t is the time as ctime has it" {
	start_server echod reply '[%t] received %t'
	run tcp "$HOST" "$PORT" '?\n' @shut
	assert_success
	day='[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} 20[0-9]{2}'
	assert_output --regexp "^\[$day\] received $day\$"
	"$PYTHON" - "${output:1:24}" <<'PY'
import sys, time
then = time.mktime(time.strptime(sys.argv[1]))
assert abs(then - time.time()) < 60, sys.argv[1]
PY
}

@test "reply: --reply is the same as the operand" {
	start_server echod --reply aye
	run tcp "$HOST" "$PORT" '?\n' @shut
	assert_output aye
}

# -- Discard ------------------------------------------------------------------

@test "discard: prints, answers nothing, holds the connection" {
	dial "$HOST" "$DISCARD"
	say "$FD" 'into the void\n'
	wait_for_line "$DISCARDED" '^into the void$'
	is_silent "$FD" 150
	say "$FD" 'and more\n'
	wait_for_line "$DISCARDED" '^and more$'
	hang_up "$FD"
}

@test "discard: ends when the peer has ended" {
	run tcp "$HOST" "$DISCARD" 'bye\n' @shut
	assert_success
	assert_output ''
	wait_for_line "$DISCARDED" '^bye$'
}

@test "discard: control characters harm no terminal" {
	run tcp "$HOST" "$DISCARD" 'red: \x1b[31m bell: \x07 end\n' @shut
	assert_success
	wait_for_line "$DISCARDED" '^red: .*\[31m bell: .* end'
	run grep -c $'[\x1b\x07]' "$DISCARDED"
	assert_output 0
}

@test "discard: much of it" {
	head -c 400000 /dev/urandom | base64 >"$BATS_TEST_TMPDIR/noise"
	run tcp "$HOST" "$DISCARD" @file "$BATS_TEST_TMPDIR/noise" \
	    '\nthe end of it\n' @shut
	assert_success
	assert_output ''
	wait_for_line "$DISCARDED" '^the end of it$'
}

@test "discard: --charset decodes, characters in two segments too" {
	start_server echod discard --charset GBK
	shown=$SERVER_OUT
	[[ ${MODEL:-} != inetd ]] || shown=$SERVER_LOG
	run tcp "$HOST" "$PORT" '\xc4\xe3\xba\xc3 one\n' @shut
	wait_for_line "$shown" '^你好 one$'
	run tcp "$HOST" "$PORT" '\xc4' @pause 0.01 '\xe3\xba' @pause 0.01 \
	    '\xc3 two\n' @shut
	wait_for_line "$shown" '^你好 two$'
	# What is no character does not stop what follows.
	run tcp "$HOST" "$PORT" 'bad \xff\xff then \xba\xc3\n' @shut
	wait_for_line "$shown" '^bad .*then 好$'
	run tcp "$HOST" "$PORT" 'half a character: \xc4' @shut
	assert_success
	wait_for_line "$shown" '^half a character: '
}

# -- Datagrams ----------------------------------------------------------------

udp() {
	run tcp --udp "$@"
	assert_success
}

@test "UDP echo: on the same port as TCP" {
	udp "$HOST" "$ECHO" 'datagram' @expect datagram
	assert_output datagram
}

@test "UDP echo: any bytes, an empty one and a large one" {
	udp --quiet "$HOST" "$ECHO" '\0\xff\n' @expect '^\x00\xff\n$' @close
	assert_output 3
	udp "$HOST" "$ECHO" '' 'next' @expect next @close
	head -c 60000 /dev/urandom >"$BATS_TEST_TMPDIR/large"
	udp --quiet "$HOST" "$ECHO" @file "$BATS_TEST_TMPDIR/large" \
	    @read 60000 @close
	assert_output 60000
}

@test "UDP echo: our own client" {
	udp "$HOST" "$ECHO" 'is there UDP?' @expect UDP @close
	run client echoc -u "$HOST" "$ECHO" <<<'by datagram'
	assert_success
	assert_output 'by datagram'
}

@test "UDP reply: to every datagram, bare" {
	udp "$HOST" "$FIXED" 'x' @expect '^got it$' 'y\n' @expect '^got it$' \
	    @close
	assert_output $'got it\ngot it'
}

@test "UDP discard: printed, not answered" {
	udp --silence 0.1 "$HOST" "$DISCARD" 'a silent datagram\n'
	assert_output ''
	wait_for_line "$DISCARDED" '^a silent datagram$'
	udp --silence 0.1 "$HOST" "$DISCARD" 'without an end' 'the next'
	wait_for_line "$DISCARDED" '^without an end$'
	wait_for_line "$DISCARDED" '^the next$'
}

@test "UDP: what comes from the server's own port is not answered" {
	udp --silence 0.1 --bind "127.0.0.2:$ECHO" "$HOST" "$ECHO" 'to myself'
	assert_output ''
	udp "$HOST" "$ECHO" 'still there' @expect there @close
}

@test "UDP: what comes from a well-known answering port is not answered" {
	((EUID == 0)) || skip 'low ports are for root'
	# an address of this test's own: others may run beside it
	for port in 7 19; do
		udp --silence 0.1 --bind "127.$((BASHPID / 250 % 250)).$((
		    BASHPID % 250)).$((RANDOM % 250 + 1)):$port" "$HOST" \
		    "$ECHO" x
		assert_output ''
	done
	udp "$HOST" "$ECHO" 'still there' @expect there @close
}
