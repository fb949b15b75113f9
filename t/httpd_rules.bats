# bats file_tags=models
# What httpd is told by options: indexes, error pages, headers, redirections,
# virtual hosts, passwords.

load lib/brood
load lib/web

CHECKED='fork fibers'

setup_file() {
	! spared || return 0
	export W=$BATS_FILE_TMPDIR/www
	site "$W"
	mkdir "$W/assets" "$W/both" "$BATS_FILE_TMPDIR"/{one,wild}
	chmod 755 "$BATS_FILE_TMPDIR"
	echo first >"$W/both/home.htm" && echo second >"$W/both/index.html"
	echo '<p>nothing here' >"$W/404.html"
	echo 'body{}' >"$W/assets/a.css" && echo x >"$W/assets/x.js"
	echo one >"$BATS_FILE_TMPDIR/one/index.html"
	echo wild >"$BATS_FILE_TMPDIR/wild/index.html"
	start_server httpd "$W" --index home.htm --index index.html \
	    --error-page 404=/404.html --error-page 403=/none.html \
	    --error-page 405=/404.html --single-page \
	    --header 'X-Test: everywhere' --header 'x-frame-options:DENY' \
	    --header '/assets/*:Cache-Control: max-age=31536000, immutable' \
	    --header '*.css:X-Test: only css' \
	    --header '*.txt:Content-Type: text/x-own; charset=ascii' \
	    --redirect '301:/blog/*=/news/*' --redirect '/old=/new%20page' \
	    --redirect '303:/away=https://example.org/x?y=z#f' \
	    --redirect '307:/deep/*=https://example.org/*' \
	    --redirect '308:/q=/r?s' --redirect '302:/all/*=/one' \
	    --redirect '/up*=/*' \
	    --vhost "One.Example=$BATS_FILE_TMPDIR/one" \
	    --vhost "*.wild.example=$BATS_FILE_TMPDIR/wild" \
	    --vhost "*.one.wild.example=$BATS_FILE_TMPDIR/one"
	export LOG=$SERVER_LOG
}

setup() {
	skip_spared
}

@test "--index: the first that exists" {
	web <<-'PY'
	c = Web()
	eq(c.get("/both/").body, b"first\n")
	eq(c.get("/sub/").body, b"<title>sub</title>\n")
	PY
}

@test "--error-page: the page, and the status stays" {
	web <<-'PY'
	c = Web()
	for path in "/none.txt", "/assets/none.js", "/plain.txt/":
	    a = c.get(path, "Accept: image/png")
	    eq((a.status, a.body), (404, b"<p>nothing here\n"), path)
	    eq(a["Content-Type"], "text/html; charset=utf-8")
	    # Validators and ranges are those of a 200.
	    eq((a["ETag"], a["Accept-Ranges"], a["Last-Modified"]), (None,) * 3)
	a = c.get("/none.txt", "Range: bytes=0-1", "If-None-Match: *")
	eq((a.status, len(a.body)), (404, 16))
	h = c.head("/none.txt")
	eq((h.status, h["Content-Length"]), (404, "16"))
	a = c.ask("POST", "/plain.txt")
	eq((a.status, a.body), (405, b"<p>nothing here\n"))
	eq(a["Allow"], "GET, HEAD, OPTIONS")
	# A page that is not there is not looked for twice.
	eq(c.get("/assets/").status, 403)
	PY
}

@test "our own error pages give nothing back of what was asked" {
	web <<-'PY'
	c = Web()
	a = c.get("/assets/", "X: <script>")
	eq(a.status, 403)
	eq(a["Content-Type"], "text/html; charset=utf-8")
	eq(a["X-Content-Type-Options"], "nosniff")
	eq(b"assets" in a.body or b"script" in a.body, False)
	PY
}

@test "--single-page: pages that do not exist are the front page" {
	web <<-'PY'
	c = Web()
	page = c.get("/index.html")
	for path, accept in (("/app", "text/html"), ("/app/users/7?x", "*/*"),
	                     ("/v1.2/app", "text/html,*/*;q=0.1")):
	    a = c.get(path, "Accept: " + accept)
	    eq((a.status, a.body), (200, page.body), path)
	    eq((a["ETag"], a["Vary"]), (page["ETag"], "Accept"))
	eq(c.get("/app").status, 200)
	eq(c.head("/app").status, 200)
	for path, accept in (("/app.js", "*/*"), ("/app", "application/json"),
	                     ("/app", "text/html;q=0"), ("/app/x.png", "text/html")):
	    a = c.get(path, "Accept: " + accept)
	    eq((a.status, a["Vary"]), (404, None if "." in path else "Accept"))
	eq(c.get("/app", "If-None-Match: *")["Vary"], "Accept")
	eq(c.ask("POST", "/app").status, 405)
	PY
}

