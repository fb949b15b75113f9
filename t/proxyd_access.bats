#!/usr/bin/env bats
# bats file_tags=models,long
# Who may have what of proxyd: rules about clients, methods, hosts, ports and
# addresses; and what origins are told of the client.

load lib/brood

bats_require_minimum_version 1.5.0

setup_file() {
	MODEL='' start_server "$LIB/fixtures/origin.py"
	export ORIGIN=$HOST:$PORT
}

# proxy [OPTION...] - proxyd without a store; $PROXY
proxy() {
	start_server proxyd --no-cache "$@"
	PROXY=$HOST:$PORT
}

get() {
	curl -sS --noproxy '' --max-time "$((20 * SLOW))" -x "http://$PROXY" \
	    "$@"
}

# allowed ARG... - curl's request gets an answer of the origin's
allowed() {
	run -0 get -o /dev/null -w '%{http_code}' "$@"
	assert_output 200
}

# denied RULE ARG... - it gets a 403 that names the rule, as the log does
denied() {
	local rule=$1

	shift
	run -0 get -w '%{http_code}' "$@"
	assert_output --partial "<p>"
	assert_output --partial ": $rule"
	assert_output --regexp '403$'
	wait_for_line "$SERVER_LOG" "denied: $rule.*: [A-Z]+ http"
}

# told [ARG...] - the request as it came to the origin, in output
told() {
	run -0 get "$@" "http://$ORIGIN/echo"
	mapfile -t lines <<<"${output//$'\r'/}"
}

# from ADDRESS REQUEST - as a load balancer brings a client's request
from() {
	run -0 tcp --silence 5 "$HOST" "$PORT" \
	    "PROXY TCP4 $1 192.0.2.1 1000 8888\r\n$2"
}

@test "methods" {
	proxy --allow-method GET --allow-method 'P*' --deny-method PUT
	allowed "http://$ORIGIN/ok"
	allowed -X POST -d x "http://$ORIGIN/echo"
	denied '--deny-method PUT: this method is denied' -X PUT -d x \
	    "http://$ORIGIN/echo"
	denied '--allow-method: this method is not allowed' -X DELETE \
	    "http://$ORIGIN/ok"
}

@test "ports" {
	proxy --allow-port "${ORIGIN##*:}"
	allowed "http://$ORIGIN/ok"
	denied '--allow-port: this port is not allowed' http://127.0.0.1:1/
	run -56 get -p -o /dev/null "http://$ORIGIN/ok"
	assert_output --partial 403
	wait_for_line "$SERVER_LOG" 'denied: --connect-port: .*: CONNECT'
	proxy --deny-port "${ORIGIN##*:}" --connect-port "${ORIGIN##*:}"
	denied "--deny-port ${ORIGIN##*:}: this port is denied" \
	    "http://$ORIGIN/ok"
	run -56 get -p -o /dev/null "http://$ORIGIN/ok"
	assert_output --partial 403
}

@test "hosts, by the rule that matched" {
	proxy --deny-host 'ads.*' --deny-host '127.0.0.*'
	denied '--deny-host 127.0.0.*: this host is denied' \
	    "http://$ORIGIN/ok"
}

@test "who comes from elsewhere does not get at what is inside" {
	local request="GET http://$ORIGIN/ok HTTP/1.1\r\nHost: x\r\n"

	request+='Connection: close\r\n\r\n'
	proxy --proxy-from 127.0.0.1 --allow 192.0.2.0/24
	from 127.0.0.1 "$request"
	assert_line hello
	from 192.0.2.7 "$request"
	assert_output --partial '403 Forbidden'
	assert_output --partial -- '--allow-to: '
	wait_for_line "$SERVER_LOG" '192.0.2.7:.* denied: --allow-to'
	from 198.51.100.1 "$request"
	assert_output --partial -- '--allow: '
	wait_for_line "$SERVER_LOG" '198.51.100.1:.* denied: --allow: '
	from 192.0.2.7 "${request/$ORIGIN/localhost:${ORIGIN##*:}}"
	assert_output --partial '403 Forbidden'
	proxy --proxy-from 127.0.0.1 --allow 192.0.2.0/24 --allow-to 127.0.0.1
	from 192.0.2.7 "$request"
	assert_line hello
}

