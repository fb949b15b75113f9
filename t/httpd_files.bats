# bats file_tags=models
# Which file a path names, and which it must not: folders, types, escapes, what
# is hidden or lies outside, listings, files that change while they are served.

load lib/brood
load lib/web

# Names that mean something to HTML, to URLs, to shells or to terminals.
hostile() {
	"$PYTHON" -S - "$1" <<-'PY'
	import os, sys
	names = ["<script>alert(1)<", "\"onclick='x'&amp;&lt;", "javascript:x",
	         "a%20b", "a%2fb", "100%", "a?b=c#d", "a;b,c", "a+b c", "~$!@()*'",
	         "\\back\\slash", "http:x.com", "trailing ", " leading", "-rf",
	         "caf\u00e9 \U0001f600", "n" * 255]
	for name in [os.fsencode(n) for n in names] + [b"latin\xe9\xff\xfe"]:
	    with open(os.fsencode(sys.argv[1]) + b"/" + name, "wb") as file:
	        file.write(name)
	for name in b"new\nline", b"escape\x1b[31m", b"return\r":
	    open(os.fsencode(sys.argv[1]) + b"/" + name, "wb").close()
	PY
}

setup_file() {
	export W=$BATS_FILE_TMPDIR/www
	site "$W"
	chmod 755 "$BATS_FILE_TMPDIR"
	cd "$W" || return
	echo 'the secret' >../secret
	mkdir -p ../www-other .git .well-known hostile 'sp ace' 'q?m' list/z list/a \
	    list/.hidden noindex/index.html locked
	echo 'the secret' | tee ../www-other/secret .secret .git/config \
	    .well-known/.secret sub/.secret >/dev/null
	echo known >.well-known/security.txt
	echo 'a b' >'a b' && echo literal >'a%20b' && echo plus >'a+b'
	echo ü >ü.txt
	hostile "$W/hostile"
	mkfifo fifo list/fifo
	"$PYTHON" -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
	ln -s ../secret out-file && ln -s .. out-folder
	ln -s /etc/passwd absolute && ln -s "$W/plain.txt" absolute-in
	ln -s plain.txt in-file && ln -s sub in-folder && ln -s ../plain.txt sub/up
	ln -s loop loop && ln -s nowhere dangling
	ln -s ../../secret sub/out && ln -s /proc/self/environ environ
	for f in b10 B9 _x; do echo "$f" >"list/$f"; done
	head -c 2500 /dev/zero >list/kib
	touch -d '2020-02-02 02:02:02 UTC' list/b10
	echo no >locked/index.html && echo no >unreadable
	chmod 000 unreadable locked/index.html
	start_server httpd "$W" --listing \
	    --header '/list/z/*:cache-control: max-age=5' \
	    --header '/list/z*:x-content-type-options: nosniff'
	export LOG=$SERVER_LOG
}

# -- Names --------------------------------------------------------------------

@test "a folder's index, with any query" {
	web <<-'PY'
	c = Web()
	for target in "/", "/?x", "/index.html", "/./", "//", "/sub/..", "/sub/../":
	    eq(c.get(target).body, b"<!DOCTYPE html><title>front</title>\n", target)
	eq(c.get("/sub/").body, b"<title>sub</title>\n")
	eq(c.get("/plain.txt?a=/../b&c#".rstrip("#")).status, 200)
	eq(c.get("/empty").body, b"")
	PY
}

@test "without its slash a folder is redirected, the query kept" {
	web <<-'PY'
	c = Web()
	for target, location in (
	        ("/sub", "/sub/"), ("/sub?a=b&c=%20/", "/sub/?a=b&c=%20/"),
	        ("/sub?", "/sub/?"), ("/sp%20ace?x", "/sp%20ace/?x"),
	        ("/q%3Fm", "/q%3Fm/"), ("//sub", "/sub/"), ("/./sub", "/sub/"),
	        ("//test.example/..//sub", "/sub/"), ("/in-folder", "/in-folder/"),
	        ("http://other.example/sub?x", "/sub/?x"), ("/list", "/list/")):
	    a = c.get(target)
	    eq(a.status, 301, target)
	    eq(a["Location"], location)
	    eq(c.head(target)["Location"], location)
	PY
}

