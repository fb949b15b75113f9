# bats file_tags=models
# What pingd's clients see: the plain dialect byte for byte, the better one, and
# the faults that are asked for.

load lib/brood

setup_file() {
	[[ ${MODEL:-} != inetd ]] || return 0
	start_server pingd
	export PING=$PORT
}

setup() {
	skip_model "the super-server of the tests has connections only" inetd
}

# one_model - what the processes have no part in
one_model() {
	only_model "it is the same under fork" fork
}

peer() {
	"$PYTHON" -S "$LIB/fixtures/ping.py" "$@"
}

# pingc ARG... - with as much patience as the machine needs
pingc() {
	client pingc -W "$((2 * SLOW))" "$@"
}

# background ARG... - pingc in the background; its own pid is in CLIENT
background() {
	local wrap=()

	checker_wrap wrap "$BIN/pingc"
	"${wrap[@]}" "$BIN/pingc" -W "$((2 * SLOW))" "$@" &
	CLIENT=$!
}

# holds JSON EXPRESSION - of the summary's members
holds() {
	"$PYTHON" -c 'import json, sys
last = json.loads(sys.argv[1].splitlines()[-1])
assert eval(sys.argv[2], {}, last), last' "$@"
}

# -- The plain dialect --------------------------------------------------------

@test "plain: the request comes back in upper case" {
	run tcp --udp --silence 0.3 "$HOST" "$PING" 'Ping 1 1624140318.5' @read 19
	assert_success
	assert_output 'PING 1 1624140318.5'
}

@test "plain: every byte value; only ASCII letters change; any length" {
	"$PYTHON" - "$HOST" "$PING" <<'PY'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], int(sys.argv[2])))
s.settimeout(30)
for data in (bytes(range(256)), b"", b"z", "Ping äöü 中".encode(),
             b"Brood ping 1 hello", b"\x8f\0P", b"x" * 65507):
    s.send(data)
    assert s.recv(65536) == data.upper(), data[:99]
PY
}

@test "plain: our client prints the reply and RTT" {
	run pingc -P plain -c 3 -i 0.01 "$HOST" "$PING"
	assert_success
	assert_line --index 0 "PING 127.0.0.1 (127.0.0.1) port $PING: plain dialect"
	for seq in 1 2 3; do
		assert_line --index "$seq" --regexp \
		    "^PING $seq [0-9]{10}\.[0-9]{6} RTT [0-9.]+ ms\$"
	done
	assert_line --regexp '^3 packets transmitted, 3 received, 0% packet loss, time [0-9]+ms$'
	assert_line --regexp '^rtt min/avg/max/mdev = ([0-9.]+/){3}[0-9.]+ ms$'
	assert_line --regexp '^rtt 50/90/99/99\.9% = ([0-9.]+/){3}[0-9.]+ ms$'
	assert_line --regexp '^jitter avg/50/99/max = ([0-9.]+/){3}[0-9.]+ ms$'
}

@test "plain: --stamp answers 13 digits and the request as it came" {
	one_model
	start_server pingd --stamp
	run tcp --udp --silence 0.3 "$HOST" "$PORT" 'Ping me' @read 23
	assert_output --regexp '^\[[0-9]{13}\] Ping me$'
	run pingc -c 3 -i 0.1 "$HOST" "$PORT"
	assert_success
	assert_line --regexp '^\[[0-9]{13}\] Ping 3 [0-9.]+ RTT [0-9.]+ ms$'
	assert_line --regexp '^stamps first to last [0-9]+ ms$'
	[[ $output =~ last\ ([0-9]+)\ ms ]]
	((BASH_REMATCH[1] > 100))
	stop_server
}

@test "plain: a server that shall speak nothing else" {
	one_model
	start_server pingd --dialect plain
	run peer ask "$HOST" "$PORT" hello
	assert_output 'no welcome 128'
	run pingc -c 1 "$HOST" "$PORT"
	assert_success
	assert_line --partial 'plain dialect'
	run pingc -c 1 -W 0.2 -P brood "$HOST" "$PORT"
	assert_failure 1
	stop_server
}

# -- The better dialect -------------------------------------------------------

