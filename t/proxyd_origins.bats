#!/usr/bin/env bats
# bats file_tags=models,long
# proxyd and the servers behind it: origins that fail in every way there is, TLS
# to them, the next proxy, and looks at whether they are well.

load lib/brood

bats_require_minimum_version 1.5.0

setup_file() {
	origin
	start_server proxyd --cache "$BATS_FILE_TMPDIR/cache"
	export ORIGIN ORIGIN_LOG PROXY=$HOST:$PORT
}

setup() {
	WWW=$BATS_TEST_TMPDIR/www
	mkdir -p "$WWW"
	echo hello >"$WWW/a.txt"
	CODE=$BATS_TEST_TMPDIR/code
}

# origin [OPTION...] - the server whose paths say what it does wrong; $ORIGIN
origin() {
	MODEL='' start_server "$LIB/fixtures/origin.py" "$@"
	ORIGIN=$HOST:$PORT ORIGIN_LOG=$SERVER_LOG
}

# site - our web server with the test's files; $ORIGIN
site() {
	MODEL='' start_server httpd "$WWW"
	ORIGIN=$HOST:$PORT
}

# proxy [OPTION...] - proxyd; $PROXY
proxy() {
	start_server proxyd --cache "$BATS_TEST_TMPDIR/cache" "$@"
	PROXY=$HOST:$PORT
}

get() {
	curl -sS --noproxy '' --max-time "$((20 * SLOW))" -x "http://$PROXY" \
	    "$@"
}

# certificate - $BATS_TEST_TMPDIR/pem and key, for 127.0.0.1 and for a name
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -days 2 -subj /CN=origin -addext \
	    subjectAltName=IP:127.0.0.1,DNS:www.example.com \
	    -keyout "$BATS_TEST_TMPDIR/key" \
	    -out "$BATS_TEST_TMPDIR/pem" 2>/dev/null
}

# absolute URL - what the proxy answers to a GET of it, in output
absolute() {
	run -0 tcp --silence 5 "${PROXY%:*}" "${PROXY##*:}" \
	    "GET $1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
}

# answers PATH CODE WORDS - the status and the cause on the page
answers() {
	get -o "$CODE.page" -w '%{http_code}' "http://$ORIGIN/$1" >"$CODE"
	if [[ $(<"$CODE") != "$2" ]] || ! grep -q "$3" "$CODE.page"; then
		echo "/$1: $(<"$CODE"), not $2 with '$3':"
		cat "$CODE.page"
		return 1
	fi
}

@test "answers that can be read two ways, or not at all, are a 502" {
	answers garbage 502 'not an HTTP'
	answers bare 502 .
	answers empty 502 'closed without an answer'
	answers reset 502 'closed without an answer'
	answers cuthead 502 'head was cut'
	answers hugehead 502 .
	answers nul 502 .
	answers folded 502 .
	answers badlength 502 'Content-Length'
	answers twolengths 502 'Content-Length'
	answers samelengths 502 'Content-Length'
	answers chunkedlength 502 'Content-Length'
	answers coded 502 'coding'
	answers interims 502 'interim answers only'
	answers ok 200 hello
}

@test "an origin that says nothing is a 504, one that stalls is cut" {
	origin
	proxy --read-timeout 300ms
	answers silent 504 'did not answer'
	run -18 get -o /dev/null "http://$ORIGIN/stall"
	answers ok 200 hello
}

@test "a body that is cut is cut for the client, too, and is not stored" {
	local i

	for i in 1 2; do
		run -18 get -o /dev/null "http://$ORIGIN/short"
		run -18 get -o /dev/null "http://$ORIGIN/cutreset"
		run get -o /dev/null "http://$ORIGIN/chunkedbad"
		assert_failure
		run get -o /dev/null "http://$ORIGIN/chunkedcut"
		assert_failure
	done
	answers ok 200 hello
}

@test "bytes behind an answer are nobody's answer" {
	run -0 get "http://$ORIGIN/long" "http://$ORIGIN/ok"
	assert_output 'hellohello'
}

@test "an answer that comes before the body has gone up" {
	run -0 tcp "${PROXY%:*}" "${PROXY##*:}" \
	    "POST http://$ORIGIN/early HTTP/1.1\r\n" \
	    'Host: x\r\nContent-Length: 99\r\n\r\nand no more' \
	    @expect 'too large\n'
	assert_output --partial '413 Too Large'
	head -c 9000000 /dev/zero >"$BATS_TEST_TMPDIR/zeros"
	run -0 get -H Expect: --data-binary "@$BATS_TEST_TMPDIR/zeros" \
	    -o "$BATS_TEST_TMPDIR/back" "http://$ORIGIN/mirror"
	cmp "$BATS_TEST_TMPDIR/zeros" "$BATS_TEST_TMPDIR/back"
	# what follows on the origin's connection might be taken for the body
	run -0 get -H 'Expect: 100-continue' -d 'a=b' "http://$ORIGIN/unasked"
	assert_output no
	answers ok 200 hello
}

