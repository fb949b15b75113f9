# What roomd's peers see: plain clients byte for byte, and those of the better
# dialect, which are numbered, acknowledged and bound to their address.

load lib/brood

# peers [ARG...] - a script of Python's on standard input, with P a new peer
peers() {
	{
		echo "import sys; sys.path.insert(0, '$LIB/fixtures')"
		echo 'from roompeer import *; import re, time'
		echo 'P = lambda charset="utf-8": Peer(*sys.argv[1:3], charset)'
		echo 'WHEN = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] "'
		cat
	} >"$BATS_TEST_TMPDIR/script.py"
	"$PYTHON" "$BATS_TEST_TMPDIR/script.py" "$HOST" "$PORT" "$@"
}

@test "plain: name, text, text -all, exit, byte for byte" {
	start_server roomd
	run peers <<'PY'
a, b = P(), P()
a.send("tom -n"); a.silent()
b.send("ann -n")
assert re.fullmatch(WHEN + "system: ann joined the chat", a.hear())
b.silent()
a.send("hello all"); assert a.hear() == b.hear() == "tom:hello all"
b.send("hi -all"); assert a.hear() == b.hear() == "ann:hi"
b.send("exit"); assert b.hear() == "exit"
assert re.fullmatch(WHEN + "system: ann left the chat", a.hear())
b.send("exit"); assert b.hear() == "exit"
a.send("alone"); assert a.hear() == "tom:alone"; b.silent()
PY
	assert_success
	wait_for_line "$SERVER_OUT" '^Receive from 127\.0\.0\.1:[0-9]+: hi -all$'
	wait_for_lines 2 "$SERVER_OUT" '^Send to 127\.0\.0\.1:[0-9]+: ann:hi$'
	wait_for_line "$SERVER_OUT" '^Send to 127.*\] system: ann left the chat$'
}

@test "plain: GB2312 and Chinese, as the coursework had them" {
	start_server roomd --charset GB2312 --lang zh
	run peers <<'PY'
a, b = P("gb2312"), P("gb2312")
a.send("张三 -n")
b.send("李四 -n")
assert re.fullmatch(WHEN + "系统: 李四 加入了聊天", a.hear())
b.send("你好 -all"); assert a.hear() == b.hear() == "李四:你好"
b.send(b"\xff\xff!"); assert a.hear() == b.hear() == "李四:??!"
b.send("exit"); assert b.hear() == "exit"
assert re.fullmatch(WHEN + "系统: 李四已退出聊天", a.hear())
b.send("a:b -n")
assert re.fullmatch(WHEN + "系统: 名字无效: 含有不允许的字符", b.hear())
PY
	assert_success
	wait_for_line "$SERVER_OUT" '李四:你好$'
}

@test "plain: strangers, names, lengths and what could drive a terminal" {
	start_server roomd
	run peers <<'PY'
a, b = P(), P()
b.send("hello")
assert re.fullmatch(WHEN + 'system: you are not in the chat; .*', b.hear())
b.send("hello"); b.silent()
a.send("tom -n"); a.silent()
b.send("tom -n"); assert b.hear().endswith("system: the name tom is taken")
for bad in ("a:b", "system", "系统", "[x", "n" * 64, "a\x1b", "\u202etom"):
    b.send(bad + " -n"); assert "that is no name: " in b.hear()
a.send("ann -n"); assert a.hear().endswith("you are in the chat as tom")
a.send("tom -n"); a.silent()
a.send("x" * 1025); assert "not delivered: longer than 1024" in a.hear()
a.send("x" * 9000); assert "not delivered: longer than 1024" in a.hear()
a.send("x" * 1024 + " -all"); assert a.hear() == "tom:" + "x" * 1024
a.send(b"a\x1b[31m\nb\xffc"); assert a.hear() == "tom:a�[31m�b�c"
a.send("a\u202eb\u2066c"); assert a.hear() == "tom:a�b�c"
a.send(""); a.silent()
c = P(); c.send("nc -n\n"); a.hear()
a.send("hi"); assert c.hear() == "tom:hi\n" and a.hear() == "tom:hi"
PY
	assert_success
}

@test "limits: members, members of an address, rate, silence" {
	start_server roomd --max-members 3 --per-source 2 --rate 1 \
	    --expire "$((SLOW * 2))s"
	run peers <<'PY'
a, b, c = P(), P(), P()
a.send("a -n"); b.send("b -n"); a.hear()
c.send("c -n"); assert c.hear().endswith("the chat is full")
for i in range(8):
    b.send("x")
got = [b.hear() for _ in range(5)]
assert got[:4] == ["b:x"] * 4 and got[4].endswith("too many messages"), got
b.silent()
for i in range(4):
    assert a.hear() == "b:x"
while True:
    a.send("")
    got = a.hear(0.2)
    if got:
        break
assert got.endswith("system: b left the chat"), got
assert "you were silent for too long" in b.hear()
PY
	assert_success
}

