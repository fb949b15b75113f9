# bats file_tags=models
# Conditional requests, ranges, and precompressed files: RFC 9110 sections 12.5,
# 13, 14 and 15.3.7.

load lib/brood
load lib/web

CHECKED='fork fibers inetd'

setup_file() {
	! spared || return 0
	export W=$BATS_FILE_TMPDIR/www
	site "$W"
	chmod 755 "$BATS_FILE_TMPDIR"
	touch -d '2020-02-02 02:02:02 UTC' "$W/plain.txt" "$W/big" "$W/empty"
	touch -d '2040-01-01 UTC' "$W/sub/index.html"
	# Variants: all.txt has every one, and so on.
	seq 20000 >"$W/all.txt"
	for name in all.txt two.css old.txt; do
		[[ -e $W/$name ]] || cp "$W/all.txt" "$W/$name"
		gzip -9kn "$W/$name"
	done
	printf 'br of all' >"$W/all.txt.br"
	printf 'zstd of all' >"$W/all.txt.zst"
	printf 'br of two' >"$W/two.css.br"
	touch -d '2019-01-01 UTC' "$W/old.txt.gz"
	cp "$W/all.txt.gz" "$W/alone.gz"
	chmod -R go+rX "$W"
	start_server httpd "$W"
}

setup() {
	skip_spared
}

# -- Validators ---------------------------------------------------------------

@test "ETag and Last-Modified: strong, of each file its own, none of the future" {
	web <<-'PY'
	c = Web()
	a = c.get("/plain.txt")
	eq(a["Last-Modified"], "Sun, 02 Feb 2020 02:02:02 GMT")
	eq(a["ETag"].startswith('"'), True)
	eq(a["Accept-Ranges"], "bytes")
	eq(a["Vary"], None)
	tags = [c.get(p)["ETag"] for p in ("/plain.txt", "/big", "/empty", "/")]
	eq(len(set(tags)), 4)
	# RFC 9110 section 8.8.2.1
	a = c.get("/sub/")
	eq(a["Last-Modified"], None)
	eq(a["ETag"] is None, False)
	eq(c.get("/sub/", "If-None-Match: " + a["ETag"]).status, 304)
	PY
}

@test "preconditions in the RFC's order, each with each" {
	web <<-'PY'
	import itertools
	c = Web()
	a = c.get("/plain.txt")
	tag, date, then = a["ETag"], a["Last-Modified"], 1580608922
	weak, other = "W/" + tag, '"other"'
	# value: does it match, by the strong and by the weak comparison?
	tags = {None: None, "*": (1, 1), tag: (1, 1), weak: (0, 1), other: (0, 0),
	        '"a", %s,W/"b"' % tag: (1, 1), ', "x\\", , %s' % weak: (0, 1)}
	dates = {None: None, date: then, http_date(then - 1): then - 1,
	         http_date(then + 1): then + 1, "Sunday, 02-Feb-20 02:02:02 GMT":
	         then, "Sun Feb  2 02:02:02 2020": then, "yesterday": None}
	n = 0
	for im, ius, inm, ims in itertools.product(tags, dates, tags, dates):
	    if sum(v is not None for v in (im, ius, inm, ims)) > 2 and n % 7:
	        n += 1
	        continue
	    n += 1
	    expected = 200
	    if im is not None:
	        if not tags[im][0]:
	            expected = 412
	    elif dates[ius] is not None and then > dates[ius]:
	        expected = 412
	    if expected == 200:
	        if inm is not None:
	            if tags[inm][1]:
	                expected = 304
	        elif dates[ims] is not None and then <= dates[ims]:
	            expected = 304
	    fields = ["%s: %s" % f for f in (
	        ("If-Match", im), ("If-Unmodified-Since", ius),
	        ("If-None-Match", inm), ("If-Modified-Since", ims)) if f[1]]
	    a = c.ask("HEAD" if n % 5 == 0 else "GET", "/plain.txt", fields)
	    eq(a.status, expected, fields)
	PY
}

