# bats file_tags=models
# httpd's access log, whose requests they were, and the status pages.

load lib/brood
load lib/web

CHECKED='fork fibers inetd'

setup_file() {
	! spared || return 0
	export W=$BATS_FILE_TMPDIR/www
	site "$W"
	chmod 755 "$BATS_FILE_TMPDIR"
}

setup() {
	skip_spared
	ACCESS=$BATS_TEST_TMPDIR/access
}

# logged N - until so many lines are in the access log
logged() {
	wait_for_lines "$1" "$ACCESS" .
}

# -- Lines --------------------------------------------------------------------

@test "combined: every field of every kind of answer" {
	start_server httpd "$W" --access-log "$ACCESS"
	web <<-'PY'
	c = Web()
	c.get("/plain.txt?a=b", "Referer: http://r.example/", "User-Agent: Test/1.0 (x)")
	c.get("/plain.txt", "Range: bytes=0-9")
	c.head("/plain.txt")
	c.get("/none")
	c.get("/sub", version="1.0", *["Connection: keep-alive"])
	c.get("/", "If-None-Match: *")
	c.ask("OPTIONS", "*")
	c.get("/big")
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	       "3\r\nabc\r\n0\r\n\r\n")
	eq(c.answer().status, 405)
	c.send("GET / HTTP/1.1\r\n\r\n")
	eq(c.answer().status, 400)
	PY
	logged 10
	web "$ACCESS" <<-'PY'
	import calendar, sys
	line = re.compile(r'127\.0\.0\.1 - - \[(.+?)\] "((?:[^"\\]|\\x..)*)" (\d{3})'
	                  r' (\d+) "((?:[^"\\]|\\x..)*)" "((?:[^"\\]|\\x..)*)"'
	                  r' (\d+\.\d{6}) (\d+)/(\d+)')
	got = [line.fullmatch(l) for l in read(sys.argv[1]).decode().splitlines()]
	eq(all(got), True)
	eq([g.group(2, 3) for g in got], [
	    ("GET /plain.txt?a=b HTTP/1.1", "200"), ("GET /plain.txt HTTP/1.1", "206"),
	    ("HEAD /plain.txt HTTP/1.1", "200"), ("GET /none HTTP/1.1", "404"),
	    ("GET /sub HTTP/1.0", "301"), ("GET / HTTP/1.1", "304"),
	    ("OPTIONS * HTTP/1.1", "204"), ("GET /big HTTP/1.1", "200"),
	    ("POST / HTTP/1.1", "405"), ("GET / HTTP/1.1", "400")])
	sizes = [int(g.group(4)) for g in got]
	eq((sizes[:3], sizes[5:8]), ([26, 10, 0], [0, 0, 300000]))
	eq(sizes[3] > 0 and sizes[4] > 0 and sizes[9] > 0, True)
	eq(got[0].group(5, 6), ("http://r.example/", "Test/1.0 (x)"))
	eq(got[1].group(5, 6), ("-", "-"))
	eq([int(g.group(9)) for g in got], list(range(1, 11)))
	eq(len({g.group(8) for g in got}), 1)
	for g in got:
	    then = time.strptime(g.group(1), "%d/%b/%Y:%H:%M:%S +0000")
	    eq(abs(calendar.timegm(then) - time.time()) < 10 * SLOW, True)
	    eq(float(g.group(7)) < 5 * SLOW, True)
	PY
}

