# bats file_tags=models
# HUP and USR1: a new configuration, a bad one, new addresses, new logs, and
# nobody who notices.

load lib/brood
load lib/talk
load lib/children

setup() {
	skip_model 'a process for one connection' inetd
	CONF=$BATS_TEST_TMPDIR/conf
	# A server of one process could not read its files again once it has
	# given its privileges away.
	STAY=()
	if [[ ${MODEL:-} == single ]] && ((EUID == 0)); then
		STAY=(--user root --sandbox off)
	fi
}

# configure LINE... - the configuration file
configure() {
	printf '%s\n' "$@" >"$CONF.new"
	mv "$CONF.new" "$CONF"
}

# reload - HUP, and wait for it to be over
reload() {
	local before

	before=$(grep -cE 'reload' "$SERVER_LOG") || :
	kill -HUP "$SERVER_PID"
	wait_for_lines $((before + 1)) "$SERVER_LOG" 'reload'
}

# answers TEXT - new connections get this reply
answers() {
	dial
	say "$FD" '?\n'
	hear_line "$FD" || return
	hang_up "$FD"
	[[ $HEARD == "$1" ]]
}

@test "HUP: new connections get the new configuration" {
	configure 'reply one'
	start_server echod -f "$CONF" "${STAY[@]}"
	answers one
	configure 'reply two'
	reload
	wait_until 5 answers two
	answers two
}

@test "HUP: connections that are open go on" {
	skip_model 'one after another' single
	configure 'reply one'
	start_server echod -f "$CONF" "${STAY[@]}"
	dial
	open=$FD
	say "$open" '?\n'
	hear_line "$open"
	configure 'reply two'
	reload
	wait_until 5 answers two
	for i in 1 2 3; do
		say "$open" '?\n'
		hear_line "$open"
	done
	hang_up "$open"
}

@test "HUP: a bad configuration changes nothing, and a line says why" {
	configure 'reply one'
	start_server echod -f "$CONF" "${STAY[@]}"
	for bad in 'no-such-option 5' 'idle-timeout later' 'charset X-NONE' \
	    'listen 192.0.2.1:7' 'tls-cert /nonexistent' 'max-served -1'; do
		configure 'reply two' "$bad"
		reload
		answers one
	done
	wait_for_lines 6 "$SERVER_LOG" 'the old configuration stays'
	grep -q 'conf:2.*no-such-option' "$SERVER_LOG"
	grep -q "idle-timeout.*later" "$SERVER_LOG"
	grep -q 'X-NONE' "$SERVER_LOG"
	grep -q '192\.0\.2\.1:7' "$SERVER_LOG"
	configure 'reply three'
	reload
	wait_until 5 answers three
}

@test "HUP: the file is gone" {
	configure 'reply one'
	start_server echod -f "$CONF" "${STAY[@]}"
	rm "$CONF"
	reload
	wait_for_line "$SERVER_LOG" "$CONF.*the old configuration stays"
	answers one
}

@test "HUP: addresses are added and removed, those that stay keep their port" {
	dir=$BATS_TEST_TMPDIR/sockets
	mkdir -m 777 "$dir"
	configure 'listen 127.0.0.1:0' "listen unix:$dir/a"
	start_server echod -f "$CONF" "${STAY[@]}" \
	    --listen 127.0.0.1:0
	[[ -S $dir/a ]]
	run tcp --unix "$dir/a" first @expect first @close
	assert_success
	configure 'listen 127.0.0.1:0' "listen unix:$dir/b"
	reload
	dial
	exchange "$FD" 'the same port'
	hang_up "$FD"
	run tcp --unix "$dir/b" second @expect second @close
	assert_success
	[[ ! -e $dir/a ]]
	configure 'listen 127.0.0.1:0'
	reload
	[[ ! -e $dir/b ]]
	dial
	exchange "$FD" 'the same port'
	hang_up "$FD"
	stop_server
	[[ ! $(ls "$dir") ]]
}

@test "HUP: datagrams too are answered by the new configuration" {
	configure 'reply one'
	start_server echod -f "$CONF" "${STAY[@]}"
	run tcp --udp "$HOST" "$PORT" '?' @expect one @close
	assert_success
	configure 'reply two'
	reload
	wait_until 5 udp_answers two
}

udp_answers() {
	tcp --udp --timeout 1 "$HOST" "$PORT" '?' @expect "$1" @close
}

