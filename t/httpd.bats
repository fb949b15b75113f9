# bats file_tags=models
# httpd as a speaker of HTTP/1.x: methods, how long connections last, several
# requests at once, bodies that nobody has a use for.

load lib/brood
load lib/web

setup_file() {
	site "$BATS_FILE_TMPDIR/www"
	chmod 755 "$BATS_FILE_TMPDIR"
	start_server httpd "$BATS_FILE_TMPDIR/www" --max-body 10000 \
	    --keepalive-requests 120
	export LOG=$SERVER_LOG
}

# -- Methods ------------------------------------------------------------------

@test "GET, HEAD, OPTIONS on one connection" {
	web <<-'PY'
	c = Web()
	a = c.get("/plain.txt")
	eq(a.status, 200)
	eq(a.phrase, "OK")
	eq(a.body, b"abcdefghijklmnopqrstuvwxyz")
	h = c.head("/plain.txt")
	eq(h.status, 200)
	same = lambda a: [f for f in a.fields if f[0] != "Date"]
	eq(same(h), same(a), "HEAD has GET's fields")
	for target in "/plain.txt", "*", "/none", "http://a.example":
	    a = c.ask("OPTIONS", target)
	    eq(a.status, 204, target)
	    eq(a["Allow"], "GET, HEAD, OPTIONS")
	a = c.head("/none")
	eq(a.status, 404)
	eq(a["Connection"], None)
	eq(c.get("/none")["Content-Length"], a["Content-Length"])
	c.is_open()
	PY
}

@test "405 with Allow for methods that it knows, 501 for others" {
	web <<-'PY'
	c = Web()
	for method in "POST", "PUT", "DELETE", "PATCH", "TRACE":
	    a = c.ask(method, "/plain.txt")
	    eq(a.status, 405, method)
	    eq(a["Allow"], "GET, HEAD, OPTIONS")
	    eq(a["Connection"], None)
	    eq(c.ask(method, "/plain.txt", body=b"x" * 50).status, 405)
	for method in "BREW", "get", "Get", "PROPFIND", "G", "M-SEARCH", "!#$%":
	    a = c.ask(method, "/plain.txt", body=b"x" * 50)
	    eq(a.status, 501, method)
	    eq(a["Connection"], None)
	# TRACE gives nothing back of what may be a secret.
	a = c.ask("TRACE", "/", "Cookie: secret")
	eq(b"secret" in a.body, False)
	c.is_open()
	a = c.ask("CONNECT", "test.example:443", host="test.example:443")
	eq(a.status, 405)
	eq(a["Connection"], "close")
	c.closed()
	PY
}

# -- How long connections last ------------------------------------------------

@test "HTTP/1.1 stays until someone says close" {
	many_connections
	web <<-'PY'
	c = Web()
	for _ in range(3):
	    eq(c.get("/")["Connection"], None)
	eq(c.get("/", "Connection: keep-alive").status, 200)
	eq(c.get("/", "Connection: close")["Connection"], "close")
	c.closed()
	for field in "CLOSE", "keep-alive, Close", "x, close ,y", ",,close":
	    c = Web()
	    eq(c.get("/", "Connection: " + field)["Connection"], "close")
	    c.closed()
	c = Web()
	eq(c.get("/none", "Connection: x", "Connection: close").status, 404)
	c.closed()
	PY
}

@test "HTTP/1.0 ends after one answer, unless asked to stay" {
	web <<-'PY'
	c = Web()
	a = c.get("/plain.txt", version="1.0", host=None)
	eq(a.status, 200)
	eq(a["Connection"], "close")
	eq(a["Transfer-Encoding"], None)
	c.closed()
	c = Web()
	for _ in range(2):
	    a = c.get("/", "Connection: Keep-Alive", version="1.0", host=None)
	    eq(a["Connection"].lower(), "keep-alive")
	a = c.get("/", version="1.0", host=None)
	c.closed()
	PY
}

