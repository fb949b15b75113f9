# bats file_tags=models
# What becomes of connections when processes die and when the server is told to
# stop.

load lib/brood
load lib/talk
load lib/children

setup() {
	skip_model 'the super-server supervises' inetd
}

# stuck - a client that sends and never reads, so that its exchange never ends;
# FD is its connection
stuck() {
	dial
	head -c 30000000 /dev/zero 1>&"$FD" 2>/dev/null &
	STUCK=$!
	wait_until 5 is_stuck
}

# is_stuck - the server's socket of the connection has bytes in both queues
is_stuck() {
	ss -Htn state connected "sport = :$PORT" |
	    awk '$2 > 0 && $3 > 0 { n++ } END { exit !n }'
}

unstick() {
	hang_up "$FD"
	kill "$STUCK" 2>/dev/null || :
}

# ended_within MS - the server has ended since the call of began
began() {
	now_ms
	BEGAN=$NOW_MS
}

ended_within() {
	wait_server
	now_ms
	echo "took $((NOW_MS - BEGAN)) ms"
	((NOW_MS - BEGAN <= $1 * SLOW))
}

# -- Children that are killed -------------------------------------------------

@test "a child killed while it waits is replaced" {
	only_model 'no child waits' prefork fibers
	start_watched echod
	wait_until 5 has_workers 2
	for child in $(workers); do
		kill9 "$child"
		wait_for_exit "$child"
	done
	dial
	exchange "$FD" 'served by a new child'
	# of a pool there are soon three: it keeps two to spare
	wait_until 5 has_more_workers 1
	hang_up "$FD"
}

@test "a child killed in the midst of a connection takes no other with it" {
	skip_model 'one after another' single
	start_watched echod
	others=()
	for i in 1 2 3; do
		dial
		exchange "$FD" "number $i"
		others+=("$FD")
	done
	victim=$(serving | head -1)
	kill9 "$victim"
	wait_for_line "$SERVER_LOG" "\(pid $victim\) killed by signal 9"
	alive=0
	for fd in "${others[@]}"; do
		! exchange "$fd" 'still there' >/dev/null || alive=$((alive + 1))
	done
	if [[ $MODEL == fibers ]]; then
		# Those in the other child.
		((alive < 3))
	else
		assert_equal "$alive" 2
	fi
	dial
	exchange "$FD" 'a new one'
	hang_up "$FD" "${others[@]}"
}

# one_serving - one child is, VICTIM; the row of one that was killed may still
# be there
one_serving() {
	VICTIM=$(serving)
	[[ $VICTIM =~ ^[0-9]+$ ]]
}

@test "a client that crashes its own session throttles nobody" {
	skip_model 'a crash ends it' single
	start_watched echod
	for i in {1..12}; do
		dial
		# A back-off that grew would be at seconds by now.
		say "$FD" "round $i"
		hear "$FD" "$((6 + ${#i}))" 2
		wait_until 5 one_serving
		kill9 "$VICTIM"
		wait_for_exit "$VICTIM"
		hang_up "$FD"
	done
	run grep 'next try' "$SERVER_LOG"
	assert_failure
}

@test "a log line says what a child that was killed was at" {
	skip_model 'a crash ends it, or it was at many things' single fibers
	start_watched echod
	dial
	exchange "$FD" x
	kill9 "$(serving)"
	wait_for_line "$SERVER_LOG" 'killed by signal 9.*127\.0\.0\.1:[0-9]+'
	hang_up "$FD"
}

@test "children go when their parent was killed" {
	skip_model 'has no children' single
	start_server echod
	dial
	exchange "$FD" x
	kill9 "$SERVER_PID"
	[[ ! ${BROOD_VALGRIND:-} ]] || allow_unfinished
	# Which looks for processes that are left.
	wait_server
	assert_equal "$SERVER_STATUS" 137
	is_closed "$FD"
	hang_up "$FD"
}

# -- Stopping -----------------------------------------------------------------

@test "TERM: status 0, no process and no connection left" {
	start_server echod
	dial
	exchange "$FD" x
	began
	kill -TERM "$SERVER_PID"
	is_closed "$FD"
	ended_within 3000
	assert_equal "$SERVER_STATUS" 0
	run tcp "$HOST" "$PORT" x
	assert_equal "$status" 5
	hang_up "$FD"
}

@test "TERM: the request that is under way is answered" {
	start_server echod reply 'done'
	dial
	say "$FD" 'a bare request'
	kill -TERM "$SERVER_PID"
	hear "$FD" 4
	assert_equal "$HEARD" 'done'
	is_closed "$FD"
	hang_up "$FD"
	wait_server
	assert_equal "$SERVER_STATUS" 0
}

@test "TERM: a long exchange comes to its end" {
	start_server echod --drain-timeout $((10 * SLOW))s
	"$PYTHON" -S "$LIB/fixtures/torrent.py" "$HOST" "$PORT" 9000000 \
	    20000000 >"$BATS_TEST_TMPDIR/out" &
	pid=$!
	wait_until 5 is_stuck
	kill -TERM "$SERVER_PID"
	wait "$pid"
	assert_equal "$(<"$BATS_TEST_TMPDIR/out")" '9000000 echoed'
	wait_server
	assert_equal "$SERVER_STATUS" 0
}