@test "HUP: the number of children" {
	only_model 'a number that can change' prefork fibers
	connections=1
	[[ $MODEL == prefork ]] || connections=64
	configure 'model prefork' "connections $connections" 'children 2'
	MODEL='' start_watched echod -f "$CONF"
	wait_until 5 has_workers 2
	configure 'model prefork' "connections $connections" 'children 4'
	reload
	wait_until 5 has_workers 4
	# What waits at a socket that no child has any more is served too.
	configure 'model prefork' "connections $connections" 'children 1'
	reload
	wait_until 5 has_workers 1
	for i in {1..8}; do
		dial
		exchange "$FD" "number $i"
		hang_up "$FD"
	done
}

# accept_queue N - every listening socket of the server lets N wait
accept_queue() {
	local n

	n=$(ss -Hltn "sport = :$PORT" | awk '{ print $3 }' | sort -u) &&
	    [[ $n == "$1" ]]
}

@test "HUP: the backlog" {
	only_model 'one socket, and one for each child' fork fibers
	need ss
	configure 'reply one' 'backlog 17'
	start_server echod -f "$CONF"
	accept_queue 17
	configure 'reply two' 'backlog 33'
	reload
	accept_queue 33
	wait_until 5 answers two
}

@test "HUP: what cannot change while it runs" {
	only_model 'looked at once' fork
	configure 'reply one'
	MODEL='' start_server echod -f "$CONF"
	configure 'reply two' 'model prefork'
	reload
	answers one
	wait_for_line "$SERVER_LOG" '--model cannot change'
}

@test "HUP: a hundred reloads under load lose no connection" {
	reloads=100 clients=3
	[[ ! ${BROOD_VALGRIND:-} ]] || reloads=5
	[[ ${MODEL:-} != single ]] || clients=1
	start_server echod
	"$PYTHON" -S "$LIB/fixtures/echo_load.py" --clients "$clients" \
	    "$HOST" "$PORT" >"$BATS_TEST_TMPDIR/load" 2>&1 &
	load=$!
	if [[ ${MODEL:-} != single ]]; then
		"$PYTHON" -S "$LIB/fixtures/echo_load.py" --clients 2 --kept \
		    "$HOST" "$PORT" >"$BATS_TEST_TMPDIR/kept" 2>&1 &
		kept=$!
	fi
	wait_until 5 tcp --quiet "$HOST" "$PORT" x @expect x @close
	for ((i = 0; i < reloads; i++)); do
		kill -HUP "$SERVER_PID"
		read -r -t 0.005 -u "$BROOD_TICK" || :
	done
	wait_until 10 reloaded_since
	for pid in "$load" ${kept:-}; do
		wait_until 10 catches_term "$pid"
	done
	kill -TERM "$load" ${kept:-}
	wait "$load"
	[[ ! ${kept:-} ]] || wait "$kept"
	cat "$BATS_TEST_TMPDIR"/{load,kept} || :
	run grep -c 'killed\|next try' "$SERVER_LOG"
	assert_output 0
}

# Whether a process will see to TERM itself.
catches_term() {
	local name mask

	while read -r name mask; do
		[[ $name != SigCgt: ]] || ((16#$mask & 1 << 14)) || return
	done <"/proc/$1/status"
}

# At least one reload has come to its end after the last HUP.
reloaded_since() {
	local n

	read -r -t 0.02 -u "$BROOD_TICK" || :
	n=$(grep -c 'configuration reloaded' "$SERVER_LOG") || :
	((n > 0)) && [[ ${LAST:-} == "$n" ]] && return
	LAST=$n
	return 1
}

# -- USR1 ---------------------------------------------------------------------

@test "USR1: the log file is opened anew, by the children too" {
	log=$BATS_TEST_TMPDIR/logs/log
	mkdir -m 777 "${log%/*}"
	start_server echod --log "$log" --proxy-from 127.0.0.1 "${STAY[@]}"
	refused_in "$log"
	mv "$log" "$log.old"
	kill -USR1 "$SERVER_PID"
	wait_until 5 refused_in "$log"
	wait_for_line "$log.old" refused
	kill -HUP "$SERVER_PID"
	wait_for_line "$log" 'configuration reloaded'
}

# refused_in FILE - a connection is refused, which is a line in FILE
refused_in() {
	local before=0

	[[ ! -e $1 ]] || before=$(grep -c refused "$1") || :
	tcp --quiet "$HOST" "$PORT" 'no header here\n' >/dev/null
	wait_for_lines $((before + 1)) "$1" refused 1
}
