# bats file_tags=models
# httpd --bridge and what is behind it: lines and bare words, the end of either
# side, slow readers, silence, room for so many; datagrams.

load lib/brood
load lib/web
load lib/ws

# What differs by model has been checked in httpd_bridge.bats.
CHECKED=fibers

setup_file() {
	! spared || return 0
	behind "$LIB/fixtures/behind.py"
	bridge
}

setup() {
	skip_spared
}

@test "what is behind speaks in lines, or without: each is a message" {
	ws <<-'PY'
	w = WS()
	w.text("!bare no newline").hear("no newline")
	w.text("!bare a").hear("a")
	w.text("!raw 0d0a620d0a").hear("b")
	w.text("!raw 780a0a790a").hear("x", "", "y")
	w.text("!raw 61ff62c30a").hear("a\ufffdb\ufffd")
	# its lines are whole however slowly they come
	w.text("!drip e282ac6c696e650a").hear("\u20acline")
	w.text("!raw e282ac0ae2").hear("\u20ac")
	w.text("!raw 82ac0a").hear("\u20ac")
	w.text("ends in a newline\n").hear("ends in a newline")
	w.text("two\nlines").hear("two", "lines")
	w.text("!got")
	op, data = w.next()
	like(data.decode(), r"ends in a newline\\ntwo\\nlines\\n!got\\n")
	w.bye()
	PY
}

@test "the end of it: 1000 in order, 1011 by a reset, last words are heard" {
	ws <<-'PY'
	w = WS()
	w.text("!close").hear_close(1000)
	w.send(close_frame(1000))
	w.ended()
	w = WS()
	w.text("!reset").hear_close(1011)
	w.send(close_frame(1011))
	w.ended()
	w = WS()
	w.text("!die")
	op, data = w.next()
	if op == TEXT:
	    eq(data, b"half")
	    op, data = w.next()
	eq((op, data[:2]), (CLOSE, struct.pack(">H", 1011)))
	w.send(close_frame(1011))
	w.ended()
	w = WS()
	w.text("!words good bye")
	w.text("!got")
	w.next()
	w.send(close_frame(1000))
	w.hear("good bye").hear_close(1000).ended()
	PY
}

@test "nobody behind: 502 before anything is upgraded" {
	local closed

	behind "$LIB/fixtures/behind.py"
	closed=$BEHIND
	stop_server
	bridge --bridge "/none=tcp:$closed"
	ws <<-'PY'
	w = Web()
	w.send(upgrade("/none"))
	a = w.answer()
	eq(a.status, 502)
	eq(a["Upgrade"], None)
	w.close()
	w = Web()
	w.send(upgrade("/b"))
	eq(w.answer().status, 502)
	PY
	wait_for_line "$SERVER_LOG" 'bridge /none to 127.0.0.1:.*refused'
}

@test "a reader that has stopped holds up what is behind, and loses nothing" {
	ws <<-'PY'
	w = WS(rcvbuf=4096)
	n = 12000
	w.text("!flood %d 1000" % n)
	w.text("!close")
	time.sleep(0.3)	# reads nothing all that while
	w.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
	for i in range(n):
	    op, data = w.next()
	    eq((op, len(data), int(data)), (TEXT, 1000, i))
	w.hear_close(1000)
	w.close()
	PY
}

@test "a server behind that reads nothing holds up its peer, not its pings" {
	ws <<-'PY'
	w = WS()
	w.text("!wait")
	w.sock.settimeout(0.3)
	sent = 0
	try:
	    while sent < 64 << 20:
	        sent += w.sock.send(frame(TEXT, "z" * 60000)[sent % 60008:])
	except socket.timeout:
	    pass
	eq(sent < 64 << 20, True, "held up")
	w.reset()
	WS().bye()
	PY
}

@test "silence is probed, and who does not answer is closed" {
	bridge --bridge-ping "$((600 * SLOW))ms"
	ws <<-'PY'
	w = WS()
	eq(w.next(), (PING, b""))
	w.send(frame(PONG))
	eq(w.next(), (PING, b""))
	w.text("x")
	until(lambda: w.next() == (TEXT, b"x"))
	w.close()
	w = WS()
	eq(w.next(), (PING, b""))
	w.hear_close(1011)
	w.send(close_frame(1011))
	w.ended()
	PY
}

