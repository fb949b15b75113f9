# bats file_tags=models
# What timed's peers see in each of its three protocols, over TCP and UDP, and
# what it prints.  The plain replies are byte for byte those that programs which
# we do not control depend on.

load lib/brood
load lib/talk

DATE='[A-Z][a-z]{2} [A-Z][a-z]{2} [ 123][0-9] [0-9:]{8} [0-9]{4}'
ISO='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z'

setup_file() {
	start_server timed
	export QUERY=$PORT SAID=$SERVER_OUT
	start_server timed -P daytime
	export DAYTIME=$PORT
	start_server timed --protocol time
	export SECONDS37=$PORT
	# Under inetd, standard output is the peer.
	[[ ${MODEL:-} != inetd ]] || export SAID=${SAID%out}log
}

# near FORMAT TEXT - a time within a minute of now
near() {
	"$PYTHON" - "$@" <<'PY'
import calendar, sys, time
then = calendar.timegm(time.strptime(sys.argv[2], sys.argv[1]))
assert abs(then - time.time()) < 60, sys.argv[2]
PY
}

# -- The plain dialect --------------------------------------------------------

@test "Time. is answered as asctime has it, bare, and at once" {
	dial "$HOST" "$QUERY"
	say "$FD" 'Time.'
	hear "$FD" 24
	near '%a %b %d %H:%M:%S %Y' "$HEARD"
	is_silent "$FD" 50
	say "$FD" 'Time.'
	hear "$FD" 24
	hang_up "$FD"
}

@test "Time without the full stop, after 100 ms of silence" {
	dial "$HOST" "$QUERY"
	now_ms
	start=$NOW_MS
	say "$FD" 'Time'
	hear "$FD" 24
	now_ms
	((NOW_MS - start >= 99))
	near '%a %b %d %H:%M:%S %Y' "$HEARD"
	hang_up "$FD"
}

@test "Exit. and Exit are answered with Bye. and the end" {
	for word in Exit. Exit; do
		dial "$HOST" "$QUERY"
		say "$FD" "$word"
		hear "$FD" 4
		assert_equal "$HEARD" Bye.
		is_closed "$FD"
		hang_up "$FD"
	done
}

@test "anything else has an unknown meaning, and the conversation goes on" {
	run tcp "$HOST" "$QUERY" 'time.' @expect 'meaning\.' 'Timely.' \
	    @expect 'meaning\.' '.' @expect 'meaning\.' 'What?' \
	    @expect 'meaning\.' 'Exit.'
	assert_success
	expected=$(printf 'Unknown meaning.%.0s' 1 2 3 4)Bye.
	assert_output "$expected"
}

@test "local time is that of the server's zone" {
	TZ=CST-8 start_server timed
	run tcp "$HOST" "$PORT" 'Time.\nUnix.\nExit.\n'
	assert_success
	"$PYTHON" - "${lines[0]}" "${lines[1]}" <<'PY'
import calendar, sys, time
local = calendar.timegm(time.strptime(sys.argv[1]))
assert abs(local - float(sys.argv[2]) - 8 * 3600) < 60, sys.argv
PY
}

# -- The better one -----------------------------------------------------------

@test "Unix. is answered with seconds and nanoseconds" {
	run tcp "$HOST" "$QUERY" 'Unix.Exit.'
	assert_success
	assert_output --regexp '^[0-9]+\.[0-9]{9}Bye\.$'
	now=$EPOCHSECONDS
	((${output%%.*} >= now - 60 && ${output%%.*} <= now))
}

@test "Iso. is answered as RFC 3339 has it, in UTC" {
	TZ=CST-8 start_server timed
	run tcp "$HOST" "$PORT" 'Iso.\n' @shut
	assert_success
	assert_output --regexp "^$ISO\$"
	near '%Y-%m-%dT%H:%M:%S' "${output%.*}"
}

# -- Framing ------------------------------------------------------------------

@test "LF gets LF, CRLF gets CRLF" {
	run tcp "$HOST" "$QUERY" 'Time.\n' @expect '^.{24}\n$' 'Time\r\n' \
	    @expect '^.{24}\r\n$' 'what\n' @expect '^Unknown meaning.\n$' \
	    '\n' @expect '^Unknown meaning.\n$' 'Exit\n' @expect '^Bye.\n$'
	assert_success
}

@test "several requests in one segment" {
	run tcp "$HOST" "$QUERY" 'Time.Time.Exit.'
	assert_success
	assert_output --regexp "^($DATE){2}Bye\.\$"
	run tcp "$HOST" "$QUERY" 'Time.\nfoo\r\nIso.what\nUnix'  @shut
	assert_success
	assert_output --regexp "^$DATE
Unknown meaning\..
${ISO}Unknown meaning\.
[0-9]+\.[0-9]{9}\$"
}