@test "brood: our client prints as ping does" {
	run pingc -c 3 -i 0.01 "$HOST" "$PING"
	assert_success
	assert_line --index 0 \
	    "PING 127.0.0.1 (127.0.0.1) port $PING: 128 bytes of data, better dialect"
	assert_line --index 3 --regexp \
	    '^128 bytes from 127\.0\.0\.1: seq=3 ttl=64 time=[0-9.]+ ms$'
	assert_line '--- 127.0.0.1 ping statistics ---'
	assert_line 'lost: 0 up, 0 down, 0 unknown; duplicated: 0 up, 0 down; reordered: 0 up, 0 down'
	assert_line --regexp '^in the server 50/90/99/99\.9% = '
	assert_line --regexp '^rtt without it min/avg/max/mdev = '
}

@test "brood: a cookie is for one client, and no answer is longer" {
	run peer ask "$HOST" "$PING" hello probe probe again probe 9 probe 5 \
	    long probe 10
	assert_success
	assert_output "welcome 128
reply 128 seq 1 received 1 highest 1 duplicates 0 reordered 0
reply 128 seq 2 received 2 highest 2 duplicates 0 reordered 0
reply 128 seq 2 received 2 highest 2 duplicates 1 reordered 0
reply 128 seq 9 received 3 highest 9 duplicates 1 reordered 0
reply 128 seq 5 received 4 highest 9 duplicates 1 reordered 1
reply 1000 seq 10 received 5 highest 10 duplicates 1 reordered 1"
	run peer ask "$HOST" "$PING" probe hello cookie probe
	assert_output $'refuse cookie 128\nwelcome 128\nrefuse cookie 128'
	run peer ask "$HOST" "$PING" hello probe move probe
	assert_output --regexp $'^welcome 128\nreply [^\n]*\nrefuse cookie 128$'
}

@test "brood: far behind, and far ahead" {
	one_model
	run peer ask "$HOST" "$PING" hello probe 1000 probe 745 again probe 744 \
	    probe 18446744073709551615 probe 1
	assert_success
	assert_output "welcome 128
reply 128 seq 1000 received 1 highest 1000 duplicates 0 reordered 0
reply 128 seq 745 received 2 highest 1000 duplicates 0 reordered 1
reply 128 seq 745 received 2 highest 1000 duplicates 1 reordered 1
reply 128 seq 744 received 2 highest 1000 duplicates 1 reordered 1
reply 128 seq 18446744073709551615 received 3 highest 18446744073709551615 duplicates 1 reordered 1
reply 128 seq 1 received 3 highest 18446744073709551615 duplicates 1 reordered 1"
}

@test "brood: what makes no sense is not answered, and logged" {
	start_server pingd
	run peer ask "$HOST" "$PORT" raw 8f005047 \
	    raw "8f005047$(printf '%0300d' 0)" raw 8f00504701
	assert_output $'silence\nsilence\nsilence'
	wait_for_line "$SERVER_LOG" \
	    '127\.0\.0\.1:[0-9]+: [0-9]+ bytes refused: not a probe'
	# Random bytes behind the magic, and anything at all.
	"$PYTHON" - "$HOST" "$PORT" <<'PY'
import os, random, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], int(sys.argv[2])))
for i in range(500):
    s.send((b"\x8f\0PG\1" if i % 2 else b"") + os.urandom(random.randrange(300)))
PY
	run pingc -c 2 -i 0.01 "$HOST" "$PORT"
	assert_success
	stop_server
}

@test "brood: nobody else is answered where only it is spoken" {
	one_model
	start_server pingd --dialect brood
	run peer ask "$HOST" "$PORT" raw 50696e67 hello probe
	assert_line --index 0 silence
	assert_line --index 1 'welcome 128'
	assert_line --index 2 --partial 'reply 128 seq 1'
	run pingc -c 2 -i 0.01 "$HOST" "$PORT"
	assert_success
	stop_server
}

@test "brood: a reload is not noticed" {
	start_server pingd
	background -c 50 -i "$((20 * SLOW))ms" --json "$HOST" "$PORT" \
	    >"$BATS_TEST_TMPDIR/out"
	wait_for_line "$BATS_TEST_TMPDIR/out" '"seq":10,'
	kill -HUP "$SERVER_PID"
	wait "$CLIENT"
	run cat "$BATS_TEST_TMPDIR/out"
	holds "$output" 'received >= 48 and dialect == "brood"'
	holds "$output" 'lost_up + lost_down <= 2'
	stop_server
}