@test "TERM: connections that wait to be accepted are served" {
	start_watched echod
	mapfile -t all < <(echo "$SERVER_PID"; workers)
	kill -STOP "${all[@]}"
	dial
	say "$FD" 'in the queue'
	kill -TERM "${all[@]}"
	kill -CONT "${all[@]}"
	hear "$FD" 12
	hang_up "$FD"
	wait_server
	assert_equal "$SERVER_STATUS" 0
}

@test "TERM: what does not end is ended at the drain timeout" {
	start_server echod --drain-timeout 300ms
	stuck
	began
	kill -TERM "$SERVER_PID"
	ended_within 3000
	assert_equal "$SERVER_STATUS" 0
	((NOW_MS - BEGAN >= 290))
	unstick
	run grep -c '127\.0\.0\.1:[0-9]*: cut off: the server stops$' "$SERVER_LOG"
	assert_output 1
}

@test "INT drains, a second INT stops at once" {
	start_server echod
	stuck
	began
	kill -INT "$SERVER_PID"
	if [[ $MODEL != single ]]; then
		wait_for_line "$SERVER_LOG" stopping
	else
		run wait_until 0 test -e "$SERVER_DIR/status"
		assert_failure
	fi
	kill -0 "$SERVER_PID"
	kill -INT "$SERVER_PID"
	ended_within 3000
	assert_equal "$SERVER_STATUS" 0
	unstick
}

@test "QUIT stops at once" {
	start_server echod
	stuck
	began
	kill -QUIT "$SERVER_PID"
	ended_within 3000
	assert_equal "$SERVER_STATUS" 0
	unstick
}

# The line was printed before signals were dealt with once.
@test "a signal right after the line that says it listens is not lost" {
	rounds=10
	[[ ! ${BROOD_VALGRIND:-} ]] || rounds=2
	server_command echod
	run "$PYTHON" -S - "$rounds" "${COMMAND[@]}" <<-'EOF'
		import signal, subprocess, sys
		for i in range(int(sys.argv[1])):
		    p = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE,
		                         stderr=subprocess.DEVNULL)
		    p.stdout.readline()
		    p.send_signal(signal.SIGTERM)
		    if p.wait(60) != 0:
		        sys.exit("ended with %d" % p.returncode)
	EOF
	assert_success
	assert_output ''
}

@test "a child that hangs is killed in the end" {
	skip_model 'has no children' single
	start_watched echod --drain-timeout 100ms
	dial
	exchange "$FD" x
	victim=$(workers | head -1)
	kill -STOP "$victim"
	allow_unfinished "$victim"
	kill -TERM "$SERVER_PID"
	wait_server "$SERVER_PID" 10
	assert_equal "$SERVER_STATUS" 0
	run grep killing "$SERVER_LOG"
	assert_success
	hang_up "$FD"
}

@test "it is a good first process of a container" {
	((EUID == 0)) || skip 'needs root to make one'
	unshare --pid --fork true || skip 'namespaces are not to be had'
	cat >"$BATS_TEST_TMPDIR/first" <<-EOF
		#!/bin/sh
		exec unshare --pid --fork --kill-child "$BIN/echod" "\$@"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/first"
	start_server "$BATS_TEST_TMPDIR/first"
	dial
	exchange "$FD" x
	kill -TERM "$(children_of "$SERVER_PID")"
	is_closed "$FD"
	hang_up "$FD"
	wait_server
	assert_equal "$SERVER_STATUS" 0
}

# -- How many -----------------------------------------------------------------

# limited - a server that holds two connections
limited() {
	case ${MODEL:-fork} in
	fork)		start_server echod --children 2 ;;
	prefork)	start_server echod --children 2:2 ;;
	fibers)		start_server echod --children 1 --connections 2 ;;
	esac
}

@test "where all places are taken, clients wait and are served" {
	skip_model 'one place' single
	limited
	for i in 0 1 2 3; do
		dial
		say "$FD" "client $i"
		c[i]=$FD
	done
	hear "${c[0]}" 8
	hear "${c[1]}" 8
	is_silent "${c[2]}" 100
	hang_up "${c[0]}"
	hear "${c[2]}" 8
	is_silent "${c[3]}" 50
	hang_up "${c[1]}"
	hear "${c[3]}" 8
	exchange "${c[2]}" again
	hang_up "${c[2]}" "${c[3]}"
}

@test "the single process serves one after another" {
	only_model 'others serve many at once' single
	start_server echod
	dial
	first=$FD
	exchange "$first" first
	dial
	say "$FD" second
	is_silent "$FD" 100
	hang_up "$first"
	hear "$FD" 6
	hang_up "$FD"
}

@test "the pool grows under load, and shrinks again" {
	only_model 'no pool' prefork
	start_watched echod --children 2:8 --spare 1:4
	wait_until 5 has_workers 2
	for i in 1 2 3 4 5; do
		dial
		exchange "$FD" x
		c[i]=$FD
	done
	wait_until 5 has_more_workers 5
	for i in 6 7 8; do
		dial
		exchange "$FD" x
		c[i]=$FD
	done
	has_workers 8
	hang_up "${c[@]}"
	wait_until 10 has_fewer_workers 8
}

@test "a child is replaced after --max-served connections" {
	only_model 'children that stay' prefork fibers
	start_watched echod --children 1 --max-served 3
	wait_until 5 has_workers 1
	first=$(workers)
	for i in {1..7}; do
		dial
		exchange "$FD" x
		hang_up "$FD"
	done
	wait_for_exit "$first"
	wait_until 5 has_workers 1
}
