# bats file_tags=models
# chatd beyond the plain dialect: commands, rooms, events, operators, floods.

load lib/brood
load lib/chat

# hub [ARG...] - a chat of several, which the models of one connection are not
hub() {
	skip_model 'one connection at a time' single
	skip_model 'one connection and nobody else' inetd
	start_server chatd "$@"
}

@test "nick: told to all, unique, and only what a name may be" {
	hub
	chat <<-'PY'
	a, b = met(2)
	a.say("/nick ann\n")
	a.exactly(a.name + " is now called ann\n")
	b.exactly(a.name + " is now called ann")
	a.say("hi\n")
	b.exactly("ann:hi")
	b.say("/nick ANN\n")
	b.exactly("ANN: somebody else is called so\n")
	for bad in "a b", "a:b", "/x", "server", "x" * 25, "\u200bann", "\x1b[m":
	    b.say("/nick %s\n" % bad)
	    b.hear("name")
	b.say("/nick \u674e\u96f7\n")
	a.exactly(b.name + " is now called \u674e\u96f7\n")
	a.say("/quit\n")
	a.closed()
	b.hear("ann has left the chat\n")
	PY
}

@test "msg, me, topic, history, help and what is unknown" {
	hub --history 2
	chat <<-'PY'
	a, b = met(2)
	a.say("/nick ann\n")
	b.hear("ann")
	b.say("/msg ann psst\n")
	b.exactly("(to ann alone) psst\n")
	a.hear("\n")
	a.exactly(b.name + " (to you alone):psst\n")
	b.say("/msg nobody psst\n")
	b.exactly("Nobody here is called nobody.\n")
	a.say("/me waves\n")
	b.exactly("* ann waves\n")
	a.say("/topic tea\n")
	b.exactly("ann has set the topic: tea\n")
	a.exactly("ann has set the topic: tea\n")
	b.say("/topic\n")
	b.exactly("Topic of lobby: tea\n")
	a.say("one\n")
	a.say("two\n")
	b.exactly("ann:one\nann:two\n")
	b.say("/history 3\n")
	b.hear("ann waves\n")
	b.hear("ann:one\nann:two\n")
	b.say("/help\n")
	b.hear("/quit")
	b.say("/frobnicate\n")
	b.hear("Unknown command")
	b.say("//slash\n")
	a.exactly(b.name + ":/slash\n")
	c = Peer(False)
	c.hear("^ann:two(\n)?%s:/slash(\n)?%s has joined" % (b.name, c.name))
	PY
}

@test "rooms: each hears its own" {
	hub
	chat <<-'PY'
	a, b, c = met(3)
	for p in a, b:
	    p.say("/join tea\n")
	    p.hear("You are in tea.\n")
	c.hear(a.name + " has left the room for tea")
	c.hear(b.name + " has left the room for tea")
	a.exactly(b.name + " has joined the room\n")
	a.say("in here\n")
	b.exactly(a.name + ":in here\n")
	c.silent()
	c.say("/list\n")
	c.exactly("lobby (1)\ntea (2)\n")
	c.say("out here\n")
	b.say("/who\n")
	b.exactly("  %s\n  %s\n2 in tea\n" % (a.name, b.name))
	b.say("/part\n")
	b.exactly("You are in lobby.\n")
	c.exactly(b.name + " has joined the room\n")
	a.close()
	c.silent()
	c.say("/list\n")
	c.hear("^lobby \\(2\\)\n")
	PY
}

@test "events: numbered, and caught up from the last one seen" {
	hub
	chat <<-'PY'
	a, b = met(2)
	w = b.greet(nick="bob", history=0)
	epoch = w.group(4).decode()
	b.hear("join 2 ")
	b.hear("nick 3 [0-9]+ lobby %s bob\n" % b.name)
	a.hear("bob")
	a.say("four")
	b.hear("say 4 [0-9]+ lobby %s four\n" % a.name)
	b.close()
	a.hear("bob has left the chat")
	a.say("six\n/who\n")
	a.hear("1 in lobby\n")
	b = Peer()
	b.greet(last=4, epoch=epoch)
	b.hear("^leave 5 [0-9]+ lobby bob \nsay 6 [0-9]+ lobby \\S+ six\njoin 7")
	b.say("mine\n")
	b.hear("^.*\nsay [0-9]+ [0-9]+ lobby %s mine\n" % b.name)
	b.say("/who\n")
	b.hear("^person 0 [0-9]+ lobby .*\nperson .*\npeople 2 ")
	c = Peer()
	c.greet(last=1, epoch=17, history=1)
	c.hear("^say [0-9]+ [0-9]+ lobby %s mine\njoin " % b.name)
	PY
}

