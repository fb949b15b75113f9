# heartbeatc: what it sends, how it ends, and what it survives.

load lib/brood

# hearer [ADDR:PORT] - somebody who hears datagrams; HEARD has them
hearer() {
	start_server "$LIB/fixtures/hearer.py" --listen "${1:-127.0.0.1:0}"
	HEARD=$SERVER_OUT
}

# beater ARG... - heartbeatc in the background: BEATER is its pid, SAID and
# COMPLAINED are what it printed
beater() {
	local wrap=()

	SAID=$BATS_TEST_TMPDIR/said COMPLAINED=$BATS_TEST_TMPDIR/complained
	checker_wrap wrap "$BIN/heartbeatc"
	env --default-signal=INT,QUIT,TERM,HUP "${wrap[@]}" \
	    "$BIN/heartbeatc" "$@" >"$SAID" 2>"$COMPLAINED" 3>&- &
	BEATER=$!
}

# ends STATUS - it does, with this
ends() {
	local status=0

	wait_for_exit "$BEATER"
	wait "$BEATER" || status=$?
	assert_equal "$status" "$1"
}

# What becomes another program leaves a log of valgrind's without an end.
runs_command() {
	hearer
	allow_unfinished
}

BEAT='Heartbeat web1 [0-9]+ [0-9]{10}\.[0-9]{9}'

@test "the datagram is the plain one, byte for byte" {
	hearer
	run client heartbeatc -c 3 -i 0.02 web1 "$HOST" "$PORT"
	assert_success
	assert_output ''
	wait_for_lines 3 "$HEARD" "^$BEAT\$"
	run awk '/^Heartbeat/ { print $3 }' "$HEARD"
	assert_output $'1\n2\n3'
	stop_server
	run grep -c down "$HEARD"	# -c N is no end
	assert_output 0
}

@test "TIME is now, and goes forward" {
	hearer
	run client heartbeatc -c 3 -i 0.02 web1 "$HOST" "$PORT"
	wait_for_lines 3 "$HEARD" "^$BEAT\$"
	grep ^Heartbeat "$HEARD" | "$PYTHON" -c 'import sys, time
times = [float(line.split()[3]) for line in sys.stdin]
assert abs(times[0] - time.time()) < 120, times
assert times == sorted(times) and times[2] - times[0] >= 0.039, times'
}

@test "the default is a beat a second, the first at once" {
	hearer
	beater web1 "$HOST" "$PORT"
	wait_for_lines 3 "$HEARD" "^$BEAT\$"
	kill "$BEATER"
	ends 0
	grep '^Heartbeat web1 [123] ' "$HEARD" | "$PYTHON" -c 'import sys
times = [float(line.split()[3]) for line in sys.stdin]
assert 1.95 < times[2] - times[0] < 2.5, times'
}

@test "TERM, INT and HUP: it says that it stops" {
	for signal in TERM INT HUP; do
		hearer
		beater -i 10 web1 "$HOST" "$PORT"
		wait_for_line "$HEARD" "^$BEAT\$"
		kill "-$signal" "$BEATER"
		ends 0
		wait_for_lines 2 "$HEARD" "^$BEAT down\$"
		run cat "$COMPLAINED"
		assert_output ''
		stop_server
	done
}

@test "KILL: it says nothing" {
	hearer
	beater -i 10 web1 "$HOST" "$PORT"
	wait_for_line "$HEARD" "^$BEAT\$"
	kill9 "$BEATER"
	ends 137
	stop_server
	run grep -c down "$HEARD"
	assert_output 0
}

@test "HOST:PORT as one, and names of hosts" {
	hearer
	run client heartbeatc -c 1 web1 "$HOST:$PORT"
	assert_success
	run client heartbeatc -c 1 web2 localhost "$PORT"
	assert_success
	wait_for_line "$HEARD" '^Heartbeat web1 1 '
	wait_for_line "$HEARD" '^Heartbeat web2 1 '
}