@test "brood: a restart is a gap; then the counts go on" {
	start_server pingd
	port=$PORT
	background -i 0.02 --json "$HOST" "$port" >"$BATS_TEST_TMPDIR/out"
	wait_for_line "$BATS_TEST_TMPDIR/out" '"seq":5,'
	stop_server
	wait_for_line "$BATS_TEST_TMPDIR/out" '"refused"'
	refute grep '"error"' "$BATS_TEST_TMPDIR/out"
	start_server pingd --listen "127.0.0.1:$port"
	replies=$(grep -c '"reply"' "$BATS_TEST_TMPDIR/out")
	wait_for_lines "$((replies + 10))" "$BATS_TEST_TMPDIR/out" '"reply"'
	kill -INT "$CLIENT"
	wait "$CLIENT"
	run cat "$BATS_TEST_TMPDIR/out"
	holds "$output" 'refused > 0 and received > 10 and dialect == "brood"'
	holds "$output" 'lost_up + lost_down + refused + errors <= lost'
	stop_server
}

# -- The key ------------------------------------------------------------------

@test "key: the same, another, none" {
	one_model
	(umask 077; head -c 32 /dev/urandom >"$BATS_TEST_TMPDIR/key"
	echo 'another key of some length' >"$BATS_TEST_TMPDIR/other")
	start_server pingd --key-file "$BATS_TEST_TMPDIR/key"
	run pingc --key-file "$BATS_TEST_TMPDIR/key" -c 3 -i 0.01 "$HOST" "$PORT"
	assert_success
	assert_line --index 0 --partial ': 128 bytes of data, with a key'
	assert_line --partial '3 received, 0% packet loss'
	run pingc --key-file "$BATS_TEST_TMPDIR/other" -c 1 "$HOST" "$PORT"
	assert_failure 2
	assert_output 'pingc: 127.0.0.1: the server has another key'
	run pingc -c 1 "$HOST" "$PORT"
	assert_failure 2
	assert_output --partial 'the server wants a key'
	run pingc -P plain -c 1 "$HOST" "$PORT"
	assert_success
	run pingc --key-file "$BATS_TEST_TMPDIR/key" -c 1 "$HOST" "$PING"
	assert_failure 2
	assert_output 'pingc: 127.0.0.1: the server has no key'
	run peer ask "$HOST" "$PORT" hello probe
	assert_output $'welcome 128\nrefuse key 128'
	wait_for_line "$SERVER_LOG" 'refused: not made with our key'
	stop_server
}

@test "key: a replay is not answered" {
	one_model
	(umask 077; echo 'a key of sixteen bytes' >"$BATS_TEST_TMPDIR/key")
	start_server pingd --key-file "$BATS_TEST_TMPDIR/key"
	run "$PYTHON" - "$HOST" "$PORT" <<'PY'
import hashlib, hmac, os, socket, struct, sys
slow = float(os.environ.get("SLOW", "1"))
key = b"a key of sixteen bytes"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], int(sys.argv[2])))
s.settimeout(5 * slow)

def seal(m):
    m = m[:96] + bytes(32) + m[128:]
    return m[:96] + hmac.new(key, m, hashlib.sha256).digest() + m[128:]

s.send(b"Brood ping 1 hello 0123456789abcdef".ljust(128, b"."))
welcome = s.recv(999)
assert seal(welcome) == welcome
probe = seal((b"\x8f\0PG\1\2\1\0" + welcome[8:24] +
              struct.pack(">Qq", 1, 7)).ljust(128, b"\0"))
s.send(probe)
reply = s.recv(999)
assert reply[5] == 3 and seal(reply) == reply
s.settimeout(0.3 * slow)
for again in (probe, reply):
    s.send(again)
    try:
        print("answered", s.recv(999)[5])
    except TimeoutError:
        print("silence")
PY
	assert_success
	assert_output $'silence\nsilence'
	stop_server
}

@test "key: files that will not do" {
	one_model
	spawn_server pingd --key-file "$BATS_TEST_TMPDIR/none"
	wait_server
	((SERVER_STATUS == 1))
	grep "none: No such file" "$SERVER_LOG"
	(umask 077; echo short >"$BATS_TEST_TMPDIR/short")
	spawn_server pingd --key-file "$BATS_TEST_TMPDIR/short"
	wait_server
	((SERVER_STATUS == 1))
	grep "short: a key has 16 to 4096 bytes" "$SERVER_LOG"
	echo 'a key that all may read' >"$BATS_TEST_TMPDIR/open"
	chmod 644 "$BATS_TEST_TMPDIR/open"
	start_server pingd --key-file "$BATS_TEST_TMPDIR/open"
	grep "open: others than its owner have access" "$SERVER_LOG"
	stop_server
}