@test "the machine's own addresses are inside, too" {
	local own

	own=$(ip -o -4 addr show scope global | sed -n \
	    's|.* inet \([0-9.]*\)/.*|\1|p' | head -n 1)
	[[ $own ]] || skip 'no address but loopback'
	proxy --proxy-from 127.0.0.1 --allow 192.0.2.0/24
	from 192.0.2.7 "GET http://$own:1/ HTTP/1.0\r\n\r\n"
	assert_output --partial -- '--allow-to: '
	from 127.0.0.1 "GET http://$own:1/ HTTP/1.0\r\n\r\n"
	assert_output --partial 'refused the connection'
}

@test "forwarded: off, append, replace" {
	local fields=(-H 'X-Forwarded-For: 192.0.2.1' -H
	    'Forwarded: for=192.0.2.1')

	proxy
	told "${fields[@]}"
	assert_line 'X-Forwarded-For: 192.0.2.1'
	assert_line 'Forwarded: for=192.0.2.1'
	proxy --forwarded append
	told "${fields[@]}"
	assert_line 'X-Forwarded-For: 192.0.2.1, 127.0.0.1'
	assert_line "Forwarded: for=192.0.2.1, for=127.0.0.1;\
host=\"$ORIGIN\";proto=http"
	proxy --forwarded replace
	told "${fields[@]}"
	assert_line 'X-Forwarded-For: 127.0.0.1'
	assert_line "Forwarded: for=127.0.0.1;host=\"$ORIGIN\";proto=http"
	refute_output --partial 192.0.2.1
}

@test "a client of IPv6 in both fields" {
	proxy --proxy-from 127.0.0.1 --allow 2001:db8::/32 --allow-to \
	    127.0.0.1 --forwarded append
	run -0 tcp --silence 5 "$HOST" "$PORT" \
	    'PROXY TCP6 2001:db8::7 2001:db8::1 1000 8888\r\n' \
	    "GET http://$ORIGIN/echo HTTP/1.1\r\nHost: x\r\n" \
	    'Connection: close\r\n\r\n'
	assert_output --partial 'X-Forwarded-For: 2001:db8::7'
	assert_output --partial 'Forwarded: for="[2001:db8::7]";'
}

@test "fields that are added, dropped, and that end here" {
	proxy --add-header 'X-Team: brood' --add-header 'X-Two: 2' \
	    --drop-header User-Agent --drop-header x-secret
	told -H 'X-Secret: 1' -H 'Connection: X-Hop, close' -H 'X-Hop: 1' \
	    -H 'Keep-Alive: 5' -H 'Proxy-Connection: close' -H 'TE: trailers' \
	    -H 'X_Under: 1' -H 'X-Stays: 1'
	assert_line 'X-Team: brood'
	assert_line 'X-Two: 2'
	assert_line 'X-Stays: 1'
	assert_line 'Via: 1.1 brood'
	refute_output --regexp \
	    '(User-Agent|X-Secret|X-Hop|Keep-Alive|Proxy-Conn|TE|X_Under):'
}

@test "requests that can be read two ways go nowhere" {
	local bad

	proxy
	for bad in 'Content-Length: 3\r\nTransfer-Encoding: chunked' \
	    'Content-Length: 3\r\nContent-Length: 4' 'Content-Length: +3' \
	    'Transfer-Encoding: chunked, gzip' 'X: a\r\n folded' \
	    'X : blank' 'X: a\x00b' 'X: bare\nY: lf' \
	    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'; do
		run -0 tcp --silence 5 "$HOST" "$PORT" \
		    "POST http://$ORIGIN/twoways HTTP/1.1\r\nHost: x\r\n$bad" \
		    '\r\n\r\n0\r\n\r\n'
		assert_line --regexp '^HTTP/1.1 (400|501) '
		assert_output --partial 'Connection: close'
	done
	run grep twoways "$BATS_FILE_TMPDIR"/servers/*/log
	assert_failure
}

@test "rules that make no sense are named" {
	run -2 "$BIN/proxyd" --allow-port none
	assert_output --partial "--allow-port: 'none' is not a port"
	run -2 "$BIN/proxyd" --deny-port 70000
	assert_output --partial "--deny-port: '70000' is not a port"
}
