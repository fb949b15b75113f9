#!/usr/bin/env bats
# bats file_tags=models
# What proxyd says about itself: the access log, the status pages, metrics.

load lib/brood

bats_require_minimum_version 1.5.0

setup_file() {
	export WWW=$BATS_FILE_TMPDIR/www
	mkdir "$WWW"
	head -c 3000 /dev/urandom >"$WWW/three"
	chmod -R go+rX "$WWW"
	MODEL='' start_server httpd --header 'Cache-Control: max-age=60' "$WWW"
	export ORIGIN=$HOST:$PORT
}

# proxy [OPTION...] - proxyd with a store; $PROXY, and its log $ACCESS
proxy() {
	ACCESS=$BATS_TEST_TMPDIR/access
	start_server proxyd --cache "$BATS_TEST_TMPDIR/cache" --access-log \
	    "$ACCESS" "$@"
	PROXY=$HOST:$PORT
}

get() {
	curl -sS --noproxy '' --max-time "$((20 * SLOW))" -x "http://$PROXY" \
	    "$@"
}

direct() {
	curl -sS --noproxy '*' --max-time "$((20 * SLOW))" "$@"
}

# json EXPRESSION - of the status as Python's s and p (s["proxy"]); true
json() {
	direct "http://$PROXY/server-status?json" | "$PYTHON" -S -c '
import json, sys
s = json.load(sys.stdin)
p = s["proxy"]
if not eval(sys.argv[1]):
    sys.exit("not so: %s\n%s" % (sys.argv[1], json.dumps(p, indent=1)))
' "$1"
}

# has_line RE - the log has it, and all of it
has_line() {
	grep -qxE "[0-9.]+ +[0-9]+ 127\.0\.0\.1 $1" "$ACCESS"
}

# lands_anew - a request after the log was opened again stands in the new one
lands_anew() {
	get -o /dev/null "http://$ORIGIN/three?again"
	wait_until 1 has_line "TCP_.*/200 [0-9]+ GET http://$ORIGIN/three\?again .*" >/dev/null
}

@test "USR1: the log is opened again; off is none; a pipe nobody reads stops nothing" {
	proxy
	get -o /dev/null "http://$ORIGIN/three"
	wait_until 10 has_line ".* GET http://$ORIGIN/three - .*"
	if [[ $MODEL != inetd && ($EUID != 0 || $MODEL != single) ]]; then
		mv "$ACCESS" "$ACCESS.old"
		kill -USR1 "$SERVER_PID"
		wait_until 10 lands_anew
		assert_equal "$(grep -c 'three - ' "$ACCESS.old")" 1
	fi
	stop_server
	cd "$BATS_TEST_TMPDIR" || return
	start_server proxyd --access-log off
	PROXY=$HOST:$PORT run -0 get -o /dev/null "http://$ORIGIN/three"
	stop_server
	refute [ -e off ]
	mkfifo pipe
	start_server proxyd --access-log pipe
	PROXY=$HOST:$PORT run -0 get -o got "http://$ORIGIN/three"
	run -0 cmp got "$WWW/three"
	[[ $MODEL != inetd ]] || return 0
	run -0 timeout 20 head -n 1 pipe
	assert_output --partial " GET http://$ORIGIN/three - "
}

@test "JSON lines can be read, whatever stands in them" {
	proxy --log-format json
	get -o /dev/null "http://$ORIGIN/three"
	get -o /dev/null "http://$ORIGIN/none?\"q\"=\\&x=%0a"
	get -o /dev/null -X 'B{D' "http://$ORIGIN/three" || :
	get -o /dev/null "http://$ORIGIN/$(printf 'long%.0s' {1..900})"
	run -0 tcp --silence 5 "$HOST" "$PORT" 'GET nonsense"\x01\r\n\r\n'
	stop_server
	"$PYTHON" -S - "$ACCESS" "$ORIGIN" <<-'PY'
	import json, sys
	lines = [json.loads(l) for l in open(sys.argv[1])]
	assert len(lines) == 5, lines
	lines.sort(key=lambda l: l["time"])	# children write in batches
	one = lines[0]
	assert one["tag"] == "TCP_MISS" and one["status"] == 200, one
	assert one["bytes_out"] > 3000 and one["bytes_in"] > 50, one
	assert one["method"] == "GET" and one["upstream"] == "127.0.0.1", one
	assert one["url"] == "http://%s/three" % sys.argv[2], one
	assert 0 <= one["first_ms"] <= one["total_ms"] < 20000, one
	assert lines[1]["url"].endswith('/none?"q"=\\&x=%0a'), lines[1]
	assert len(lines[3]["url"]) > 1000, lines[3]
	assert lines[4]["status"] == 400 and lines[4]["tag"] == "NONE"
	PY
}