# -- Faults -------------------------------------------------------------------

@test "faults: all requests lost" {
	one_model
	start_server pingd --loss 100
	run pingc -P plain -c 2 -i 0.01 -W 0.1 "$HOST" "$PORT"
	assert_failure 1
	assert_line --index 1 'Request timed out'
	assert_line --index 2 'Request timed out'
	assert_line --partial '2 packets transmitted, 0 received, 100% packet loss'
	stop_server
}

# bats test_tags=no-valgrind
@test "faults: a seed makes losses the same each time" {
	one_model
	for try in 1 2; do
		start_server pingd --loss 30 --seed 42
		run pingc -P plain -c 30 -i 0.002 -W 0.3 --json "$HOST" "$PORT"
		assert_success
		grep -o '"reply".*"seq":[0-9]*' <<<"$output" |
		    sed 's/.*://' | sort -n >"$BATS_TEST_TMPDIR/got$try"
		stop_server
	done
	cmp "$BATS_TEST_TMPDIR/got1" "$BATS_TEST_TMPDIR/got2"
	n=$(wc -l <"$BATS_TEST_TMPDIR/got1")
	((n > 10 && n < 30))
}

# bats test_tags=no-valgrind
@test "faults: what is lost up is told from what is lost down" {
	one_model
	start_server pingd --loss 30 --loss-down 20
	run pingc -P brood -c 200 -i 0.002 -W 0.3 --json "$HOST" "$PORT"
	assert_success
	holds "$output" 'lost_up > 20 and lost_down > 5'
	holds "$output" 'lost_up + lost_down <= lost == transmitted - received'
	holds "$output" 'lost - lost_up - lost_down < 20'
	stop_server
	start_server pingd --loss-down 50
	run pingc -P brood -c 100 -i 0.002 -W 0.3 --json "$HOST" "$PORT"
	holds "$output" 'lost_up == 0 and lost_down > 10'
	stop_server
}

# bats test_tags=no-valgrind
@test "faults: duplicates" {
	one_model
	start_server pingd --duplicate 100
	run pingc -c 3 -i 0.05 "$HOST" "$PORT"
	assert_success
	assert_line --partial '(DUP!)'
	assert_line --regexp '3 received, \+[23] duplicates, 0% packet loss'
	run pingc -P plain -c 2 -i 0.05 "$HOST" "$PORT"
	assert_line --partial '(DUP!)'
	stop_server
}

# bats test_tags=no-valgrind
@test "faults: out of order" {
	one_model
	start_server pingd --reorder 50
	run client pingc -W "$((300 * SLOW))ms" -P brood -c 40 -i 0.01 --json \
	    "$HOST" "$PORT"
	assert_success
	holds "$output" 'reordered > 3 and received > 20'
	stop_server
}

@test "faults: delay and jitter" {
	one_model
	start_server pingd --delay 100ms --jitter 50ms
	run pingc -c 5 -i 0.01 --json "$HOST" "$PORT"
	assert_success
	holds "$output" 'received == 5 and rtt_us["min"] >= 100000'
	holds "$output" 'server_us["p50"] < rtt_us["min"]'
	stop_server
	# Later than they are waited for: shown, but not among the received.
	start_server pingd --delay 300ms
	run client pingc -P brood -c 4 -i 0.2 -W 0.1 "$HOST" "$PORT"
	assert_failure 1
	assert_line --partial 'Request timed out: seq='
	assert_line --partial '(late)'
	assert_line --regexp '0 received, \+[1-4] late, 100% packet loss'
	stop_server
}

# bats test_tags=no-valgrind
@test "faults: damage is seen in both dialects" {
	one_model
	start_server pingd --corrupt 100
	run pingc -P plain -c 2 -i 0.01 "$HOST" "$PORT"
	assert_line --partial '(altered)'
	assert_line --partial '0 received, +2 corrupted, 100% packet loss'
	stop_server
	start_server pingd --corrupt 50
	run pingc -P brood -c 30 -i 0.01 -W 0.3 --json "$HOST" "$PORT"
	holds "$output" 'corrupted > 3 and received > 3'
	stop_server
}

