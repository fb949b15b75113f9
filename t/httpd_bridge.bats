# bats file_tags=models
# httpd --bridge: the handshake, and frames by RFC 6455, right ones and wrong.

load lib/brood
load lib/web
load lib/ws

setup_file() {
	behind "$LIB/fixtures/behind.py"
	bridge --bridge-message 64k --access-log "$BATS_FILE_TMPDIR/access"
}

@test "handshake: who is upgraded, and what others are told" {
	ws <<-'PY'
	WS().bye()
	WS("/b?x=1", "Sec-WebSocket-Protocol: chat, superchat",
	    "Sec-WebSocket-Extensions: permessage-deflate").bye()
	def told(status, request, *more):
	    w = Web()
	    w.send(request)
	    a = w.answer()
	    eq(a.status, status, request)
	    if status == 426:
	        eq(a["Sec-WebSocket-Version"], "13")
	        eq(a["Upgrade"], "websocket")
	    w.close()
	told(101, upgrade().replace("websocket", "WebSocket")
	    .replace("Connection: Upgrade", "Connection: keep-alive, uPgrade"))
	told(426, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
	told(426, upgrade(version="12"))
	told(426, upgrade(version="13, 8"))
	told(426, upgrade(version=None))
	told(426, upgrade().replace("Connection: Upgrade\r\n", ""))
	told(426, upgrade().replace("Upgrade: websocket", "Upgrade: h2c"))
	told(400, upgrade().replace("HTTP/1.1", "HTTP/1.0"))
	told(405, upgrade().replace("GET", "POST"))
	told(400, upgrade(key=None))
	told(400, upgrade("/b", "Sec-WebSocket-Key: " + KEY))
	for key in ("", "AAAA", KEY[:-1], KEY + "=", KEY[:-2] + "AA",
	            "*" + KEY[1:], "A" * 43 + "="):
	    told(400, upgrade(key=key))
	told(404, upgrade("/b/"))
	told(404, upgrade("/c"))
	PY
}

@test "origin: pages of this server may, those of others may not" {
	ws <<-'PY'
	def told(status, origin, host="test.example"):
	    w = Web()
	    w.send(upgrade("/b", "Origin: " + origin, host=host))
	    eq(w.answer().status, status, origin)
	    w.close()
	told(101, "http://test.example")
	told(101, "http://TEST.example:80")
	told(101, "https://test.example")
	told(101, "http://test.example:8080", "test.example:8080")
	told(101, "http://[::1]:8080", "[::1]:8080")
	for bad in ("http://evil.example", "http://test.example:81", "null",
	            "http://test.example.evil.example", "ftp://test.example",
	            "http://", "test.example", "http://test.example/"):
	    told(403, bad)
	told(403, "http://test.example", "test.example:8080")
	w = Web()
	w.send(upgrade("/b", "Origin: http://test.example",
	    "Origin: http://test.example"))
	eq(w.answer().status, 403)
	PY
}

@test "origins that --bridge-origin names" {
	bridge --bridge-origin https://a.example --bridge-origin http://b:81
	ws <<-'PY'
	for origin, status in (("https://a.example", 101), ("http://b:81", 101),
	        ("http://a.example", 403), ("http://test.example", 101)):
	    w = Web()
	    w.send(upgrade("/b", "Origin: " + origin))
	    eq(w.answer().status, status, origin)
	    w.close()
	PY
	stop_server
	bridge --bridge-origin '*'
	ws <<<'WS("/b", "Origin: null").bye()'
}

@test "messages of every length, split at every byte, joined" {
	ws <<-'PY'
	w = WS()
	for n in 0, 1, 125, 126, 127, 128, 4095, 4096, 16384, 65535, 65536:
	    w.text("x" * n).hear("x" * n)
	w.text("\u00b5@\u00df\u20ac\U0001f414").hear(
	    "\u00b5@\u00df\u20ac\U0001f414")
	all = frame(TEXT, "one") + frame(PING, "p") + frame(TEXT, "two", fin=0) + \
	    frame(PING, "q") + frame(0, "", fin=0) + frame(0, " three") + \
	    frame(PONG, "unasked") + frame(TEXT, "y" * 200)
	def heard():
	    got = [w.next() for _ in range(5)]
	    eq(sorted(g for g in got if g[0] == PONG),
	       [(PONG, b"p"), (PONG, b"q")])
	    eq([g[1] for g in got if g[0] == TEXT],
	       [b"one", b"two three", b"y" * 200])
	w.send(all)
	heard()
	w.send(all, split=1)
	heard()
	w.bye()
	first = WS(first=frame(TEXT, "with the head"))
	first.hear("with the head")
	first.send(frame(TEXT, "and bye") + close_frame(1000))
	first.hear("and bye").hear_close(1000).ended()
	PY
}

@test "text: cut anywhere between frames, and refused as soon as it is wrong" {
	ws <<-'PY'
	s = "\u03ba\u1f79\u20ac\U0001f414\U0010ffff\ufffe".encode()
	w = WS()
	for i in range(len(s) + 1):
	    w.send(frame(TEXT, s[:i], fin=0) + frame(0, s[i:])).hear(s)
	w.send(b"".join(frame(0 if i else TEXT, s[i:i + 1],
	    fin=i == len(s) - 1) for i in range(len(s)))).hear(s)
	w.bye()
	for bad in (b"\x80", b"\xbf", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\xaf",
	        b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf",
	        b"\xf0\x80\x80\xaf", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80",
	        b"\xf5\x80\x80\x80", b"\xff", b"\xfe", b"\xc3(", b"\xe2\x82"):
	    refused(frame(TEXT, b"good " + bad), 1007)
	# fast: the rest of the frame, of the message, has not come
	refused(frame(TEXT, b"good \xed\xa0", size=100), 1007)
	refused(frame(TEXT, b"good \xf4", fin=0) + frame(0, b"\x90", fin=0), 1007)
	refused(frame(TEXT, b"\xe2", fin=0) + frame(0, b""), 1007)
	PY
}

@test "frames that break the rules: closed with 1002 or 1009" {
	ws <<-'PY'
	for rsv in 1, 2, 4, 7:
	    refused(frame(TEXT, "x", rsv=rsv), 1002)
	    refused(frame(PING, "", rsv=rsv), 1002)
	for op in 3, 4, 5, 6, 7, 11, 12, 13, 14, 15:
	    refused(frame(op), 1002)
	    refused(frame(op, "x"), 1002)
	refused(frame(TEXT, "x", mask=b""), 1002)
	refused(frame(PING, "", mask=b""), 1002)
	refused(frame(0, "x"), 1002)
	refused(frame(0, "", fin=0), 1002)
	refused(frame(TEXT, "a", fin=0) + frame(TEXT, "b"), 1002)
	refused(frame(TEXT, "a", fin=0) + frame(BINARY, "b"), 1002)
	for op in CLOSE, PING, PONG:
	    refused(frame(op, "x", fin=0), 1002)
	    refused(frame(op, "x" * 126), 1002)
	refused(frame(TEXT, "x", form=126), 1002)
	refused(frame(TEXT, "x" * 200, form=127), 1002)
	refused(frame(TEXT, "x", size=1 << 63, form=127), 1002)
	refused(frame(TEXT, "x", size=65537), 1009)
	refused(frame(TEXT, "x", size=1 << 40), 1009)
	refused(frame(TEXT, "x" * 65000, fin=0) + frame(0, "x" * 537), 1009)
	# what was right before it has been heard
	w = WS()
	w.send(frame(TEXT, "right") + frame(3))
	w.hear_close(1002)
	PY
}

@test "closing: codes that may be sent, and those that may not" {
	ws <<-'PY'
	for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012,
	        1013, 1014, 3000, 3999, 4000, 4999):
	    WS().bye(code)
	for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999,
	        5000, 65535):
	    refused(close_frame(code), 1002)
	refused(frame(CLOSE, b"\x03"), 1002)
	refused(close_frame(1000, b"\xce\xba\xff"), 1007)
	w = WS()
	w.send(close_frame() + frame(TEXT, "too late") + frame(PING))
	w.hear_close(None).ended()
	w = WS()
	w.send(close_frame(1000, b"r" * 123))
	w.hear_close(1000).ended()
	w = WS()
	w.send(close_frame(4001), split=1)
	w.hear_close(4001).ended()
	PY
}

@test "a peer that goes without a word leaves nothing behind" {
	ws <<-'PY'
	w = WS()
	w.text("a").hear("a")
	w.shut()
	w.ended()
	w = WS()
	w.text("b").hear("b")
	w.reset()
	w = WS()
	w.send(frame(TEXT, "half", size=100))
	w.reset()
	WS().bye()
	PY
	wait_for_line "$BATS_FILE_TMPDIR/access" '"GET /b HTTP/1.1" 101 [1-9]'
}