@test "two hundred members, and a child that is killed" {
	start_server roomd --per-source 0 --max-rate 100000 --quiet
	child=$(children_of "$SERVER_PID" | head -1)
	mkfifo "$BATS_TEST_TMPDIR/go"
	peers "$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/said" <<'PY' &
room = [P() for _ in range(200)]
for i, p in enumerate(room):
    p.send("m%d -n" % i)
    if i:
        assert room[0].hear()
def until(p, want):
    while (got := p.hear()) != want:
        assert got.endswith("joined the chat"), got
    return True
room[7].send("before")
assert all(until(p, "m7:before") for p in room)
print("ready", flush=True)
open(sys.argv[3]).read()
for _ in range(50):
    room[9].send("after")
    if (got := room[9].hear(0.2)):
        break
assert got == "m9:after", got
assert all(until(p, "m9:after") for p in room if p is not room[9])
print("done", flush=True)
PY
	wait_for_line "$BATS_TEST_TMPDIR/said" ready 30
	kill9 "$child"
	wait_for_exit "$child"
	echo go >"$BATS_TEST_TMPDIR/go"
	wait_for_line "$BATS_TEST_TMPDIR/said" done 30
	kill -HUP "$SERVER_PID"
	wait_for_line "$SERVER_LOG" 'configuration reloaded'
	# from an address whose ports none of them has had
	run peers <<'PY'
p = Peer(*sys.argv[1:3], source="127.0.0.9")
for _ in range(50):
    p.send("m3 -n")
    if (got := p.hear(0.2)):
        break
assert got.endswith("the name m3 is taken"), got
PY
	assert_success
}

@test "cookie: none, another address's, a forged session" {
	start_server roomd
	run peers <<'PY'
a, b, c = P(), P(), P()
a.join("a", bytes(12)); assert a.binary(REFUSED)[7] == 1
cookie = a.cookie()
b.join("b", cookie); assert b.binary(REFUSED)[7] == 1
a.enter("a")
b.send("plain -n")
data = a.binary(EVENT)
assert data[6] == 2 and b"system: plain joined the chat" in data
b.session = a.session; b.say(1, "forged"); assert b.binary(BYE)[7] == 5
a.session ^= 1; a.say(1, "forged"); assert a.binary(BYE)[7] == 5
b.silent()
# no answer is longer than its request, before an address has proved itself
c.send(c.head(HELLO)); c.silent()
hello = c.head(HELLO, 0, 1, rest=bytes(40))
c.send(hello); assert len(c.raw()) <= len(hello)
PY
	assert_success
}

@test "better: each once, in order, repeated until acknowledged" {
	start_server roomd
	run peers <<'PY'
a, b = P(), P()
a.enter("a")
b.send("b -n"); a.binary(EVENT)
a.say(2, "two"); assert a.binary(SAID)[16:24] == bytes(8)
b.silent()
a.say(1, "one"); assert b.hear() == "a:one"
a.say(1, "one"); b.silent()
a.say(2, "two"); assert b.hear() == "a:two"
numbers = [struct.unpack(">Q", a.binary(EVENT)[16:24])[0] for _ in range(12)]
assert set(numbers) == {2, 3, 4}, numbers   # nothing was acknowledged
a.send(a.head(ACK, a.session, 4, 1, bytes(4))); a.binary(SAID)
while a.raw(0.3):
    pass
a.silent(0.5)
a.send(a.head(LEAVE, a.session)); assert a.binary(BYE)[7] == 6
assert b.hear().endswith("system: a left the chat")
# the same session, from another address
c, d = P(), P()
c.enter("c"); b.hear()
d.join("c", d.cookie(), session=c.session); d.binary(JOINED)
b.send("hi"); assert b"hi" in d.binary(EVENT)
assert b.hear() == "b:hi"; b.silent()
PY
	assert_success
}

@test "one dialect alone" {
	start_server roomd --dialect plain
	run client roomc -W 300ms -n tom "$HOST" "$PORT" </dev/null
	assert_failure 1
	start_server roomd --dialect brood
	run peers <<'PY'
a = P(); a.send("tom -n"); assert "plain clients are not served" in a.hear()
PY
	assert_success
}

@test "usage" {
	for bad in '--charset=klingon' '--lang=xx' '--max-members=0' \
	    '--dialect=both,' 'operand'; do
		spawn_server roomd "$bad"
		wait_server
		assert_equal "$SERVER_STATUS" 2
	done
}