@test "a file is no folder" {
	web <<-'PY'
	c = Web()
	for target in ("/plain.txt/", "/plain.txt/x", "/plain.txt/index.html",
	               "/empty/", "/none", "/sub/none/", "/plain.txt%20", "/PLAIN.TXT"):
	    eq(c.get(target).status, 404, target)
	PY
}

@test "escapes are decoded once" {
	web <<-'PY'
	c = Web()
	for target, body in (
	        ("/a%20b", "a b"), ("/a%2520b", "literal"), ("/a+b", "plus"),
	        ("/a%2Bb", "plus"), ("/%C3%BC.txt", "\u00fc"),
	        ("/%c3%bc.txt", "\u00fc"), ("/%70lain%2etxt", None),
	        ("/sub/%2e%2e/plain.txt", None)):
	    a = c.get(target)
	    eq(a.status, 200, target)
	    if body:
	        eq(a.body.decode(), body + "\n", target)
	for target in "/a%252520b", "/%2570lain.txt", "/a%2520b%20", "/a%%20b":
	    a = c.get(target)
	    if a["Connection"]:
	        c = Web()
	    eq(a.status in (400, 404), True, target)
	PY
}

@test "types by name, with a charset for text" {
	cd "$W" || return
	mkdir -p types
	touch types/f.{html,HTM,css,js,mjs,txt,json,svg,png,jpg,webp,pdf,wasm} \
	    types/f.{woff2,mp4,xml,csv,md,webmanifest,tar.gz,unknownsuffix} \
	    types/none types/html types/x.html.bak
	web <<-'PY'
	c = Web()
	text = "; charset=utf-8"
	for name, kind in {
	        "f.html": "text/html" + text, "f.HTM": "text/html" + text,
	        "f.css": "text/css" + text, "f.txt": "text/plain" + text,
	        "f.csv": "text/csv" + text, "f.json": "application/json",
	        "f.svg": "image/svg+xml", "f.png": "image/png",
	        "f.jpg": "image/jpeg", "f.webp": "image/webp",
	        "f.pdf": "application/pdf", "f.wasm": "application/wasm",
	        "f.woff2": "font/woff2", "f.mp4": "video/mp4",
	        "f.tar.gz": "application/gzip",
	        "f.unknownsuffix": "application/octet-stream",
	        "none": "application/octet-stream",
	        "html": "application/octet-stream"}.items():
	    eq(c.get("/types/" + name)["Content-Type"], kind, name)
	for name in "f.js", "f.mjs":
	    like(c.get("/types/" + name)["Content-Type"],
	         "^(text|application)/javascript(; charset=utf-8)?$", name)
	PY
}

@test "a gzipped picture says so: whole, in part, to who asks for nothing" {
	cd "$W" || return
	mkdir -p svgz
	printf '<svg xmlns="http://www.w3.org/2000/svg"/>' | gzip \
	    | tee svgz/p.svgz svgz/P.SVGZ svgz/p.svgz.gz >svgz/p.svgz.br
	web <<-'PY'
	import gzip
	c = Web()
	for name in "p.svgz", "P.SVGZ":
	    for wanted in [], ["Accept-Encoding: gzip, br"], \
	            ["Accept-Encoding: identity"]:
	        a = c.get("/svgz/" + name, *wanted)
	        eq(a.status, 200)
	        eq(a["Content-Type"], "image/svg+xml", name)
	        eq(a["Content-Encoding"], "gzip", name)
	        like(gzip.decompress(a.body).decode(), "^<svg ", name)
	a = c.get("/svgz/p.svgz", "Range: bytes=0-1")
	eq((a.status, a["Content-Encoding"], a.body), (206, "gzip", b"\x1f\x8b"))
	# A file beside it is of other contents, and gzipped for all we know.
	eq(c.get("/svgz/p.svgz.gz")["Content-Encoding"], None)
	PY
}

@test "names that are too long, and paths that are" {
	web <<-'PY'
	c = Web()
	for target in ("/" + "n" * 256, "/" + "n" * 4000, "/a" * 2000,
	               "/sub/" + "../sub/" * 500, "/" + "%41" * 1300,
	               "/sub/" + "./" * 1900 + "none"):
	    eq(c.get(target).status in (200, 404), True, target[:60])
	eq(c.get("/sub/" + "../sub/" * 500).body, b"<title>sub</title>\n")
	# Lines of 8000 bytes are to be taken (RFC 9112 section 3).
	for target in "/" + "a" * 7980, "/" + "%41" * 2600, "/a" * 3990:
	    eq(c.get(target).status, 404, target[:60])
	eq(len(c.get("/plain.txt?" + "q" * 7950).body), 26)
	a = c.get("/sub/" + "./" * 3980 + "../plain.txt")
	eq(len(a.body), 26)
	PY
}

