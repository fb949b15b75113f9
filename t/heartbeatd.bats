# bats file_tags=models
# What heartbeatd says over HTTP, under every model, of what it was told by
# datagrams.  Under inetd there are none: it tells what the state file has.

load lib/brood

# A server for the whole file, in which nothing is ever late.
setup_file() {
	local state=$BATS_FILE_TMPDIR/state now=${EPOCHSECONDS}000000000

	# Of just now: who has been down for a week is forgotten.
	printf '%s\n' "heartbeatd-state-1 $now" \
	    "db down $now $((EPOCHSECONDS - 9))000000000 9 8 1 0 0 0 -1" \
	    "<b>\"&\\ up $now $now 3 3 0 0 0 0 -1" \
	    "job stopped $now $now 3 3 0 0 0 0 7" \
	    '=end 3' >"$state"
	chmod 777 "$BATS_FILE_TMPDIR"
	chmod 666 "$state"
	if [[ ${MODEL:-} == inetd ]]; then
		start_server heartbeatd --period 1h --state "$state"
		export WEB=$PORT BEATS=none
		return
	fi
	start_server heartbeatd --period 1h --state "$state" --http 127.0.0.1:0
	export BEATS=$PORT
	web_port
}

# web_port - where the server that was started last answers HTTP
web_port() {
	wait_for_line "$SERVER_OUT" '^http on 127\.0\.0\.1:'
	export WEB=${LINE##*:}
}

# beat NAME SEQ [TIME [down]] - a datagram to the server
beat() {
	[[ $BEATS != none ]] || skip 'no datagrams'
	printf 'Heartbeat %s %s %s' "$1" "$2" "${3:-$EPOCHREALTIME}${4:+ $4}" \
	    >"/dev/udp/$HOST/$BEATS"
}

get() {
	curl -sS --max-time $((10 * SLOW)) "http://127.0.0.1:$WEB$1" "${@:2}"
}

# field NAME KEY - of the name's object in /status.json
field() {
	get /status.json | "$PYTHON" -c 'import json, sys
for beat in json.load(sys.stdin)["beats"]:
    if beat["name"] == sys.argv[1]:
        print(beat[sys.argv[2]])' "$1" "$2"
}

is_field() {
	[[ $(field "$1" "$2") == "$3" ]]
}

# -- The pages ----------------------------------------------------------------

@test "the page: every name with its state, harmless" {
	run get /
	assert_success
	assert_line --partial '<meta http-equiv="refresh"'
	assert_line --regexp '^<tr><th scope="row">db</th><td class="l down">'
	assert_line --regexp '"row">&lt;b&gt;&quot;&amp;\\</th><td class="l up">'
	assert_line --partial 'stopped (status 7)'
	refute_output --partial '<b>'
	refute_output --partial '<script'
}

@test "status.json is one object, names in order" {
	run field db state
	assert_output down
	run field job status
	assert_output 7
	run field '<b>"&\' lost
	assert_output 0
	run bash -c "curl -sS http://127.0.0.1:$WEB/status.json | $PYTHON -c '
import json, sys
names = [b[\"name\"] for b in json.load(sys.stdin)[\"beats\"]]
print(names == sorted(names) and len(names) >= 3)'"
	assert_output True
}

@test "metrics: families whole, labels escaped" {
	run get /metrics
	assert_success
	assert_line 'heartbeat_up{name="db"} 0'
	assert_line 'heartbeat_up{name="<b>\"&\\"} 1'
	assert_line 'heartbeat_state{name="job",state="stopped"} 1'
	assert_line 'heartbeat_lost{name="db"} 1'
	"$PYTHON" - "$output" <<'PY'
import re, sys
seen, now = set(), None
for line in sys.argv[1].splitlines():
    if line.startswith("# "):
        kind, family = line.split()[1:3]
        if kind == "HELP":
            assert family not in seen, family
            seen.add(family)
            now = family
        continue
    assert re.match(r'%s(\{.*\})? -?[0-9.e+-]+$' % now, line), line
PY
}

@test "HEAD has the same head and no body" {
	run get / -I
	assert_success
	assert_line --partial 'HTTP/1.1 200 OK'
	assert_line --partial 'Content-Type: text/html; charset=utf-8'
	assert_line --partial "Content-Security-Policy: default-src 'none'"
	refute_output --partial '<html'
	run tcp "$HOST" "$WEB" 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n' \
	    'GET /no HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
	assert_success
	assert_line --partial 'HTTP/1.1 404 Not Found'
}

@test "other paths, methods and versions" {
	run get /status.json/ -o /dev/null -w '%{http_code}'
	assert_output 404
	run get / -X POST -d x -o /dev/null -w '%{http_code}'
	assert_output 405
	run get / -X BREW -o /dev/null -w '%{http_code}'
	assert_output 501
	run tcp "$HOST" "$WEB" 'GET / HTTP/1.0\r\n\r\n'
	assert_success
	assert_line --partial 'Connection: close'
	refute_output --partial 'Transfer-Encoding'
	assert_line '</html>'
}

@test "what is no request is refused" {
	run tcp "$HOST" "$WEB" 'nonsense\r\n\r\n'
	assert_line --partial 'HTTP/1.1 400 '
	run tcp "$HOST" "$WEB" 'GET / HTTP/1.1\r\n\r\n'
	assert_line --partial 'HTTP/1.1 400 '
	run tcp "$HOST" "$WEB" "GET /$(printf '%09000d' 0) HTTP/1.1\\r\\n"
	assert_line --partial 'HTTP/1.1 414 '
	run tcp "$HOST" "$WEB" @shut
	assert_success
	assert_output ''
}

@test "a request split at every byte, and several in one segment" {
	run tcp --split 1 "$HOST" "$WEB" \
	    'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
	assert_success
	assert_line --partial 'HTTP/1.1 404 '
	rest=' HTTP/1.1\r\nHost: a\r\n'
	run tcp "$HOST" "$WEB" "GET /x$rest\r\nGET /metrics$rest\r\n" \
	    "GET /y${rest}Connection: close\r\n\r\n"
	assert_success
	assert_equal "$(grep -c 'HTTP/1.1 404' <<<"$output")" 2
	assert_equal "$(grep -c 'HTTP/1.1 200' <<<"$output")" 1
}

# -- Datagrams ----------------------------------------------------------------

@test "a beat is heard, and answered by nothing" {
	[[ $BEATS != none ]] || skip 'no datagrams'
	run tcp --udp --silence 0.1 "$HOST" "$BEATS" \
	    'Heartbeat plain 1 1624111518.000000042\n'
	assert_success
	assert_output ''
	wait_until 5 is_field plain state up
	run field plain seq
	assert_output 1
}

@test "lost, reordered, duplicated, restarted" {
	for seq in 1 2 5 4 4 6; do
		beat lossy "$seq" "100.$seq"
	done
	wait_until 5 is_field lossy seq 6
	run field lossy lost
	assert_output 1
	run field lossy reordered
	assert_output 1
	run field lossy duplicated
	assert_output 1
	run field lossy received
	assert_output 5
	beat lossy 1 200.0
	wait_until 5 is_field lossy restarts 1
	run field lossy lost
	assert_output 1
}

@test "what is no heartbeat is logged and dropped" {
	[[ $BEATS != none ]] || skip 'no datagrams'
	before=$(get /metrics | sed -n 's/^heartbeat_malformed_total //p')
	printf 'hello\033[31m' >"/dev/udp/$HOST/$BEATS"
	wait_for_line "$BATS_FILE_TMPDIR"/servers/*/log \
	    "does not begin with 'Heartbeat': 'hello\\\\x1b"
	printf 'Heartbeat x y z' >"/dev/udp/$HOST/$BEATS"
	head -c 60000 /dev/zero >"/dev/udp/$HOST/$BEATS" || :
	printf '' >"/dev/udp/$HOST/$BEATS"
	now() {
		(($(get /metrics |
		    sed -n 's/^heartbeat_malformed_total //p') >= before + 3))
	}
	wait_until 5 now
	beat after 1
	wait_until 5 is_field after state up
}

@test "our own client" {
	[[ $BEATS != none ]] || skip 'no datagrams'
	run client heartbeatc -c 3 -i 0.02 ours "$HOST" "$BEATS"
	assert_success
	assert_output ''
	wait_until 5 is_field ours received 3
	run field ours lost
	assert_output 0
	allow_unfinished
	run client heartbeatc ours "$HOST" "$BEATS" --run sh -c 'exit 3'
	assert_failure 3
	wait_until 5 is_field ours state stopped
	run field ours status
	assert_output 3
}

# -- What lasts ---------------------------------------------------------------

@test "a reload loses neither a state nor a beat" {
	skip_model 'the super-server supervises' inetd
	start_server heartbeatd --http 127.0.0.1:0
	BEATS=$PORT
	web_port
	beat steady 1
	wait_for_line "$SERVER_OUT" ' steady new -> up '
	for seq in 2 3 4; do
		kill -HUP "$SERVER_PID"
		wait_for_lines $((seq - 1)) "$SERVER_LOG" 'configuration reloaded'
		beat steady "$seq"
		wait_until 5 is_field steady seq "$seq"
	done
	run field steady lost
	assert_output 0
	run grep -c steady "$SERVER_OUT"
	assert_output 1
}

@test "the table outlives the process that has the datagrams" {
	only_model 'no process of its own' fork prefork fibers
	start_server heartbeatd --http 127.0.0.1:0 --period 1h
	BEATS=$PORT
	web_port
	beat steady 7
	wait_until 5 is_field steady seq 7
	pid=$(ss -Hulnp "sport = :$PORT" | grep -o 'pid=[0-9]*' |
	    grep -vx "pid=$SERVER_PID")
	pid=${pid#pid=}
	kill9 "$pid"
	wait_for_exit "$pid"
	beat steady 8
	wait_until 10 is_field steady seq 8
	run grep -c steady "$SERVER_OUT"
	assert_output 1
}