@test "fields on several lines, and fields that cannot be read" {
	web <<-'PY'
	c = Web()
	a = c.get("/plain.txt")
	tag, date = a["ETag"], a["Last-Modified"]
	def status(*fields):
	    return c.get("/plain.txt", *fields).status
	eq(status('If-None-Match: "a"', "If-None-Match: " + tag), 304)
	eq(status('If-Match: "a"', "If-Match: " + tag), 200)
	eq(status("if-none-match:" + tag), 304)
	eq(status("If-None-Match: " + tag.strip('"')), 200)
	eq(status("If-None-Match: *, " + tag.strip('"')), 200)
	eq(status("If-Match: " + tag.strip('"')), 412)
	eq(status("If-Match:"), 412)
	eq(status("If-None-Match:"), 200)
	# "MUST ignore if ... not a valid HTTP-date, ... more than one member"
	eq(status("If-Modified-Since: " + date, "If-Modified-Since: " + date), 200)
	eq(status("If-Modified-Since: " + date.replace("GMT", "CET")), 200)
	eq(status("If-Modified-Since: 1580608922"), 200)
	eq(status("If-Modified-Since: " + http_date(time.time() + 9e6)), 200)
	eq(status("If-Unmodified-Since: " + http_date(time.time() + 9e6)), 200)
	# A file that is not there has no precondition to fail.
	for field in 'If-Match: "x"', "If-None-Match: *", "If-Match: *":
	    eq(c.get("/none", field).status, 404)
	eq(c.ask("POST", "/plain.txt", 'If-Match: "x"').status, 405)
	eq(c.ask("OPTIONS", "/plain.txt", 'If-Match: "x"').status, 204)
	PY
}

@test "304: the fields that a cache needs, and no body" {
	web <<-'PY'
	c = Web()
	a = c.get("/all.txt", "Accept-Encoding: gzip")
	n = c.get("/all.txt", "Accept-Encoding: gzip", "If-None-Match: " + a["ETag"])
	eq(n.status, 304)
	for name in "ETag", "Vary":
	    eq(n[name], a[name], name)
	for name in ("Content-Length", "Content-Type", "Content-Encoding",
	             "Transfer-Encoding", "Content-Range"):
	    eq(n[name], None, name)
	c.is_open()
	f = c.get("/plain.txt", 'If-Match: "x"')
	eq(f.status, 412)
	c.is_open()
	PY
}

# -- One range ----------------------------------------------------------------

@test "one range: what it selects" {
	web <<-'PY'
	c = Web()
	text = b"abcdefghijklmnopqrstuvwxyz"
	def ask(spec, *fields):
	    return c.get("/plain.txt", "Range: " + spec, *fields)
	for spec, first, last in (
	        ("bytes=0-0", 0, 0), ("bytes=0-25", 0, 25), ("bytes=25-25", 25, 25),
	        ("bytes=5-", 5, 25), ("bytes=-1", 25, 25), ("bytes=-26", 0, 25),
	        ("bytes=-100", 0, 25), ("bytes=20-99", 20, 25),
	        ("bytes=3-99999999999999999999999", 3, 25), ("BYTES=1-2", 1, 2),
	        ("bytes= 1-2 ", 1, 2), ("bytes=,1-2,", 1, 2),
	        ("bytes=-99999999999999999999999", 0, 25),
	        ("bytes=1-2,99-", 1, 2), ("bytes=2-3,4-5", 2, 5),
	        ("bytes=4-9,2-6", 2, 9), ("bytes=0-,-1", 0, 25)):
	    a = ask(spec)
	    eq(a.status, 206, spec)
	    eq(a["Content-Range"], "bytes %d-%d/26" % (first, last), spec)
	    eq(a.body, text[first:last + 1], spec)
	    eq(a["Content-Type"], "text/plain; charset=utf-8")
	    eq(a["Accept-Ranges"], "bytes")
	whole = c.get("/plain.txt")
	a = ask("bytes=1-2")
	for name in "ETag", "Last-Modified":
	    eq(a[name], whole[name])
	PY
}

