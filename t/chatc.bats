# chatc by pipes; chatc_screen.bats has the terminal.

load lib/brood
load lib/chat

setup() {
	start_server chatd
	NET=$HOST AT=$PORT
}

@test "plain: what is said arrives, what is heard is printed" {
	(PORT=$AT chat <<-'PY'
	a = Peer()
	a.hear("called ann")
	a.exactly("ann:hello") if not a.got.startswith(b"\n") else a.hear("ann:hello")
	a.say("hello, ann")
	a.hear("ann has left the chat")
	PY
	) &
	peer=$!
	wait_for_line "$SERVER_OUT" 'has joined the chat'
	run client chatc --nick ann --stay 500ms "$NET" "$AT" <<<hello
	assert_success
	assert_line --regexp 'is now called ann$'
	assert_line --regexp '^127.0.0.1:[0-9]*:hello, ann$'
	refute_line 'ann:hello'
	wait "$peer"
}

@test "plain: commands answer, and history comes from before" {
	client chatc "$NET" "$AT" <<<'first words' >"$BATS_TEST_TMPDIR/out"
	run client chatc --nick bob "$NET" "$AT" <<<'/who'
	assert_success
	assert_line --regexp ':first words$'
	assert_line '  bob'
	assert_line '1 in lobby'
}

@test "json: an object for each event" {
	run client chatc --json --nick ann "$NET" "$AT" <<<'say "this"'
	assert_success
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/json"
	run "$PYTHON" -c 'import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
said = [e for e in events if e["kind"] == "say"]
print(events[0]["kind"], said[0]["who"], said[0]["text"], said[0]["own"])
' "$BATS_TEST_TMPDIR/json"
	assert_success
	assert_output 'welcome ann say "this" True'
}

@test "bare: the plain dialect, without a greeting" {
	(PORT=$AT chat <<-'PY'
	a = Peer()
	b = a.hear("(\\S+) has joined the chat").group(1).decode()
	a.exactly(b + ":hi there")
	a.hear(b + " has left the chat")
	PY
	) &
	peer=$!
	wait_for_line "$SERVER_OUT" 'has joined the chat'
	run client chatc --bare "$NET" "$AT" <<<'hi there'
	assert_success
	wait "$peer"
}

@test "nobody there: status 1; a bad option: status 2" {
	stop_server
	run client chatc "$NET" "$AT" </dev/null
	assert_failure 1
	run client chatc --frobnicate "$NET"
	assert_failure 2
	start_server chatd
}

@test "bare: lines that come at once are messages of their own" {
	run client chatc --bare "$NET" "$AT" <<<$'one\ntwo\nq'
	assert_success
	wait_for_line "$SERVER_OUT" 'has left the chat'
	run cat "$SERVER_OUT"
	assert_line --regexp ':one$'
	assert_line --regexp ':two$'
}

@test "names that the greeting cannot carry, and what --bare has no use for" {
	run client chatc --nick $'ann\nhello' "$NET" "$AT" </dev/null
	assert_failure 2
	assert_output 'chatc: --nick: that name is not text'
	run client chatc --room 'a b' "$NET" "$AT" </dev/null
	assert_failure 2
	assert_output --partial 'chatc: --room: a name has no blanks'
	run client chatc --bare --json "$NET" "$AT" </dev/null
	assert_failure 2
	assert_output 'chatc: --json: does nothing with --bare'
}

@test "a line that is too long is not sent, and the rest is: status 2" {
	run client chatc "$NET" "$AT" \
	    < <(printf '%9000d\nafter\n%4096d\n' 1 2)
	assert_failure 2
	assert_line 'chatc: not sent: a message has at most 4096 bytes'
	wait_for_line "$SERVER_OUT" 'has left the chat'
	run cat "$SERVER_OUT"
	assert_line --regexp ':after$'
	assert_line --regexp ': *2$'
	refute_line --regexp '  1$'
}

@test "what a server says is harmless on a terminal" {
	"$PYTHON" -S - >"$BATS_TEST_TMPDIR/port" 3>&- <<-'PY' &
	import socket
	s = socket.create_server(("127.0.0.1", 0))
	print(s.getsockname()[1], flush=True)
	c = s.accept()[0]
	c.recv(100)
	c.sendall(b"welcome 5 1 lobby ann chat/2 7\n"
	    b"say 6 1 lobby bob \x1b[31mred\xff\n")
	while b"/quit" not in c.recv(100):
	    pass
	PY
	peer=$!
	wait_for_line "$BATS_TEST_TMPDIR/port" '[0-9]'
	run client chatc --stay 300ms -W 1s 127.0.0.1 \
	    "$(<"$BATS_TEST_TMPDIR/port")" </dev/null
	assert_line $'bob:\ufffd[31mred\ufffd'
	assert_success
	wait "$peer"
}