@test "events: who greets in the queue goes on from the last one seen" {
	hub --max-clients 2
	chat <<-'PY'
	a, b = met(2)
	epoch = b.greet(history=0).group(4).decode()
	c = Peer(False)
	c.hear("your place in the queue: 1$")
	d = Peer(False)
	d.hear("your place in the queue: 2$")
	c.greet(last=1, epoch=epoch)
	a.say("three\n")
	b.hear("say 3 ")
	c.silent()
	b.say("q\n")
	c.hear("^join 2 [0-9]+ lobby %s \nsay 3 [0-9]+ lobby %s three\n"
	       "leave 4 [0-9]+ lobby %s \njoin 5 [0-9]+ lobby %s \n"
	       % (b.name, a.name, b.name, c.name))
	d.hear("your place in the queue: 1$")
	# a room is chosen unseen, and is there though nobody else is
	d.greet(room="side")
	a.say("/join side\n/part\n")
	c.hear("^exit 6 [0-9]+ lobby %s side\nenter 9 [0-9]+ lobby %s \n"
	       % (a.name, a.name))
	c.say("q\n")
	d.hear("^(wait .*\n)*join 11 [0-9]+ side %s \n" % d.name)
	PY
}

@test "history: the file survives a restart, and a line cut by a crash" {
	hub --history-file "$BATS_TEST_TMPDIR/log"
	chat <<-'PY'
	a = Peer()
	a.say("remember\n/who\n")
	a.hear("1 in lobby\n")
	b = Peer()
	b.greet(history=9)
	b.hear("join 1 .*\nsay 2 [0-9]+ lobby \\S+ remember\njoin 3")
	PY
	stop_server
	printf 'say 99 12 lobby x cut' >>"$BATS_TEST_TMPDIR/log"
	start_server chatd --history-file "$BATS_TEST_TMPDIR/log" --history 1
	chat <<-'PY'
	a = Peer(False)
	a.hear(":remember(\n)?\\S+ has (left|joined) the chat")
	b = Peer()
	b.greet(history=9)
	b.hear("say 2 [0-9]+ lobby \\S+ remember\njoin 3 ")
	b.hear("join 6 ")
	PY
	run cat "$BATS_TEST_TMPDIR/log"
	assert_output --regexp '^chat/2 epoch [0-9]+'
	assert_output --partial $'x cut\njoin 6 '
}

@test "floods: a warning first, then the end; others are spared" {
	hub --flood-messages 1
	chat <<-'PY'
	a, b = met(2)
	a.say("".join("%d\n" % i for i in range(30)))
	a.exactly("Slow down: that was too much at once, and has not been sent.\n")
	for i in range(10):
	    b.hear("^\n?%s:%d" % (a.name, i))
	a.say("x\n" * 40)
	a.hear("You have not slowed down; good bye.\n")
	a.closed()
	b.hear("has left the chat")
	PY
}

@test "operators: by password and at the terminal; mute and kick" {
	echo 'open sesame' >"$BATS_TEST_TMPDIR/password"
	hub --operator-password-file "$BATS_TEST_TMPDIR/password"
	chat <<-'PY'
	a, b, c = met(3)
	a.say("/nick ann\n/kick %s\n" % b.name)
	a.hear("Unknown command")
	a.say("/op wrong\n")
	a.exactly("\nNo.\n") if a.got[:1] == b"\n" else a.hear("No.\n")
	a.say("/op open sesame\n")
	a.hear("You are an operator")
	a.say("/mute %s\n" % b.name)
	a.hear("muted\n")
	b.hear("ann")
	c.hear("ann")
	b.say("can you hear me\n")
	b.hear("You have been muted by the operator.\n")
	c.silent()
	a.say("/unmute %s\n" % b.name)
	a.hear("unmuted\n")
	b.say("now\n")
	c.exactly(b.name + ":now")
	a.say("/say tea is ready\n")
	c.exactly("Server : tea is ready")
	a.say("/kick %s\n" % b.name)
	b.hear("The operator has ended your visit.\n")
	b.closed()
	c.exactly(b.name + " has left the chat")
	PY
	wait_for_line "$SERVER_LOG" 'operator ann: kicked 127'
}

