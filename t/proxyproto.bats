# bats file_tags=models
# The PROXY protocol, versions 1 and 2, from a balancer that --proxy-from names:
# whose connection it is, and what a balancer must not get away with.

load lib/brood
load lib/talk

V1='PROXY TCP4 192.0.2.7 198.51.100.1 5555 7007\r\n'
SIG='\r\n\r\n\0\r\nQUIT\n'
# Version 2, PROXY, TCP over IPv4, 12 bytes: 192.0.2.8:6000 to 198.51.100.1:7007
V2="$SIG"'\x21\x11\0\x0c\xc0\0\x02\x08\xc6\x33\x64\x01\x17\x70\x1b\x5f'
LOCAL="$SIG"'\x20\0\0\0'

# One server for all that is not of a limit; a message that is too long makes
# it name the peer in its log.
setup_file() {
	start_server echod --proxy-from 127.0.0.1 --proxy-from 192.0.2.0/24 \
	    --request-timeout 500ms reply ok
	export ADDR=$HOST BALANCED=$PORT BALANCED_LOG=$SERVER_LOG
	head -c 9000 /dev/zero | tr '\0' x >"$BATS_FILE_TMPDIR/long"
}

# is_from ADDRESS HEADER [OPTION...] - with this header, that is who it is
is_from() {
	local address=$1 header=$2

	shift 2
	run tcp "$@" "$ADDR" "$BALANCED" "$header" 'short\n' \
	    @expect ok @file "$BATS_FILE_TMPDIR/long" '\n'
	assert_success
	assert_output $'ok\nmessage too long'
	wait_for_line "$BALANCED_LOG" " ${address//./\\.}: message too long"
	: >"$BALANCED_LOG"
}

# is_refused STEP... - what comes instead of a header is not answered
is_refused() {
	run tcp "$ADDR" "$BALANCED" "$@"
	assert_output ''
	[[ $status == 0 || $status == 4 ]]
	wait_for_line "$BALANCED_LOG" \
	    '127\.0\.0\.1:[0-9]+: refused: .*PROXY header'
	: >"$BALANCED_LOG"
}

@test "version 1: the client's address is the peer's" {
	is_from 192.0.2.7:5555 "$V1"
	is_from '\[2001:db8::7\]:5556' \
	    'PROXY TCP6 2001:db8::7 2001:db8::1 5556 7007\r\n'
}

@test "version 1: UNKNOWN leaves the address as it is" {
	is_from '127.0.0.1:[0-9]+' 'PROXY UNKNOWN\r\n'
	is_from '127.0.0.1:[0-9]+' 'PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'
}

@test "version 2: binary, and LOCAL for the balancer's own checks" {
	is_from 192.0.2.8:6000 "$V2"
	is_from '127.0.0.1:[0-9]+' "$LOCAL"
	# Eight bytes of options behind the addresses.
	is_from 192.0.2.8:6000 \
	    "${V2/'\x0c'/'\x14'}"'\x04\0\x05hello'
}

@test "a header split at every byte, and one with the request behind it" {
	run tcp --split 1 "$ADDR" "$BALANCED" "$V1" 'x\n' @shut
	assert_output ok
	run tcp --split 1 "$ADDR" "$BALANCED" "$V2" 'x\n' @shut
	assert_output ok
	run tcp "$ADDR" "$BALANCED" "$V1"'x\ny\n' @shut
	assert_output $'ok\nok'
}

@test "no header, or a bad one: refused with a line" {
	is_refused 'hello\n'
	is_refused 'PROXY TCP4 999.0.2.7 198.51.100.1 5555 7007\r\n'
	is_refused 'PROXY TCP4 192.0.2.7 198.51.100.1 5555\r\n'
	is_refused 'PROXY TCP4 192.0.2.7 198.51.100.1 5555 7007\nx'
	is_refused "PROXY TCP4 $(printf '%0200d' 0)"
	is_refused "$SIG"'\x31\x11\0\x0c' '@shut'
	is_refused 'PROX' @shut
	is_refused @shut
}

@test "a balancer that sends half a header is not waited for for ever" {
	is_refused 'PROXY TCP4'
	is_refused "$SIG"'\x21\x11'
	is_refused ''
}

@test "from anybody else a header is data" {
	start_server echod --proxy-from 192.0.2.0/24
	run tcp "$HOST" "$PORT" "$V1" @shut
	assert_success
	assert_output $'PROXY TCP4 192.0.2.7 198.51.100.1 5555 7007\r'
}

@test "the limit of a source is the client's, not the balancer's" {
	skip_model 'one at a time' single inetd
	start_server echod --proxy-from 127.0.0.1 --max-per-source 1
	dial
	one=$FD
	say "$one" 'PROXY TCP4 192.0.2.1 198.51.100.1 1001 7\r\nhello'
	hear "$one" 5
	dial
	two=$FD
	say "$two" 'PROXY TCP4 192.0.2.2 198.51.100.1 1002 7\r\nhello'
	hear "$two" 5
	dial
	say "$FD" 'PROXY TCP4 192.0.2.1 198.51.100.1 1003 7\r\nhello'
	is_closed "$FD"
	wait_for_line "$SERVER_LOG" '192\.0\.2\.1:1003: refused: too many'
	exchange "$one" again
	exchange "$two" again
	hang_up "$FD" "$one" "$two"
}

@test "titles and the status tell the client's address" {
	only_model 'a child for each connection' fork prefork
	start_server echod --proxy-from 127.0.0.1 --status "127.0.0.1:0"
	wait_for_line "$SERVER_OUT" 'status on'
	dial
	say "$FD" 'PROXY TCP4 192.0.2.1 198.51.100.1 1001 7\r\nhello'
	hear "$FD" 5
	if [[ ! ${BROOD_VALGRIND:-} ]]; then
		run ps -o args= --ppid "$SERVER_PID"
		assert_output --partial ': 192.0.2.1:1001'
	fi
	run client statusc "${LINE#status on }"
	assert_success
	assert_output --partial '192.0.2.1:1001'
	hang_up "$FD"
}