@test "one range: what is ignored, and what cannot be satisfied" {
	web <<-'PY'
	c = Web()
	for spec in ("bytes=", "bytes", "bytes=-", "bytes=2-1", "bytes=a-b",
	             "bytes=1", "bytes=--1", "bytes=1-2-3", "bytes=+1-2",
	             "bytes=0x1-2", "bytes=1-2;3-4", "bytes=1 - 2", "bytes 1-2",
	             "lines=1-2", "bytes=1-2,x", "bytes=5-4,0-1", "=1-2", "",
	             "bytes=1.0-2", "none", "bytes=,"):
	    a = c.get("/plain.txt", "Range: " + spec)
	    eq((a.status, len(a.body)), (200, 26), spec)
	    eq(a["Content-Range"], None)
	a = c.get("/plain.txt", "Range: bytes=0-1", "Range: bytes=3-4")
	eq(a.status, 200)
	for spec in ("bytes=26-", "bytes=26-30", "bytes=-0", "bytes=99-,-0",
	             "bytes=99999999999999999999999-"):
	    a = c.get("/plain.txt", "Range: " + spec)
	    eq(a.status, 416, spec)
	    eq(a["Content-Range"], "bytes */26")
	c.is_open()
	PY
}

@test "HEAD and other methods have no ranges" {
	web <<-'PY'
	c = Web()
	a = c.head("/plain.txt", "Range: bytes=0-1")
	eq((a.status, a["Content-Length"]), (200, "26"))
	eq(a["Content-Range"], None)
	eq(c.head("/plain.txt", "Range: bytes=99-").status, 200)
	eq(c.ask("POST", "/plain.txt", "Range: bytes=0-1").status, 405)
	eq(c.get("/none", "Range: bytes=0-1").status, 404)
	eq(c.get("/sub", "Range: bytes=0-1").status, 301)
	PY
}

@test "an empty file has no ranges to give" {
	web <<-'PY'
	c = Web()
	for spec in "bytes=0-", "bytes=0-0", "bytes=-1", "bytes=5-":
	    a = c.get("/empty", "Range: " + spec)
	    eq(a.status in (200, 416), True, spec)
	    eq(a["Content-Range"], "bytes */0" if a.status == 416 else None)
	eq(c.get("/empty").body, b"")
	eq(c.head("/empty")["Content-Length"], "0")
	PY
}

@test "a large file: every part of it is where it should be" {
	web "$W/big" <<-'PY'
	import sys
	whole = read(sys.argv[1])
	c = Web()
	eq(c.get("/big").body, whole)
	for first, last in ((0, 65535), (1, 65536), (65536, 131071), (7, 299999),
	                    (299999, 299999), (123456, 123455 + 70000)):
	    a = c.get("/big", "Range: bytes=%d-%d" % (first, last))
	    eq(a.status, 206)
	    eq(a["Content-Length"], str(last - first + 1))
	    if a.body != whole[first:last + 1]:
	        raise Wrong("wrong bytes in %d-%d" % (first, last))
	PY
}

@test "a file of 6 GiB: lengths and ranges beyond 32 bits" {
	truncate -s 6442450944 "$W/sparse" && chmod a+r "$W/sparse"
	printf end | dd of="$W/sparse" bs=1 seek=6442450941 conv=notrunc status=none
	web <<-'PY'
	c = Web()
	eq(c.head("/sparse")["Content-Length"], "6442450944")
	for spec, first in ("-3", 6442450941), ("6442450941-", 6442450941):
	    a = c.get("/sparse", "Range: bytes=" + spec)
	    eq((a.body, a["Content-Range"]),
	       (b"end", "bytes %d-6442450943/6442450944" % first))
	a = c.get("/sparse", "Range: bytes=4294967290-4294967299,-2")
	eq((a.status, a.body.count(b"Content-Range: bytes ")), (206, 2))
	eq(c.get("/sparse", "Range: bytes=6442450944-").status, 416)
	PY
	rm "$W/sparse"
}

# -- If-Range -----------------------------------------------------------------

