# bats file_tags=models
# What pingd's clients see whatever processes serve them: the plain dialect byte
# for byte, the better one, reloads and restarts.  The rest is in
# pingd_faults.bats.

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

@test "brood: a reload is not noticed" {
	skip_model 'the super-server has the signal' inetd
	start_server pingd
	background -W "$((2 * SLOW))" -c 50 -i "$((20 * SLOW))ms" --json "$HOST" "$PORT" \
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
	skip_model 'the super-server listens' inetd
	start_server pingd
	port=$PORT
	background -W "$((2 * SLOW))" -i 0.02 --json "$HOST" "$port" >"$BATS_TEST_TMPDIR/out"
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
@test "quotas: nobody is starved by who floods" {
	start_server pingd --quota 500
	peer flood "$HOST" "$PORT" 1.5 20000 &
	local flood=$!
	run pingc -c 50 -i 0.02 --json -q "$HOST" "$PORT"
	assert_success
	holds "$output" 'received >= 45'
	wait "$flood"
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
	skip_model 'the super-server listens' inetd
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
