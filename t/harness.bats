# bats file_tags=no-valgrind,no-asan
# The tests' own tools, tried on small stand-ins for servers and on programs
# with faults on purpose.  What these tools do not notice, no other test does.

load lib/brood

LINED=$LIB/fixtures/lined.py

faulty() {
	# shellcheck disable=SC2086
	"${CC:-gcc}" -g -O0 -w ${1:-} -o "$BATS_TEST_TMPDIR/faulty" \
	    "$LIB/fixtures/faulty.c"
}

# In a shell of its own, so that a failure there is looked at, not suffered.
apart() {
	run bash -c "$(declare -p BATS_TEST_TMPDIR BATS_FILE_TMPDIR LIB TOP)
		BATS_RUN_TMPDIR=\$BATS_TEST_TMPDIR
		export ${2:-X=} BATS_TEST_NAME=inner
		bats_load_library() { :; }
		source $LIB/brood.bash
		LINED=$LINED
		$1"
}

@test "a server is started on a free port, answers, and stops" {
	start_server "$LINED"
	assert_equal "$HOST" 127.0.0.1
	[[ $PORT =~ ^[0-9]+$ ]]
	run tcp "$HOST" "$PORT" 'hello\r\n' @shut
	assert_success
	assert_output $'HELLO\r'
	stop_server
	assert_equal "$SERVER_STATUS" 0
	run kill -0 "$SERVER_PID"
	assert_failure
}

@test "several servers, and one with several addresses" {
	start_server "$LINED"
	one=$SERVER_PID
	start_server "$LINED" --listen 127.0.0.1:0 --listen 127.0.0.1:0
	[[ $one != "$SERVER_PID" ]]
	assert_equal "$(wc -l <<<"$SERVER_LISTEN")" 2
	assert_equal "$(head -1 <<<"$SERVER_LISTEN")" "$HOST:$PORT"
}

@test "under the inetd model a super-server runs it for each connection" {
	MODEL=inetd start_server "$LINED"
	for word in one two; do
		run tcp "$HOST" "$PORT" "$word\n" @shut
		assert_output "${word^^}"
	done
	stop_server
}

@test "a session that fails under the super-server fails stop_server" {
	MODEL=inetd start_server "$LINED" --exit 7
	run tcp "$HOST" "$PORT" 'x\n' @shut
	run stop_server
	assert_failure
	assert_output --partial 'ended with 7'
	touch "$SERVER_DIR/done"
}

@test "each model of the list gives the server its flags" {
	while read -r model _; do
		[[ $model && $model != '#'* ]] || continue
		MODEL=$model server_command "$LINED"
		[[ " ${COMMAND[*]} " == *" --model "* ]]
	done <"$TOP/t/models"
	MODEL=nonsense
	run server_command "$LINED"
	assert_failure
	assert_output --partial "no model 'nonsense'"
}

@test "a server that does not come up is reported with its log" {
	run start_server "$LINED" --exit 3
	assert_failure
	assert_output --partial 'exit status 3'
	assert_output --partial 'lined: told to fail'
	for d in "$BATS_TEST_TMPDIR"/servers/*; do touch "$d/done"; done
}

@test "a server expected to fail: spawn_server and wait_server" {
	spawn_server "$LINED" --exit 3
	wait_server
	assert_equal "$SERVER_STATUS" 3
}

@test "a status other than 0 at the stop is a failure" {
	start_server "$LINED" --late 4
	run stop_server
	assert_failure
	assert_output --partial 'status 4'
}

@test "a server that does not stop is killed and is a failure" {
	start_server "$LINED" --deaf
	run wait_server "$SERVER_PID" 1
	assert_failure
	wait_for_exit "$SERVER_PID"
}

@test "a process left behind is found, reported and ended" {
	start_server "$LINED" --orphan
	orphan=$(children_of "$SERVER_PID")
	[[ $orphan ]]
	run stop_server
	assert_failure
	assert_output --partial 'are left'
	wait_for_exit "$orphan"
}

@test "teardown stops what is running" {
	apart 'start_server $LINED; echo "pid $SERVER_PID"; teardown'
	assert_success
	[[ $output =~ pid\ ([0-9]+) ]]
	run kill -0 "${BASH_REMATCH[1]}"
	assert_failure
}

@test "teardown fails where a server's end was bad" {
	apart 'start_server $LINED --late 5; teardown'
	assert_failure
	assert_output --partial 'status 5'
}

@test "a server inherits no descriptors and no ignored signals" {
	start_server "$LINED"
	run ls "/proc/$SERVER_PID/fd"
	refute_line 10
	run grep -E '^SigIgn' "/proc/$SERVER_PID/status"
	# Python itself ignores PIPE (13) and XFSZ (25).
	assert_output --regexp '0000000001001000$'
	assert_equal "$(ps -o sid= "$SERVER_PID" | tr -d ' ')" "$SERVER_PID"
}

@test "kill9 and a crash: wait_server tells the signal" {
	start_server "$LINED"
	kill9 "$SERVER_PID"
	wait_server
	assert_equal "$SERVER_STATUS" 137
}

@test "waiting ends at its deadline and says for what" {
	echo 'first line' >"$BATS_TEST_TMPDIR/f"
	run wait_for_line "$BATS_TEST_TMPDIR/f" '^second' 1
	assert_failure
	assert_output --partial "no line '^second'"
	assert_output --partial 'first line'
	wait_for_line "$BATS_TEST_TMPDIR/f" '^first' 1
	assert_equal "$LINE" 'first line'
	wait_for_lines 1 "$BATS_TEST_TMPDIR/f" line
	run wait_for_lines 2 "$BATS_TEST_TMPDIR/f" line 1
	assert_failure
}

@test "waiting notices what comes late" {
	f=$BATS_TEST_TMPDIR/late
	(read -r -t 0.3 -u "$BROOD_TICK" || :; echo here >"$f") &
	wait_for_file "$f" 5
	wait_for_exit $! 5
}

@test "tcp.py: split at every byte, half-close, reset, silence" {
	start_server "$LINED"
	run tcp --split 1 --delay 0.001 "$HOST" "$PORT" 'a\x62c\n' --shut
	assert_success
	assert_output ABC
	run tcp --silence 0.2 "$HOST" "$PORT" 'one\ntwo\n'
	assert_success
	assert_output $'ONE\nTWO'
	run tcp "$HOST" "$PORT" 'x\n' @expect X @reset
	assert_success
	run tcp "$HOST" "$PORT" 'x\n' @expect X 'y\n' @read 2 @close
	assert_success
	run tcp --timeout 1 "$HOST" "$PORT" 'x'
	assert_equal "$status" 3
	run tcp --slow-read 2000 --quiet "$HOST" "$PORT" \
	    "$(printf '%0500d' 0)"'\n' @shut
	assert_output 501
	run tcp "$HOST" 1 'x'
	assert_equal "$status" 5
	# An unhandled reset in the stand-in would be a traceback.
	run grep Traceback "$SERVER_LOG"
}

@test "tcp.py: datagrams" {
	need socat
	socat -u UDP4-RECVFROM:0,bind=127.0.0.1 - >"$BATS_TEST_TMPDIR/u" &
	pid=$!
	wait_until 5 udp_port "$pid"
	run tcp --udp --silence 0.1 127.0.0.1 "$UDP_PORT" 'ping'
	assert_success
	wait_for_exit "$pid"
	assert_equal "$(<"$BATS_TEST_TMPDIR/u")" ping
}

udp_port() {
	UDP_PORT=$(ss -Hlunp "src 127.0.0.1" |
	    sed -n "s/.*127.0.0.1:\([0-9]*\) .*pid=$1,.*/\1/p")
	[[ $UDP_PORT ]]
}