@test "a higher minor version is answered as 1.1" {
	web <<-'PY'
	c = Web()
	a = c.get("/", version="1.9")
	eq(a.status, 200)
	c.is_open()
	PY
}

@test "Connection names fields, Upgrade is declined" {
	web <<-'PY'
	c = Web()
	a = c.get("/", "Connection: Upgrade, HTTP2-Settings, Host, Range",
	          "Upgrade: h2c, websocket", "HTTP2-Settings: AAMAAABkAAQAAP__")
	eq(a.status, 200)
	eq(a["Upgrade"], None)
	c.is_open()
	PY
}

@test "--keepalive-requests: the last answer says close" {
	web <<-'PY'
	c = Web()
	for _ in range(119):
	    eq(c.get("/empty")["Connection"], None)
	eq(c.get("/empty")["Connection"], "close")
	c.closed()
	PY
}

@test "a half-close after the request does not cut the answer" {
	web <<-'PY'
	c = Web()
	c.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n").shut()
	eq(len(c.answer().body), 300000)
	c.closed()
	PY
}

@test "an empty line or two before a request do no harm" {
	web <<-'PY'
	c = Web()
	c.send("\r\n")
	c.is_open()
	c.send("\r\n\r\n")
	c.is_open()
	PY
}

# -- Several requests at once -------------------------------------------------

@test "100 requests in one segment are answered in order" {
	web <<-'PY'
	c = Web()
	pages = [("/plain.txt", 26), ("/", 36), ("/none", None), ("/empty", 0)]
	asked = [pages[i % 4] for i in range(100)]
	c.send("".join("GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path
	               for path, _ in asked))
	for path, size in asked:
	    a = c.answer()
	    eq(a.status, 404 if size is None else 200, path)
	    if size is not None:
	        eq(len(a.body), size, path)
	c.is_open()
	PY
}

@test "requests split at every byte, with bodies between them" {
	web <<-'PY'
	c = Web()
	c.send("GET /plain.txt HTTP/1.1\r\nHost: a\r\n\r\n"
	       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nGET / HTTP/"
	       "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	       "0b;a=b;c=\"d;\\\"\"\r\nGET / HTTP/\r\n0\r\nTr: x\r\n\r\n"
	       "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
	       "GET /empty HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	       split=1)
	eq(c.answer().body, b"abcdefghijklmnopqrstuvwxyz")
	eq(c.answer().status, 405)
	eq(c.answer().status, 405)
	eq(c.answer("HEAD").status, 200)
	eq(c.answer().status, 200)
	c.closed()
	PY
}

@test "tcp.py: the same by another peer" {
	one='GET /plain.txt HTTP/1.1\r\nHost: a\r\n\r\n'
	last='GET /empty HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
	run tcp --split 1 "$HOST" "$PORT" "$one$one$last"
	assert_success
	assert_equal "$(grep -o 'HTTP/1.1 200 OK' <<<"$output" | wc -l)" 3
	assert_equal "$(grep -o abcdefghijklm <<<"$output" | wc -l)" 2
}

@test "a large answer among small ones, pipelined" {
	web <<-'PY'
	c = Web()
	c.send("".join("GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % p for p in
	               ("/plain.txt", "/big", "/plain.txt", "/big", "/empty")))
	eq([len(c.answer().body) for _ in range(5)], [26, 300000, 26, 300000, 0])
	PY
}

@test "what follows a request with Connection: close is not answered" {
	web <<-'PY'
	c = Web()
	c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	       "GET /plain.txt HTTP/1.1\r\nHost: a\r\n\r\n")
	eq(c.answer()["Connection"], "close")
	c.closed()
	c = Web()
	c.send("GET / HTTP/1.0\r\n\r\nGET /plain.txt HTTP/1.0\r\n\r\n")
	c.answer()
	c.closed()
	PY
}

