#!/usr/bin/env bats
# bats file_tags=models,long
# proxyd between clients and origins: what is passed on, what is stored, what is
# refused, under every process model.  t/proxyd_cache.bats has the rest of RFC
# 9111.

load lib/brood

bats_require_minimum_version 1.5.0

setup() {
	WWW=$BATS_TEST_TMPDIR/www CACHE=$BATS_TEST_TMPDIR/cache
	mkdir -p "$WWW" "$CACHE"
	echo hello >"$WWW/a.txt"
}

teardown() {
	[[ -z ${SCRIPTED:-} ]] || kill "$SCRIPTED" 2>/dev/null || :
	stop_servers
}

# origin [OPTION...] - httpd with the test's files, in its own model; $ORIGIN
origin() {
	MODEL='' start_server httpd "$@" "$WWW"
	ORIGIN=$HOST:$PORT
	ORIGIN_PID=$SERVER_PID
}

# proxy [OPTION...] - proxyd; $PROXY
proxy() {
	start_server proxyd --cache "$CACHE" "$@"
	PROXY=$HOST:$PORT
}

get() {
	curl -sS --max-time "$((20 * SLOW))" -x "http://$PROXY" "$@"
}

# rfc SECTION... - the cases of these sections
rfc() {
	local clients=$((SLOW > 1 ? 10 : 100))

	case ${MODEL:-} in
	single | inetd) clients=1 ;;	# nobody to share a fetch with
	prefork) clients=6 ;;
	esac
	proxy
	run "$PYTHON" "$LIB/fixtures/caching.py" "$clients" "$PROXY" "$@"
	refute_line --regexp '^WRONG'
	assert_success
	assert_line --regexp '^ok '
}

@test "variants, and what methods that change things make untrue" {
	rfc variants invalidation
}

@test "ranges, parts and parts put together" {
	rfc parts
}

@test "one fetch for many who wait" {
	rfc collapsed
}

@test "a second request is answered from the store, byte for byte" {
	head -c 300000 /dev/urandom >"$WWW/big"
	origin --header 'Cache-Control: max-age=60'
	proxy
	get -o "$BATS_TEST_TMPDIR/one" "http://$ORIGIN/big"
	run -0 cmp "$BATS_TEST_TMPDIR/one" "$WWW/big"
	run -0 get -D "$BATS_TEST_TMPDIR/head" -o "$BATS_TEST_TMPDIR/two" \
	    "http://$ORIGIN/big"
	run -0 cmp "$BATS_TEST_TMPDIR/two" "$WWW/big"
	run -0 cat "$BATS_TEST_TMPDIR/head"
	assert_output --regexp 'Cache-Status: brood; hit'
	run -0 get -r 100-199 -o "$BATS_TEST_TMPDIR/part" "http://$ORIGIN/big"
	run -0 cmp "$BATS_TEST_TMPDIR/part" \
	    <(tail -c +101 "$WWW/big" | head -c 100)
}

@test "the store survives a restart, and a damaged file is a miss" {
	origin --header 'Cache-Control: max-age=60'
	proxy
	run -0 get "http://$ORIGIN/a.txt"
	assert_output hello
	stop_server
	proxy --offline
	run -0 get "http://$ORIGIN/a.txt"
	assert_output hello
	stop_server
	find "$CACHE" -type f -exec sh -c 'printf x >>"$1"' sh {} \;
	proxy --offline
	run -0 get -o /dev/null -w '%{http_code}' "http://$ORIGIN/a.txt"
	assert_output 504
}

@test "the origin in the path, and links of its pages" {
	origin
	proxy
	run -0 curl -sS "http://$PROXY/$ORIGIN/a.txt"
	assert_output hello
	run -0 curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' \
	    -e "http://$PROXY/$ORIGIN/page" "http://$PROXY/a.txt"
	assert_output "302 http://$PROXY/$ORIGIN/a.txt"
	run -0 curl -sS -o /dev/null -w '%{http_code}' "http://$PROXY/nothing"
	assert_output 400
}

@test "a reverse proxy" {
	origin
	proxy --origin "http://$ORIGIN"
	run -0 curl -sS "http://$PROXY/a.txt"
	assert_output hello
	run -0 curl -sS -o /dev/null -w '%{http_code}' "http://$PROXY/none"
	assert_output 404
}