# found WHO FAULT - is the fault of the process, or of a child of its, found?
found() {
	local log=$BATS_TEST_TMPDIR/checker

	BROOD_VALGRIND=1 checker_wrap wrap "$BATS_TEST_TMPDIR/faulty"
	# shellcheck disable=SC2086
	run "${wrap[@]}" "$BATS_TEST_TMPDIR/faulty" ${1#itself} "$2"
	run "$LIB/valgrind-clean" "$log"
	if [[ $2 == none ]]; then
		assert_success
		assert_output ''
	else
		assert_failure
		assert_output --partial "$log"
	fi
	rm -rf "$log"
}

@test "valgrind: a clean program passes, each fault is found" {
	faulty
	found fork none
	found fork leak
	found itself leak
	found itself reachable
	found fork descriptor
	found fork invalid
}

@test "valgrind: a log without an end fails unless it was to be" {
	faulty
	log=$BATS_TEST_TMPDIR/checker
	mkdir "$log"
	echo '==7== Memcheck, a memory error detector' >"$log/7.log"
	run "$LIB/valgrind-clean" "$log"
	assert_failure
	assert_output --partial 'no end'
	touch "$log/7.killed"
	run "$LIB/valgrind-clean" "$log"
	assert_success
	echo '==7== Invalid read of size 1' >>"$log/7.log"
	run "$LIB/valgrind-clean" "$log"
	assert_failure
}

@test "valgrind: who ends by SIGTERM gives nothing back, if that was to be" {
	log=$BATS_TEST_TMPDIR/logs
	mkdir "$log"
	printf '==7== %s\n' \
	    'Process terminating with default action of signal 15 (SIGTERM)' \
	    'ERROR SUMMARY: 2 errors from 2 contexts' >"$log/7.log"
	run "$LIB/valgrind-clean" "$log"
	assert_failure 1
	touch "$log/7.killed"
	run "$LIB/valgrind-clean" "$log"
	assert_success
	echo '==7== Invalid read of size 1' >>"$log/7.log"
	run "$LIB/valgrind-clean" "$log"
	assert_failure 1
}

@test "valgrind: a leak fails the test it happened in" {
	faulty
	apart 'BIN=$BATS_TEST_TMPDIR; client faulty none; teardown' \
	    BROOD_VALGRIND=1
	assert_success
	apart 'BIN=$BATS_TEST_TMPDIR; client faulty fork leak; teardown' \
	    BROOD_VALGRIND=1
	assert_failure
	assert_output --partial 'definitely lost'
}

@test "sanitizers: what they report fails the test it happened in" {
	faulty '-fsanitize=address,undefined -fno-sanitize-recover=all'
	for fault in leak invalid undefined; do
		apart "spawn_server \$BATS_TEST_TMPDIR/faulty fork $fault
			wait_server || exit; teardown" BROOD_ASAN=1
		assert_failure
		assert_output --regexp 'Sanitizer|runtime error'
		rm -rf "$BATS_TEST_TMPDIR/servers"
	done
	apart 'BIN=$BATS_TEST_TMPDIR; client faulty none; teardown' BROOD_ASAN=1
	assert_success
}
