# What pingc's users see: with servers that we do not control, with none, and
# with many; signals, options, exit statuses.

load lib/brood
load lib/ping

setup_file() {
	start_server pingd
	export PING=$PORT
}

# fake KIND - a server of fixtures/ping.py; its port is in FAKE
fake() {
	local out=$BATS_TEST_TMPDIR/fake.$1

	"$PYTHON" -S "$LIB/fixtures/ping.py" serve "$1" >"$out" 3>&- &
	FAKE_PID=$!
	wait_for_line "$out" '^listening on '
	FAKE=${LINE##*:}
}

teardown() {
	[[ ! ${FAKE_PID:-} ]] || kill "$FAKE_PID"
	stop_servers
}

pingc() {
	client pingc "$@"
}

# nobody - a port of 127.0.0.1 that nobody listens on, in NOBODY
nobody() {
	NOBODY=$("$PYTHON" -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
}

# -- Other servers ------------------------------------------------------------

@test "a plain server is known by its first answer" {
	fake upper
	run pingc -c 3 -i 0.05 -W "$SLOW" 127.0.0.1 "$FAKE"
	assert_success
	assert_line --index 0 --partial ': plain dialect'
	assert_line --regexp '^PING 3 [0-9.]+ RTT [0-9.]+ ms$'
	assert_line --partial '3 packets transmitted, 3 received, 0% packet loss'
}

@test "a plain server that loses datagrams is known all the same" {
	fake deaf
	run pingc -c 2 -i 0.05 -W "$SLOW" 127.0.0.1 "$FAKE"
	assert_success
	assert_line --index 0 --partial ': plain dialect'
	assert_line --partial '2 packets transmitted, 2 received, 0% packet loss'
}

@test "a server that answers something else" {
	fake fixed
	run pingc -c 2 -i 0.05 -W "$SLOW" 127.0.0.1 "$FAKE"
	assert_success
	assert_line --regexp '^PONG\\x1b\[31m RTT [0-9.]+ ms$'
	assert_line --partial '2 packets transmitted, 2 received, 0% packet loss'
}

@test "a server that sends it back as it was" {
	fake same
	run pingc -c 2 -i 0.05 -W "$SLOW" 127.0.0.1 "$FAKE"
	assert_success
	assert_line --regexp '^Ping 2 [0-9.]+ RTT [0-9.]+ ms$'
	assert_line --partial '2 packets transmitted, 2 received, 0% packet loss'
}

@test "silence: Request timed out, and status 1" {
	fake silent
	run pingc -c 2 -i 0.05 -W 0.1 127.0.0.1 "$FAKE"
	assert_failure 1
	(($(grep -cx 'Request timed out' <<<"$output") == 2))
	assert_line --regexp '2 packets transmitted, 0 received, 100% packet loss'
	refute_line --partial rtt
}

@test "an answer that comes too late is told from a loss" {
	fake late
	run pingc -P plain -c 3 -i "$((400 * SLOW))ms" -W 0.1 127.0.0.1 "$FAKE"
	assert_failure 1
	assert_line --partial '(late)'
	assert_line --regexp '0 received, \+[23] late, 100% packet loss'
}

@test "answers from another port are nobody's" {
	fake other
	run pingc -P plain -c 3 -i 0.02 -W "$SLOW" --json -q 127.0.0.1 "$FAKE"
	assert_success
	holds "$output" 'received == 3 and duplicates == 0'
}

@test "what only looks like the better dialect does no harm" {
	fake liar
	run pingc -c 3 -i 0.02 -W "$SLOW" --json -q 127.0.0.1 "$FAKE"
	assert_success
	holds "$output" 'received == 3 and dialect == "plain"'
}

# -- Nobody there -------------------------------------------------------------

@test "refused: told at once, by whom, and status 1" {
	nobody
	run pingc -c 2 -i 0.05 -W "$((5 * SLOW))" 127.0.0.1 "$NOBODY"
	assert_failure 1
	assert_line --index 1 'From 127.0.0.1: seq=1 Refused: Port Unreachable'
	assert_line --index 2 'From 127.0.0.1: seq=2 Refused: Port Unreachable'
	assert_line --partial '2 packets transmitted, 0 received, +2 refused, 100% packet loss'
	run pingc -P plain --json -c 1 127.0.0.1 "$NOBODY"
	assert_failure 1
	assert_line --index 0 --partial '"type":"refused"'
	assert_line --index 0 --partial '"from":"127.0.0.1"'
	run pingc -P brood -c 1 127.0.0.1 "$NOBODY"
	assert_failure 1
	assert_line --partial 'seq=1 Refused'
}

@test "a server that comes up while it is pinged" {
	nobody
	background -i 0.05 127.0.0.1 "$NOBODY" >"$BATS_TEST_TMPDIR/out"
	wait_for_line "$BATS_TEST_TMPDIR/out" 'seq=2 Refused'
	start_server pingd --listen "127.0.0.1:$NOBODY"
	wait_for_line "$BATS_TEST_TMPDIR/out" '^128 bytes from .* seq='
	kill -INT "$CLIENT"
	wait "$CLIENT"
}

@test "names that are not known" {
	run pingc -c 1 no-such-host.invalid
	assert_failure 2
	assert_output --partial no-such-host.invalid
	run pingc -c 1 -i 0.01 no-such-host.invalid "127.0.0.1:$PING"
	assert_failure 2
	assert_line --partial '1 received, 0% packet loss'
}

# -- Many ---------------------------------------------------------------------

@test "several targets at once" {
	nobody
	run pingc -c 3 -i 0.02 -W "$((2 * SLOW))" "127.0.0.1:$PING" \
	    "localhost:$PING" "127.0.0.1:$NOBODY" -4
	assert_failure 1
	(($(grep -c '^128 bytes from 127.0.0.1: seq=' <<<"$output") == 3))
	(($(grep -c '^128 bytes from localhost (127.0.0.1): seq=' <<<"$output") == 3))
	(($(grep -c '^From 127.0.0.1 for 127.0.0.1: seq=. Refused' <<<"$output") == 3))
	(($(grep -c ' ping statistics ---$' <<<"$output") == 3))
	run pingc -q -c 2 -i 0.02 "127.0.0.1:$PING" "localhost:$PING" -4
	assert_success
}

@test "a hundred targets" {
	mapfile -t targets < <(for i in {1..100}; do echo "127.0.0.$i:$PING"; done)
	start_server pingd --listen 0.0.0.0:0
	run pingc -q -c 3 -i 0.2 -W "$((2 * SLOW))" "${targets[@]/%:*/:$PORT}"
	assert_success
	(($(grep -c '^3 packets transmitted, 3 received, 0% packet loss' \
	    <<<"$output") == 100))
	stop_server
}

# -- Signals ------------------------------------------------------------------

@test "QUIT shows where things stand, INT ends with the summary" {
	background -i 0.05 127.0.0.1 "$PING" >"$BATS_TEST_TMPDIR/out" \
	    2>"$BATS_TEST_TMPDIR/err"
	wait_for_line "$BATS_TEST_TMPDIR/out" 'seq=3 '
	kill -QUIT "$CLIENT"
	wait_for_line "$BATS_TEST_TMPDIR/err" \
	    '[0-9]+/[0-9]+ packets, [0-9]+% loss, min/avg/ewma/max = ([0-9.]+/){3}[0-9.]+ ms$'
	kill -INT "$CLIENT"
	wait "$CLIENT"
	run cat "$BATS_TEST_TMPDIR/out"
	assert_line '--- 127.0.0.1 ping statistics ---'
	assert_line --partial '% packet loss, time '
	fake silent
	background -i 0.05 -P plain 127.0.0.1 "$FAKE" >"$BATS_TEST_TMPDIR/out"
	wait_for_line "$BATS_TEST_TMPDIR/out" PING
	kill -TERM "$CLIENT"
	status=0
	wait "$CLIENT" || status=$?
	((status == 1))
}

# -- Options ------------------------------------------------------------------

@test "-w ends it, -c with -w counts replies" {
	now_ms
	start=$NOW_MS
	run pingc -q -w 0.3 -i 0.05 127.0.0.1 "$PING"
	now_ms
	assert_success
	((NOW_MS - start >= 300))
	run pingc -q -w 20 -c 3 -i 0.05 127.0.0.1 "$PING"
	assert_success
	assert_line --partial ' 3 received, 0% packet loss'
	fake silent
	run pingc -q -w 0.3 -c 3 -i 0.05 -P plain 127.0.0.1 "$FAKE"
	assert_failure 1
	# More than three were sent, for none was answered.
	[[ $output =~ ([0-9]+)\ packets ]]
	((BASH_REMATCH[1] > 3))
}

@test "-D, -n, -s, -v, -q, -I" {
	run pingc -D -c 1 127.0.0.1 "$PING"
	assert_line --regexp '^\[[0-9]{10}\.[0-9]{6}\] 128 bytes from '
	run pingc -4 -n -c 1 localhost "$PING"
	assert_line --regexp '^128 bytes from 127\.0\.0\.1: '
	run pingc -s 1000 -v -c 1 127.0.0.1 "$PING"
	assert_line --regexp '^1000 bytes from .* server=[0-9.]+ ms$'
	run pingc -P plain -s 1000 -c 1 --json 127.0.0.1 "$PING"
	assert_line --partial '"bytes":1000,'
	run pingc -P plain -s 65507 -c 1 --json 127.0.0.1 "$PING"
	assert_line --partial '"bytes":65507,'
	run pingc -I 127.0.0.1 -c 1 127.0.0.1 "$PING"
	assert_success
	run pingc -I 192.0.2.77 -c 1 127.0.0.1 "$PING"
	assert_failure 2
	assert_output --partial '192.0.2.77'
	run pingc -q -c 1 127.0.0.1 "$PING"
	refute_line --partial 'bytes from'
	assert_line --partial '1 received'
}

@test "-f: a flood waits for each reply" {
	run pingc -f -c 500 -W "$((2 * SLOW))" 127.0.0.1 "$PING"
	assert_success
	assert_line --partial '500 packets transmitted, 500 received, 0% packet loss'
	assert_output --partial $'.\b \b.'
}

@test "--plot draws every reply" {
	run pingc -q -c 50 -i 1ms --plot -W "$((2 * SLOW))" 127.0.0.1 "$PING"
	assert_success
	rows=$(grep -E '^ +[0-9.]+ - +[0-9.]+ ms \|#* *\| [0-9]+$' <<<"$output")
	(($(wc -l <<<"$rows") <= 20))
	(($(awk '{ n += $NF } END { print n }' <<<"$rows") == 50))
}

@test "--json: every line is an object" {
	fake silent
	nobody
	run pingc --json -c 2 -i 0.02 -W 0.3 "127.0.0.1:$PING" "127.0.0.1:$FAKE" \
	    "127.0.0.1:$NOBODY"
	assert_failure 1
	"$PYTHON" - "$output" <<'PY'
import collections, json, sys
kinds = collections.Counter()
for line in sys.argv[1].splitlines():
    o = json.loads(line)
    assert o["host"] == o["address"] == "127.0.0.1" and o["time"] > 1e9
    kinds[o["type"]] += 1
assert kinds == {"reply": 2, "timeout": 2, "refused": 2, "summary": 3}, kinds
PY
}

# bats test_tags=no-valgrind
# bats test_tags=no-valgrind
@test "output that nobody can take is an error" {
	[[ -w /dev/full ]] || skip 'no /dev/full'
	for option in -v -q --json; do
		run sh -c "'$BIN/pingc' $option -c 1 127.0.0.1 $PING >/dev/full"
		assert_failure 2
		assert_output 'pingc: standard output: No space left on device'
	done
}

@test "pacing: as many as were asked for, and no more" {
	run pingc -q -i 10ms -w 1 --json 127.0.0.1 "$PING"
	assert_success
	holds "$output" '2 <= transmitted <= 101'
}

# bats test_tags=no-valgrind
@test "-i .01, as ping(8) takes it" {
	run pingc -q -i .01 -c 2 127.0.0.1 "$PING"
	assert_success
	assert_output --partial '2 packets transmitted, 2 received'
}

# bats test_tags=no-valgrind
@test "usage" {
	run pingc
	assert_failure 2
	for args in '-c 0' '-i x' '-i -1' '-i .' '-W 0' '-s 65508' '-P loud' '-w 1y' '-i 0x10' '-i 1e3'; do
		# shellcheck disable=SC2086
		run pingc $args 127.0.0.1
		assert_failure 2
		assert_output --partial "'${args#* }' is"
	done
	run pingc -I '' 127.0.0.1
	assert_failure 2
	assert_output --partial "--interface: '' is empty; allowed:"
	run pingc -4 -6 127.0.0.1
	assert_failure 2
	run pingc --key-file /dev/null -P plain 127.0.0.1
	assert_failure 2
	run pingc --key-file /dev/null 127.0.0.1
	assert_failure 2
	assert_output 'pingc: /dev/null: a key has 16 to 4096 bytes'
}