@test "stopping: 1001" {
	bridge
	ws "$SERVER_PID" <<-'PY'
	w = WS()
	w.text("here").hear("here")
	import signal
	os.kill(int(sys.argv[1]), signal.SIGTERM)
	if os.environ.get("MODEL") == "inetd":
	    sys.exit()
	w.hear_close(1001)
	w.send(close_frame(1001))
	w.ended()
	PY
	wait_server
	assert_equal "$SERVER_STATUS" 0
}

@test "a reload: 1001, and then others" {
	skip_model 'no child that is replaced' single fork inetd
	bridge
	ws "$SERVER_PID" <<-'PY'
	import signal
	w = WS()
	w.text("here").hear("here")
	os.kill(int(sys.argv[1]), signal.SIGHUP)
	w.hear_close(1001)
	w.send(close_frame(1001))
	w.ended()
	WS().bye()
	PY
}

@test "room for so many, messages of such a size" {
	bridge --bridge-connections 2 --bridge-message 200
	ws <<-'PY'
	w = WS()
	w.text("x" * 200).hear("x" * 200)
	w.text("!flood 1 450").hear("0" * 200, "0" * 200, "0" * 50)
	w.text("x" * 201).hear_close(1009)
	w.close()
	PY
	skip_model 'one connection' single inetd
	ws <<-'PY'
	def third():
	    w = Web()
	    w.send(upgrade())
	    return w.answer()
	def two():
	    if third().status != 101:
	        return None
	    return [WS(), WS()]
	a, b = until(two, "both places are free again")
	c = until(lambda: (lambda r: r if r.status == 503 else None)(third()))
	like(c["Retry-After"], r"^\d+$")
	a.bye()
	until(lambda: third().status == 101, "a's place is free")
	PY
}

@test "bytes: binary messages to lines and back; or nothing but bytes" {
	behind echod
	bridge --bridge "/bytes=tcp:$BEHIND,binary" --bridge-memory 3M
	ws <<-'PY'
	w = WS()
	def both(data):
	    w.send(frame(BINARY, data))
	    eq(w.next(), (BINARY, data))
	both(b"\xff\x00\xfe")
	both(b"two\nlines\n\r")
	w.text("text").hear("text")
	w.text("").hear("")
	both(os.urandom(65536))
	both(b"utf-8")
	w.send(frame(BINARY, b"a\r", fin=0) + frame(PING) + frame(0, b"\n"))
	eq(w.next(), (PONG, b""))
	eq(w.next(), (BINARY, b"a\r\n"))
	both(b"\xff" * (1 << 20))
	w.text("x" * (1 << 20)).hear("x" * (1 << 20))
	# more than all long messages may take, and more than any
	w.text("y" * (4 << 20)).hear_close(1009)
	w.ended()
	refused(frame(BINARY, "x", size=(16 << 20) + 1), 1009)

	def stream(w):
	    sent = os.urandom(100000) + b"text\n"
	    w.send(frame(BINARY, sent[:-5]))
	    w.text(b"text\n")
	    got = b""
	    while len(got) < len(sent):
	        op, data = w.next()
	        eq(op, BINARY)
	        got += data
	    eq(got, sent)
	    w.bye()
	stream(WS("/bytes"))
	for path in "/b", "/bytes":
	    stream(WS(path, "Sec-WebSocket-Protocol: base64",
	        "Sec-WebSocket-Protocol: chat, binary", protocol="binary"))
	PY
}