@test "the address of a name that listens is found at the first beat" {
	[[ -e /proc/net/if_inet6 ]] || skip 'no IPv6'
	grep -q '::1.*localhost' /etc/hosts || skip 'localhost is one address'
	for listen in '[::1]:0' 127.0.0.1:0; do
		hearer "$listen"
		run client heartbeatc -c 1 web1 localhost "$PORT"
		assert_success
		wait_for_line "$HEARD" '^Heartbeat web1 1 '
	done
}

# -- The network --------------------------------------------------------------

@test "nobody there is said once, beats go on, and so is the end of it" {
	hearer
	listen=$HOST:$PORT
	stop_server
	beater -v -i "0.0$((SLOW > 9 ? 9 : SLOW))" web1 "${listen%:*}" \
	    "${listen##*:}"
	wait_for_lines 5 "$SAID" "$BEAT"
	hearer "$listen"
	wait_for_line "$HEARD" "^$BEAT\$"
	wait_for_line "$COMPLAINED" 'beats go through again'
	kill "$BEATER"
	ends 0
	wait_for_line "$HEARD" "^$BEAT down\$"
	run cat "$COMPLAINED"
	assert_line --index 0 "heartbeatc: $listen: Connection refused; beating on"
	assert_line --index 1 "heartbeatc: $listen: beats go through again"
	assert_equal "${#lines[@]}" 2
}

# bats test_tags=no-valgrind
@test "nobody there is said once, though no beat can wait to be refused" {
	local tick i

	exec {tick}<> <(:)
	beater -v -i 0.01 web1 127.0.0.1 9
	wait_for_line "$SAID" "$BEAT"
	for ((i = 0; i < 40; i++)); do
		kill -STOP "$BEATER"
		read -r -t 0.011 -u "$tick" || :
		kill -CONT "$BEATER"
		read -r -t 0.004 -u "$tick" || :
	done
	exec {tick}>&-
	kill "$BEATER"
	ends 1
	run cat "$COMPLAINED"
	assert_output 'heartbeatc: 127.0.0.1:9: Connection refused; beating on'
}

@test "nobody there at the end: status 1" {
	hearer
	stop_server
	run client heartbeatc -c 2 -i 0.02 web1 "$HOST" "$PORT"
	assert_failure 1
	assert_output "heartbeatc: $HOST:$PORT: Connection refused; beating on"
}

@test "a name is looked up again while beats go on" {
	hearer
	beater -i 0.03 --resolve 0.05 web1 localhost "$PORT"
	wait_for_lines 10 "$HEARD" "^$BEAT\$"
	kill "$BEATER"
	ends 0
	wait_for_line "$HEARD" "^$BEAT down\$"
	run awk '$3 != n + 1 && /^Heartbeat/ { print } { n = $3 }' \
	    <(grep ^Heart "$HEARD")
	assert_output ''
}

@test "a name that moves is followed" {
	((EUID == 0)) && need unshare mount || skip 'hosts are for root to set'
	unshare -m true 2>/dev/null || skip 'no namespaces here'
	hearer 127.0.0.1:0
	first=$HEARD port=$PORT
	hearer "127.0.0.2:$port"
	second=$HEARD
	echo '127.0.0.1 moving.example' >"$BATS_TEST_TMPDIR/hosts"
	# shellcheck disable=SC2016
	beater_in_hosts() {
		SAID=/dev/null COMPLAINED=$BATS_TEST_TMPDIR/complained
		unshare -m sh -c 'mount --bind "$1" /etc/hosts && shift &&
		    exec "$@"' sh "$BATS_TEST_TMPDIR/hosts" \
		    "$BIN/heartbeatc" -v -i 0.05 --resolve 0.1 web1 \
		    moving.example "$port" >"$SAID" 2>"$COMPLAINED" 3>&- &
		BEATER=$!
	}
	beater_in_hosts
	wait_for_lines 2 "$first" "^$BEAT\$"
	echo '127.0.0.2 moving.example' >"$BATS_TEST_TMPDIR/hosts"
	wait_for_lines 2 "$second" "^$BEAT\$"
	kill "$BEATER"
	ends 0
	grep "moving.example:$port is 127.0.0.2:$port now" "$COMPLAINED"
}

