# bats file_tags=models
# httpd as programs that people use see it: curl, openssl, Python, ab; in clear
# and over TLS.

load lib/brood
load lib/web

CHECKED='fork fibers'

setup_file() {
	! spared || return 0
	need curl openssl
	export W=$BATS_FILE_TMPDIR/www
	site "$W"
	gzip -k "$W/big" && chmod a+r "$W/big.gz"
	chmod 755 "$BATS_FILE_TMPDIR"
	cd "$BATS_FILE_TMPDIR" || return
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost \
	    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null
	export CERT=$BATS_FILE_TMPDIR/cert.pem
	start_server httpd "$W" --tls-cert "$CERT" \
	    --tls-key "$BATS_FILE_TMPDIR/key.pem"
	export S=https://127.0.0.1:$PORT TLS_PORT=$PORT TLS_LOG=$SERVER_LOG
	start_server httpd "$W"
	export U=http://127.0.0.1:$PORT
}

setup() {
	skip_spared
	cd "$BATS_TEST_TMPDIR" || return
}

fetch() {
	curl -sS --max-time $((20 * SLOW)) "$@"
}

# -- curl ---------------------------------------------------------------------

@test "curl: files, heads, statuses" {
	fetch -o big "$U/big"
	cmp big "$W/big"
	run fetch -I "$U/plain.txt"
	assert_success
	assert_line $'HTTP/1.1 200 OK\r'
	assert_line $'Content-Length: 26\r'
	run fetch -f "$U/none"
	assert_failure 22
	run fetch -L "$U/sub"
	assert_output '<title>sub</title>'
}

@test "curl: one connection for several URLs" {
	run fetch -o /dev/null -o /dev/null -o /dev/null \
	    -w '%{num_connects} %{http_code}\n' "$U/" "$U/big" "$U/none"
	assert_success
	assert_output $'1 200\n0 200\n0 404'
}

@test "curl: resumes, and asks for ranges" {
	head -c 123456 "$W/big" >part
	run fetch -C - -o part -w '%{http_code} %{size_download}' "$U/big"
	assert_success
	assert_output '206 176544'
	cmp part "$W/big"
	run fetch -r 3-5 "$U/plain.txt"
	assert_output def
	run fetch -r 0-1,24- "$U/plain.txt"
	assert_line --partial ab
	assert_line --partial yz
}

@test "curl: only what has changed" {
	fetch --etag-save tag -o a "$U/plain.txt"
	run fetch --etag-compare tag -o b -w '%{http_code}' "$U/plain.txt"
	assert_output 304
	run fetch -z "$W/plain.txt" -o b -w '%{http_code}' "$U/plain.txt"
	assert_output 304
	run fetch -z 'Sun, 02 Feb 2020 02:02:02 GMT' -w '%{http_code}' \
	    "$U/plain.txt"
	assert_output abcdefghijklmnopqrstuvwxyz200
}

@test "curl: HTTP/1.0, and an offer of HTTP/2" {
	run fetch -0 -w '%{http_version} %{num_connects}' "$U/plain.txt"
	assert_success
	assert_output 'abcdefghijklmnopqrstuvwxyz1.1 1'
	run fetch --http2 -w '%{http_version}' "$U/plain.txt"
	assert_success
	assert_output abcdefghijklmnopqrstuvwxyz1.1
	run fetch --http1.0 --head "$U/big"
	assert_line $'Content-Length: 300000\r'
}

@test "curl: uploads are read and refused" {
	for how in '-T -' '--data-binary @-' '-X PUT -T -' \
	    '-T - -H Transfer-Encoding:chunked'; do
		# shellcheck disable=SC2086
		run fetch $how -o /dev/null -w '%{http_code}' "$U/up" <"$W/big"
		assert_success
		assert_output 405
	done
	head -c 3000000 /dev/zero >large
	run fetch --data-binary @large -o /dev/null -w '%{http_code}' "$U/"
	assert_output --regexp '^(405|413)$'
	run fetch -F "file=@$W/big" -o /dev/null -w '%{http_code}' "$U/"
	assert_output 405
}

@test "curl: --path-as-is, --compressed" {
	run fetch --path-as-is -o /dev/null -w '%{http_code}' "$U/../../etc/passwd"
	assert_output 400
	run fetch --path-as-is "$U/sub/../plain.txt"
	assert_output abcdefghijklmnopqrstuvwxyz
	run fetch --compressed -D head -o big "$U/big"
	assert_success
	cmp big "$W/big"
	grep -q $'^Content-Encoding: gzip\r' head
}

@test "curl: fifty files, five at once" {
	many_connections
	skip_model 'serves one after another' single
	run fetch -Z --parallel-max 5 -o '#1' "$U/big?[1-50]"
	assert_success
	for i in {1..50}; do
		cmp "$i" "$W/big"
	done
}

@test "curl: a UNIX socket" {
	skip_model 'the super-server listens' inetd
	chmod 755 .
	start_server httpd "$W" --listen "unix:$PWD/sock"
	run fetch --unix-socket sock http://localhost/plain.txt
	assert_success
	assert_output abcdefghijklmnopqrstuvwxyz
}