# -- What is not to be had ----------------------------------------------------

@test "nothing outside the folder, however it is spelled" {
	many_connections
	web <<-'PY'
	c = Web()
	up = ("..", "%2e%2e", "%2E.", ".%2e", "..%00", "%252e%252e", "..%c0%af",
	      "%c0%ae%c0%ae", "%uff0e%uff0e", "..;", "...", "..%5c", "\\..")
	paths = ["/secret", "/www-other/secret", "/etc/passwd"]
	targets = ["/%s%s" % (u, p) for u in up for p in paths]
	targets += ["/sub/" + "/".join([u] * 12) + p for u in up for p in paths]
	targets += ["/..%2f..%2f..%2fetc%2fpasswd", "/%2fetc/passwd",
	            "//etc/passwd", "/sub/..%2f..%2fsecret", "/../www-other/secret",
	            "/sub%2f..%2f..%2fsecret", "http://x/../secret",
	            "/out-file", "/out-folder/secret", "/out-folder/", "/absolute",
	            "/absolute-in", "/out-folder", "/sub/out", "/environ",
	            "/in-folder/../../secret", "/in-folder/out",
	            "/out-folder/www/plain.txt"]
	for target in targets:
	    a = c.get(target.replace("\\", "%5c"))
	    if a["Connection"]:
	        c = Web()
	    eq(a.status in (400, 403, 404), True, "%s: %d" % (target, a.status))
	    eq(b"secret" in a.body or b"root:" in a.body, False, target)
	PY
}

@test "links that stay inside are followed" {
	web <<-'PY'
	c = Web()
	for target in "/in-file", "/in-folder/up", "/sub/up":
	    eq(len(c.get(target).body), 26, target)
	eq(c.get("/in-folder/").body, b"<title>sub</title>\n")
	for target in "/loop", "/dangling", "/loop/", "/loop/x":
	    eq(c.get(target).status in (403, 404), True, target)
	PY
}

@test "--follow-links none" {
	many_connections
	start_server httpd "$W" --follow-links none
	web <<-'PY'
	c = Web()
	for target in "/in-file", "/in-folder/", "/sub/up", "/in-folder/up":
	    eq(c.get(target).status in (403, 404), True, target)
	eq(c.get("/plain.txt").status, 200)
	PY
}

@test "names with a dot in front are hidden, but for /.well-known/" {
	web <<-'PY'
	c = Web()
	for target in ("/.secret", "/.git/config", "/.git/", "/.git", "/%2esecret",
	               "/sub/.secret", "/sub/%2Esecret", "/.well-known/.secret",
	               "/x/.well-known/security.txt", "/list/.hidden/",
	               "/.well-known/../.secret"):
	    eq(c.get(target).status, 404, target)
	eq(c.get("/.well-known/security.txt").body, b"known\n")
	PY
}

@test "--dot-files shows them" {
	many_connections
	start_server httpd "$W" --dot-files
	web <<-'PY'
	c = Web()
	for target in "/.secret", "/.git/config":
	    eq(c.get(target).body, b"the secret\n", target)
	PY
}

@test "pipes, sockets and devices are not waited for" {
	web <<-'PY'
	c = Web()
	for target in "/fifo", "/sock", "/list/fifo", "/fifo/", "/sock?x":
	    eq(c.get(target).status, 404, target)
	    eq(c.head(target).status, 404, target)
	PY
}

@test "what may not be read: 403" {
	((EUID != 0)) || skip_model 'serves as root' single inetd
	web <<-'PY'
	c = Web()
	for target in "/unreadable", "/locked/":
	    eq(c.get(target).status, 403, target)
	c.is_open()
	PY
}

# -- Listings -----------------------------------------------------------------

