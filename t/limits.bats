# bats file_tags=models,long
# What happens past each limit: to the one who passes it, and to others.

load lib/brood
load lib/talk

one_process() {
	skip_model 'one after another' single
	skip_model 'knows of no others' inetd
}

# -- Connections of one source ------------------------------------------------

@test "--max-per-source: the excess is refused with a line, others are not" {
	one_process
	start_server echod --max-per-source 2
	dial
	exchange "$FD" one
	one=$FD
	dial
	exchange "$FD" two
	two=$FD
	dial
	is_closed "$FD"
	hang_up "$FD"
	wait_for_line "$SERVER_LOG" '127\.0\.0\.1:[0-9]+: refused: too many'
	run tcp --bind 127.0.0.2:0 "$HOST" "$PORT" 'from elsewhere' @shut
	assert_output 'from elsewhere'
	exchange "$one" 'still there'
	hang_up "$one" "$two"
}

# is_let_in - a new connection is served; it is then in FD
is_let_in() {
	dial
	exchange "$FD" 'let in' >/dev/null 2>&1 && return
	hang_up "$FD"
	return 1
}

@test "--defer-accept: who has said nothing yet holds no place; a reload ends it" {
	one_process
	echo defer-accept >"$BATS_TEST_TMPDIR/conf"
	start_server echod --max-per-source 1 -f "$BATS_TEST_TMPDIR/conf"
	dial
	silent=$FD
	dial
	exchange "$FD" 'who speaks is served'
	hang_up "$FD" "$silent"
	: >"$BATS_TEST_TMPDIR/conf"
	kill -HUP "$SERVER_PID"
	wait_for_line "$SERVER_LOG" 'reloaded'
	wait_until 5 is_let_in
	dial
	is_closed "$FD"
	hang_up "$FD"
}

@test "--max-per-source: a place is free again after a close" {
	one_process
	start_server echod --max-per-source 1
	for i in 1 2 3; do
		wait_until 5 is_let_in
		hang_up "$FD"
	done
}

@test "--max-per-source: a place is free again after a child was killed" {
	one_process
	start_server echod --max-per-source 1
	dial
	exchange "$FD" x
	# shellcheck disable=SC2046
	kill9 $(children_of "$SERVER_PID")
	hang_up "$FD"
	wait_until 5 is_let_in
	hang_up "$FD"
	grep -q 'killed by signal 9' "$SERVER_LOG"
}

# Hundreds of processes under valgrind take a busy machine longer to end than
# a server waits for them.
# bats test_tags=no-valgrind
@test "this machine is let in as often as it likes, unless a limit is given" {
	skip_model 'looked at with the others' inetd single prefork fibers
	start_server echod --children 300
	"$PYTHON" -S - "$HOST" "$PORT" <<-'EOF'
		import socket, sys
		socks = []
		for i in range(270):
		    s = socket.create_connection((sys.argv[1], sys.argv[2]), 20)
		    s.sendall(b"x")
		    socks.append(s)
		for s in socks:
		    assert s.recv(1) == b"x"
	EOF
}

# -- Time ---------------------------------------------------------------------

# What has to come in time must do so on a busy machine too.
T=1
[[ ! ${BROOD_VALGRIND:-}${BROOD_ASAN:-} ]] || T=3

@test "--idle-timeout ends a connection that is silent, no other" {
	start_server echod --idle-timeout $((T * 600))ms
	dial
	for i in 1 2 3 4 5; do
		exchange "$FD" "$i"
		is_silent "$FD" $((T * 150))
	done
	now_ms
	before=$NOW_MS
	is_closed "$FD"
	now_ms
	((NOW_MS - before >= T * 400))
	hang_up "$FD"
}

@test "--idle-timeout: who never says anything" {
	start_server echod --idle-timeout 200ms
	dial
	is_closed "$FD"
	hang_up "$FD"
}

@test "--lifetime ends a connection, however busy" {
	start_server echod --lifetime 300ms
	dial
	now_ms
	before=$NOW_MS
	while say "$FD" x && hear "$FD" 1 >/dev/null 2>&1; do
		now_ms
		((NOW_MS - before < 10000 * SLOW))
	done
	now_ms
	((NOW_MS - before >= 290))
	hang_up "$FD"
	dial
	exchange "$FD" 'a new life'
	hang_up "$FD"
}