@test "operator at the server's terminal" {
	skip_model 'descriptor 0 is the peer' inetd
	mkfifo "$BATS_TEST_TMPDIR/in"
	exec {in}<>"$BATS_TEST_TMPDIR/in"
	printf '#!/bin/sh\nexec "%s" "$@" <"%s"\n' "$BIN/chatd" \
	    "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/chatd"
	chmod +x "$BATS_TEST_TMPDIR/chatd"
	start_server "$BATS_TEST_TMPDIR/chatd" --operator
	coproc PEER { chat <<-'PY'
		a = Peer()
		a.say("/nick ann\n")
		a.hear("called ann\n")
		a.exactly("Server : welcome\n")
		a.hear("^The operator has ended your visit.\n")
		a.closed()
		PY
	}
	peer=$PEER_PID
	wait_for_line "$SERVER_OUT" 'is now called ann$'
	echo 'welcome' >&"$in"
	echo '/who' >&"$in"
	wait_for_line "$SERVER_OUT" '^  ann$'
	echo '/kick ann' >&"$in"
	wait "$peer"
	wait_for_line "$SERVER_OUT" '^ann: kicked$'
	wait_for_line "$SERVER_OUT" '^ann has left the chat$'
	exec {in}>&-
}

@test "motd: shown to newcomers, harmless" {
	printf 'Welcome!\n\033[2Jbe nice\n' >"$BATS_TEST_TMPDIR/motd"
	start_server chatd --motd "$BATS_TEST_TMPDIR/motd"
	chat <<-'PY'
	a = Peer(False)
	a.exactly("Welcome!\n\ufffd[2Jbe nice")
	a.hear(a.name + " has joined the chat")
	PY
}

# His cursor falls behind; nobody waits, and he is told how much he missed.
@test "a reader that has stopped holds up nobody and is told what he missed" {
	hub --flood-messages 0 --flood-bytes 0 --quiet
	chat <<-'PY'
	a, b = met(2)
	a.say("/nick ann\n")
	a.hear("called ann\n")
	b.hear("called ann")
	slow = Peer()
	slow.say("/nick slow\n")
	slow.hear("called slow\n")
	b.say("/nick b\n")
	b.hear("called b\n")
	text = "x" * 4000
	for n in range(1000):
	    a.say("%d %s\n" % (n, text))
	    b.hear("ann:%d x{4000}\n" % n)
	slow.hear("messages missed", 20)
	slow.hear("ann:999 ")
	PY
}

@test "killed children: those who are left are in step, each leave is told once" {
	hub
	coproc PEERS { chat 9<&0 <<-'PY'
		peers = met(6)
		print("met", flush=True)
		open(9).readline()
		alive = []
		for p in peers:
		    p.s.settimeout(0.3 * SLOW)
		    try:
		        while p._more(0.3 * SLOW):
		            pass
		    except OSError:
		        p.ended = True
		    (alive if not p.ended else []).append(p)
		dead = [p for p in peers if p.ended]
		if not dead:
		    raise SystemExit("nobody was cut off")
		for p in alive:
		    for q in dead:
		        n = p.got.decode().count(q.name + " has left the chat")
		        if n != 1:
		            raise SystemExit("%d leaves in %r" % (n, p.got))
		    p.got = b""
		alive.append(Peer())
		for p in alive[:-1]:
		    p.hear(alive[-1].name + " has joined the chat")
		alive[-1].say("/who\n")
		alive[-1].hear("\n%d in lobby\n" % len(alive))
		for p in alive[:-1]:
		    alive[-1].say("to %s\n" % p.name)
		    for q in alive[:-1]:
		        q.hear("to " + p.name)
		PY
	}
	peers=$PEERS_PID in=${PEERS[1]}
	read -r -t $((20 * SLOW)) -u "${PEERS[0]}" met
	assert_equal "$met" met
	for pid in $(children_of "$SERVER_PID"); do
		kill9 "$pid"
		break
	done
	wait_for_line "$SERVER_LOG" 'killed by signal 9'
	echo >&"$in"
	wait "$peers"
}
