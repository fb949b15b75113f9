# Events of heartbeatd: exactly one for each change, printed, logged, given to
# the command; and none where nothing has changed but clocks, sleep and
# restarts.  Periods are short here, and longer under a checker.

load lib/brood

# What is waited for has SLOW's patience; what is waited out is only this much
# longer under a checker.
LONGER=$((SLOW > 3 ? 3 : SLOW))

# ms N - a time for options
ms() {
	echo $(($1 * LONGER))ms
}

# monitor ARG... - a server that answers HTTP too
monitor() {
	start_server heartbeatd --http 127.0.0.1:0 "$@"
	wait_for_line "$SERVER_OUT" '^http on 127\.0\.0\.1:'
	WEB=${LINE##*:}
}

# beat NAME SEQ [TIME [down]]
beat() {
	printf 'Heartbeat %s %s %s' "$1" "$2" "${3:-$EPOCHREALTIME}${4:+ $4}" \
	    >"/dev/udp/$HOST/$PORT"
}

# beats NAME INTERVAL_MS - in the background, until stop_beats
beats() {
	"$BIN/heartbeatc" -i "$(ms "$2")" "$1" "$HOST" "$PORT" 3>&- &
	BEATING=$!
}

stop_beats() {
	kill -"${1:-KILL}" "$BEATING"
	wait "$BEATING" || :
}

event() {
	wait_for_line "$SERVER_OUT" "Z $1 $2 -> $3 \\("
}

# changes NAME - what it has become so far, on one line
changes() {
	sed -n "s/^[^ ]*Z $1 [a-z]* -> \([a-z]*\) .*/\1/p" "$SERVER_OUT" | xargs
}

metric() {
	curl -sS "http://127.0.0.1:$WEB/metrics" | sed -n "s/^heartbeat_$1 //p"
}

is_metric() {
	[[ $(metric "$1") == "$2" ]]
}

# let_pass MS - of the clock, with nothing to wait for: nothing is to happen
let_pass() {
	now_ms
	wait_until 10 is_past $((NOW_MS + $1 * LONGER))
}

is_past() {
	now_ms
	((NOW_MS >= $1))
}

# data ROOM - a folder that the server's children may write in
data() {
	DATA=$BATS_TEST_TMPDIR/$1
	mkdir -p "$DATA"
	chmod 777 "$DATA"
}

# hook TEXT - a command with these lines, in HOOK; it writes to $DATA
hook() {
	HOOK=$DATA/hook
	printf '#!/bin/sh\ncd "%s" || exit 9\n%s\n' "$DATA" "$1" >"$HOOK"
	chmod 755 "$HOOK"
	# valgrind's log of a process that becomes another has no end
	allow_unfinished
}

# -- States -------------------------------------------------------------------

@test "up, late, down, up again, stopped: each once" {
	monitor --period "$(ms 100)" --grace "$(ms 200)"
	beat web1 1
	event web1 late down
	beat web1 2
	event web1 down up
	beat web1 3 "$EPOCHREALTIME" down
	event web1 up stopped
	assert_equal "$(changes web1)" 'up late down up stopped'
	run grep -c ' web1 ' "$SERVER_OUT"
	assert_output 5
	assert_equal "$(metric events_total)" 5
	grep -E '^20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z web1 new -> up \(first beat\)$' \
	    "$SERVER_OUT"
	grep -E ' web1 late -> down \(silent for [0-9.]+ s\)$' "$SERVER_OUT"
	grep -E ' web1 up -> stopped \(on purpose\)$' "$SERVER_OUT"
}

@test "not before its time, and soon after" {
	monitor --period "$(ms 200)" --grace "$(ms 200)"
	beat web1 1
	event web1 late down
	late=$(sed -n 's/.*up -> late (silent for \(.*\) s)/\1/p' "$SERVER_OUT")
	down=$(sed -n 's/.*late -> down (silent for \(.*\) s)/\1/p' \
	    "$SERVER_OUT")
	"$PYTHON" -c 'import sys
late, down, longer = (round(1000 * float(x)) for x in sys.argv[1:])
assert 0.3 * longer <= late < 0.5 * longer, late
assert 0.4 * longer <= down < 0.6 * longer, down' \
	    "$late" "$down" "$LONGER"
}

@test "what was overtaken or duplicated brings nobody back" {
	monitor --period 1h
	beat job 2 100.0
	beat job 4 102.0 down
	event job up stopped
	beat job 3 101.0
	beat job 2 100.0
	beat job 3 101.0
	wait_until 5 is_metric 'duplicated_total{name="job"}' 2
	assert_equal "$(changes job)" 'up stopped'
	beat job 1 200.0
	event job stopped up
}

@test "who is expected and never heard is down, once" {
	monitor --expect "db=$(ms 100)+$(ms 100)" --expect late=1h
	event db new down
	assert_equal "$(changes db)" down
	assert_equal "$(metric 'state{name="late",state="new"}')" 1
	grep 'db new -> down (not heard for ' "$SERVER_OUT"
}

@test "names have their own period, patterns too" {
	monitor --period 1h --expect "fast*=$(ms 50)+$(ms 50)" --expect fast9=1h
	for name in fast1 fast9 other; do
		beat "$name" 1
	done
	event fast1 '[a-z]*' down
	event other new up
	assert_equal "$(changes fast9)" up
	assert_equal "$(changes other)" up
}

@test "names that are not expected may be refused" {
	monitor --period 1h --unknown refuse --expect 'web*' --expect db
	beat stranger 1
	wait_for_line "$SERVER_LOG" "not expected: 'Heartbeat stranger 1"
	beat web7 1
	beat db 1
	event web7 new up
	event db new up
	assert_equal "$(metric refused_total)" 1
	assert_equal "$(changes stranger)" ''
}

@test "the table is bounded" {
	monitor --period 1h --max-names 3
	for i in 1 2 3 4 5; do
		beat "n$i" 1
	done
	wait_until 5 is_metric no_room_total 2
	wait_for_line "$SERVER_LOG" 'no room for more names'
	assert_equal "$(metric 'names{state="up"}')" 3
}

@test "who is down for long enough is forgotten, and makes room" {
	monitor --period "$(ms 50)" --grace 0 --max-names 2 \
	    --forget "$(ms 100)" --expect "kept=$(ms 50)+0"
	beat gone 1
	wait_for_line "$SERVER_LOG" 'gone: down for so long that it is forgotten'
	beat new 1
	event new new up
	event kept new down
}

@test "flapping is said once, and damped" {
	monitor --period 1h --flap "4/$(ms 800)"
	for i in 1 2 3 4 5 6; do
		beat job $((2 * i)) "$((2 * i)).0"
		beat job $((2 * i + 1)) "$((2 * i + 1)).0" down
	done
	event job '[a-z]*' flapping
	event job flapping stopped
	assert_equal "$(changes job)" 'up stopped up stopped flapping stopped'
}

# -- No false alarms ----------------------------------------------------------

@test "a monitor that was asleep raises none" {
	monitor --period "$(ms 300)" --grace "$(ms 100)"
	beats web1 100
	event web1 new up
	mapfile -t all < <(echo "$SERVER_PID"; children_of "$SERVER_PID")
	kill -STOP "${all[@]}"
	# the queue of what comes meanwhile is lost as well
	kill -STOP "$BEATING"
	let_pass 700
	kill -CONT "${all[@]}"
	wait_for_line "$SERVER_LOG" 'was away for [0-9.]+ s'
	kill -CONT "$BEATING"
	wait_until 5 is_metric slept_total 1
	let_pass 700
	assert_equal "$(changes web1)" up
	stop_beats
	event web1 late down
}

# bats test_tags=no-valgrind, no-asan
@test "a clock that jumps raises none: while it runs, is stopped, or is away" {
	local clock=$BATS_TEST_TMPDIR/wallclock.so jump listen=127.0.0.1:0

	need "${CC:-gcc}"
	"${CC:-gcc}" -D_GNU_SOURCE -shared -fPIC -o "$clock" \
	    "$LIB/fixtures/wallclock.c"
	chmod 755 "$BATS_TEST_TMPDIR"
	export WALLCLOCK=$BATS_TEST_TMPDIR/jump
	data state
	with_clock() {
		LD_PRELOAD=$clock monitor --listen "$listen" \
		    --state "$DATA/state" --period 400ms --grace 200ms
	}
	with_clock
	listen=$HOST:$PORT
	beats web1 50
	event web1 new up
	for jump in 3600:+3600 -7200:-10800 0:+7200; do
		touch -d "@${jump%:*}" "$WALLCLOCK"
		wait_for_line "$SERVER_LOG" "the clock was set by \\${jump#*:}\\."
		let_pass 700
	done
	assert_equal "$(changes web1)" up
	assert_equal "$(metric clock_steps_total)" 3
	for jump in 90000 -90000; do
		stop_server
		touch -d "@$jump" "$WALLCLOCK"
		with_clock
		let_pass 700
		assert_equal "$(metric 'names{state="up"}')" 1
		assert_equal "$(changes web1)" ''
	done
	mapfile -t all < <(echo "$SERVER_PID"; children_of "$SERVER_PID")
	kill -STOP "${all[@]}"
	touch -d @3600 "$WALLCLOCK"
	let_pass 700
	kill -CONT "${all[@]}"
	wait_for_line "$SERVER_LOG" 'the clock was set by \+93600\.'
	let_pass 700
	assert_equal "$(changes web1)" ''
	stop_beats
	event web1 late down
}

@test "a restart is no outage, and its events are not told twice" {
	data state
	monitor --state "$DATA/state" --period "$(ms 500)" --grace "$(ms 200)" \
	    --expect "never=$(ms 50)+0"
	beat gone 1
	event gone '[a-z]*' down
	beat left 1 1.5
	beat left 2 2.5 down
	event left up stopped
	event never new down
	beats web1 100
	event web1 new up
	stop_server
	assert_equal "$(head -c 18 "$DATA/state")" heartbeatd-state-1
	stop_beats TERM
	[[ ! -e $DATA/state.new ]]
	listen=$HOST:$PORT
	monitor --listen "$listen" --state "$DATA/state" \
	    --period "$(ms 500)" --grace "$(ms 200)" --expect "never=$(ms 50)+0"
	assert_equal "$(metric 'names{state="down"}')" 2
	assert_equal "$(metric 'names{state="stopped"}')" 1
	assert_equal "$(metric 'received_total{name="left"}')" 2
	# up at the end, and it does not come again: down, but in its time
	event web1 late down
	grep -E 'web1 late -> down' "$SERVER_OUT"
	beat gone 2
	event gone down up
	assert_equal "$(changes never)$(changes left)" ''
	assert_equal "$(metric 'lost{name="gone"}')" 0
}

@test "the state is written while it runs, and whole" {
	data state
	monitor --state "$DATA/state" --state-interval "$(ms 40)" --period 1h
	beat one 1
	wait_for_line "$DATA/state" '^one up '
	beat two 1
	wait_for_line "$DATA/state" '^two up '
	wait_until 5 tail_is "$DATA/state" '=end 2'
	mapfile -t all < <(echo "$SERVER_PID"; children_of "$SERVER_PID")
	kill9 "${all[@]}"
	wait_server
	monitor --state "$DATA/state" --period 1h
	assert_equal "$(metric 'names{state="up"}')" 2
}

tail_is() {
	[[ $(tail -n 1 "$1") == "$2" ]]
}

@test "a state file that is none is put aside; bad lines are left out" {
	data state
	echo 'not ours' >"$DATA/state"
	monitor --state "$DATA/state"
	wait_for_line "$SERVER_LOG" 'is no state file of ours'
	assert_equal "$(cat "$DATA/state.bad")" 'not ours'
	stop_server
	printf '%s\n' 'heartbeatd-state-1 5' 'a up 1 1 1 1 1 1 1 1 -1' \
	    'b upp 1 1' >"$DATA/state"
	monitor --state "$DATA/state" --period 1h
	wait_for_line "$SERVER_LOG" '1 names, 1 lines not understood, cut short'
	assert_equal "$(metric 'names{state="up"}')" 1
	stop_server
	run client heartbeatc --version
	spawn_server heartbeatd --state "$DATA/no/such/state"
	wait_server
	assert_equal "$SERVER_STATUS" 1
	grep -- '--state: .*No such file or directory' "$SERVER_LOG"
}

@test "a state file that cannot be written stops nothing" {
	data state
	mkdir "$DATA/state.new"
	monitor --state "$DATA/state" --state-interval "$(ms 50)" --period 1h
	wait_for_line "$SERVER_LOG" '--state: .*/state: '
	beat one 1
	event one new up
	rmdir "$DATA/state.new"
	wait_for_line "$DATA/state" '^one up '
}

# -- Who is told --------------------------------------------------------------

@test "the event log is JSON, and opened anew by USR1" {
	data log
	monitor --period "$(ms 100)" --grace "$(ms 100)" --event-log "$DATA/log"
	beat 'we"b' 1
	wait_for_line "$DATA/log" '"state":"down"'
	"$PYTHON" - "$DATA/log" <<'PY'
import json, sys
got = [json.loads(line) for line in open(sys.argv[1])]
assert [e["state"] for e in got] in (["up", "late", "down"], ["up", "down"])
for e in got:
    assert e["name"] == 'we"b' and e["seq"] == 1 and e["status"] is None, e
    assert e["address"].startswith("127.0.0.1:"), e
assert got[-1]["silent_s"] >= 0.2, got
PY
	mv "$DATA/log" "$DATA/log.1"
	kill -USR1 "$SERVER_PID"
	wait_until 10 another_is_logged
	monitor --event-log -
	beat last 1
	wait_for_line "$SERVER_OUT" '"name":"last","was":"new","state":"up"'
}

# another_is_logged - in the new file: the process that has the old one open may
# hear some more before its successor does
another_is_logged() {
	OTHER=$((${OTHER:-0} + 1))
	beat "other$OTHER" 1
	grep -q '"name":"other' "$DATA/log" 2>/dev/null
}

@test "events that nobody reads delay nothing" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec {reader}<>"$BATS_TEST_TMPDIR/pipe"
	chmod 666 "$BATS_TEST_TMPDIR/pipe"
	monitor --flap off --event-log "$BATS_TEST_TMPDIR/pipe" --period 1h
	for i in $(seq 1 400); do
		beat job $((2 * i)) "$((2 * i)).0"
		beat job $((2 * i + 1)) "$((2 * i + 1)).0" down
		((i % 50)) || wait_until 10 heard_all $((4 * i / 2))
	done
	wait_for_line "$SERVER_LOG" 'nobody takes the events'
	beat job 9000 9000.0
	event job stopped up
	exec {reader}<&-
}

