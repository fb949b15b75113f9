# roomd and addresses: IPv6, several at once, forged ones, those that fall
# silent; and what the datagrams of the two dialects are like to the byte.

load lib/brood

# peers ARG... - a script of Python's on standard input, with P a new peer at
# HOST PORT
peers() {
	{
		echo "import sys; sys.path.insert(0, '$LIB/fixtures')"
		echo 'from roompeer import *; import re, socket, time'
		echo 'P = lambda host=sys.argv[1], port=sys.argv[2],' \
		    'charset="utf-8": Peer(host, port, charset)'
		echo 'WHEN = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] "'
		cat
	} >"$BATS_TEST_TMPDIR/script.py"
	"$PYTHON" "$BATS_TEST_TMPDIR/script.py" "$HOST" "$PORT" "$@"
}

has_ipv6() {
	[[ -e /proc/net/if_inet6 ]] && grep -q ' lo$' /proc/net/if_inet6
}

@test "IPv6: plain peers, roomc, and what is printed" {
	has_ipv6 || skip 'no IPv6 here'
	start_server roomd --listen '[::1]:0'
	run peers <<'PY'
a, b = P(), P()
a.send("tom -n"); b.send("ann -n")
assert re.fullmatch(WHEN + "system: ann joined the chat", a.hear())
b.send("hi"); assert a.hear() == b.hear() == "ann:hi"
c = P(); c.enter("c"); a.hear(); b.hear()
c.say(1, "from c"); assert a.hear() == b.hear() == "c:from c"
PY
	assert_success
	wait_for_line "$SERVER_OUT" '^Receive from \[::1\]:[0-9]+: tom -n$'
	wait_for_line "$SERVER_OUT" '^Send to \[::1\]:[0-9]+: ann:hi$'
	run client roomc -6 -n eve "$HOST" "$PORT" <<<'hello'
	assert_success
	assert_line 'eve:hello'
}

@test "several addresses: one room, each answered by the one he wrote to" {
	listen=(--listen 127.0.0.1:0 --listen 127.0.0.2:0 --listen 0.0.0.0:0)
	! has_ipv6 || listen+=(--listen '[::1]:0')
	start_server roomd "${listen[@]}"
	mapfile -t at < <(sed 's/:\([0-9]*\)$/ \1/; s/[][]//g' \
	    <<<"$SERVER_LISTEN")
	# a connected socket hears only whom it is connected to
	run peers "${at[@]}" <<'PY'
at = [a.split() for a in sys.argv[3:]]
at.append(["127.0.0.9", at[2][1]])      # of all addresses: the very one
at[2][0] = "127.0.0.1"
room = [P(*a) for a in at]
for i, p in enumerate(room):
    p.send("m%d -n" % i)
    for q in room[:i]:
        assert q.hear().endswith("m%d joined the chat" % i)
for i, p in enumerate(room):
    p.send("words of %d" % i)
    for q in room:
        assert q.hear() == "m%d:words of %d" % (i, i)
better = [P(*a) for a in at]
for i, p in enumerate(better):
    p.enter("b%d" % i)
    for q in room:
        assert q.hear().endswith("b%d joined the chat" % i)
better[0].say(1, "to all")
for q in room:
    assert q.hear() == "b0:to all"
for p in better:
    while event(p.binary(EVENT))[3] != "to all":
        pass
PY
	assert_success
}

@test "a forged address gets no room traffic" {
	start_server roomd --rate 0
	mkfifo "$BATS_TEST_TMPDIR/go"
	peers "$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/said" <<'PY' &
victim = P()
print("port", victim.sock.getsockname()[1], flush=True)
open(sys.argv[3]).read()
# what came for ten forged datagrams is less than they were, and no event
talker = P(); talker.enter("talker")
for i in range(20):
    talker.say(i + 1, "room traffic"); talker.binary(SAID)
got = []
while (data := victim.raw(0.2)) is not None:
    got.append(data)
assert sum(map(len, got)) <= 650, got
assert all(d[5] in (CHALLENGE, REFUSED, BYE) for d in got), got
assert not any(b"traffic" in d for d in got)
print("fine", flush=True)
PY
	wait_for_line "$BATS_TEST_TMPDIR/said" '^port '
	victim=$(sed -n 's/^port //p' "$BATS_TEST_TMPDIR/said")
	run "$PYTHON" "$LIB/fixtures/forger.py" "$HOST" "$PORT" "$victim"
	echo >"$BATS_TEST_TMPDIR/go"
	wait_for_line "$BATS_TEST_TMPDIR/said" '^fine$'
	((status != 77)) || skip 'no raw sockets here'
	assert_success
	wait_for_line "$SERVER_OUT" "^Receive from 127.0.0.1:$victim: LEAVE"
	run grep -E "^Send to 127.0.0.1:$victim: " "$SERVER_OUT"
	refute_output --partial 'EVENT'
	refute_output --partial 'JOINED'
}