@test "our own client: a chunked upload, a resumed file" {
	run client httpc -T - -w '%{http_code}' -o /dev/null "$U/up" <"$W/big"
	assert_output --partial 405
	head -c 100 "$W/big" >part
	run client httpc -s -C - -o part -w '%{http_code}' "$U/big"
	assert_output 206
	cmp part "$W/big"
}

@test "Python's http.client" {
	run "$PYTHON" - "${U##*:}" <<-'PY'
	import http.client, sys
	c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), 60)
	for method, path, status in (("GET", "/plain.txt", 200), ("HEAD", "/big", 200),
	                             ("POST", "/", 405), ("GET", "/none", 404)):
	    c.request(method, path, body=iter([b"a", b"b"]) if method == "POST"
	              else None, encode_chunked=True)
	    r = c.getresponse()
	    r.read()
	    assert r.status == status and not r.will_close, (method, r.status)
	print("done")
	PY
	assert_success
	assert_output "done"
}

@test "ab: HTTP/1.0 with keep-alive, every request answered" {
	need ab
	many_connections
	skip_model 'serves one after another' single
	run ab -q -k -n 2000 -c 5 "$U/plain.txt"
	assert_success
	assert_line --regexp '^Complete requests: +2000$'
	assert_line --regexp '^Failed requests: +0$'
	assert_line --regexp '^Keep-Alive requests: +2000$'
}

# -- TLS ----------------------------------------------------------------------

@test "TLS: curl trusts it, keeps the connection, resumes a download" {
	run fetch --cacert "$CERT" -o a -o b -w '%{num_connects} %{http_code}\n' \
	    "$S/big" "$S/plain.txt"
	assert_success
	assert_output $'1 200\n0 200'
	cmp a "$W/big"
	head -c 5000 "$W/big" >a
	run fetch --cacert "$CERT" -C - -o a -w '%{http_code}' "$S/big"
	assert_output 206
	cmp a "$W/big"
	run fetch --tlsv1.2 --tls-max 1.2 --cacert "$CERT" "$S/plain.txt"
	assert_output abcdefghijklmnopqrstuvwxyz
	# An offer of HTTP/2 gets 1.1.
	run fetch --http2 --cacert "$CERT" -o /dev/null -w '%{http_version}' "$S/"
	assert_output 1.1
}

@test "TLS: openssl s_client" {
	run bash -c 'printf "GET /plain.txt HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" |
	    timeout 60 openssl s_client -quiet -no_ign_eof -ign_eof \
	    -connect "127.0.0.1:$1" -CAfile "$2" -verify_return_error 2>/dev/null' \
	    _ "$TLS_PORT" "$CERT"
	assert_success
	assert_output --partial abcdefghijklmnopqrstuvwxyz
	assert_output --partial '<title>front</title>'
	run bash -c 'timeout 60 openssl s_client -tls1_1 -cipher ALL:@SECLEVEL=0 \
	    -connect "127.0.0.1:$1" </dev/null' _ "$TLS_PORT"
	assert_failure
}

@test "TLS: requests split at every byte, pipelined, a large answer" {
	PORT=$TLS_PORT web <<-'PY'
	c = Web(tls="localhost")
	c.send("GET /plain.txt HTTP/1.1\r\nHost: a\r\n\r\n"
	       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	       "3\r\nabc\r\n0\r\n\r\n"
	       "GET /empty HTTP/1.1\r\nHost: a\r\n\r\n", split=1)
	eq([c.answer().status for _ in range(3)], [200, 405, 200])
	c.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
	eq([len(c.answer().body) for _ in range(3)], [300000] * 3)
	a = c.get("/big", "Range: bytes=100-199,70000-80000")
	eq(a.status, 206)
	eq(c.get("https://test.example/empty").status, 200)
	c.send("GET / HTTP/1.1\r\n\r\n")
	eq(c.answer().status, 400)
	c.closed()
	PY
}

@test "TLS: ALPN: http/1.1 to who asks, and to who asks for anything" {
	for offer in h2,http/1.1 http/1.1; do
		run bash -c 'timeout 20 openssl s_client -alpn "$2" \
		    -connect "127.0.0.1:$1" </dev/null' _ "$TLS_PORT" "$offer"
		assert_line 'ALPN protocol: http/1.1'
	done
	run fetch --cacert "$CERT" --http2 -w '%{http_version}\n' -o /dev/null \
	    "$S/plain.txt"
	assert_output 1.1
}

@test "TLS: plain HTTP at its port: 400, logged, nobody else disturbed" {
	web "$TLS_PORT" <<-'PY'
	import sys
	for text in ("GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	             "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n"
	             "\r\n" + 9000 * "a"):
	    c = Web(port=sys.argv[1])
	    c.send(text)
	    eq(c.answer().status, 400)
	    c.closed()
	PY
	wait_for_line "$TLS_LOG" '127\.0\.0\.1:[0-9]+: .*TLS'
	run fetch --cacert "$CERT" "$S/plain.txt"
	assert_success
}