@test "JSON: an object a line, for bad requests too" {
	start_server httpd "$W" --access-log "$ACCESS" --log-format json
	web <<-'PY'
	c = Web()
	c.get("/plain.txt?q", "User-Agent: A", "Referer: B", host="h.example:81")
	c.get("/none", version="1.0", host=None, *["Connection: keep-alive"])
	c.send("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n")
	eq(c.answer().status, 400)
	PY
	logged 3
	web "$ACCESS" <<-'PY'
	import json, sys
	a, b, bad = [json.loads(l) for l in read(sys.argv[1]).splitlines()]
	eq({k: a[k] for k in ("client", "user", "method", "target", "protocol", "host",
	                      "referer", "user_agent", "status", "bytes", "number")},
	   {"client": "127.0.0.1", "user": None, "method": "GET",
	    "target": "/plain.txt?q", "protocol": "HTTP/1.1", "host": "h.example:81",
	    "referer": "B", "user_agent": "A", "status": 200, "bytes": 26,
	    "number": 1})
	like(a["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$")
	eq(type(a["duration"]), float)
	eq((b["status"], b["protocol"], b["referer"], b["number"]),
	   (404, "HTTP/1.0", None, 2))
	eq((bad["status"], bad["number"], "reason" in bad), (400, 3, True))
	like(bad["request"], "^GET /")
	PY
}

@test "hostile text: neither format can be broken" {
	many_connections
	for format in combined json; do
		ACCESS=$BATS_TEST_TMPDIR/$format
		start_server httpd "$W" --access-log "$ACCESS" \
		    --log-format "$format"
		web <<-'PY'
		c = Web()
		evil = ('" 200 1 "-" "', "\\\" \\", "\xff\xfe\x80", "a\tb",
		        "\u00c3\u00a9", "x" * 7000, '"}\\n{"status":1}', "%n%s%s",
		        "</script>")
		for text in evil:
		    c.get("/none", "User-Agent: " + text, "Referer: " + text)
		c.get('/"onclick=\\x?"}')
		c.ask("!#$%&'*+", "/")
		c.send("GET /\xff\x1b[31m HTTP/1.1\r\n\r\n")
		eq(c.answer().status, 400)
		PY
		logged 12
		web "$ACCESS" "$format" <<-'PY'
		import json, sys
		lines = read(sys.argv[1]).splitlines()
		eq(len(lines), 12)
		eq(re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", read(sys.argv[1])), None)
		for line in lines:
		    if sys.argv[2] == "json":
		        entry = json.loads(line)
		        eq(entry["status"] in (400, 404, 501), True)
		    else:
		        like(line.decode("ascii"), r'^127\.0\.0\.1 - - \[[^]]*\] '
		             r'"[^"]*" (400|404|501) \d+ "[^"]*" "[^"]*" [\d.]+ \d+/\d+$')
		PY
	done
}

@test "to standard output" {
	skip_model 'standard output is the peer' inetd
	start_server httpd "$W" --access-log -
	web <<-'PY'
	Web().get("/plain.txt")
	PY
	wait_for_line "$SERVER_OUT" '"GET /plain.txt HTTP/1.1" 200 26'
}

@test "a line for each of thousands, none torn" {
	many_connections
	start_server httpd "$W" --access-log "$ACCESS"
	web <<-'PY'
	for _ in range(5):
	    c = Web()
	    c.send("GET /plain.txt HTTP/1.1\r\nHost: a\r\n\r\n" * 400)
	    for i in range(400):
	        eq(c.answer().status, 200)
	    c.close()
	PY
	logged 2000
	run grep -vcE '^127\.0\.0\.1 - - \[[^]]+\] "GET /plain.txt HTTP/1.1" 200 26 "-" "-" [0-9.]+ [0-9]+/[0-9]+$' "$ACCESS"
	assert_output 0
}

@test "a log that nobody reads stops no request" {
	skip_model 'lines end with the process' fork inetd
	mkfifo "$ACCESS"
	exec {reader}<>"$ACCESS"
	start_server httpd "$W" --access-log "$ACCESS"
	web <<-'PY'
	for _ in range(3):
	    c = Web()
	    for _ in range(10):
	        c.send(("GET /plain.txt HTTP/1.1\r\nHost: a\r\nUser-Agent: %s\r\n\r\n"
	                % ("x" * 200)) * 100)
	        for _ in range(100):
	            eq(c.answer().status, 200)
	    c.close()
	PY
	wait_for_line "$SERVER_LOG" 'access log .* lines lost'
	exec {reader}>&-
}

@test "USR1: the log is opened again, and no line is lost" {
	skip_model 'opens it for each connection' inetd
	((EUID != 0)) || skip_model 'is root no more and may not' single
	start_server httpd "$W" --access-log "$ACCESS"
	web <<-'PY'
	Web().get("/plain.txt?one")
	PY
	logged 1
	mv "$ACCESS" "$ACCESS.old"
	web <<-'PY'
	Web().get("/plain.txt?two")
	PY
	kill -USR1 "$SERVER_PID"
	wait_until 10 test -e "$ACCESS"
	# A child that is about to be replaced writes where it did.
	asked=2
	wait_until 10 lands_in_new_log
	wait_until 10 has_all_lines
	run cat "$ACCESS.old" "$ACCESS"
	assert_equal "${#lines[@]}" "$asked"
	assert_line --index 0 --partial one
}

lands_in_new_log() {
	asked=$((asked + 1))
	web <<-'PY' && wait_until 1 test -s "$ACCESS" >/dev/null
	Web().get("/plain.txt?three")
	PY
}

has_all_lines() {
	(($(cat "$ACCESS.old" "$ACCESS" | wc -l) >= asked))
}

# -- Whose requests -----------------------------------------------------------

@test "--trust-forwarded: the last address that is not a trusted proxy's" {
	start_server httpd "$W" --access-log "$ACCESS" \
	    --trust-forwarded 127.0.0.1 --trust-forwarded 10.0.0.0/8
	web <<-'PY'
	c = Web()
	for value in ("192.0.2.1", "spoofed, 192.0.2.2", "192.0.2.3, 10.1.2.3",
	              "6.6.6.6, 192.0.2.4,10.0.0.1 , 10.0.0.2", "2001:db8::5",
	              "[2001:db8::6]:443", "192.0.2.7:80", "nonsense", "unknown",
	              "10.0.0.9", "", "1.2.3.4, <script>"):
	    c.get("/plain.txt", "X-Forwarded-For: " + value)
	c.get("/plain.txt", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 192.0.2.13")
	for value in ("for=192.0.2.14", 'for=6.6.6.6, For="[2001:db8::15]:80";proto=http',
	              "for=_hidden", 'for="unknown"'):
	    c.get("/plain.txt", "Forwarded: " + value)
	c.get("/plain.txt")
	PY
	logged 18
	run cut -d' ' -f1 "$ACCESS"
	assert_output "192.0.2.1
192.0.2.2
192.0.2.3
192.0.2.4
2001:db8::5
2001:db8::6
192.0.2.7
127.0.0.1
127.0.0.1
10.0.0.9
127.0.0.1
127.0.0.1
192.0.2.13
192.0.2.14
2001:db8::15
127.0.0.1
127.0.0.1
127.0.0.1"
}

@test "nobody is believed who is not trusted" {
	many_connections
	start_server httpd "$W" --access-log "$ACCESS" --trust-forwarded 10.0.0.0/8
	web <<-'PY'
	c = Web()
	c.get("/plain.txt", "X-Forwarded-For: 192.0.2.1")
	c.get("/plain.txt", "Forwarded: for=192.0.2.1", "X-Real-IP: 192.0.2.1")
	PY
	logged 2
	run cut -d' ' -f1 "$ACCESS"
	assert_output $'127.0.0.1\n127.0.0.1'
}

@test "PROXY protocol: its address is logged, and what follows served" {
	start_server httpd "$W" --access-log "$ACCESS" --proxy-from 127.0.0.1
	web <<-'PY'
	c = Web()
	c.send("PROXY TCP4 192.0.2.33 192.0.2.1 4711 80\r\n")
	c.is_open()
	c = Web()
	c.send(b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24" + bytes(15) + b"\x01" +
	       bytes(16) + b"\x12\x34\0\x50")
	c.is_open()
	PY
	wait_for_line "$ACCESS" '^192\.0\.2\.33 '
	wait_for_line "$ACCESS" '^::1 '
	# Without its header nothing is served.
	web <<-'PY'
	c = Web()
	c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	eq(c.answer().status, 400)
	c.closed()
	PY
	wait_for_line "$SERVER_LOG" '127\.0\.0\.1:[0-9]+: .*PROXY'
}

# -- Status -------------------------------------------------------------------

@test "/server-status is not there unless asked for" {
	start_server httpd "$W"
	web <<-'PY'
	c = Web()
	for path in "/server-status", "/server-status?auto", "/metrics":
	    eq(c.get(path).status, 404, path)
	PY
}

@test "/server-status: a page, Apache's ?auto, ?json, Prometheus' /metrics" {
	skip_model 'has no scoreboard of others' inetd
	start_server httpd "$W" --server-status
	web <<-'PY'
	import json
	c = Web()
	for _ in range(10):
	    c.get("/plain.txt")
	c.get("/none")
	def status(query):
	    a = c.get("/server-status" + query)
	    eq((a.status, a["Cache-Control"]), (200, "no-cache"))
	    return a
	a = status("")
	eq(a["Content-Type"], "text/html; charset=utf-8")
	like(a.body, rb'http-equiv="refresh"')
	a = status("?auto")
	like(a["Content-Type"], "^text/plain")
	auto = dict(l.split(": ", 1) for l in a.body.decode().splitlines())
	for key in ("Total Accesses", "Total kBytes", "Uptime", "ReqPerSec",
	            "BytesPerSec", "BytesPerReq", "BusyWorkers", "IdleWorkers"):
	    float(auto[key])
	eq(int(auto["Total Accesses"]) >= 12, True)
	eq(int(auto["BusyWorkers"]) >= 1, True)
	like(auto["Scoreboard"], r"^[_SWG.]+$")
	a = status("?json")
	eq(a["Content-Type"], "application/json")
	state = json.loads(a.body)
	eq((state["name"], state["requests"] >= 13), ("httpd", True))
	eq(len(state["children"]) >= 1, True)
	a = c.get("/metrics")
	like(a["Content-Type"], r"^text/plain; version=0\.0\.4")
	metrics, types = {}, {}
	for line in a.body.decode().splitlines():
	    if line.startswith("# TYPE "):
	        _, _, name, kind = line.split(" ")
	        eq(name in types, False, name)
	        types[name] = kind
	    elif not line.startswith("# HELP "):
	        name, labels, value = re.fullmatch(
	            r'([a-z_:][a-z0-9_:]*)(\{[a-z_]+="[^"\\]*"\})? (\S+)',
	            line).groups()
	        eq(name in types, True, name)
	        metrics[name + (labels or "")] = float(value)
	eq(metrics["brood_http_requests_total"] >= 14, True)
	eq(metrics['brood_http_responses_total{class="4xx"}'], 1)
	eq(metrics["brood_connections_active"] >= 1, True)
	eq(c.head("/server-status?json").status, 200)
	eq(c.ask("POST", "/server-status").status, 405)
	PY
}

@test "/server-status only to those who may" {
	many_connections
	start_server httpd "$W" --server-status --status-allow 192.0.2.0/24 \
	    --trust-forwarded 127.0.0.1
	web <<-'PY'
	c = Web()
	for path in "/server-status", "/metrics", "/server-status?auto":
	    eq(c.get(path).status, 403, path)
	    eq(c.get(path, "X-Forwarded-For: 192.0.2.9").status, 200, path)
	    eq(c.get(path, "X-Forwarded-For: 192.0.3.9").status, 403, path)
	    eq(c.get(path, "X-Forwarded-For: 192.0.2.9, 8.8.8.8").status, 403, path)
	eq(c.get("/plain.txt").status, 200)
	PY
	start_server httpd "$W" --server-status --proxy-from 127.0.0.1
	web <<-'PY'
	for address, status in ("192.0.2.1", 403), ("127.0.0.1", 200):
	    c = Web()
	    c.send("PROXY TCP4 %s 192.0.2.1 4711 80\r\n" % address)
	    eq(c.get("/server-status").status, status)
	PY
}

@test "what a process is doing is escaped in the page" {
	skip_model 'holds many, or is no scoreboard' fibers inetd
	start_server httpd "$W" --server-status
	web <<-'PY'
	c = Web()
	a = c.get("/server-status?<script>alert(1)</script>")
	eq(b"<script>alert" in a.body, False)
	like(a.body, b"&lt;script&gt;alert")
	PY
}