heard_all() {
	(($(metric datagrams_total) >= $1))
}

@test "the command gets arguments and environment, without a shell" {
	data hook
	hook 'printf "%s|" "$@" "$HEARTBEAT_NAME" "$HEARTBEAT_WAS" \
    "$HEARTBEAT_STATE" "$HEARTBEAT_SEQ" "$HEARTBEAT_LOST" \
    "$HEARTBEAT_STATUS" >>args
echo "$HEARTBEAT_EVENT" >>json
cat >stdin; echo done >>args'
	monitor --period 1h --hook "$HOOK \$(id) *"
	beat '$(touch${IFS}evil);' 1
	wait_for_lines 1 "$DATA/args" "done"
	beat job 1 1.0
	wait_for_lines 2 "$DATA/args" "done"
	beat job 3 3.0 'down 7'
	wait_for_lines 3 "$DATA/args" "done"
	run cat "$DATA/args"
	odd='$(touch${IFS}evil);'
	assert_line --index 0 \
	    "\$(id)|*|$odd|new|up|$odd|new|up|1|0||done"
	assert_line --index 1 '$(id)|*|job|new|up|job|new|up|1|0||done'
	assert_line --index 2 \
	    '$(id)|*|job|up|stopped|job|up|stopped|3|1|7|done'
	[[ ! -e $DATA/evil && ! -s $DATA/stdin ]]
	"$PYTHON" -c 'import json, sys
assert [json.loads(l)["state"] for l in open(sys.argv[1])] == \
    ["up", "up", "stopped"]' "$DATA/json"
}