@test "faults: what waits is bounded, and lost when the server ends" {
	one_model
	start_server pingd --delay 30s
	run peer burst "$HOST" "$PORT" 6000
	assert_output 0
	stop_server
}

# -- Quotas -------------------------------------------------------------------

# bats test_tags=no-valgrind
@test "quotas: a client's flood is dropped, its neighbour served" {
	start_server pingd --quota 40
	run peer burst "$HOST" "$PORT" 300
	assert_success
	((output >= 10 && output < 200))
	run pingc -c 3 -i 0.05 "$HOST" "$PORT"
	assert_success
	assert_line --partial '3 received, 0% packet loss'
	stop_server
}

# bats test_tags=no-valgrind
@test "quotas: of all clients of an address" {
	one_model
	start_server pingd --quota 0 --source-quota 40
	run peer burst "$HOST" "$PORT" 300
	((output >= 10 && output < 200))
	stop_server
}

# bats test_tags=no-valgrind
@test "quotas: nobody is starved by who floods" {
	start_server pingd --quota 500
	peer flood "$HOST" "$PORT" 1.5 20000 &
	run pingc -c 50 -i 0.02 --json -q "$HOST" "$PORT"
	assert_success
	holds "$output" 'received >= 45'
	wait
	stop_server
}

@test "--max-clients: who is displaced is counted anew, and answered" {
	start_server pingd --max-clients 16
	run pingc -c 10 -i "$((20 * SLOW))ms" --json -q \
	    "$HOST"{,,,,,,,,,,,}":$PORT"
	assert_success
	(($(grep -c '"received":10,' <<<"$output") == 12))
	stop_server
}

# -- The rest -----------------------------------------------------------------

@test "IPv6" {
	start_server pingd --listen '[::1]:0' || skip "no IPv6 here"
	run pingc -c 2 -i 0.01 "$HOST" "$PORT"
	assert_success
	assert_line --regexp '^128 bytes from ::1: seq=2 ttl=64 time='
	run pingc -6 -c 1 "[::1]:$PORT"
	assert_success
	run pingc -4 -c 1 "::1" "$PORT"
	assert_failure 2
	stop_server
}

@test "several children share the port" {
	only_model "they are a pool's" prefork fibers
	start_server pingd --status "unix:$BATS_TEST_TMPDIR/status"
	run pingc -q -c 5 -i 0.01 "$HOST"{,,,,,,,,,,,,,,,}":$PORT"
	assert_success
	(($(grep -c '^lost: 0 up, 0 down, 0 unknown' <<<"$output") == 16))
	# Each has sessions of its own: their numbers are not the same.
	"$PYTHON" - "$HOST" "$PORT" <<'PY'
import socket, struct, sys
seen = []
for i in range(24):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((sys.argv[1], int(sys.argv[2])))
    s.settimeout(30)
    s.send(b"Brood ping 1 hello 0123456789abcdef".ljust(128, b"."))
    cookie = s.recv(999)[8:24]
    m = (b"\x8f\0PG\1\2\0\0" + cookie + struct.pack(">Qq", 1, 7)).ljust(96, b"\0")
    h, mask = 128, (1 << 64) - 1
    for at in range(0, 136, 8):
        word = int.from_bytes(m[at:at + 8], "big")
        h = ((h ^ word) * 0x9e3779b97f4a7c15) & mask
        h ^= h >> 29
    s.send(m + h.to_bytes(8, "big") + bytes(24))
    seen.append(s.recv(999)[80:84])
assert len(set(seen)) == 24, seen
PY
	stop_server
}

# bats test_tags=no-valgrind
@test "options that will not do" {
	one_model
	while read -r args; do
		# shellcheck disable=SC2086
		spawn_server pingd $args
		wait_server
		echo "$args: $SERVER_STATUS"
		((SERVER_STATUS == 2))
		grep -- "${args%% *}: '${args##* }' is" "$SERVER_LOG"
		(($(wc -l <"$SERVER_LOG") == 1))
	done <<-EOF
	--loss 101
	--loss x
	--delay 2h
	--seed x
	--quota -1
	--max-clients 1
	--dialect loud
	EOF
	spawn_server pingd --stamp --dialect brood
	wait_server
	((SERVER_STATUS == 2))
}