@test "--header: to all or by glob, with 200, 206, 304 and redirections" {
	web <<-'PY'
	c = Web()
	a = c.get("/")
	eq(a["X-Test"], "everywhere")
	eq(a["X-Frame-Options"], "DENY")
	eq(a["Cache-Control"], None)
	a = c.get("/assets/a.css")
	eq(a.all("X-Test"), ["everywhere", "only css"])
	eq(a["Cache-Control"], "max-age=31536000, immutable")
	eq(c.head("/assets/x.js").all("X-Test"), ["everywhere"])
	for field in "If-None-Match: " + a["ETag"], "Range: bytes=1-2":
	    b = c.get("/assets/a.css", field)
	    eq(b.status in (206, 304), True)
	    eq(b["Cache-Control"], "max-age=31536000, immutable", field)
	eq(c.get("/old")["X-Test"], "everywhere")
	eq(c.get("/sub")["X-Test"], "everywhere")
	eq(c.get("/none.txt")["X-Test"], None)
	for target, test in (("/", "everywhere"), ("*", "everywhere"),
	                     ("/assets/a%2ecss?q", "everywhere, only css")):
	    a = c.ask("OPTIONS", target)
	    eq((a.status, a["X-Test"], a["Allow"]),
	       (204, test, "GET, HEAD, OPTIONS"), target)
	eq(c.ask("OPTIONS", "/%zz").status, 400)
	PY
}

@test "--header Content-Type replaces the type" {
	web <<-'PY'
	c = Web()
	a = c.get("/plain.txt")
	eq(a["Content-Type"], "text/x-own; charset=ascii")
	a = c.get("/plain.txt", "Range: bytes=0-1")
	eq((a.status, a["Content-Type"]), (206, "text/x-own; charset=ascii"))
	a = c.get("/plain.txt", "If-None-Match: *")
	eq((a.status, a["Content-Type"]), (304, None))
	PY
}

@test "--types and --charset" {
	many_connections
	printf 'text/x-mine txt # comment\nimage/x-mine other\n' \
	    >"$BATS_TEST_TMPDIR/types"
	start_server httpd "$W" --types "$BATS_TEST_TMPDIR/types" \
	    --charset iso-8859-1
	web <<-'PY'
	c = Web()
	eq(c.get("/plain.txt")["Content-Type"], "text/x-mine; charset=iso-8859-1")
	eq(c.get("/")["Content-Type"], "text/html; charset=iso-8859-1")
	PY
	start_server httpd "$W" --charset ''
	web <<-'PY'
	eq(Web().get("/")["Content-Type"], "text/html")
	PY
}

@test "--redirect" {
	web <<-'PY'
	c = Web()
	for path, status, location in (
	        ("/blog/2020/x%20y", 301, "/news/2020/x%20y"),
	        ("/blog/?a=b", 301, "/news/?a=b"), ("/blog", 200, None),
	        ("/old", 302, "/new%20page"), ("/old?q", 302, "/new%20page?q"),
	        ("/old/", 200, None), ("/older", 200, None),
	        ("/away?q", 303, "https://example.org/x?y=z#f"),
	        ("/deep/a/b?c=d", 307, "https://example.org/a/b?c=d"),
	        ("/q?t", 308, "/r?s"), ("/all/x/y", 302, "/one"),
	        ("/x/../old", 302, "/new%20page"), ("/%6fld", 302, "/new%20page"),
	        # Nowhere else than here, whatever stands behind.
	        ("/up//evil.example/", 302, "/evil.example/"),
	        ("/up/%2fevil.example/", 302, "/evil.example/"),
	        ("/blog/%0d%0aX:y", 400, None),
	        ("/blog/%5cevil", 301, "/news/%5Cevil")):
	    a = c.get(path, "Accept: text/html")
	    eq((a.status, a["Location"]), (status, location), path)
	    if a["Connection"]:
	        c = Web()
	eq(c.head("/old")["Location"], "/new%20page")
	PY
}