@test "squid's lines: hits of both kinds, a denial, a tunnel" {
	skip_model 'its hits come from a store that it has just opened' inetd
	proxy --deny-host '*.example' --connect-port "${ORIGIN##*:}"
	get -o /dev/null "http://$ORIGIN/three"
	get -o /dev/null "http://$ORIGIN/three"
	get -o /dev/null "http://www.example/"
	get -p -o /dev/null "http://$ORIGIN/three"
	stop_server
	run -0 cat "$ACCESS"
	assert_line --regexp \
	    "^[0-9]+\.[0-9]{3} +[0-9]+ 127.0.0.1 TCP_MISS/200 3[0-9]{3} GET \
http://$ORIGIN/three - HIER_DIRECT/127.0.0.1 "
	assert_line --regexp \
	    'TCP_(MEM_)?HIT/200 3[0-9]{3} GET .* - HIER_NONE/- '
	assert_line --regexp 'TCP_DENIED/403 .* HIER_NONE/- text/html'
	assert_line --regexp "TCP_TUNNEL/200 .* CONNECT $ORIGIN - "
}

@test "the status: hits, bytes saved, statuses, and no URL is mistaken for it" {
	skip_model 'a process that knows of itself only' inetd
	proxy --server-status
	get -o /dev/null "http://$ORIGIN/three"
	get -o /dev/null "http://$ORIGIN/three"
	get -o /dev/null "http://$ORIGIN/three"
	get -o /dev/null "http://$ORIGIN/none"
	json 'p["tags"]["TCP_MISS"] == 2 and p["hit_ratio"] == 0.5'
	json 'p["tags"]["TCP_MEM_HIT"] + p["tags"]["TCP_HIT"] == 2'
	json 'p["saved_bytes"] > 6000 and p["store_bytes"] > 3000'
	json 'p["status"]["404"] == 1 and p["store_limit"] == 1 << 30'
	json 's["name"] == "proxyd" and p["origins"] == []'
	run -0 direct "http://$PROXY/server-status"
	assert_output --partial '<td>TCP_MISS<td>2<td>'
	assert_output --partial '<th>404 Not Found<td>1'
	run -0 direct "http://$PROXY/metrics"
	assert_line 'brood_http_responses_total{code="404"} 1'
	assert_line 'brood_proxy_requests_total{tag="TCP_MISS"} 2'
	assert_line 'brood_proxy_hit_ratio 0.5'
	run -0 get -o /dev/null -w '%{http_code}' \
	    "http://$ORIGIN/server-status"
	assert_output 404
	run -0 direct -X POST -o /dev/null -w '%{http_code}' -d x \
	    "http://$PROXY/metrics"
	assert_output 405
}

@test "the status is off unless asked for, and shown to whom it is for" {
	proxy
	run -0 direct -o /dev/null -w '%{http_code}' \
	    "http://$PROXY/server-status"
	assert_output 400
	proxy --server-status --status-allow 192.0.2.0/24 --proxy-from \
	    127.0.0.1
	run -0 tcp --silence 5 "$HOST" "$PORT" \
	    'PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\nGET /metrics HTTP/1.0\r\n\r\n'
	assert_output --partial brood_proxy_hit_ratio
	run -0 tcp --silence 5 "$HOST" "$PORT" \
	    'PROXY TCP4 127.0.0.1 192.0.2.1 1 2\r\nGET /metrics HTTP/1.0\r\n\r\n'
	assert_output --partial '403 Forbidden'
	wait_for_line "$SERVER_LOG" 'denied: --status-allow'
}

@test "the status of a reverse proxy knows its origins" {
	skip_model 'a process that knows of itself only' inetd
	proxy --server-status --origin "http://$ORIGIN"
	run -0 direct -o /dev/null -w '%{http_code}' "http://$PROXY/three"
	assert_output 200
	json 'p["origins"] == [{"url": "http://'"$ORIGIN"'", "up": True}]'
	run -0 direct "http://$PROXY/metrics"
	assert_line "brood_proxy_origin_up{origin=\"http://$ORIGIN\"} 1"
}