@test "a listing: folders first, by name, sizes and times, no hidden ones" {
	web <<-'PY'
	c = Web()
	a = c.get("/list/")
	eq(a.status, 200)
	eq(a["Content-Type"], "text/html; charset=utf-8")
	links = re.findall(r'<a href="([^"]*)"', a.body.decode())
	eq(links, ["../", "a/", "z/", "B9", "_x", "b10", "kib"])
	like(a.body, rb"b10.*2020-02-02 02:02")
	like(a.body, rb"kib</a>.*2\.4 KiB")
	like(a.body, rb'<meta name="viewport"')
	eq(c.get("/sub/").body, b"<title>sub</title>\n")
	# An index that is a folder is none.
	like(c.get("/noindex/").body, rb'href="index.html/"')
	PY
}

@test "a listing as JSON" {
	web <<-'PY'
	import json
	c = Web()
	a = c.get("/list/?format=json")
	eq(a["Content-Type"], "application/json")
	items = json.loads(a.body)
	eq([(i["name"], i["type"]) for i in items],
	   [("a", "directory"), ("z", "directory"), ("B9", "file"), ("_x", "file"),
	    ("b10", "file"), ("kib", "file")])
	eq(items[5]["size"], 2500)
	eq(items[4]["mtime"], "Sun, 02 Feb 2020 02:02:02 GMT")
	names = [i["name"] for i in json.loads(c.get("/hostile/?format=json").body)]
	eq("<script>alert(1)<" in names and "caf\u00e9 \U0001f600" in names, True)
	PY
}

@test "a listing has an entity tag, and what goes with one" {
	web "$W/list" <<-'PY'
	import sys
	c, tags = Web(), set()
	for target in "/list/", "/list/?format=json", "/list/a/":
	    a, h = c.get(target), c.head(target)
	    eq(a["ETag"].startswith('"'), True, target)
	    tags.add(a["ETag"])
	    eq([f for f in h.fields if f[0] != "Date"],
	       [f for f in a.fields if f[0] != "Date"], target)
	    # Nothing has a time that says when the page last changed.
	    eq((a["Last-Modified"], a["Accept-Ranges"]), (None, "none"))
	    for method in "GET", "HEAD":
	        for tag in a["ETag"], "W/" + a["ETag"], '"x", ' + a["ETag"], "*":
	            n = c.ask(method, target, "If-None-Match: " + tag)
	            eq((n.status, n["ETag"], n["Cache-Control"]),
	               (304, a["ETag"], a["Cache-Control"]), tag)
	        for line, status in (
	                ('If-None-Match: "x"', 200), ("If-Match: *", 200),
	                ("If-Match: " + a["ETag"], 200), ('If-Match: "x"', 412),
	                ("If-Match: W/" + a["ETag"], 412),
	                ("If-Modified-Since: " + a["Date"], 200),
	                ("If-Unmodified-Since: " + http_date(0), 200)):
	            eq(c.ask(method, target, line).status, status, line)
	    r = c.get(target, "Range: bytes=0-9", "If-Range: " + a["ETag"])
	    eq((r.status, r.body, r["Content-Range"]), (200, a.body, None))
	eq(len(tags), 3)
	# --header has the last word, and the only one.
	a = c.get("/list/z/")
	eq((a["Cache-Control"], a["X-Content-Type-Options"]),
	   ("max-age=5", "nosniff"))
	n = c.get("/list/z/", "If-None-Match: *")
	eq((n.status, n["Cache-Control"]), (304, "max-age=5"))
	eq(c.get("/list/z")["X-Content-Type-Options"], "nosniff")
	# It follows what is there.
	for target in "/list/", "/list/?format=json":
	    before = c.get(target)["ETag"]
	    write(sys.argv[1] + "/passing", "x")
	    eq(c.get(target, "If-None-Match: " + before).status, 200)
	    os.unlink(sys.argv[1] + "/passing")
	    eq(c.get(target, "If-None-Match: " + before).status, 304)
	PY
}

@test "hostile names: harmless in HTML, and each link leads to its file" {
	web "$W/hostile" <<-'PY'
	import html, os, sys
	from html.parser import HTMLParser
	from urllib.parse import unquote_to_bytes
	c = Web()
	a = c.get("/hostile/")
	class Page(HTMLParser):
	    tags, links, text = set(), [], ""
	    def handle_starttag(self, tag, attributes):
	        self.tags.add(tag)
	        for name, value in attributes:
	            eq(name.startswith("on"), False, name)
	            if name == "href":
	                self.links.append(value)
	    def handle_data(self, data):
	        self.text += data
	page = Page()
	page.feed(a.body.decode("utf-8", "replace"))
	eq("script" in page.tags or "alert" in page.tags, False)
	eq("<script>alert(1)<" in page.text, True)
	served = {}
	for link in page.links[1:]:
	    # As a browser resolves it: no scheme, no query, no fragment.
	    eq(bool(re.search(r"[?#:\\\s\"<>]|^/", link)), False, link)
	    got = c.get("/hostile/" + link)
	    eq(got.status, 200, link)
	    served[unquote_to_bytes(link)] = got.body
	there = {n for n in os.listdir(os.fsencode(sys.argv[1]))
	         if not re.search(rb"[\x00-\x1f]", n)}
	eq(set(served), there)
	for name, body in served.items():
	    eq(body, name)
	PY
}