@test "an answer does not wait for the request behind it" {
	web <<-'PY'
	c = Web()
	c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /plain.t")
	eq(c.answer().status, 200)
	c.send("xt HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n")
	eq(len(c.answer().body), 26)
	c.send("Host: a\r\n\r\n")
	eq(c.answer().status, 200)
	PY
}

# -- Targets and hosts --------------------------------------------------------

@test "absolute-form: its host counts, whatever Host says" {
	web <<-'PY'
	c = Web()
	eq(c.get("http://test.example/plain.txt").body[:3], b"abc")
	eq(c.get("HTTP://other.example:81/plain.txt").status, 200)
	eq(c.get("http://a.example").status, 200)
	eq(c.get("http://a.example?x=/../..").status, 200)
	eq(c.get("http://[::1]:443/plain.txt").status, 200)
	c.is_open()
	# RFC 9110 section 7.4
	eq(c.get("https://test.example/plain.txt").status, 421)
	c.closed()
	PY
}

@test "Host: names, addresses and ports" {
	web <<-'PY'
	c = Web()
	for host in ("localhost", "a.b.example.", "127.0.0.1:8080", "[::1]",
	             "[2001:db8::1]:80", "a:", "under_score", "xn--bcher-kva.example",
	             "a" * 255):
	    eq(c.get("/", host=host).status, 200, host)
	c.is_open()
	PY
}

# -- Expect -------------------------------------------------------------------

@test "Expect: 100-continue is answered before the body, once it is read" {
	web <<-'PY'
	c = Web()
	c.send("GET /plain.txt HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
	       "Content-Length: 5\r\n\r\n")
	eq(c.answer().status, 100)
	c.silent()
	c.send("hello")
	eq(len(c.answer().body), 26)
	# Not where the body is there, or where there is none.
	c.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n"
	       "Content-Length: 5\r\n\r\nhello")
	eq(c.answer().status, 200)
	eq(c.get("/", "Expect: 100-continue").status, 200)
	c.send("OPTIONS / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
	       "Transfer-Encoding: chunked\r\n\r\n")
	eq(c.answer().status, 100)
	c.send("0\r\n\r\n")
	eq(c.answer().status, 204)
	c.is_open()
	PY
}

@test "Expect: a final answer instead, and the connection ends" {
	many_connections
	web <<-'PY'
	for method, length, status in (("POST", 5, 405), ("BREW", 5, 501),
	                               ("GET", 10001, 413)):
	    c = Web()
	    c.send("%s / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
	           "Content-Length: %d\r\n\r\n" % (method, length))
	    a = c.answer()
	    eq(a.status, status)
	    eq(a["Connection"], "close")
	    c.closed()
	c = Web()
	eq(c.get("/", "Expect: the unexpected").status, 417)
	c.closed()
	PY
}

@test "Expect from an HTTP/1.0 client gets no 100" {
	web <<-'PY'
	c = Web()
	c.send("GET / HTTP/1.0\r\nExpect: 100-continue\r\n"
	       "Content-Length: 5\r\n\r\n")
	c.silent()
	c.send("hello")
	eq(c.answer().status, 200)
	c.closed()
	PY
}

# -- Bodies -------------------------------------------------------------------

@test "bodies by length and in chunks are dropped, up to the limit" {
	web <<-'PY'
	c = Web()
	for n in 0, 1, 9999, 10000:
	    c.send("GET /plain.txt HTTP/1.1\r\nHost: a\r\nContent-Length: %d"
	           "\r\n\r\n" % n + "x" * n)
	    eq(c.answer().status, 200, n)
	for sizes in [10000], [1] * 100, [4999, 5001], [0x3ff, 0xABC]:
	    body = "".join("%x\r\n%s\r\n" % (n, "y" * n) for n in sizes)
	    c.send("GET /plain.txt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
	           "Chunked\r\n\r\n" + body + "0\r\n\r\n")
	    eq(c.answer().status, 200, sizes)
	for number in "5", "0005", "0" * 40 + "5", "\t5 ":
	    c.send("GET /plain.txt HTTP/1.1\r\nHost: a\r\nContent-Length: " +
	           number + "\r\n\r\nhello")
	    eq(c.answer().status, 200, number)
	c.is_open()
	PY
}

