# bats file_tags=models
# chatd --relay: hubs that share a chat through Redis, which comes and goes.

load lib/brood
load lib/chat
load lib/talk
load lib/children
load lib/redis

teardown() {
	stop_servers || return
	stop_redis
}

# hub NAME [ARG...] - one more; its port becomes the next of PORTS
hub() {
	local name=$1

	shift
	start_server chatd --relay "$REDIS_URL" --relay-name "$name" "$@"
	PORTS+=("$PORT")
}

# other NAME [ARG...] - the same in the model that holds many, whatever is
# tested
other() {
	MODEL=fibers hub "$@"
}

# linked N [LOG...] - each of the logs tells of N links by now
linked() {
	local n=$1 log

	shift
	for log in "${@:-$SERVER_LOG}"; do
		wait_for_lines "$n" "$log" 'relay: linked through '
	done
}

@test "two hubs: talk, rooms, who, private words, leaving" {
	start_redis
	other two
	linked 1
	# under inetd the hub is there with the connection
	hub one
	chat "${PORTS[@]}" <<-'PY'
	b = Peer(port=int(sys.argv[1]))
	a = Peer(port=int(sys.argv[2]))
	b.hear("%s@one has joined the chat" % a.name)
	a.say("/nick ann\n")
	b.hear("%s@one is now called ann@one" % a.name)
	b.say("/nick bob\n")
	a.hear("%s@two is now called bob@two\n" % b.name)
	a.say("hello \u4f60\n")
	b.hear("\nann@one:hello \u4f60\n")
	b.say("/me waves\n")
	a.hear("\\* bob@two waves\n")
	a.say("/who\n")
	a.hear("^(  ann\n  bob@two|  bob@two\n  ann)\n2 in lobby\n")
	b.say("/msg ann@one psst\n")
	b.hear(r"\(to ann@one alone\) psst\n")
	a.hear(r"bob@two \(to you alone\):psst\n")
	a.say("/nick b@d\n")
	a.hear("b@d: a name has no @ where there are other hubs\n")
	b.say("/join tea\n")
	a.hear("bob@two has left the room for tea\n")
	b.hear("You are in tea.\n")
	a.say("not heard there\n")
	a.say("/list\n")
	a.hear(r"lobby \(1\)\ntea \(1\)\n")
	a.say("/join tea\n")
	a.hear("You are in tea.\n")
	b.exactly("ann@one has joined the room\n")
	b.say("/topic green\n")
	a.hear("bob@two has set the topic: green\n")
	a.say("q\n")
	a.closed()
	b.hear("ann@one has left the chat\n")
	b.say("/who\n")
	b.hear("\n1 in tea\n")
	PY
}

@test "three hubs under load: each message once, in order of each who speaks" {
	local logs=()

	skip_model 'one connection at a time' single inetd
	start_redis
	for name in one two three; do
		hub "$name" --flood-messages 0 --flood-bytes 0
		logs+=("$SERVER_LOG")
	done
	linked 1 "${logs[@]}"
	chat "${PORTS[@]}" <<-'PY'
	import threading
	N = 300
	people = []
	for port in sys.argv[1:]:
	    for _ in range(2):
	        p = Peer(False, int(port))
	        p.greet(history=0, nick="p%d" % len(people))
	        people.append(p)
	for p in people:
	    def full():
	        p.say("/who\n")
	        return p.hear(r"people (\d+) ").group(1) == b"6"
	    while not full():
	        pass
	def talk(i):
	    for k in range(N):
	        people[i].say("word %d %d\n" % (i, k))
	def listen(p):
	    try:
	        p.hear("(?s)" + "".join("(?=.* word %d %d\n)" % (i, N - 1)
	               for i in (0, 2, 4)) + ".*", 60)
	    except SystemExit:
	        pass
	speakers = [threading.Thread(target=talk, args=(i,)) for i in (0, 2, 4)]
	for t in speakers:
	    t.start()
	wrong = []
	for n, p in enumerate(people):
	    got = []
	    while len(got) < 3 * N:
	        m = p.hear(r"say \d+ \d+ lobby (\S+) word (\d) (\d+)\n", 30)
	        got.append((m.group(1), int(m.group(2)), int(m.group(3))))
	    for i in (0, 2, 4):
	        if [k for _, s, k in got if s == i] != list(range(N)):
	            wrong.append((n, i))
	    p.say("/quit\n")
	    p.ended or p._more(5)
	    if b"word" in p.got:
	        wrong.append((n, "more"))
	for t in speakers:
	    t.join()
	if wrong:
	    raise SystemExit("not in order, or not once: %r" % wrong)
	PY
}

