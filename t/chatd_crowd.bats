# A thousand people at random, and children killed at random: who is left is in
# step, and nothing has leaked.

load lib/brood
load lib/chat

# crowd N KILLS ARG... - start a server with ARGs and let N come and go
crowd() {
	local n=$1 kills=$2

	shift 2
	ulimit -n 8192
	start_server chatd --quiet --flood-messages 0 --max-clients 1000 "$@"
	chat "$n" "$kills" "$SERVER_PID" <<-'PY'
	import os, random, select, signal, subprocess
	n, kills, parent = map(int, sys.argv[1:])
	random.seed(17)
	poll = select.epoll()
	people = {}

	def come():
	    p = Peer(False)
	    p.say("HELLO chat/2 history=0\n")
	    p.s.setblocking(False)
	    people[p.s.fileno()] = p
	    poll.register(p.s, select.EPOLLIN)

	def go(fd):
	    poll.unregister(fd)
	    people.pop(fd).close()

	def read(seconds):
	    some = poll.poll(seconds, 4096)
	    for fd, _ in some:
	        p = people[fd]
	        try:
	            data = p.s.recv(1 << 20)
	        except BlockingIOError:
	            continue
	        except ConnectionResetError:
	            data = b""
	        if not data:
	            go(fd)
	        else:
	            p.got = (p.got + data)[-65536:]
	    return some

	def settle(done, what):
	    end = time.monotonic() + 60 * SLOW
	    while not done():
	        if time.monotonic() > end:
	            raise SystemExit("not within a minute: " + what)
	        read(0.2)

	def children():
	    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)],
	                         capture_output=True, text=True).stdout
	    return [int(pid) for pid in out.split()]

	for i in range(n):
	    come()
	    if i % 20 == 0:
	        read(0)
	for i in range(kills):
	    for _ in range(n // 20):
	        if people and random.random() < 0.5:
	            go(random.choice(list(people)))
	        else:
	            come()
	        read(0)
	    victims = children()
	    if victims:
	        try:
	            os.kill(random.choice(victims), signal.SIGKILL)
	        except ProcessLookupError:
	            pass	# the parent has ended it meanwhile
	    read(0.3)
	while len(people) < n // 2:
	    come()
	    read(0)
	while read(1.0 * SLOW):
	    pass

	first = next(iter(people.values()))
	def count():
	    found = re.findall(rb"\npeople (\d+) ", b"\n" + first.got)
	    return int(found[-1]) if found else -1
	def in_step():
	    if count() != len(people):
	        first.got = b""
	        first.s.send(b"/who\n")
	        read(0.5)
	        read(0.5)
	    return count() == len(people)
	settle(in_step, "/who tells of as many as there are")
	for p in people.values():
	    p.got = b""
	speakers = random.sample(list(people.values()), 10)
	for i, p in enumerate(speakers):
	    p.s.send(b"word %d!\n" % i)
	settle(lambda: all(b"word %d!\n" % i in p.got for p in people.values()
	                   for i in range(10)), "all hear all")
	for p in people.values():
	    numbers = [int(m) for m in re.findall(rb"say (\d+) \d+ \S+ \S+ word", p.got)]
	    if len(numbers) != 10 or numbers != sorted(set(numbers)):
	        raise SystemExit("%s heard %r" % (p.name, numbers))
	for fd in list(people):
	    go(fd)
	last = Peer(False)
	last.greet(history=0)
	def alone():
	    last.say("/who\n")
	    return last.hear(r"people (\d+) ").group(1) == b"1"
	settle(alone, "all have left")
	def open_files():
	    most = 0
	    for pid in children():
	        try:
	            most = max(most, sum(
	                os.readlink("/proc/%d/fd/%s" % (pid, fd))
	                .startswith("socket:")
	                for fd in os.listdir("/proc/%d/fd" % pid)))
	        except OSError:
	            pass	# it has just ended, or is not ours to look at
	    return most
	settle(lambda: open_files() < 10, "no connection is kept open")
	PY
}

@test "crowd: a thousand in children of many connections" {
	[[ ! ${BROOD_VALGRIND:-} ]] || skip 'a crowd'
	crowd 1000 4 --model prefork --connections 600 --children 3
}

@test "crowd: a process for each" {
	[[ ! ${BROOD_VALGRIND:-} ]] || skip 'a crowd'
	crowd 100 4 --model fork --children 200
}