@test "silence: a member of the better dialect is put out, and comes back" {
	start_server roomd --timeout "$((SLOW * 500))ms"
	run peers <<'PY'
a, b = P(), P()
a.enter("a")
b.send("b -n")
assert a.binary(BYE)[7] == 5
assert b.hear().endswith("system: a left the chat")
PY
	assert_success
	client roomc -n ann --stay 1m "$HOST" "$PORT" </dev/null \
	    >"$BATS_TEST_TMPDIR/ann" 2>"$BATS_TEST_TMPDIR/said" &
	ann=$!
	wait_for_line "$BATS_TEST_TMPDIR/said" 'does not know us any more'
	wait_for_line "$BATS_TEST_TMPDIR/said" 'back in the room'
	end_client "$ann"
}

@test "the rate: nothing that roomc says is lost to it" {
	start_server roomd --rate 20
	seq -f 'line %g' 90 >"$BATS_TEST_TMPDIR/lines"
	run client roomc -n tom "$HOST" "$PORT" <"$BATS_TEST_TMPDIR/lines"
	assert_success
	assert_output "$(sed 's/^/tom:/' "$BATS_TEST_TMPDIR/lines")"
}

@test "GB2312 and Chinese to the byte, and on the server's output" {
	start_server roomd --charset GB2312 --lang zh
	run peers <<'PY'
a, b, c = P(), P(), P()
a.send(bytes.fromhex("d5c5c8fd 202d6e"))                # Zhang San
a.silent()
b.send(bytes.fromhex("c0eecbc4 202d6e"))                # Li Si
data = a.raw()
assert re.fullmatch(rb"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] " + bytes.fromhex(
    "cfb5cdb3 3a20 c0eecbc4 20 bcd3c8ebc1cbc1c4ccec"), data), data
b.send(bytes.fromhex("c4e3bac3 202d616c6c"))
said = bytes.fromhex("c0eecbc4 3a c4e3bac3")
assert a.raw() == said and b.raw() == said
b.send(b"exit"); assert b.raw() == b"exit"
data = a.raw()
assert data[22:] == bytes.fromhex(
    "cfb5cdb3 3a20 c0eecbc4 d2d1cdcbb3f6c1c4ccec"), data
# half a character at the end, and what the charset has not
a.send(bytes.fromhex("c4e3 c4")); assert a.raw()[5:] == b"\xc4\xe3?"
c.enter("c"); a.raw()
c.say(1, "né 😀"); assert a.raw() == b"c:n\xa8\xa6 ?"
# too long, counted in UTF-8: 1025 bytes of it are 683 of these
a.send(bytes.fromhex("c4e3") * 342)
assert "1024".encode() in a.raw()
a.send(bytes.fromhex("c4e3") * 341)
assert a.raw() == bytes.fromhex("d5c5c8fd 3a") + bytes.fromhex("c4e3") * 341
PY
	assert_success
	wait_for_line "$SERVER_OUT" '^Receive from 127\.0\.0\.1:[0-9]+: 张三 -n$'
	wait_for_line "$SERVER_OUT" '^Send to 127\.0\.0\.1:[0-9]+: \[....-..-.. ..:..:..\] 系统: 李四 加入了聊天$'
	wait_for_line "$SERVER_OUT" '^Receive from .*: 你好 -all$'
	wait_for_lines 2 "$SERVER_OUT" '^Send to .*: 李四:你好$'
	wait_for_line "$SERVER_OUT" '^Receive from .*: exit$'
	wait_for_line "$SERVER_OUT" '^Send to .*: exit$'
	wait_for_line "$SERVER_OUT" '^Send to .*\] 系统: 李四已退出聊天$'
	wait_for_line "$SERVER_OUT" '^Receive from .*: 你�$'
}

# all_there PORT - the three ears
all_there() {
	[[ $(client roomc --json -n look "$HOST" "$1" <<<'/who' |
	    grep -o '"ear.' | wc -l) == 3 ]]
}

@test "a bad network: every member hears all, each once, in order" {
	start_server roomd --rate 0 --max-rate 0 --per-source 0
	room=$PORT
	start_server "$LIB/fixtures/badnet.py" --to "$HOST:$room" --loss 0.2 \
	    --duplicate 0.3 --reorder 0.4 --seed 11
	pids=()
	for i in 1 2 3; do
		client roomc -W 1m -n "ear$i" --stay 1m "$HOST" "$PORT" \
		    </dev/null >"$BATS_TEST_TMPDIR/ear$i" 2>/dev/null &
		pids+=("$!")
	done
	wait_until 30 all_there "$room"
	seq -f 'line %g' 30 | sed 's/$/ 你好/' >"$BATS_TEST_TMPDIR/lines"
	client roomc -W 1m -n tom "$HOST" "$PORT" \
	    <"$BATS_TEST_TMPDIR/lines" >/dev/null
	sed 's/^/tom:/' "$BATS_TEST_TMPDIR/lines" >"$BATS_TEST_TMPDIR/wanted"
	for i in 1 2 3; do
		wait_for_line "$BATS_TEST_TMPDIR/ear$i" 'tom left the chat' 30
		grep '^tom:' "$BATS_TEST_TMPDIR/ear$i" |
		    diff "$BATS_TEST_TMPDIR/wanted" -
	done
	end_client "${pids[@]}"
}