@test "Redis dies and is back: each hub goes on, and what was said comes after" {
	start_redis
	other two
	local log=$SERVER_LOG
	linked 1
	hub one
	[[ ${MODEL:-} == inetd ]] || linked 1
	chat "${PORTS[@]}" <<-'PY'
	import redis
	b, c = Peer(port=int(sys.argv[1])), Peer(port=int(sys.argv[1]))
	a = Peer(port=int(sys.argv[2]))
	for n, p in (b"ann", a), (b"bob", b), (b"cid", c):
	    p.say(b"/nick " + n + b"\n")
	def full(p):
	    p.say("/who\n")
	    return p.hear(r"\n(\d+) in lobby\n").group(1) == b"3"
	while not (full(a) and full(b)):
	    pass
	redis.kill()
	for p in a, b, c:
	    p.hear("Server : There is no link to the other hubs; "
	           "this one goes on alone.\n")
	b.say("while away 1\n")
	c.hear("bob:while away 1\n")
	b.say("/who\n")
	b.hear("\n2 in lobby\n")
	b.say("while away 2\n")
	a.say("and here\n")
	redis.start()
	for p in a, b, c:
	    p.hear("Server : The link to the other hubs is back.\n", 20)
	a.hear("bob@two:while away 1\nbob@two:while away 2\n")
	c.hear("ann@one:and here\n")
	b.hear("ann@one:and here\n")
	a.say("all is well\n")
	b.hear("ann@one:all is well\n")
	b.say("it is\n")
	a.hear("bob@two:it is\n")
	for p in a, b, c:
	    if b"while away" in p.got or b"and here" in p.got:
	        raise SystemExit("said twice: %r" % p.got)
	b.say("/who\n")
	b.hear("  ann@one\n")
	PY
	wait_for_line "$log" 'relay: .*; going on alone$'
	linked 2 "$log"
}

@test "Redis is away at the start" {
	choose_redis
	hub one
	chat <<-'PY'
	import redis
	a = Peer()
	a.say("alone\n")
	a.say("/who\n")
	a.hear("\n1 in lobby\n")
	redis.start()
	a.hear("Server : The link to the other hubs is back.\n", 20)
	a.say("/who\n")
	a.hear("\n1 in lobby\n")
	PY
}

@test "what a stranger says in the channel does no harm" {
	start_redis
	hub one
	[[ ${MODEL:-} == inetd ]] || linked 1
	chat <<-'PY'
	import redis
	a = Peer()
	a.say("/nick ann\n")
	a.hear("called ann")
	me = b"chat/2 00000000000000aa mars "
	def event(rest, prev=b"0"):
	    return me + b"event " + prev + b" 7 0 0 " + rest
	def said():
	    """All that came, up to something of our own."""
	    a.say("/who\n")
	    return a.hear(r"(?s)(.*)\n\d+ in lobby\n").group(1)
	while redis.publish("room", b"x") == 0:
	    pass		# under inetd the hub has just begun
	bad = [b"", b"\0", b"chat/2", b"x" * 100000, me, me + b"event", me + b"bye2",
	    b"chat/2 zz mars hello", b"chat/2 0 mars hello",
	    b"chat/2 aa m\x1brs hello", b"chat/2 aa " + b"m" * 99 + b" hello",
	    event(b"say 1 1 lobby a\x1b[2Jb hi"), event(b"say 1 1 lo\x07bby ann hi"),
	    event(b"say 1 1 lobby ann@two hi"), event(b"say 0 1 lobby ann hi"),
	    event(b"note 1 1 lobby ann hi"), event(b"nick 1 1 lobby ann a b"),
	    event(b"exit 1 1 lobby ann " + b"r" * 99),
	    event(b"say 1 99999999999999999999 lobby ann hi"),
	    event(b"say 1 1 lobby ann " + b"y" * 5000),
	    me + b"people 9\n1 lobby ann", me + b"want 11 0", me + b"gap -1"]
	for packet in bad:
	    redis.publish("room", packet)
	redis.publish("room", event(b"say 1 1 lobby eve cle\x1b[2Jan\xff\xe2\x80\xae"))
	a.hear("eve@mars:cle\ufffd\\[2Jan\ufffd\ufffd\n")
	redis.publish("room", event(b"say 1 1 lobby eve twice", b"1"))
	redis.publish("room", event(b"say 9 1 lobby eve early", b"5"))
	redis.publish("room", event(b"say 2 1 lobby eve next", b"1"))
	a.exactly("eve@mars:next\n")
	redis.publish("room", me + b"people 3\n7 lobby eve\n8 lobby mal\n9 lobby " +
	              b"z" * 70 + b"\n10 lobby too-late")
	redis.publish("room", event(b"server 3 1 - Server obey", b"2"))
	a.exactly("Server@mars : obey\n")
	got = said()
	if b"eve@mars" not in got or b"mal@mars" not in got or b"late" in got:
	    raise SystemExit("who: %r" % got)
	redis.publish("room", me + b"bye")
	a.hear("Server : The hub mars has gone.\n")
	for i in range(300):
	    redis.publish("room", b"chat/2 %x h%d hello" % (i + 1000, i))
	a.hear("Server : The hub h20 is linked.\n")
	if b"mars" in said():
	    raise SystemExit("mars is still there")
	PY
}