# -- The command --------------------------------------------------------------

@test "--run: beats while it lives, its output and its exit status" {
	runs_command
	mkfifo "$BATS_TEST_TMPDIR/go"
	beater -i 0.03 web1 "$HOST" "$PORT" --run sh -c \
	    'echo begun; read x <"$0"; echo "$x"; exit 7' \
	    "$BATS_TEST_TMPDIR/go"
	wait_for_line "$SAID" begun
	wait_for_lines 4 "$HEARD" "^$BEAT\$"
	echo 'go on' >"$BATS_TEST_TMPDIR/go"
	ends 7
	run cat "$SAID"
	assert_output $'begun\ngo on'
	wait_for_line "$HEARD" "^$BEAT down 7\$"
	wait_for_line "$HEARD" "^$BEAT down\$"
}

@test "--run: signals are sent on; a command killed by one" {
	runs_command
	beater web1 "$HOST" "$PORT" --run bash -c 'trap "echo usr1" USR1
trap "echo term; exit 4" TERM
echo ready; while :; do read -t 0.05 <> <(:); done'
	wait_for_line "$SAID" ready
	kill -USR1 "$BEATER"
	wait_for_line "$SAID" usr1
	kill -TERM "$BEATER"
	ends 4
	run cat "$SAID"
	assert_output $'ready\nusr1\nterm'
	wait_for_line "$HEARD" "^$BEAT down 4\$"
	run client heartbeatc web1 "$HOST" "$PORT" --run sh -c 'kill -9 $$'
	assert_failure 137
	wait_for_line "$HEARD" "^$BEAT down 137\$"
}

@test "--run: options of the command are its own; it may be none" {
	runs_command
	run client heartbeatc web1 "$HOST" "$PORT" --run echo -c --run --json
	assert_success
	assert_output -- '-c --run --json'
	status=0
	output=$(client heartbeatc web1 "$HOST" "$PORT" --run /no/such/command \
	    2>&1) || status=$?
	assert_failure 127
	assert_output 'heartbeatc: /no/such/command: No such file or directory'
	run client heartbeatc web1 "$HOST" "$PORT" --run /etc/passwd
	assert_failure 126
}

@test "--run: the command is run though the host is not known" {
	allow_unfinished
	run client heartbeatc web1 no.such.host.invalid --run sh -c \
	    'echo ran; exit 5'
	assert_failure 5
	assert_line ran
	assert_line --partial 'no.such.host.invalid'
}

# -- Output and usage ---------------------------------------------------------

@test "-v and --json" {
	hearer
	run client heartbeatc -v -c 1 web1 "$HOST" "$PORT"
	assert_output --regexp "^$HOST:$PORT: $BEAT\$"
	run client heartbeatc --json -c 2 -i 0.02 'we"b' \
	    "$HOST" "$PORT"
	assert_success
	"$PYTHON" - "$output" "$HOST:$PORT" <<'PY'
import json, sys
got = [json.loads(line) for line in sys.argv[1].splitlines()]
assert [b["seq"] for b in got] == [1, 2], got
for b in got:
    assert b["name"] == 'we"b' and b["to"] == sys.argv[2], b
    assert b["down"] is False and b["status"] is None and b["error"] is None
    assert b["time"] > 1.6e9, b
PY
}

# bats test_tags=no-valgrind
@test "usage errors" {
	for args in '' web1 'web1 h p q' '-rf 127.0.0.1' '-i 0 web1 h' \
	    '-i x web1 h' '-c -1 web1 h' '-4 -6 web1 h' 'web1 h --run' \
	    '-c 1 web1 h --run true' 'web1 127.0.0.1 99999999'; do
		# shellcheck disable=SC2086
		run client heartbeatc $args
		assert_failure 2
		assert_output --partial heartbeatc
	done
	run client heartbeatc 'a b' 127.0.0.1
	assert_failure 2
	assert_output --partial 'in the name'
	run client heartbeatc -c 1 web1 no.such.host.invalid
	assert_failure 2
	assert_output --partial no.such.host.invalid
}