@test "chunk extensions and trailers are taken and without effect" {
	web <<-'PY'
	c = Web()
	head = ("GET /plain.txt HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n"
	        "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n")
	for body in ("5;name\r\nhello\r\n0\r\n\r\n",
	             "5;a=b;c=\"q \\\" ; \"\r\nhello\r\n0\r\n\r\n",
	             "5 ; a = b\r\nhello\r\n0;last\r\n\r\n",
	             "0005\r\nhello\r\n000\r\n\r\n",
	             "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
	             # None of these may have an effect here (RFC 9110 6.5.1).
	             "0\r\nContent-Length: 77\r\nHost: evil\r\nConnection: close\r\n"
	             "Transfer-Encoding: chunked\r\nRange: bytes=0-1\r\n"
	             "If-None-Match: *\r\n\r\n"):
	    c.send(head + body)
	    a = c.answer()
	    eq(a.status, 200, body)
	    eq(len(a.body), 26)
	c.is_open()
	PY
}

@test "413 for a longer body, and the connection ends" {
	many_connections
	web <<-'PY'
	huge = "9" * 17
	for framing in ("Content-Length: 10001\r\n\r\n",
	                "Content-Length: %s\r\n\r\n" % huge,
	                "Transfer-Encoding: chunked\r\n\r\n2711\r\n" + "x" * 10001,
	                "Transfer-Encoding: chunked\r\n\r\n7fffffffffffff\r\n"
	                + "x" * 10001):
	    c = Web()
	    c.send("POST /plain.txt HTTP/1.1\r\nHost: a\r\n" + framing)
	    a = c.answer()
	    eq(a.status, 413, framing[:40])
	    eq(a["Connection"], "close")
	    c.closed()
	PY
	wait_for_line "$LOG" '127\.0\.0\.1:[0-9]+: 413 '
}

@test "a client that sends a long body still hears why it is refused" {
	web <<-'PY'
	c = Web()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n"
	       + "x" * 3000000)
	eq(c.answer().status, 413)
	PY
}

# -- Refusals under every model; httpd_refused.bats has the long list ---------

@test "a bad request: 400, the end, a log line, and nobody else is disturbed" {
	web "$LOG" <<-'PY'
	import sys
	alone = os.environ.get("MODEL") == "single"
	other = None if alone else Web()
	if other:
	    other.is_open()
	for text in ("GET / HTTP/1.1\r\n\r\n", "\0\x01\x02\x16\x03\x01\r\n\r\n",
	             "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n"):
	    c = Web()
	    c.send(text + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
	    a = c.answer()
	    eq(a.status, 400)
	    eq(a["Connection"], "close")
	    c.closed()
	    line = "%s: 400 " % c.name
	    until(lambda: line.encode() in read(sys.argv[1]), line)
	c = Web()
	c.send("HEAD / HTTP/1.1\r\n\r\n")
	eq(c.answer("HEAD").status, 400)
	c.closed()
	if other:
	    other.is_open()
	PY
}

@test "a peer that says nothing gets no answer and no log line" {
	before=$(wc -l <"$LOG")
	web <<-'PY'
	c = Web()
	c.shut().closed()
	c = Web()
	c.reset()
	c = Web()
	c.send("GET /plain.txt HTTP/1.1\r\nHost: a\r\n\r\n").reset()
	Web().is_open()
	PY
	assert_equal "$(wc -l <"$LOG")" "$before"
}

@test "a request that ends in its midst" {
	web <<-'PY'
	c = Web()
	c.send("GET / HTTP/1.1\r\nHost: ").shut()
	eq(c.answer().status, 400)
	c.closed()
	c = Web()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf").shut()
	eq(c.answer().status, 400)
	c.closed()
	PY
}
