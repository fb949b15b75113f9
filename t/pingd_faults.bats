# What the process models have no part in: pingd's faults, keys, quotas and
# options.

load lib/brood
load lib/ping

setup_file() {
	start_server pingd
	export PING=$PORT
}

# pingc ARG... - with as much patience as the machine needs
pingc() {
	client pingc -W "$((2 * SLOW))" "$@"
}

# -- The plain dialect --------------------------------------------------------

@test "plain: --stamp answers 13 digits and the request as it came" {
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

@test "brood: far behind, and far ahead" {
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

@test "brood: nobody else is answered where only it is spoken" {
	start_server pingd --dialect brood
	run peer ask "$HOST" "$PORT" raw 50696e67 hello probe
	assert_line --index 0 silence
	assert_line --index 1 'welcome 128'
	assert_line --index 2 --partial 'reply 128 seq 1'
	run pingc -c 2 -i 0.01 "$HOST" "$PORT"
	assert_success
	stop_server
}

# -- The key ------------------------------------------------------------------

@test "key: the same, another, none" {
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
	start_server pingd --reorder 50
	run client pingc -W "$((300 * SLOW))ms" -P brood -c 40 -i 0.01 --json \
	    "$HOST" "$PORT"
	assert_success
	holds "$output" 'reordered > 3 and received > 20'
	stop_server
}

@test "faults: delay and jitter" {
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

@test "faults: what waits is sent after a reload all the same" {
	start_server pingd --delay "${SLOW}s"
	run "$PYTHON" - "$HOST" "$PORT" "$SERVER_PID" <<'PY'
import os, signal, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], int(sys.argv[2])))
for i in range(3):
    s.send(b"Ping %d" % i)
unread = True
while unread:
    unread = any(f[1].endswith(":%04X" % int(sys.argv[2])) and
                 int(f[4].split(":")[1], 16) > 0
                 for f in map(str.split, open("/proc/net/udp")))
os.kill(int(sys.argv[3]), signal.SIGHUP)
s.settimeout(10 * float(os.environ["SLOW"]))
for i in range(3):
    print(s.recv(99).decode())
PY
	assert_success
	assert_output "$(printf 'PING %d\n' 0 1 2)"
	wait_for_line "$SERVER_LOG" 'reloaded'
	stop_server
}

@test "faults: what waits is bounded, and lost when the server ends" {
	start_server pingd --delay 30s
	run peer burst "$HOST" "$PORT" 6000
	assert_output 0
	stop_server
}

# -- Quotas -------------------------------------------------------------------

# bats test_tags=no-valgrind
@test "quotas: of all clients of an address" {
	start_server pingd --quota 0 --source-quota 40
	run peer burst "$HOST" "$PORT" 300
	((output >= 10 && output < 200))
	stop_server
}

# -- The rest -----------------------------------------------------------------

# bats test_tags=no-valgrind
@test "options that will not do" {
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
	--seed -1
	--quota -1
	--max-clients 1
	--dialect loud
	EOF
	spawn_server pingd --stamp --dialect brood
	wait_server
	((SERVER_STATUS == 2))
}