@test "whose connection it is, is told to a server that is to know" {
	behind chatd --proxy-from 127.0.0.1
	bridge --bridge "/chat=tcp:$BEHIND,binary,proxy" --trust-forwarded \
	    127.0.0.1 --bridge "/lines=tcp:$BEHIND,proxy"
	ws <<-'PY'
	for path, kind in ("/chat", BINARY), ("/lines", TEXT):
	    for ip in "192.0.2.7", "2001:db8::7", None:
	        w = WS(path, *["X-Forwarded-For: " + ip] if ip else [])
	        me = "[%s]" % ip if ip and ":" in ip else ip or "127.0.0.1"
	        op, data = w.next()
	        eq(op, kind)
	        eq(data.decode().strip(), "%s:%d has joined the chat" %
	           (me, w.sock.getsockname()[1]))
	        w.bye()
	PY
	refute grep 'no PROXY header' "$BATS_TEST_TMPDIR"/*
}

@test "datagrams: one for a message, text or not" {
	behind echod
	bridge --bridge "/u=udp:$BEHIND"
	ws <<-'PY'
	w = WS("/u", "Sec-WebSocket-Protocol: binary")
	w.text("one\ntwo").hear("one\ntwo")
	for data in b"\xff\x00\xfe", b"utf-8", b"":
	    w.send(frame(BINARY, data))
	    eq(w.next(), (BINARY, data))
	w.text("x" * 60000).hear("x" * 60000)
	w.text("x" * 65530).hear_close(1009)
	w.send(close_frame(1009))
	w.ended()
	PY
	stop_server "$BEHIND_PID"
	ws <<-'PY'
	w = WS("/u")
	w.text("x").hear_close(1011)
	w.close()
	PY
}

@test "an IPv6 address behind" {
	[[ -e /proc/net/if_inet6 ]] || skip 'no IPv6 here'
	behind "$BIN/echod" --listen '[::1]:0'
	bridge --bridge "/six=tcp:[::1]:${BEHIND##*:}" \
	    --bridge "/sixu=udp:[::1]:${BEHIND##*:}"
	ws <<-'PY'
	for path in "/six", "/sixu":
	    w = WS(path)
	    w.text("v6").hear("v6")
	    w.bye()
	PY
}

@test "a page that goes leaves the room" {
	behind roomd
	bridge --bridge "/room=udp:$BEHIND"
	ws "$BEHIND" <<-'PY'
	host, port = sys.argv[1].rsplit(":", 1)
	other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	other.settimeout(SECONDS)
	other.connect((host, int(port)))
	other.send(b"tom -n")
	w = WS("/room")
	w.text("ann -n")
	like(other.recv(2000).decode(), "system: ann joined the chat$")
	w.text("hello").hear("ann:hello")
	eq(other.recv(2000), b"ann:hello")
	w.reset()
	like(other.recv(2000).decode(), "system: ann left the chat$")
	PY
}

@test "a real library: bare words and events of chatd" {
	need "$PYTHON"
	"$PYTHON" -c 'import websockets' || skip 'no websockets for python'
	behind chatd
	bridge --bridge "/chat=tcp:$BEHIND"
	run "$PYTHON" - <<-'PY'
	import asyncio, os, websockets
	url = "ws://%s:%s/chat" % (os.environ["HOST"], os.environ["PORT"])
	async def main():
	    async with websockets.connect(url, origin=url[:-5].replace("ws", "http", 1)) as w:
	        print((await w.recv()).split(" ", 1)[1])
	        await w.send("HELLO chat/2 nick=ann history=0")
	        for i in range(3):
	            print((await w.recv()).split()[0])
	        await w.send(["h", "i ", "\u5c0f\u9e21"])
	        print((await w.recv()).split(" ", 3)[3])
	        await (await w.ping())
	        await w.send("/quit")
	        try:
	            await w.recv()
	        except websockets.ConnectionClosed as e:
	            print(w.close_code)
	asyncio.run(asyncio.wait_for(main(), 20))
	PY
	assert_success
	assert_output "has joined the chat
welcome
join
nick
lobby ann hi 小鸡
1000"
}

@test "over TLS: both ways at once, and only pages that came by TLS" {
	need openssl
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -days 2 -subj /CN=test.example \
	    -keyout "$BATS_TEST_TMPDIR/key" -out "$BATS_TEST_TMPDIR/pem" \
	    2>/dev/null
	bridge --tls-cert "$BATS_TEST_TMPDIR/pem" \
	    --tls-key "$BATS_TEST_TMPDIR/key"
	ws <<-'PY'
	w = WS("/b", "Origin: https://test.example", tls="test.example")
	w.text("x").hear("x")
	w.text("!flood 5000 1000")
	for i in range(5):
	    w.text("y" * 20000)
	heard = [w.next()[1] for i in range(5005)]
	eq([int(h) for h in heard if h[:1] == b"0"], list(range(5000)))
	eq([len(h) for h in heard if h[:1] == b"y"], [20000] * 5)
	w.bye()
	w = Web(tls="test.example")
	w.send(upgrade("/b", "Origin: http://test.example"))
	eq(w.answer().status, 403)
	PY
}

@test "who must log in must do so here, too" {
	echo "ann:$(openssl passwd -5 secret)" >"$BATS_TEST_TMPDIR/passwd"
	chmod 644 "$BATS_TEST_TMPDIR/passwd"
	bridge --auth-file "$BATS_TEST_TMPDIR/passwd"
	ws <<-'PY'
	w = Web()
	w.send(upgrade())
	eq(w.answer().status, 401)
	w.close()
	basic = base64.b64encode(b"ann:secret").decode()
	WS("/b", "Authorization: Basic " + basic).bye()
	PY
}