@test "control characters in names: neither listed nor served nor logged raw" {
	web <<-'PY'
	c = Web()
	a = c.get("/hostile/")
	eq(re.search(rb"new\nline|\x1b|\r", a.body), None)
	for target in "/hostile/new%0Aline", "/%1b%5b31m", "/hostile/return%0d":
	    c = Web()
	    eq(c.get(target).status, 400, target)
	PY
	run grep -c $'\x1b' "$LOG"
	assert_output 0
}

@test "without --listing a folder without index is forbidden" {
	many_connections
	start_server httpd "$W"
	web <<-'PY'
	c = Web()
	eq(c.get("/list/").status, 403)
	eq(c.get("/list").status, 301)
	eq(c.get("/none/").status, 404)
	PY
}

# -- Files that change --------------------------------------------------------

@test "files that were replaced, written to, removed: seen within a second" {
	many_connections
	web "$W" <<-'PY'
	import sys
	def at(name):
	    return os.path.join(sys.argv[1], name)
	c = Web()
	names = ["replaced", "written", "emptied", "removed", "folder", "linked"]
	for name in names:
	    write(at(name), "one")
	before = [c.get("/" + name) for name in names]
	eq([a.body for a in before], [b"one"] * 6)
	eq(c.get("/created").status, 404)
	begun = time.monotonic()
	write(at("new"), "two")
	os.rename(at("new"), at("replaced"))
	write(at("written"), "two")
	write(at("emptied"), "")
	for name in "removed", "folder", "linked":
	    os.unlink(at(name))
	os.mkdir(at("folder"))
	os.symlink("plain.txt", at("linked"))
	write(at("created"), "new")
	def state():
	    got = [c.get("/" + name) for name in names + ["created"]]
	    for old, new in zip(before, got):
	        eq(new.body == b"one", new["ETag"] == old["ETag"])
	    return ([a.status for a in got] == [200, 200, 200, 404, 301, 200, 200]
	            and [got[i].body for i in (0, 1, 2, 6)] ==
	            [b"two", b"two", b"", b"new"] and len(got[5].body) == 26)
	until(state, "all changes")
	if time.monotonic() - begun > 1.2 * SLOW:
	    raise Wrong("took %g s" % (time.monotonic() - begun))
	os.unlink(at("linked"))
	PY
}

@test "two changes within one tick of the clock are both seen" {
	many_connections
	web "$W" <<-'PY'
	import sys
	at = sys.argv[1] + "/quick"
	c = Web()
	for i in range(20):
	    write(at, "%02d" % i)
	    c.get("/quick")
	write(at, "99")
	until(lambda: c.get("/quick").body == b"99", "the last")
	PY
}

@test "a large file that is removed while it is sent arrives whole" {
	web "$W" <<-'PY'
	import sys
	at = sys.argv[1] + "/large"
	write(at, b"0123456789" * 2000000)
	c = Web()
	c.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
	until(lambda: b"\r\n\r\n" in c.buf or c.more(), "a head")
	os.unlink(at)
	eq(c.answer().body, b"0123456789" * 2000000)
	PY
}

@test "a large file that is cut while it is sent ends the connection" {
	web "$W" <<-'PY'
	import sys
	at = sys.argv[1] + "/cut"
	write(at, b"0123456789" * 2000000)
	c = Web()
	c.send("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n")
	until(lambda: b"\r\n\r\n" in c.buf or c.more(), "a head")
	os.truncate(at, 1000)
	try:
	    while c.more():
	        pass
	except ConnectionResetError:
	    pass
	if len(c.buf) >= 20000000:
	    raise Wrong("bytes that the file does not have")
	os.unlink(at)
	c = Web()
	c.is_open()
	PY
	wait_for_line "$LOG" 'shorter'
}