@test "nothing after Exit. is answered" {
	run tcp "$HOST" "$QUERY" 'Exit.Time.Time.'
	assert_success
	assert_output 'Bye.'
}

# Two segments, cut at each place in turn; and a segment for each byte.  The
# replies are the same, whichever way, but for what the time is.
@test "requests split at every byte" {
	# A super-server starts a process for each.
	step=1 && [[ ${MODEL:-} != inetd ]] || step=7
	run "$PYTHON" - "$HOST" "$QUERY" "$step" <<'PY'
import re, socket, sys, time
talk = b"Time.Unix.\nfoo\r\nIso.\r\nTime\nExit.\r\n"
want = b"DUNIX\nUnknown meaning.\r\nISO\r\nD\nBye.\r\n"

def plain(text):
    text = re.sub(rb"... ... .. ..:..:.. \d{4}", b"D", text)
    text = re.sub(rb"\d{10}\.\d{9}", b"UNIX", text)
    return re.sub(rb"[\d-]+T[\d:]+\.\d{9}Z", b"ISO", text)

def say(pieces):
    with socket.create_connection((sys.argv[1], sys.argv[2])) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.settimeout(60)
        late = False
        for i, piece in enumerate(pieces):
            began = time.monotonic()
            if i:
                time.sleep(0.005)
            s.sendall(piece)
            late = late or time.monotonic() - began > 0.05
        got = b""
        while True:
            more = s.recv(4096)
            if not more:
                break
            got += more
    # A silence of 100 ms ends a request, whosever fault it is.
    return say(pieces) if late else plain(got)

for cut in range(0, len(talk), int(sys.argv[3])):
    got = say([talk[:cut], talk[cut:]] if cut else [talk])
    assert got == want, (cut, got)
got = say([talk[i:i + 1] for i in range(len(talk))])
assert got == want, got
PY
	assert_success
}

@test "a request that pauses for longer than 100 ms is two" {
	run tcp "$HOST" "$QUERY" 'Ti' @expect 'meaning\.' 'me.\n' @shut
	assert_success
	assert_output 'Unknown meaning.Unknown meaning.'
}

@test "what came before a half-close is answered" {
	run tcp "$HOST" "$QUERY" 'Time' @shut
	assert_success
	assert_output --regexp "^$DATE\$"
	run tcp "$HOST" "$QUERY" @shut
	assert_success
	assert_output ''
}

@test "nc" {
	need nc
	run nc -N "$HOST" "$QUERY" <<<'Time.'
	assert_success
	assert_output --regexp "^$DATE\$"
}

# -- Limits -------------------------------------------------------------------

@test "a request that is too long gets a reply and the end" {
	for size in 513 9000 300000; do
		head -c "$size" /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/long"
		run tcp "$HOST" "$QUERY" @file "$BATS_TEST_TMPDIR/long" '\n'
		assert_success
		assert_output 'Request too long.'
	done
	run tcp "$HOST" "$QUERY" "$(printf '%0512d' 0)"'\nExit.'
	assert_success
	assert_output $'Unknown meaning.\nBye.'
}

@test "bytes that are no text" {
	run tcp "$HOST" "$QUERY" '\0\xff\x1b[31m\n' 'Time\0\n' 'Exit.'
	assert_success
	assert_output $'Unknown meaning.\nUnknown meaning.\nBye.'
	wait_for_line "$SAID" 'request: .*x00.xff.x1[Bb]\[31m'
	run grep -c $'\x1b' "$SAID"
	assert_output 0
}

@test "a peer that says nothing is left after --idle-timeout" {
	start_server timed --idle-timeout 100ms
	dial
	say "$FD" 'Time.'
	hear "$FD" 24
	is_closed "$FD"
	hang_up "$FD"
}

@test "one source too many is told so" {
	skip_model 'serves one after another' single
	skip_model 'the super-server counts' inetd
	start_server timed --max-per-source 1
	dial
	say "$FD" 'Time.'
	hear "$FD" 24
	run tcp "$HOST" "$PORT" @shut
	assert_success
	assert_output 'Too many connections.'
	hang_up "$FD"
}

@test "a reset harms nobody" {
	run tcp "$HOST" "$QUERY" 'Time.Ti' @expect '20[0-9]{2}' @reset
	assert_success
	run tcp "$HOST" "$QUERY" 'Exit.'
	assert_output 'Bye.'
}

# -- What is printed ----------------------------------------------------------