@test "an origin that is down is passed over, and no tunnels are made" {
	origin
	proxy --origin http://127.0.0.1:1 --origin "http://$ORIGIN" --no-cache
	run -0 curl -sS "http://$PROXY/a.txt" "http://$PROXY/a.txt"
	assert_output "$(printf 'hello\nhello')"
	run -56 curl -sS -p -x "http://$PROXY" https://127.0.0.1:443/
	wait_for_line "$SERVER_LOG" 'denied: --origin'
}

@test "CONNECT carries bytes to the ports that are allowed" {
	origin
	proxy --connect-port "${ORIGIN##*:}"
	run -0 get -p "http://$ORIGIN/a.txt"
	assert_output hello
}

@test "CONNECT elsewhere is denied, and the log says by which rule" {
	proxy
	run -56 get -p "http://127.0.0.1:1/"
	wait_for_line "$SERVER_LOG" 'denied: --connect-port'
}

@test "hosts that may and may not be asked" {
	origin
	proxy --deny-host '127.*' --deny-host '*.com' --allow-host '*.example'
	run -0 get -o /dev/null -w '%{http_code}' "http://$ORIGIN/a.txt"
	assert_output 403
	wait_for_line "$SERVER_LOG" 'denied: --deny-host'
	run -0 get -o /dev/null -w '%{http_code}' "http://localhost:1/"
	assert_output 403
	wait_for_line "$SERVER_LOG" 'denied: --allow-host'
	# by whatever name
	local host
	for host in '[::ffff:127.0.0.1]' '[::FFFF:7f00:1]' a.example.com.; do
		run -0 tcp "$HOST" "$PORT" \
		    "GET http://$host:1/ HTTP/1.1\r\nHost: x\r\n" \
		    'Connection: close\r\n\r\n'
		assert_output --partial 'HTTP/1.1 403 '
	done
	for host in 127.0.0.01 127.1 0x7f000001 127.0.0.1.; do
		run -0 tcp "$HOST" "$PORT" \
		    "GET http://$host:1/ HTTP/1.1\r\nHost: x\r\n" \
		    'Connection: close\r\n\r\n'
		assert_output --partial 'HTTP/1.1 400 '
	done
}

@test "passwords" {
	origin
	printf 'eve:%s\n' "$(openssl passwd -6 secret)" \
	    >"$BATS_TEST_TMPDIR/users"
	proxy --auth-file "$BATS_TEST_TMPDIR/users"
	run -0 get -o /dev/null -w '%{http_code}' "http://$ORIGIN/a.txt"
	assert_output 407
	run -0 get -U eve:wrong -o /dev/null -w '%{http_code}' \
	    "http://$ORIGIN/a.txt"
	assert_output 407
	for again in 1 2; do
		run -0 get -U eve:secret "http://$ORIGIN/a.txt"
		assert_output hello
	done
	run -0 get -U adam:secret -o /dev/null -w '%{http_code}' \
	    "http://$ORIGIN/a.txt"
	assert_output 407
}

@test "a file of passwords that cannot be checked is an error at the start" {
	echo 'eve:secret' >"$BATS_TEST_TMPDIR/users"
	MODEL='' spawn_server proxyd --listen 127.0.0.1:0 --cache "$CACHE" \
	    --auth-file "$BATS_TEST_TMPDIR/users"
	wait_server
	assert_equal "$SERVER_STATUS" 1
	wait_for_line "$SERVER_LOG" 'users: line 1 has no hash that crypt'
}