@test "the relay's process is killed, and replaced at a reload" {
	skip_model 'no process of its own' single inetd
	start_redis
	other two
	linked 1
	MODEL=${MODEL:-} start_watched chatd --relay "$REDIS_URL" \
	    --relay-name one --flood-messages 0
	PORTS+=("$PORT")
	linked 1
	allow_unfinished
	chat "${PORTS[@]}" "$SERVER_PID" "$STATUS_PORT" <<-'PY'
	import os, signal, threading
	two, one, parent, status = map(int, sys.argv[1:])
	a, b = Peer(port=one), Peer(port=two)
	a.say("/nick ann\n")
	a.hear("called ann\n")		# who has sent a line gets lines
	b.say("/nick bob\n")
	b.hear("called bob\n")
	a.hear("called bob@two\n")
	def relay():
	    with socket.create_connection(("127.0.0.1", status), 5) as s:
	        s.sendall(b"TEXT\n")
	        text = b""
	        while True:
	            data = s.recv(65536)
	            if not data:
	                break
	            text += data
	    return [int(m) for m in re.findall(
	        r"pid=(\d+) role=aside state=idle", text.decode())]
	def talk():
	    for k in range(400):
	        a.say("word %d\n" % k)
	        time.sleep(0.002)
	t = threading.Thread(target=talk)
	t.start()
	for k in range(400):
	    m = b.hear(r"ann@one:word (\d+)\n", 30)
	    if int(m.group(1)) != k:
	        raise SystemExit("%d, not %d" % (int(m.group(1)), k))
	    if k in (50, 150):
	        pids = relay()
	        if pids:
	            os.kill(pids[0], signal.SIGKILL)
	    elif k == 250:
	        os.kill(parent, signal.SIGHUP)
	t.join()
	b.say("that is all\n")
	a.hear("bob@two:that is all\n")
	PY
}

@test "a password, a wrong one, and URLs that are none" {
	only_model 'the same under all' prefork
	start_redis --requirepass 's/cret'
	hub one
	wait_for_line "$SERVER_LOG" 'relay: .*NOAUTH.*; going on alone$'
	REDIS_URL=redis://:s%2Fcret@127.0.0.1:$REDIS_PORT/room
	hub two
	linked 1
	REDIS_URL=redis://:guess@127.0.0.1:$REDIS_PORT/room
	hub three
	wait_for_line "$SERVER_LOG" 'relay: .*; going on alone$'
	refute grep -r -e cret -e guess "$SERVER_LOG"
	for url in redis://h http://h/c redis://h/ redis://pw@h/c \
	    redis://:%zz@h/c; do
		run "$BIN/chatd" --check --relay "$url"
		assert_failure 2
		assert_output --partial '--relay: not of the form redis://'
	done
	run "$BIN/chatd" --check --p2p --relay redis://127.0.0.1/c
	assert_failure 2
	run "$BIN/chatd" --check --relay redis://127.0.0.1/c --relay-name 'a b'
	assert_failure 2
	assert_output --partial "--relay-name: 'a b' is not a name"
}

@test "TLS to Redis: its certificate must be right, and then all is the same" {
	local pem=$BATS_TEST_TMPDIR/pem key=$BATS_TEST_TMPDIR/key port

	only_model 'the same under all' prefork
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -days 2 -subj /CN=redis -addext subjectAltName=IP:127.0.0.1 \
	    -keyout "$key" -out "$pem" 2>/dev/null
	port=$("$PYTHON" -S -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	start_redis --tls-port "$port" --tls-cert-file "$pem" \
	    --tls-key-file "$key" --tls-ca-cert-file "$pem" \
	    --tls-auth-clients no
	hub one
	linked 1
	REDIS_URL=rediss://127.0.0.1:$port/room
	hub two --relay-ca "$pem"
	linked 1
	chat "${PORTS[@]}" <<-'PY'
	a, b = Peer(port=int(sys.argv[1])), Peer(port=int(sys.argv[2]))
	a.hear("@two has joined the chat")
	a.say("/nick ann\n")
	b.hear("is now called ann@one\n?")
	b.say("/nick bob\n")
	a.hear("is now called bob@two\n")
	for n in range(20):
	    a.say("%d %s\n" % (n, "x" * 4000))
	    b.hear("ann@one:%d x+\n" % n)
	    b.say("%d %s\n" % (n, "y" * 4000))
	    a.hear("bob@two:%d y+\n" % n)
	PY
	hub untrusting
	wait_for_line "$SERVER_LOG" 'relay: .*TLS: self.signed certificate'
	REDIS_URL=rediss://localhost:$port/room hub misled --relay-ca "$pem"
	wait_for_line "$SERVER_LOG" 'relay: .*TLS: .*mismatch'
	REDIS_URL=rediss://$HOST:$REDIS_PORT/room hub plain --relay-ca "$pem"
	wait_for_line "$SERVER_LOG" 'relay: .*going on alone$'
	run "$BIN/chatd" --check --relay "$REDIS_URL" --relay-ca /dev/null
	assert_failure 1
	assert_output --partial /dev/null
}