@test "each exchange is printed" {
	run tcp "$HOST" "$QUERY" 'Iso.' @expect Z 'huh, here?\n' \
	    @expect meaning 'Exit.'
	assert_success
	iso=${output%%Z*}Z
	wait_for_line "$SAID" "reply: $iso\$"
	peer=${LINE%: reply*}
	peer=${peer##* }
	wait_for_line "$SAID" "$peer: connection closed\$"
	run grep -o "$peer: .*" "$SAID"
	assert_output "$peer: connection accepted: local address\
 127.0.0.1:$QUERY, peer address $peer
$peer: request: Iso
$peer: reply: $iso
$peer: request: huh, here?
$peer: reply: Unknown meaning.
$peer: request: Exit
$peer: reply: Bye.
$peer: connection closed"
}


@test "with --quiet it is not" {
	start_server timed --quiet
	said=$SERVER_OUT
	[[ ${MODEL:-} != inetd ]] || said=$SERVER_LOG
	run tcp "$HOST" "$PORT" 'Time.Exit.'
	assert_output --regexp "^${DATE}Bye\.\$"
	stop_server
	run grep -c -e request -e accepted "$said"
	assert_output 0
}

# -- Daytime and time ---------------------------------------------------------

@test "daytime: the server speaks first, and closes (RFC 867)" {
	dial "$HOST" "$DAYTIME"
	hear_line "$FD"
	assert_equal "${HEARD: -1}" $'\r'
	near '%a %b %d %H:%M:%S %Y' "${HEARD%?}"
	is_closed "$FD"
	hang_up "$FD"
}

@test "daytime: what the peer says is dropped and resets nothing" {
	run tcp "$HOST" "$DAYTIME" 'hello?\n' 'anybody there?\n'
	assert_success
	assert_output --regexp "^$DATE.\$"
}

@test "time: four bytes, seconds since 1900 (RFC 868)" {
	run "$PYTHON" - "$HOST" "$SECONDS37" <<'PY'
import socket, struct, sys, time
with socket.create_connection((sys.argv[1], sys.argv[2]), 60) as s:
    got = b""
    while True:
        more = s.recv(64)
        if not more:
            break
        got += more
then, = struct.unpack("!I", got)
assert abs(then - 2208988800 - time.time()) < 60, got
PY
	assert_success
}

@test "time: rdate reads it" {
	need rdate
	run rdate -p -o "$SECONDS37" "$HOST"
	assert_success
	assert_output --regexp "^... ... .. ..:..:.. UTC 20..\$"
	near '%a %b %d %H:%M:%S UTC %Y' "$output"
	[[ ${MODEL:-} != inetd ]] || return 0
	run rdate -p -u -o "$SECONDS37" "$HOST"
	assert_success
	near '%a %b %d %H:%M:%S UTC %Y' "$output"
}

# -- Datagrams ----------------------------------------------------------------

udp() {
	run tcp --udp "$@"
	assert_success
}

@test "UDP: a datagram is a request" {
	udp "$HOST" "$QUERY" 'Time.' @expect "^.{24}\$" 'Time' \
	    @expect "^.{24}\$" 'Iso.\r\n' @expect "Z\r\n\$" \
	    'Unix.\n' @expect '^[0-9]+\.[0-9]{9}\n$' 'Exit.' \
	    @expect '^Bye\.$' @close
	assert_line --index 0 --regexp "^$DATE\$"
	wait_for_line "$SAID" 'datagram: Unix\.$'
}

@test "UDP: what is not understood is not answered, not even a reply" {
	udp "$HOST" "$QUERY" huh '' 'Unknown meaning.' 'Bye.' 'Time.Time.' \
	    "$(printf '%0513d' 0)" 'Exit.' @expect 'Bye\.' @close
	assert_output Bye.
	wait_for_line "$SAID" 'datagram not answered: Unknown meaning\.$'
}

@test "UDP: daytime and time answer every datagram" {
	udp "$HOST" "$DAYTIME" '' @expect '\r\n$' 'now?\n' @expect '\r\n$' \
	    @close
	assert_output --regexp "^$DATE.
$DATE.\$"
	udp --quiet "$HOST" "$SECONDS37" '' @read 4 'xy' @read 4 'four' \
	    @read 4 @close
	assert_output 12
}

@test "UDP: daytime and time do not answer each other's answers" {
	run "$PYTHON" - "$HOST" "$DAYTIME" "$SECONDS37" <<'PY'
import os, socket, sys
for port in sys.argv[2:]:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(60)
    s.connect((sys.argv[1], int(port)))
    s.send(b"")
    answer = s.recv(64)
    s.send(answer)              # as another such server would
    s.settimeout(0.1 * float(os.environ["SLOW"]))
    try:
        sys.exit("%r was answered with %r" % (answer, s.recv(64)))
    except socket.timeout:
        pass
    s.settimeout(60)
    s.send(b"?")
    assert len(s.recv(64)) == len(answer)
PY
	assert_success
}

# -- Usage --------------------------------------------------------------------

@test "a protocol that there is not" {
	run client timed -P ntp
	assert_failure 2
	assert_output --partial "'ntp'"
	assert_output --partial 'query, daytime, time'
}
