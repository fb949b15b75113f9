# bats file_tags=models
# What a running server tells of itself: --status as text and as JSON, statusc's
# table, and the titles of its processes.

load lib/brood
load lib/talk

setup() {
	skip_model 'a process for one connection' inetd
	STATUS=$BATS_TEST_TMPDIR/status.sock
}

watched() {
	# One process that has given its privileges away removes nothing here.
	STAY=()
	if [[ ${MODEL:-} == single ]] && ((EUID == 0)); then
		STAY=(--user root --sandbox off)
	fi
	start_server echod --status "unix:$STATUS" "${STAY[@]}" "$@"
	wait_for_line "$SERVER_OUT" '^status on unix:'
}

# ask WORD - the answer, in output
ask() {
	run tcp --unix "$STATUS" "$1\n"
	assert_success
}

# json EXPRESSION - of the report, as Python's s; it must be true
json() {
	tcp --unix "$STATUS" 'JSON\n' | "$PYTHON" -S -c '
import json, sys
s = json.load(sys.stdin)
workers = [c for c in s["children"] if c["role"] == "worker"]
if not eval(sys.argv[1]):
    sys.exit("not so: %s\n%s" % (sys.argv[1], json.dumps(s, indent=1)))
' "$1"
}

@test "JSON: who it is and what it has done" {
	watched
	for i in 1 2 3; do
		dial
		exchange "$FD" hello
		hang_up "$FD"
	done
	name=${MODEL:-fork}
	[[ $name != fibers ]] || name=prefork
	json "s['name'] == 'echod' and s['model'] == '$name'"
	json "s['pid'] == $SERVER_PID and s['generation'] == 0"
	json "'127.0.0.1:$PORT' in s['listen'].split()"
	json "0 <= s['uptime'] < 100"
	wait_until 5 json "s['connections'] == 3 and s['requests'] == 3"
	json "s['bytes_in'] == 15 and s['bytes_out'] == 15"
	json "s['crashed'] == 0 and s['refused'] == 0 and s['timeouts'] == 0"
}

@test "JSON: who is being served, and what the gone had counted" {
	skip_model 'cannot tell while it serves' single
	watched
	dial
	exchange "$FD" hello
	json "s['active'] == 1 and s['places'] > 1"
	if [[ ${MODEL:-fork} != fibers ]]; then
		json "any(c['state'] == 'busy' and c['active'] == 1 and
		    c['doing'].startswith('127.0.0.1:') for c in workers)"
		json "s['busy'] == 1"
	fi
	# shellcheck disable=SC2046
	kill9 $(worker_pids)
	wait_until 5 json "s['crashed'] >= 1 and s['active'] == 0"
	json "s['requests'] == 1 and s['bytes_in'] == 5"
	hang_up "$FD"
}

worker_pids() {
	tcp --unix "$STATUS" 'JSON\n' | "$PYTHON" -S -c '
import json, sys
for c in json.load(sys.stdin)["children"]:
    if c["role"] == "worker" and c["active"]:
        print(c["pid"])'
}

@test "JSON: reloads, refusals and timeouts are counted" {
	skip_model 'cannot tell while it serves' single
	watched --max-per-source 1 --request-timeout 200ms reply x
	dial
	say "$FD" '?\n'
	hear_line "$FD"
	one=$FD
	dial
	is_closed "$FD"
	wait_until 5 json "s['refused'] == 1"
	kill -HUP "$SERVER_PID"
	wait_until 5 json "s['generation'] == 1"
	hang_up "$one" "$FD"
}

@test "JSON: datagrams" {
	watched
	run tcp --udp "$HOST" "$PORT" one @expect one two @expect two @close
	wait_until 5 json "s['datagrams'] == 2"
}