@test "a body that is none is a 400" {
	run -0 tcp "${PROXY%:*}" "${PROXY##*:}" \
	    "POST http://$ORIGIN/echo HTTP/1.1\r\n" \
	    'Host: x\r\nTransfer-Encoding: chunked\r\n\r\n' \
	    '5\r\nhello\r\nfive\r\n'
	assert_output --partial 'HTTP/1.1 400 '
	assert_output --partial 'malformed chunks'
	run -0 tcp "${PROXY%:*}" "${PROXY##*:}" \
	    "POST http://$ORIGIN/echo HTTP/1.1\r\n" \
	    'Host: x\r\nContent-Length: 99\r\n\r\ncut' @shut
	assert_output --partial 'HTTP/1.1 400 '
	assert_output --partial 'the body ended too soon'
}

@test "a body that stalls is a 408; one that a stop cuts off is told by the log" {
	proxy --stall-timeout 300ms --drain-timeout 300ms
	run -0 tcp "${PROXY%:*}" "${PROXY##*:}" \
	    "POST http://$ORIGIN/echo HTTP/1.1\r\n" \
	    'Host: x\r\nContent-Length: 99\r\n\r\nno more'
	assert_output --partial 'HTTP/1.1 408 '
	assert_output --partial 'the body stalled'
	stop_server
	proxy --drain-timeout 300ms
	tcp "${PROXY%:*}" "${PROXY##*:}" "POST http://$ORIGIN/echo?cut HTTP/1.1\r\n" \
	    'Host: x\r\nContent-Length: 99\r\n\r\nno more' >"$CODE" &
	wait_for_line "$ORIGIN_LOG" 'POST /echo.cut'
	kill -TERM "$SERVER_PID"
	wait_server
	wait "$!"
	run grep -c '127\.0\.0\.1:[0-9]*: cut off: the server stops$' "$SERVER_LOG"
	assert_output 1
}

@test "bodies split into bytes, 1xx, 204 and HTTP/1.0" {
	run -0 get "http://$ORIGIN/split" "http://$ORIGIN/chunkedsplit" \
	    "http://$ORIGIN/close"
	assert_output $'hello\nhello world\nhello'
	run -0 get -i "http://$ORIGIN/interim"
	assert_output --partial '103 Early Hints'
	assert_output --partial 'hello'
	run -0 get -o /dev/null -w '%{http_code}' "http://$ORIGIN/nocontent"
	assert_output 204
}

@test "an https origin: verified, and its connection kept" {
	skip_model 'a process for each connection keeps none' fork inetd
	certificate
	origin --tls "$BATS_TEST_TMPDIR/pem" "$BATS_TEST_TMPDIR/key"
	proxy --origin "https://$ORIGIN" --ca-file "$BATS_TEST_TMPDIR/pem" \
	    --model prefork --children 1
	run -0 curl -sS --noproxy '*' "http://$PROXY/served" \
	    "http://$PROXY/served" "http://$PROXY/served"
	assert_output $'1\n2\n3'
}

@test "an https origin that is not trusted, and ways around that" {
	certificate
	origin --tls "$BATS_TEST_TMPDIR/pem" "$BATS_TEST_TMPDIR/key"
	proxy
	absolute "https://$ORIGIN/ok"
	assert_line --partial '502 '
	assert_output --partial 'certificate or TLS failed'
	wait_for_line "$SERVER_LOG" 'TLS: '
	proxy --insecure
	absolute "https://$ORIGIN/ok"
	assert_line hello
	proxy --origin "https://$ORIGIN" --ca-file "$BATS_TEST_TMPDIR/pem" \
	    --tls-name www.example.com
	run -0 curl -sS --noproxy '*' "http://$PROXY/ok"
	assert_output hello
	proxy --origin "https://$ORIGIN" --ca-file "$BATS_TEST_TMPDIR/pem" \
	    --tls-name other.example.com
	run -0 curl -sS --noproxy '*' -o /dev/null -w '%{http_code}' \
	    "http://$PROXY/ok"
	assert_output 502
}

@test "through the next proxy: http, https, tunnels, and where it refuses" {
	local parent

	certificate
	origin --tls "$BATS_TEST_TMPDIR/pem" "$BATS_TEST_TMPDIR/key"
	MODEL='' start_server proxyd --no-cache --connect-port "$PORT"
	parent=$HOST:$PORT PARENT_LOG=$SERVER_LOG
	site
	proxy --upstream "http://$parent" --ca-file "$BATS_TEST_TMPDIR/pem" \
	    --connect-port "$PORT"
	run -0 get "http://$ORIGIN/a.txt"
	assert_output hello
	run -0 get -D - -o /dev/null "http://$ORIGIN/a.txt"
	assert_output --regexp 'Via: 1.1 brood.*1.1 brood'
	absolute "https://$ORIGIN/"
	assert_output --partial 'the next proxy made no tunnel'
	wait_for_line "$PARENT_LOG" 'denied: --connect-port'
}