@test "If-Range: a strong tag or an exact date, or the whole file" {
	web <<-'PY'
	c = Web()
	a = c.get("/plain.txt")
	tag, date, then = a["ETag"], a["Last-Modified"], 1580608922
	for value, status in ((tag, 206), (date, 206), ("W/" + tag, 200),
	                      ('"other"', 200), ("*", 200), (tag + "," + tag, 200),
	                      (http_date(then + 1), 200), (http_date(then - 1), 200),
	                      ("Sun Feb  2 02:02:02 2020", 206), ("nonsense", 200),
	                      ("", 200), (tag.strip('"'), 200)):
	    a = c.get("/plain.txt", "Range: bytes=1-2", "If-Range: " + value)
	    eq(a.status, status, value)
	    eq(len(a.body), 2 if status == 206 else 26)
	eq(c.get("/plain.txt", "If-Range: " + tag, "If-Range: " + tag,
	         "Range: bytes=1-2").status, 200)
	eq(c.get("/plain.txt", "If-Range: " + tag).status, 200)
	# What cannot be satisfied is not asked where the tag is another.
	eq(c.get("/plain.txt", 'If-Range: "x"', "Range: bytes=99-").status, 200)
	eq(c.get("/plain.txt", "If-Range: " + tag, "Range: bytes=99-").status, 416)
	# No Last-Modified was sent for a file of the future.
	eq(c.get("/sub/", "If-Range: " + http_date(2208988800),
	         "Range: bytes=0-0").status, 200)
	PY
}

@test "preconditions come before ranges" {
	web <<-'PY'
	c = Web()
	a = c.get("/plain.txt")
	tag, date = a["ETag"], a["Last-Modified"]
	for fields, status in ((["If-None-Match: " + tag], 304),
	                       (['If-None-Match: "x"'], 206),
	                       (["If-Match: " + tag], 206), (['If-Match: "x"'], 412),
	                       (["If-Modified-Since: " + date], 304),
	                       (["If-Unmodified-Since: " + date], 206),
	                       (["If-Match: " + tag, 'If-Range: "x"'], 200),
	                       (["If-Match: " + tag, "If-Range: " + tag], 206)):
	    eq(c.get("/plain.txt", "Range: bytes=0-1", *fields).status, status,
	       fields)
	eq(c.get("/plain.txt", "Range: bytes=99-", 'If-Match: "x"').status, 412)
	PY
}

# -- Several ranges -----------------------------------------------------------

@test "several ranges: multipart/byteranges, as email's parser reads it" {
	web "$W/big" <<-'PY'
	import email, email.policy, sys
	files = {"/plain.txt": b"abcdefghijklmnopqrstuvwxyz",
	         "/big": read(sys.argv[1])}
	def parts(a):
	    text = b"Content-Type: %s\r\n\r\n" % a["Content-Type"].encode() + a.body
	    message = email.message_from_bytes(text, policy=email.policy.HTTP)
	    eq(message.get_content_type(), "multipart/byteranges")
	    eq(message.defects, [])
	    return list(message.iter_parts())
	c = Web()
	boundaries = set()
	for path, spec, expected in (
	        ("/plain.txt", "0-0,-1", [(0, 0), (25, 25)]),
	        ("/plain.txt", "1-3, 7-9,\t12-", [(1, 3), (7, 9), (12, 25)]),
	        ("/plain.txt", "20-,0-1", [(20, 25), (0, 1)]),
	        ("/plain.txt", "0-1,4-5,2-3,9-9", [(0, 5), (9, 9)]),
	        ("/plain.txt", "0-1,99-,5-6", [(0, 1), (5, 6)]),
	        ("/plain.txt", "0-5,2-3,4-9,20-21", [(0, 9), (20, 21)]),
	        ("/big", "0-99999,200000-", [(0, 99999), (200000, 299999)]),
	        ("/big", "5-5,70000-140000,-3", [(5, 5), (70000, 140000),
	                                         (299997, 299999)])):
	    a = c.get(path, "Range: bytes=" + spec)
	    eq(a.status, 206, spec)
	    got = parts(a)
	    eq([p["Content-Range"] for p in got],
	       ["bytes %d-%d/%d" % (f, l, len(files[path])) for f, l in expected])
	    for part, (first, last) in zip(got, expected):
	        eq(part.get_content_type(),
	           c.head(path)["Content-Type"].split(";")[0])
	        if part.get_payload(decode=True) != files[path][first:last + 1]:
	            raise Wrong("%s: wrong bytes in %d-%d" % (spec, first, last))
	    boundary = re.search("boundary=\"?([^\";]+)", a["Content-Type"]).group(1)
	    boundaries.add(boundary)
	    eq(len(boundary) <= 70, True)
	    eq(a["ETag"], c.head(path)["ETag"])
	eq(len(boundaries), 8, "a boundary of its own for each")
	c.is_open()
	PY
}