@test "the addresses are those after a reload" {
	touch "$BATS_TEST_TMPDIR/conf"
	watched -f "$BATS_TEST_TMPDIR/conf"
	more=$BATS_TEST_TMPDIR/more
	echo "listen unix:$more" >"$BATS_TEST_TMPDIR/conf"
	kill -HUP "$SERVER_PID"
	wait_for_line "$SERVER_OUT" "^listening on unix:$more"
	json "s['listen'].split()[-1] == 'unix:$more'"
	# Those that were there before are not told again.
	assert_equal "$(grep -c listening "$SERVER_OUT")" 2
}

@test "TEXT: a line for each figure and for each child" {
	watched
	ask TEXT
	assert_line 'name: echod'
	assert_line "pid: $SERVER_PID"
	assert_line --regexp '^requests: [0-9]+$'
	if [[ ${MODEL:-} != single ]]; then
		assert_line --regexp \
		    '^child slot=[0-9]+ pid=[0-9]+ role=status state='
	fi
	ask ''
	assert_line 'name: echod'
	ask json
	assert_output --partial '{"name":"echod"'
}

@test "anything else is told what to say" {
	watched
	for word in nonsense 'TEXT JSON' "$(printf '%0500d' 0)"; do
		ask "$word"
		assert_output 'error: say TEXT or JSON'
	done
	run tcp --unix "$STATUS" @shut
	assert_success
	assert_output ''
}

@test "who asks for the status and says nothing is not waited for" {
	watched
	mkfifo "$BATS_TEST_TMPDIR/in"
	tcp --unix "$STATUS" --hold <"$BATS_TEST_TMPDIR/in" &
	local silent=$!
	exec {HOLD}>"$BATS_TEST_TMPDIR/in"
	ask TEXT
	assert_line 'name: echod'
	exec {HOLD}>&-
	wait "$silent"
}

@test "statusc: a table, or JSON, over a UNIX socket and over TCP" {
	watched
	run client statusc "unix:$STATUS"
	assert_success
	assert_output --partial echod
	[[ ${MODEL:-} == single ]] || assert_output --partial status
	run client statusc --json "unix:$STATUS"
	assert_success
	"$PYTHON" -c 'import json, sys; json.loads(sys.argv[1])' "$output"
	start_server echod --status 127.0.0.1:0
	wait_for_line "$SERVER_OUT" '^status on 127\.0\.0\.1:[0-9]+$'
	run client statusc "${LINE#status on }"
	assert_success
	assert_output --partial echod
}

@test "the socket is gone when the server is" {
	watched
	[[ -S $STATUS ]]
	stop_server
	[[ ! -e $STATUS ]]
	run client statusc "unix:$STATUS"
	assert_failure 1
}

# -- Titles -------------------------------------------------------------------

title_is() {
	ps -o args= "$1" | grep -qE "$2"
}

@test "ps tells the parent, the children and what they serve" {
	[[ ! ${BROOD_VALGRIND:-} ]] || skip 'valgrind has a title of its own'
	skip_model 'a title of its own' single
	watched --charset ASCII
	wait_until 5 title_is "$SERVER_PID" '^echod: parent, [0-9]+ child'
	dial
	exchange "$FD" hello
	children=$(ps -o args= --ppid "$SERVER_PID")
	grep -q '^echod: datagrams' <<<"$children"
	grep -q '^echod: status' <<<"$children"
	case $MODEL in
	fibers)	grep -q '^echod: child 1' <<<"$children" ;;
	*)	grep -q '^echod: 127\.0\.0\.1:[0-9]*$' <<<"$children" ;;
	esac
	# Nothing of the command line is left behind the titles.
	run grep charset <<<"$children"
	assert_failure
	hang_up "$FD"
}

@test "ps tells the single process" {
	[[ ! ${BROOD_VALGRIND:-} ]] || skip 'valgrind has a title of its own'
	only_model 'others have several' single
	watched
	wait_until 5 title_is "$SERVER_PID" '^echod: single'
	dial
	exchange "$FD" hello
	wait_until 5 title_is "$SERVER_PID" '^echod: 127\.0\.0\.1:[0-9]*$'
	hang_up "$FD"
	wait_until 5 title_is "$SERVER_PID" '^echod: waiting'
}