@test "a command that hangs is ended, and delays no beat and no other name" {
	data hook
	mkfifo "$DATA/nobody"
	chmod 666 "$DATA/nobody"
	hook '[ "$1" != slow ] || { echo begun >>slow; exec cat nobody; }
echo "$1 $3" >>quick'
	monitor --hook "$HOOK" --hook-timeout "$(ms 400)" --hook-jobs 2 \
	    --period 1h
	beat slow 1
	wait_for_line "$DATA/slow" begun
	beat quick 1 1.0
	wait_for_line "$DATA/quick" '^quick up$'
	beat quick 2 2.0 down
	wait_for_line "$DATA/quick" '^quick stopped$'
	wait_for_line "$SERVER_LOG" \
	    '--hook for slow: killed by signal 15 \(--hook-timeout\)'
	wait_until 5 is_metric hooks_late_total 1
}

@test "the events of a name come in order" {
	data hook
	hook 'echo "$2 $3" >>order'
	monitor --hook "$HOOK" --hook-jobs 16 --flap off --period 1h
	for i in $(seq 1 20); do
		beat job $((2 * i)) "$((2 * i)).0"
		beat job $((2 * i + 1)) "$((2 * i + 1)).0" down
	done
	wait_for_lines 40 "$DATA/order" .
	run awk 'NR > 1 && $1 != was { print NR ": " $0 } { was = $2 }' \
	    "$DATA/order"
	assert_output ''
}

