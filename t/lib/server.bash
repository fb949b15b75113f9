# shellcheck shell=bash
#
# Starting and stopping servers.  Loaded by brood.bash.  A server gets a session
# of its own, so that stopping it can tell whether a process of it is left, and
# a folder (servers/N below the test's or the file's) with its pid, its exit
# status once it has one, its output and its log.

# Where this test, or this file when called from setup_file, keeps its servers.
scope_dir() {
	echo "${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}"
}

# start_server NAME ARG... - start $BIN/NAME on a free port of 127.0.0.1 under
# $MODEL and wait until it listens.  NAME with a slash is a path; --listen among
# the ARGs replaces the default address.  Sets (and exports, for use in
# setup_file) HOST, PORT, SERVER_PID, SERVER_LOG (standard error), SERVER_OUT
# (standard output), SERVER_LISTEN (the addresses, one a line).
# START_SECONDS is the deadline, 10 if not set.
start_server() {
	local -; set +T
	local name=$1 dir listens=0 arg

	spawn_server "$@" || return
	dir=$SERVER_DIR
	for arg in "${COMMAND[@]}"; do
		[[ $arg != --listen* && $arg != -l ]] || listens=$((listens + 1))
	done
	if ! wait_until "${START_SECONDS:-10}" server_settled "$dir" \
	    "$((listens > 0 ? listens : 1))" || [[ -e $dir/status ]]; then
		echo "$name does not listen (exit status" \
		    "$(cat "$dir/status" 2>/dev/null || echo none))"
		show_server "$dir"
		return 1
	fi
	listen_lines "$SERVER_OUT"
	HOST=${SERVER_LISTEN%%$'\n'*}
	PORT=${HOST##*:}
	HOST=${HOST%:*}
	HOST=${HOST#[} HOST=${HOST%]}
	export HOST PORT SERVER_LISTEN
}

# listen_lines FILE - the addresses that it says, one a line, into SERVER_LISTEN
listen_lines() {
	local lines line

	mapfile -t lines <"$1"
	SERVER_LISTEN=
	for line in "${lines[@]}"; do
		[[ $line != 'listening on '* ]] ||
		    SERVER_LISTEN+=${SERVER_LISTEN:+$'\n'}${line#listening on }
	done
}

server_settled() {
	[[ -e $1/status ]] ||
	    lines_in_file "$2" "$1/out" '^listening on .'
}

# spawn_server NAME ARG... - the same without waiting, for servers that are
# expected to fail; wait_server then tells how
spawn_server() {
	local -; set +T
	local scope

	scope=$(scope_dir)
	[[ -d $scope/servers ]] || mkdir -p "$scope/servers"
	SERVER_DIR=$scope/servers/$SRANDOM
	mkdir -m 755 "$SERVER_DIR" || return
	SERVER_LOG=$SERVER_DIR/log
	SERVER_OUT=$SERVER_DIR/out
	: >>"$SERVER_LOG"
	: >>"$SERVER_OUT"
	server_command "$@" || return
	printf '%s\n' "${COMMAND[@]}" >"$SERVER_DIR/args"
	supervise "$SERVER_DIR" &
	disown
	wait_for_file "$SERVER_DIR/pid" || return
	SERVER_PID=$(<"$SERVER_DIR/pid")
	[[ ! ${BROOD_SESSIONS:-} ]] || echo "$SERVER_PID" >>"$BROOD_SESSIONS"
	export SERVER_DIR SERVER_PID SERVER_LOG SERVER_OUT
}

# server_command NAME ARG... - put the command that runs it into COMMAND
server_command() {
	local program=$1 arg flags=() listen=(--listen 127.0.0.1:0) wrap=()

	shift
	[[ $program == */* ]] || program=$BIN/$program
	for arg; do
		case $arg in
		--listen|--listen=*|-l) listen=() ;;
		esac
	done
	model_flags flags || return
	checker_wrap wrap "$program"
	if [[ ${MODEL:-} == inetd ]]; then
		COMMAND=("$PYTHON" -S "$LIB/inetd.py" "${listen[@]}" --
		    "${wrap[@]}" "$program" "${flags[@]}" "$@")
	else
		COMMAND=("${wrap[@]}" "$program" "${listen[@]}" "${flags[@]}"
		    "$@")
	fi
}

# model_flags ARRAY - the flags of $MODEL as t/models lists them
model_flags() {
	local -n _flags=$1
	local name rest

	_flags=()
	[[ ${MODEL:-} ]] || return 0
	while read -r name rest; do
		if [[ $name == "$MODEL" ]]; then
			read -ra _flags <<<"$rest"
			return 0
		fi
	done <"$TOP/t/models"
	echo "no model '$MODEL' in t/models"
	return 1
}

# supervise DIR - run COMMAND in a session of its own, without descriptors of
# the tests' and with no signal ignored (a shell's background jobs ignore INT
# and QUIT); DIR/pid and DIR/status tell about it
supervise() {
	local fd pid status=0

	exec </dev/null >>"$1/out" 2>>"$1/log"
	for fd in /proc/self/fd/*; do
		fd=${fd##*/}
		((fd <= 2)) || eval "exec $fd>&-"
	done
	trap - ERR EXIT DEBUG
	# Whatever ends a test that takes too long must not end this.
	trap '' INT TERM ABRT HUP
	set +eET
	env --default-signal=ABRT,HUP,INT,QUIT,TERM,PIPE,USR1,USR2 setsid \
	    "${COMMAND[@]}" &
	pid=$!
	echo "$pid" >"$1/pid.new" && mv "$1/pid.new" "$1/pid"
	wait "$pid" || status=$?
	echo "$status" >"$1/status.new" && mv "$1/status.new" "$1/status"
}

# server_dir PID - the folder of the server, in SERVER_DIR_OF
server_dir() {
	local d

	for d in "${BATS_TEST_TMPDIR:-/nowhere}"/servers/* \
	    "$BATS_FILE_TMPDIR"/servers/*; do
		if [[ -e $d/pid && $(<"$d/pid") == "$1" ]]; then
			SERVER_DIR_OF=$d
			return 0
		fi
	done
	echo "no server with pid $1 was started here"
	return 1
}

# wait_server [PID] [SECONDS] - wait for a server that ends by itself or was
# sent a signal; its exit status is then in SERVER_STATUS (128 + N after signal
# N), and no process of it may be left.  teardown asks nothing more of it.
wait_server() {
	local -; set +T
	local pid=${1:-$SERVER_PID} dir

	server_dir "$pid" || return
	dir=$SERVER_DIR_OF
	if ! wait_until "${2:-15}" test -e "$dir/status"; then
		show_server "$dir"
		kill_session "$pid"
		touch "$dir/done"
		return 1
	fi
	SERVER_STATUS=$(<"$dir/status")
	touch "$dir/done"
	if ! wait_until 2 session_gone "$pid" >/dev/null; then
		echo "processes of $(head -1 "$dir/args") ($pid) are left:"
		session_list "$pid"
		show_server "$dir"
		kill_session "$pid"
		return 1
	fi
}

# stop_server [PID] - ask it to stop; it must, with status 0, leaving nothing
stop_server() {
	local -; set +T
	local pid=${1:-$SERVER_PID} dir

	server_dir "$pid" || return
	dir=$SERVER_DIR_OF
	[[ -e $dir/status ]] || kill -TERM "$pid" 2>/dev/null || :
	wait_server "$pid" || return
	if ((SERVER_STATUS != 0)); then
		echo "server $pid ended with status $SERVER_STATUS"
		show_server "$dir"
		return 1
	fi
}

# stop_servers - stop all that this test (in teardown_file: this file) started,
# and look at the checkers' logs.  All are stopped, whatever fails.
stop_servers() {
	local -; set +T
	local scope dir failed=0

	scope=$(scope_dir)
	for dir in "$scope"/servers/*; do
		[[ -e $dir/pid ]] || continue
		[[ -e $dir/done ]] || stop_server "$(<"$dir/pid")" || failed=1
		if [[ ${BATS_TEST_NAME:-} && ! ${BATS_TEST_COMPLETED:-} ]]; then
			show_server "$dir"
		fi
	done
	checker_clean "$scope" || failed=1
	return "$failed"
}

show_server() {
	echo "-- $(tr '\n' ' ' <"$1/args")"
	tail -n 40 "$1/out" "$1/log"
}

session_list() {
	# shellcheck disable=SC2009 # pgrep does not tell zombies apart
	ps -o pid=,stat=,args= --sid "$1" | grep -v '^ *[0-9]* Z'
}

# Processes of a session are looked for in its first group before anything else:
# that costs no process.
session_gone() {
	! kill -0 -- "-$1" 2>/dev/null || ! session_list "$1" >/dev/null
}

kill_session() {
	pkill -KILL -s "$1" || :
}

# children_of PID - pids of its children, one a line
children_of() {
	local -; set +T
	ps -o pid= --ppid "$1" | tr -d ' '
}

# end_client PID... - of clients in the background, or of the shells that have
# them as children; whatever their status is
end_client() {
	local -; set +T
	local shell pids

	for shell; do
		mapfile -t pids < <(children_of "$shell")
		kill -TERM "${pids[@]:-$shell}" || :
	done
	for shell; do
		wait "$shell" || :
	done
}

# kill9 PID... - end processes as a crash would; the checkers are told that no
# log will be finished
kill9() {
	local -; set +T
	local pid

	for pid; do
		allow_unfinished "$pid"
		kill -KILL "$pid"
	done
}
