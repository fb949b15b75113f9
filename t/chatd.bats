# bats file_tags=models
# What plain clients of chatd see, byte for byte, whichever process holds whom.

load lib/brood
load lib/chat

# hub [ARG...] - a chat of several, which the models of one connection are not
hub() {
	skip_model 'one connection at a time' single
	skip_model 'one connection and nobody else' inetd
	start_server chatd "$@"
}

@test "hub: joining, talking and leaving, byte for byte" {
	hub
	chat <<-'PY'
	a, b, c = met(3)
	a.say("hello")
	b.exactly(a.name + ":hello")
	c.exactly(a.name + ":hello")
	b.say("two words\n")
	a.exactly(b.name + ":two words")
	c.exactly(b.name + ":two words")
	a.silent()
	a.say("q")
	a.closed()
	b.hear("^%s has left the chat\n$" % a.name)
	c.exactly(a.name + " has left the chat")
	c.close()
	b.exactly(c.name + " has left the chat\n")
	b.silent()
	PY
	wait_for_line "$SERVER_OUT" '^127.0.0.1:[0-9]*:hello$'
	wait_for_lines 2 "$SERVER_OUT" ' has left the chat$'
}

@test "one connection: coming, silence and q" {
	start_server chatd
	chat <<-'PY'
	a = Peer()
	a.say("alone")
	a.silent()
	a.say("/who\r\n")
	a.exactly("  %s\r\n1 in lobby\r\n" % a.name)
	a.say("q\n")
	a.closed()
	PY
}

@test "framing: each gets messages as it sends them" {
	hub
	chat <<-'PY'
	bare, lf, crlf = met(3)
	lf.say("x\n")
	bare.exactly(lf.name + ":x")
	crlf.exactly(lf.name + ":x")
	crlf.say("y\r\n")
	bare.exactly(crlf.name + ":y")
	lf.exactly(crlf.name + ":y\n")
	bare.say("z")
	lf.exactly(bare.name + ":z\n")
	crlf.exactly(bare.name + ":z\r\n")
	PY
}

@test "framing: a message split at every byte, and many in a segment" {
	hub
	chat <<-'PY'
	a, b = met(2)
	text = "split \u4f60\u597d\n".encode()
	for i in range(1, len(text)):
	    a.say(text[:i])
	    a.say(text[i:])
	    b.exactly(a.name.encode() + b":" + text.rstrip())
	a.say("one\ntwo\r\n\nthree")
	for word in "one", "two", "three":
	    b.exactly(a.name + ":" + word)
	PY
}

@test "framing: bare messages arrive one recv each" {
	hub
	chat <<-'PY'
	a, b = met(2)
	a.say("1\n2\n3\n4\n")
	pieces = []
	while len(pieces) < 4:
	    b.s.settimeout(10 * SLOW)
	    pieces.append(b.s.recv(1000).decode())
	if SLOW == 1 and pieces != [a.name + ":" + str(i) for i in (1, 2, 3, 4)]:
	    raise SystemExit(repr(pieces))
	PY
}

@test "a message that is too long is refused, and the others stay" {
	hub
	chat <<-'PY'
	a, b = met(2)
	a.say(b"x" * 4096 + b"\n")
	b.exactly(a.name + ":" + "x" * 4096)
	a.say(b"x" * 9000 + b"\n")
	a.exactly("A message has at most 4096 bytes.\n")
	a.closed()
	b.exactly(a.name + " has left the chat")
	b.silent()
	PY
}

@test "queue: the place is told, kept and moved up in order" {
	hub --max-clients 2
	chat <<-'PY'
	a, b = met(2)
	queue = []
	full = "The chat is full; your place in the queue: %d"
	for i in range(3):
	    p = Peer(False)
	    p.exactly(full % (i + 1))
	    queue.append(p)
	queue[1].say("nobody hears this")
	queue[0].say("nor this\n")
	a.silent()
	b.say("q")
	b.closed()
	a.exactly(b.name + " has left the chat")
	a.exactly(queue[0].name + " has joined the chat")
	queue[0].exactly(queue[0].name + " has joined the chat\n")
	queue[1].exactly(full % 1)
	queue[2].exactly(full % 2)
	queue[1].close()
	queue[2].exactly(full % 1)
	a.close()
	queue[0].exactly(a.name + " has left the chat\n")
	queue[0].exactly(queue[2].name + " has joined the chat\n")
	queue[2].exactly(queue[2].name + " has joined the chat")
	queue[2].say("at last")
	queue[0].exactly(queue[2].name + ":at last\n")
	PY
}

@test "text: control characters and what is not UTF-8 are made harmless" {
	hub
	chat <<-'PY'
	a, b = met(2)
	a.say(b"\x1b[31mred\x07 \xff\xe4\xbd tab\there \xc2\x9b \xe2\x80\xaeback\n")
	b.exactly(a.name + ":\ufffd[31mred\ufffd \ufffd\ufffd\ufffd "
	          "tab\there \ufffd \ufffdback")
	PY
}

@test "charset: GBK outside, UTF-8 for events" {
	hub --charset GBK
	chat <<-'PY'
	a, b, c = met(3)
	c.greet(history=0)
	a.say("\u4f60\u597d".encode("gbk"))
	b.exactly(a.name.encode() + b":" + "\u4f60\u597d".encode("gbk"))
	c.hear("say [0-9]+ [0-9]+ lobby %s \u4f60\u597d\n" % a.name)
	c.say("\u518d\u89c1 \U0001f600\n")
	b.exactly(c.name.encode() + b":" + "\u518d\u89c1 ?".encode("gbk"))
	a.say("/nick \u5c0f\u660e".encode("gbk"))
	b.exactly((a.name + " is now called \u5c0f\u660e").encode("gbk"))
	c.say("/me \u597d\n")
	b.exactly(b"* " + c.name.encode() + " \u597d".encode("gbk"))
	b.say("/msg \u5c0f\u660e \u4f60".encode("gbk"))
	b.exactly("(to \u5c0f\u660e alone) \u4f60".encode("gbk"))
	PY
}

@test "p2p: one peer and the server's standard input" {
	skip_model 'descriptor 0 is the peer' inetd
	mkfifo "$BATS_TEST_TMPDIR/in"
	exec {in}<>"$BATS_TEST_TMPDIR/in"
	printf '#!/bin/sh\nexec "%s" "$@" <"%s"\n' "$BIN/chatd" \
	    "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/chatd"
	chmod +x "$BATS_TEST_TMPDIR/chatd"
	start_server "$BATS_TEST_TMPDIR/chatd" --p2p
	coproc PEER { chat <<-'PY'
		a = Peer(False)
		a.say("hello, server")
		a.exactly("Server : hello, peer")
		a.say("more")
		a.exactly("Server : and more")
		a.exactly("The operator has ended your visit.")
		a.closed()
		PY
	}
	peer=$PEER_PID
	wait_for_line "$SERVER_OUT" '^127.0.0.1:[0-9]*:hello, server$'
	echo 'hello, peer' >&"$in"
	wait_for_line "$SERVER_OUT" '^127.0.0.1:[0-9]*:more$'
	echo 'and more' >&"$in"
	echo q >&"$in"
	wait "$peer"
	exec {in}>&-
}

@test "hub: who says something and ends his side sees what he was due" {
	hub
	for text in '' 'hello\n' 'q' 'q\n'; do
		run tcp --shut "$HOST" "$PORT" ${text:+"$text"} <<<''
		assert_success
		assert_output --partial 'has joined the chat'
	done
}