@test "many ranges: bounded, and never more than the file" {
	web <<-'PY'
	c = Web()
	apart = ",".join("%d-%d" % (i * 10, i * 10) for i in range(100))
	a = c.get("/big", "Range: bytes=" + apart)
	eq(a.status, 206)
	eq(a.body.count(b"Content-Range:"), 100)
	for spec in (",".join("%d-%d" % (i * 10, i * 10) for i in range(200)),
	             ",".join(["0-"] * 1000), ",".join(["-1"] * 1300),
	             ",".join("%d-" % i for i in range(500))):
	    a = c.get("/big", "Range: bytes=" + spec)
	    eq(a.status in (200, 206, 416), True)
	    eq(len(a.body) <= 300000, True, "a small request, a large answer")
	c.is_open()
	PY
}

# -- Precompressed files ------------------------------------------------------

@test "Accept-Encoding: q-values, identity;q=0, *" {
	web <<-'PY'
	c = Web()
	for accept, coding in (
	        (None, None), ("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"),
	        ("x-gzip", "gzip"), ("GZIP", "gzip"), ("gzip, br, zstd", "br"),
	        ("gzip, zstd", "zstd"), ("gzip, deflate, br", "br"),
	        ("gzip;q=1.0, br;q=0.5", "gzip"), ("gzip;q=0.2,br;q=0.3", "br"),
	        ("br;q=0, gzip", "gzip"), ("br;q=0.000,*", "zstd"), ("*", "br"),
	        ("*;q=0.1", "br"), ("identity", None), ("", None),
	        ("identity, gzip;q=0.5", None), ("identity;q=0.5, gzip;q=0.4", None),
	        ("identity;q=0.1, gzip;q=0.4", "gzip"), ("deflate", None),
	        ("gzip;q=0", None), ("*;q=0, gzip", "gzip"), ("*;q=0, identity", None),
	        ("compress, sdch", None), ("gzip;q=2", None), ("gzip ; q=0.5", "gzip"),
	        ("gzip;q=nonsense", None), ("identity;q=0, gzip", "gzip"),
	        ("gzip;q=0.001", "gzip")):
	    a = c.get("/all.txt", *[] if accept is None else
	              ["Accept-Encoding: " + accept])
	    eq(a.status, 200, accept)
	    eq(a["Content-Encoding"], coding, accept)
	    eq(a["Vary"], "Accept-Encoding")
	a = c.get("/all.txt", "Accept-Encoding: gzip", "Accept-Encoding: br;q=0.5")
	eq(a["Content-Encoding"], "gzip")
	# Nothing that we have is acceptable.
	for accept in "identity;q=0", "*;q=0", "identity;q=0, deflate":
	    a = c.get("/all.txt", "Accept-Encoding: " + accept)
	    eq((a.status, a["Vary"]), (406, "Accept-Encoding"), accept)
	PY
}

@test "precompressed: own tag, own length, the original's type" {
	web "$W/all.txt" <<-'PY'
	import gzip, sys
	c = Web()
	plain = c.get("/all.txt")
	coded = c.get("/all.txt", "Accept-Encoding: gzip")
	eq(coded["Content-Type"], "text/plain; charset=utf-8")
	eq(coded.body, read(sys.argv[1] + ".gz"))
	eq(gzip.decompress(coded.body), plain.body)
	tags = {c.get("/all.txt", "Accept-Encoding: " + e)["ETag"]
	        for e in ("identity", "gzip", "br", "zstd")}
	eq(len(tags), 4)
	h = c.head("/all.txt", "Accept-Encoding: gzip")
	eq((h["Content-Length"], h["ETag"], h["Content-Encoding"]),
	   (str(len(coded.body)), coded["ETag"], "gzip"))
	# Each is itself for If-None-Match.
	for tag, status in (coded["ETag"], 304), (plain["ETag"], 200):
	    eq(c.get("/all.txt", "Accept-Encoding: gzip", "If-None-Match: " + tag)
	       .status, status)
	eq(c.get("/two.css", "Accept-Encoding: br")["Content-Type"],
	   "text/css; charset=utf-8")
	eq(c.get("/two.css", "Accept-Encoding: zstd")["Content-Encoding"], None)
	PY
}