@test "a reverse proxy's origins through the next proxy" {
	local secure parent

	certificate
	origin --tls "$BATS_TEST_TMPDIR/pem" "$BATS_TEST_TMPDIR/key"
	secure=$ORIGIN
	site
	echo ok >"$WWW/health"
	MODEL='' start_server proxyd --no-cache --name parent \
	    --connect-port "${secure##*:}" --access-log "$BATS_TEST_TMPDIR/log"
	parent=$HOST:$PORT
	proxy --no-cache --upstream "http://$parent" --origin "http://$ORIGIN" \
	    --health-path /health
	run -0 curl -sS --noproxy '*' -D - "http://$PROXY/a.txt"
	assert_line hello
	assert_output --partial ' parent'
	run -0 curl -sS --noproxy '*' -X OPTIONS --request-target '*' -o "$CODE" \
	    -w '%{http_code}' "http://$PROXY"
	assert_output 204
	wait_for_line "$BATS_TEST_TMPDIR/log" "GET http://$ORIGIN/a.txt "
	[[ ${MODEL:-} == @(fork|inetd) ]] || wait_for_line \
	    "$BATS_TEST_TMPDIR/log" "GET http://$ORIGIN/health "
	proxy --no-cache --upstream "http://$parent" --origin "https://$secure" \
	    --ca-file "$BATS_TEST_TMPDIR/pem"
	run -0 curl -sS --noproxy '*' "http://$PROXY/ok"
	assert_output hello
	stop_server	# who keeps a tunnel goes before who carries it
}

@test "https through the next proxy is TLS from end to end" {
	local secure

	certificate
	origin --tls "$BATS_TEST_TMPDIR/pem" "$BATS_TEST_TMPDIR/key"
	secure=$ORIGIN
	MODEL='' start_server proxyd --no-cache --connect-port "$PORT"
	proxy --upstream "http://$HOST:$PORT" --connect-port "${secure##*:}" \
	    --ca-file "$BATS_TEST_TMPDIR/pem"
	absolute "https://$secure/ok"
	assert_line hello
	run -0 get --cacert "$BATS_TEST_TMPDIR/pem" -p "https://$secure/ok"
	assert_output hello
	stop_server	# who keeps a tunnel goes before who carries it
}

@test "origins are looked at, left alone when ill, and asked again when well" {
	local well ill i

	skip_model 'processes that share nothing' inetd
	site
	well=$ORIGIN
	echo ok >"$WWW/health"
	mkdir "$BATS_TEST_TMPDIR/ill"
	echo other >"$BATS_TEST_TMPDIR/ill/a.txt"
	MODEL='' start_server httpd "$BATS_TEST_TMPDIR/ill"
	ill=$HOST:$PORT
	proxy --no-cache --origin "http://$ill" --origin "http://$well" \
	    --health-path /health --health-interval 50ms --health-fall 2
	for i in {1..200}; do	# model fork looks when it has been asked
		curl -sS --noproxy '*' "http://$PROXY/a.txt" >/dev/null
		! grep -q "origin http://$ill: is taken for down" \
		    "$SERVER_LOG" || break
	done
	wait_for_line "$SERVER_LOG" "origin http://$ill: is taken for down"
	for i in 1 2 3 4; do
		run -0 curl -sS --noproxy '*' "http://$PROXY/a.txt"
		assert_output hello
	done
	echo ok >"$BATS_TEST_TMPDIR/ill/health"
	for i in {1..200}; do
		curl -sS --noproxy '*' "http://$PROXY/a.txt" >/dev/null
		! grep -q "origin http://$ill: is well again" \
		    "$SERVER_LOG" || break
	done
	wait_for_line "$SERVER_LOG" "origin http://$ill: is well again"
	run grep -c 'taken for down' "$SERVER_LOG"
	assert_output 1
}

@test "an Upgrade is passed, and what follows it both ways" {
	run -0 tcp "${PROXY%:*}" "${PROXY##*:}" "GET http://$ORIGIN/talk HTTP/1.1\r\n" \
	    'Host: x\r\nConnection: upgrade\r\nUpgrade: talk\r\n\r\n' \
	    @expect '101 [^\r]*\r\n' @expect '\r\n\r\n' 'over here' @expect 'OVER HERE' @shut
	assert_output --partial 'Upgrade: talk'
}

@test "a tunnel's two directions end one by one" {
	origin
	proxy --connect-port "${ORIGIN##*:}"
	run -0 tcp "$HOST" "$PORT" "CONNECT $ORIGIN HTTP/1.1\r\nHost: x\r\n\r\n" \
	    @expect '200 [^\r]*\r\n\r\n' \
	    "GET /talk HTTP/1.1\r\nHost: x\r\nUpgrade: talk\r\n\r\n" \
	    @expect '\r\n\r\n' 'all of it' @shut
	assert_output --partial 'ALL OF IT'
	assert_line --partial 'the end'
}

@test "options of origins that make no sense are named" {
	run -2 "$BIN/proxyd" --upstream https://b:1
	assert_output --partial "--upstream: 'https://b:1' is not a proxy"
	run -2 "$BIN/proxyd" --origin http://a --health-path nonsense
	assert_output --partial "--health-path: 'nonsense'"
	run -2 "$BIN/proxyd" --health-fall 0
	assert_output --partial '--health-fall'
}