@test "a command that fails is logged; one that waits is run before the end" {
	data hook
	hook '[ "$1" != bad ] || exit 3; echo "$1" >>last'
	monitor --hook "$HOOK" --hook-jobs 1 --period 1h
	beat bad 1
	wait_for_line "$SERVER_LOG" '--hook for bad: exit status 3'
	for i in 1 2 3 4 5; do
		beat "n$i" 1
	done
	event n5 new up
	stop_server
	run cat "$DATA/last"
	assert_output $'n1\nn2\nn3\nn4\nn5'
}

# -- Usage --------------------------------------------------------------------

# bats test_tags=no-valgrind
@test "what cannot be is a usage error" {
	for args in '--expect a=0s' '--expect a=1s+' '--flap 1/5m' '--flap x' \
	    '--hook /no/such' '--hook /etc/passwd' '--max-names 0' \
	    '--period 0' '--unknown maybe' '--http x' '--http 127.0.0.1:-1' \
	    '--max-names 1 --expect a --expect b'
	do
		# shellcheck disable=SC2086
		run client heartbeatd --check $args
		assert_failure 2
		assert_output --regexp '^heartbeatd: --[a-z-]+: '
	done
	run client heartbeatd --check --expect 'a=10s+5s' --flap off
	assert_success
}

@test "a reload changes periods, and not the table's size" {
	config=$BATS_TEST_TMPDIR/config
	echo 'period 1h' >"$config"
	monitor -f "$config"
	beat web1 1
	event web1 new up
	printf 'period %s\ngrace %s\nexpect "db=%s+0"\n' "$(ms 100)" "$(ms 100)" \
	    "$(ms 100)" >"$config"
	kill -HUP "$SERVER_PID"
	event web1 '[a-z]*' down
	event db new down
	echo 'max-names 7' >>"$config"
	kill -HUP "$SERVER_PID"
	wait_for_line "$SERVER_LOG" 'max-names cannot change'
}