@test "precompressed: ranges of the coded bytes, 416 with their size" {
	web "$W/all.txt.gz" <<-'PY'
	import sys
	coded = read(sys.argv[1])
	c = Web()
	tag = c.head("/all.txt", "Accept-Encoding: gzip")["ETag"]
	a = c.get("/all.txt", "Accept-Encoding: gzip", "Range: bytes=10-99",
	          "If-Range: " + tag)
	eq((a.status, a.body), (206, coded[10:100]))
	eq((a["Content-Encoding"], a["ETag"], a["Vary"]),
	   ("gzip", tag, "Accept-Encoding"))
	eq(a["Content-Range"], "bytes 10-99/%d" % len(coded))
	# A tag of gzip's does not fit the file as it is.
	a = c.get("/all.txt", "Range: bytes=0-1", "If-Range: " + tag)
	eq((a.status, a["Content-Encoding"]), (200, None))
	a = c.get("/all.txt", "Accept-Encoding: br", "Range: bytes=99-")
	eq((a.status, a["Content-Range"]), (416, "bytes */9"))
	a = c.get("/all.txt", "Accept-Encoding: br", "Range: bytes=0-1,5-6")
	eq((a.status, a["Content-Encoding"]), (206, "br"))
	PY
}

@test "precompressed: an old sibling is not sent, one asked for is itself" {
	web "$W/all.txt.gz" <<-'PY'
	import sys
	c = Web()
	a = c.get("/old.txt", "Accept-Encoding: gzip")
	eq((a["Content-Encoding"], a.body[:2]), (None, b"1\n"))
	for path in "/all.txt.gz", "/alone.gz":
	    a = c.get(path, "Accept-Encoding: gzip, identity;q=0.1")
	    eq((a["Content-Encoding"], a["Content-Type"]),
	       (None, "application/gzip"), path)
	    eq(a.body, read(sys.argv[1]))
	eq(c.get("/alone", "Accept-Encoding: gzip").status, 404)
	PY
}

@test "--no-precompressed, and siblings that come and go" {
	many_connections
	start_server httpd "$W" --no-precompressed
	web <<-'PY'
	a = Web().get("/all.txt", "Accept-Encoding: gzip")
	eq((a["Content-Encoding"], a["Vary"]), (None, None))
	PY
	start_server httpd "$W"
	web "$W" <<-'PY'
	import sys
	at = sys.argv[1] + "/comes.txt"
	write(at, "text")
	c = Web()
	def coding():
	    return c.get("/comes.txt", "Accept-Encoding: gzip")["Content-Encoding"]
	eq(coding(), None)
	write(at + ".gz", "not really")
	until(lambda: coding() == "gzip", "the sibling")
	os.unlink(at + ".gz")
	until(lambda: coding() is None, "none again")
	PY
}

@test "scripts/precompress makes what is sent" {
	need brotli zstd gzip
	mkdir "$W/made" && seq 3000 >"$W/made/made.txt" && chmod a+rx "$W/made"
	run "$TOP/scripts/precompress" "$W/made"
	assert_success
	web "$W/made/made.txt" <<-'PY'
	import gzip, subprocess, sys
	c = Web()
	whole = read(sys.argv[1])
	for coding, command in (("br", "brotli"), ("zstd", "zstd"), ("gzip", "gzip")):
	    a = c.get("/made/made.txt", "Accept-Encoding: " + coding)
	    eq(a["Content-Encoding"], coding)
	    got = subprocess.run([command, "-dc"], input=a.body, check=True,
	                         stdout=subprocess.PIPE).stdout
	    eq(got == whole, True, coding)
	PY
}