@test "--request-timeout ends a request that never ends" {
	start_server echod --request-timeout 300ms reply 'done'
	run tcp --split 1 --delay 0.03 "$HOST" "$PORT" \
	    "$(printf '%0400d' 0)"
	[[ $status == 0 || $status == 4 ]]
	wait_for_line "$SERVER_LOG" ': timed out'
	run tcp "$HOST" "$PORT" 'in time\n' @shut
	assert_output 'done'
}

@test "--stall-timeout ends a connection whose peer takes nothing" {
	start_server echod --stall-timeout 300ms
	dial
	head -c 30000000 /dev/zero 1>&"$FD" 2>/dev/null &
	writer=$!
	# It ends because the connection is reset under it.
	wait_for_exit "$writer"
	wait_for_line "$SERVER_LOG" '127\.0\.0\.1:[0-9]+: timed out'
	hang_up "$FD"
	dial
	exchange "$FD" 'others are served'
	hang_up "$FD"
}

@test "--stall-timeout does not end one that takes something now and then" {
	start_server echod --stall-timeout $((T * 600))ms
	run "$PYTHON" -S "$LIB/fixtures/torrent.py" "$HOST" "$PORT" \
	    $((T * 3600000)) 4000000
	assert_success
	assert_output "$((T * 3600000)) echoed"
}

@test "a peer whose machine is gone is found out some day" {
	skip_model 'the socket is another one' inetd
	start_server echod
	dial
	exchange "$FD" x
	run ss -Htno state connected "sport = :$PORT"
	assert_output --partial keepalive
	hang_up "$FD"
}

# -- Descriptors --------------------------------------------------------------

# acceptors - pids of those that accept connections
acceptors() {
	case ${MODEL:-fork} in
	single|fork)	echo "$SERVER_PID" ;;
	*)		children_of "$SERVER_PID" ;;
	esac
}

# cpu_ms PID... - processor time that they have used
cpu_ms() {
	local pid stat sum=0

	for pid; do
		read -r stat <"/proc/$pid/stat"
		# shellcheck disable=SC2086
		set -- ${stat##*) }
		sum=$((sum + (${12} + ${13}) * 10))
	done
	echo "$sum"
}

# Valgrind has limits of its own, and dies where a fork finds no descriptors.
# bats test_tags=no-valgrind
@test "out of descriptors: it pauses, says so, does not spin, and goes on" {
	skip_model 'accepts nothing' inetd
	need prlimit
	stay=()
	# Limits of another user's process are not ours to change.
	((EUID != 0)) || stay=(--user root --sandbox off)
	start_server echod "${stay[@]}"
	dial
	exchange "$FD" first
	hang_up "$FD"
	mapfile -t pids < <(acceptors)
	for pid in "${pids[@]}"; do
		limit=$(prlimit --pid "$pid" --nofile --output SOFT --noheadings)
		prlimit --pid "$pid" \
		    --nofile="$(ls "/proc/$pid/fd" | wc -l):"
	done
	cpu=$(cpu_ms "${pids[@]}")
	now_ms
	before=$NOW_MS
	dial
	say "$FD" 'may I come in?'
	wait_for_lines 3 "$SERVER_LOG" 'accept: Too many open files'
	is_silent "$FD" 400
	cpu=$(($(cpu_ms "${pids[@]}") - cpu))
	echo "used $cpu ms"
	((cpu <= 150 * SLOW))
	# A line for each pause of 100 ms, of each process.
	said=$(grep -c 'Too many open files' "$SERVER_LOG")
	now_ms
	echo "$said lines in $((NOW_MS - before)) ms"
	((said <= ((NOW_MS - before) / 100 + 2) * ${#pids[@]}))
	for pid in "${pids[@]}"; do
		prlimit --pid "$pid" --nofile="$limit:"
	done
	hear "$FD" 14
	hang_up "$FD"
}