@test "origins that refuse, have no name, or answer nonsense" {
	local port

	proxy
	run -0 get -o /dev/null -w '%{http_code}' http://127.0.0.1:1/
	assert_output 502
	wait_for_line "$SERVER_LOG" '502 the host refused the connection'
	"$PYTHON" - >"$BATS_TEST_TMPDIR/port" 3>&- <<'PY' &
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
for answer in (b"nonsense\r\n\r\n",
               b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
               b"Content-Length: 6\r\n\r\nhello",
               b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", b""):
    c, _ = s.accept()
    c.recv(4096)
    c.sendall(answer)
    c.close()
PY
	SCRIPTED=$!
	wait_for_line "$BATS_TEST_TMPDIR/port" '^[0-9]+$'
	port=$(cat "$BATS_TEST_TMPDIR/port")
	run -0 get -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/1"
	assert_output 502
	run -0 get -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/2"
	assert_output 502
	run -18 get -o /dev/null "http://127.0.0.1:$port/3"
	run -0 get -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/4"
	assert_output 502
}

@test "bodies go up, by length and in chunks" {
	"$PYTHON" - >"$BATS_TEST_TMPDIR/port" 3>&- <<'PY' &
import http.server
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        n = self.headers.get("Content-Length")
        if n is not None:
            body = self.rfile.read(int(n))
        else:
            body = b""
            while (size := int(self.rfile.readline(), 16)) > 0:
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        answer = b"%d" % len(body)
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *_):
        pass
s = http.server.HTTPServer(("127.0.0.1", 0), H)
print(s.server_address[1], flush=True)
s.handle_request()
s.handle_request()
PY
	SCRIPTED=$!
	wait_for_line "$BATS_TEST_TMPDIR/port" '^[0-9]+$'
	ORIGIN=127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")
	proxy
	head -c 200000 /dev/urandom >"$BATS_TEST_TMPDIR/body"
	run -0 get --data-binary "@$BATS_TEST_TMPDIR/body" "http://$ORIGIN/"
	assert_output 200000
	run -0 get -H 'Transfer-Encoding: chunked' -H 'Expect:' \
	    --data-binary "@$BATS_TEST_TMPDIR/body" "http://$ORIGIN/"
	assert_output 200000
}

@test "what can be read two ways goes nowhere" {
	proxy
	run -0 tcp "$HOST" "$PORT" $'GET http://127.0.0.1:1/ HTTP/1.1\r
Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
	assert_output --partial 'HTTP/1.1 400 '
	assert_output --partial 'Connection: close'
}

@test "PURGE takes an answer out of the store" {
	origin --header 'Cache-Control: max-age=60'
	proxy
	get "http://$ORIGIN/a.txt" >"$BATS_TEST_TMPDIR/one"
	run -0 get -X PURGE "http://$ORIGIN/a.txt"
	assert_output purged
	run -0 get -X PURGE "http://$ORIGIN/a.txt"
	assert_output 'not stored'
	run -0 get -D - -o /dev/null "http://$ORIGIN/a.txt"
	assert_output --partial 'fwd=uri-miss'
	run -0 get -X PURGE -H 'Purge: soft' "http://$ORIGIN/a.txt"
	assert_output stale
	run -0 get -D - -o /dev/null "http://$ORIGIN/a.txt"
	assert_output --partial 'fwd=stale; fwd-status=304'
	run -0 get -X PURGE -H 'Purge: prefix' "http://$ORIGIN/a"
	assert_output 'purged 1'
	run -0 get -D - -o /dev/null "http://$ORIGIN/a.txt"
	assert_output --partial 'fwd=uri-miss'
}

@test "the log has squid's lines, or JSON" {
	origin --header 'Cache-Control: max-age=60'
	proxy --access-log "$BATS_TEST_TMPDIR/log"
	get "http://$ORIGIN/a.txt" >"$BATS_TEST_TMPDIR/one"
	get "http://$ORIGIN/a.txt" >"$BATS_TEST_TMPDIR/one"
	wait_for_line "$BATS_TEST_TMPDIR/log" \
	    "TCP_MISS/200 [0-9]+ GET http://$ORIGIN/a.txt - HIER_DIRECT/127"
	wait_for_line "$BATS_TEST_TMPDIR/log" \
	    "TCP_(MEM_)?HIT/200 [0-9]+ GET http://$ORIGIN/a.txt - HIER_NONE/-"
	stop_server
	proxy --access-log "$BATS_TEST_TMPDIR/json" --log-format json
	get "http://$ORIGIN/a.txt" >"$BATS_TEST_TMPDIR/one"
	wait_for_line "$BATS_TEST_TMPDIR/json" '"tag":"TCP_'
	run -0 "$PYTHON" -c 'import json,sys
for line in open(sys.argv[1]): print(json.loads(line)["status"])' \
	    "$BATS_TEST_TMPDIR/json"
	assert_output 200
}

@test "bad options are named, with what is allowed" {
	run -2 "$BIN/proxyd" --origin ftp://x
	assert_output --partial "--origin: 'ftp://x'"
	run -2 "$BIN/proxyd" --allow nonsense
	assert_output --partial "--allow: 'nonsense'"
	run -2 "$BIN/proxyd" --cache-size lots
	assert_output --partial '--cache-size'
	run -1 "$BIN/proxyd" --cache /dev/null/x
	assert_output --partial '/dev/null/x'
}