@test "--vhost: by Host or the target's host, in any case, with any port" {
	web <<-'PY'
	c = Web()
	for host, body in (("one.example", b"one\n"), ("ONE.example:81", b"one\n"),
	                   ("one.example.", b"one\n"), ("a.wild.example", b"wild\n"),
	                   ("A.B.Wild.Example:8080", b"wild\n"),
	                   ("x.one.wild.example", b"one\n")):
	    eq(c.get("/", host=host).body, body, host)
	    eq(c.get("http://%s/" % host, host="other").body, body, host)
	for host in ("wild.example", "two.example", "xone.example", "notwild.example",
	             "one.example.org", "127.0.0.1", "[::1]", "one.wild.example.x"):
	    like(c.get("/", host=host).body, b"front", host)
	eq(c.get("/plain.txt", host="one.example").status, 404)
	like(c.get("/", version="1.0", host=None,
	           *["Connection: keep-alive"]).body, b"front")
	PY
}

# -- Passwords ----------------------------------------------------------------

passwords() {
	printf 'alice:%s\n' "$(openssl passwd -6 wonderland)"
	printf '# old\n\nbob:%s\n' "$(openssl passwd -5 'b:c d')"
	printf 'carol:%s\n' "$(openssl passwd -1 -salt abcdefgh c4)"
	# shellcheck disable=SC2016
	"$PYTHON" -W ignore -c 'import crypt
print("dora:" + crypt.crypt("d\u00f6ra", "$y$j75$k5vSGKJYZ3KSmDwFSTs31."))'
}

@test "--auth-file: who knows a password, under every kind of hash" {
	many_connections
	passwords >"$BATS_TEST_TMPDIR/passwd"
	chmod 644 "$BATS_TEST_TMPDIR/passwd"
	start_server httpd "$W" --auth-file "$BATS_TEST_TMPDIR/passwd" \
	    --auth-realm 'The "realm"' --access-log "$BATS_TEST_TMPDIR/access"
	web <<-'PY'
	import base64
	def basic(text, scheme="Basic"):
	    return "Authorization: %s %s" % (
	        scheme, base64.b64encode(text.encode()).decode())
	c = Web()
	a = c.get("/plain.txt")
	eq(a.status, 401)
	like(a["WWW-Authenticate"], r'^Basic realm="The \\"realm\\""')
	for text in "alice:wonderland", "bob:b:c d", "carol:c4", "dora:d\u00f6ra":
	    eq(c.get("/plain.txt", basic(text)).status, 200, text)
	    eq(c.get("/none", basic(text)).status, 404, text)
	eq(c.get("/plain.txt", basic("alice:wonderland", "bASIC")).status, 200)
	for field in (basic("alice:wrong"), basic("alice:"), basic("alice"),
	              basic("mallory:wonderland"), basic(":"), basic(""),
	              basic("alice:wonderland\0"), basic("alice:wonderland", "Bearer"),
	              "Authorization: Basic", "Authorization: Basic !!!!",
	              "Authorization: Basic " + "A" * 3000,
	              basic("# old:"), basic("alice:" + "x" * 600)):
	    a = c.get("/plain.txt", field)
	    eq(a.status in (400, 401), True, field)
	    eq(b"abcdef" in a.body, False)
	    if a["Connection"]:
	        c = Web()
	for twice in (("alice:x", "alice:wonderland"), ("alice:wonderland", ":")):
	    eq(c.get("/plain.txt", *map(basic, twice)).status in (400, 401), True)
	PY
	wait_for_line "$BATS_TEST_TMPDIR/access" '^127.0.0.1 - alice \['
	run grep wonderland "$BATS_TEST_TMPDIR/access" "$SERVER_LOG"
	assert_failure
	assert_output ''
}

@test "--auth-file: read again on reload, and kept where it is bad" {
	skip_model 'reads it for each connection' inetd
	((EUID != 0)) || skip_model 'is root no more and may not' single
	printf 'alice:%s\n' "$(openssl passwd -5 one)" >"$BATS_TEST_TMPDIR/passwd"
	start_server httpd "$W" --auth-file "$BATS_TEST_TMPDIR/passwd"
	status() {
		STATUS=$(curl -s -o /dev/null -w '%{http_code}' -u "alice:$1" \
		    "http://$HOST:$PORT/plain.txt")
	}
	is() {
		status "$1" && [[ $STATUS == "$2" ]]
	}
	is one 200 && is two 401
	printf 'alice:%s\n' "$(openssl passwd -5 two)" >"$BATS_TEST_TMPDIR/passwd"
	kill -HUP "$SERVER_PID"
	wait_until 10 is two 200
	wait_until 10 is one 401
	echo 'alice:two' >"$BATS_TEST_TMPDIR/passwd"
	kill -HUP "$SERVER_PID"
	wait_for_line "$SERVER_LOG" 'passwd: line 1 '
	is two 200
}
