# bats file_tags=models,long
# httpd when much is asked of it and things go wrong: processes that die,
# reloads, no descriptors left, and clients that do not play along.

load lib/brood
load lib/web

CHECKED='fork fibers'

setup_file() {
	! spared || return 0
	export W=$BATS_FILE_TMPDIR/www
	site "$W"
	head -c 8000000 /dev/zero >"$W/large"
	chmod a+r "$W/large"
	chmod 755 "$BATS_FILE_TMPDIR"
}

setup() {
	skip_spared
	many_connections
}

# load_test ARG... - t/lib/fixtures/load.py; sets ANSWERED, FAILED, DONE
load_test() {
	local requests=3000

	[[ ! ${BROOD_VALGRIND:-} ]] || requests=200
	run "$PYTHON" -S "$LIB/fixtures/load.py" --requests "$requests" "$@"
	echo "$output"
	[[ $status == 0 &&
	    ${lines[0]} =~ ^([0-9]+)\ answered,\ ([0-9]+)\ failed,\ ([0-9]+) ]]
	ANSWERED=${BASH_REMATCH[1]} FAILED=${BASH_REMATCH[2]}
	DONE=${BASH_REMATCH[3]}
}

# clients - as many as every model serves at once
clients() {
	CLIENTS=8
	[[ $MODEL != prefork ]] || CLIENTS=4
	[[ $MODEL != single ]] || CLIENTS=1
}

healthy() {
	web <<-'PY'
	c = Web()
	c.is_open()
	eq(len(c.get("/big").body), 300000)
	PY
}

has_workers() {
	(($(children_of "$SERVER_PID" | wc -l) >= $1))
}

# -- Thousands of requests ----------------------------------------------------

@test "thousands of requests on kept connections" {
	clients
	start_server httpd "$W"
	load_test --clients "$CLIENTS" /plain.txt 26
	assert_equal "$FAILED" 0
	healthy
}

@test "thousands of connections" {
	clients
	start_server httpd "$W"
	requests=()
	[[ $MODEL != inetd ]] || requests=(--requests 300)
	[[ $MODEL != fork || ! ${BROOD_VALGRIND:-} ]] || requests=(--requests 30)
	load_test --clients "$CLIENTS" --each 1 "${requests[@]}" /plain.txt 26
	assert_equal "$FAILED" 0
	healthy
}

@test "reloads every 100 ms lose no request" {
	skip_model 'there is nothing to replace' single inetd
	clients
	start_server httpd "$W"
	times=12
	[[ ! ${BROOD_VALGRIND:-} ]] || times=3
	load_test --clients "$CLIENTS" --hup "$SERVER_PID" --times "$times" \
	    --every "0.1" /big 300000
	assert_equal "$FAILED" 0
	((DONE >= times && ANSWERED > 0))
	wait_for_line "$SERVER_LOG" 'configuration reloaded'
	healthy
}

# The sanitizers' search for leaks, too, is killed, and says so.
# bats test_tags=no-asan
@test "children killed every 100 ms take no other's requests with them" {
	skip_model 'a crash ends it' single
	skip_model 'the super-server has them' inetd
	clients
	start_server httpd "$W"
	allow_unfinished
	times=(--times 10)
	[[ ! ${BROOD_VALGRIND:-} ]] || times=(--times 2 --most 2 --every 1)
	load_test --clients "$CLIENTS" --kill "$SERVER_PID" "${times[@]}" \
	    /big 300000
	# No more than each had, all of them cut connections.
	per_kill=1
	[[ $MODEL != fibers ]] || per_kill=$CLIENTS
	((DONE > 0 && FAILED <= DONE * per_kill))
	((ANSWERED > 10 * FAILED))
	for line in "${lines[@]:1}"; do
		[[ $line =~ (reset|closed after|cut|Broken\ pipe) ]] ||
		    fail "$line"
	done
	wait_for_line "$SERVER_LOG" 'killed by signal 9'
	[[ $MODEL == fork ]] || wait_until 10 has_workers 2
	healthy
}

# -- Descriptors --------------------------------------------------------------

@test "no descriptor for a file: 503 for that one, and better soon" {
	only_model 'each request has a process of its own' prefork fibers single
	[[ ! ${BROOD_VALGRIND:-} ]] || skip 'descriptors are valgrind'"'"'s'
	need prlimit
	stay=()
	((EUID != 0)) || stay=(--user root --sandbox off)
	start_server httpd "${stay[@]}" --children 1 --spare 1:1 "$W"
	pid=$(children_of "$SERVER_PID")
	[[ $MODEL != single ]] || pid=$SERVER_PID
	web "$pid" <<-'PY'
	import resource, sys
	pid = int(sys.argv[1])
	c = Web()
	eq(c.get("/plain.txt").status, 200)
	before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
	used = len(os.listdir("/proc/%d/fd" % pid))
	resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, before[1]))
	# What is in memory needs none, for a second at least.
	eq(c.get("/plain.txt").status, 200)
	a = c.get("/index.html")
	eq((a.status, a["Retry-After"] is None), (503, False))
	eq(c.get("/big").status, 503)
	resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
	eq(c.get("/index.html").status, 200)
	eq(len(c.get("/big").body), 300000)
	PY
}

# -- Clients that do not play along -------------------------------------------

@test "clients that stop reading: others are served, they are ended" {
	skip_model 'serves one after another' single
	start_server httpd "$W" --stall-timeout 1s
	web <<-'PY'
	model = os.environ.get("MODEL")
	stuck = []
	for _ in range(4 if model == "prefork" or SLOW > 3 else 20):
	    c = Web(rcvbuf=4096)
	    c.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
	    stuck.append(c)
	for _ in range(len(stuck)):
	    c = Web()
	    c.is_open()
	    c.close()
	import select
	def ended(c):
	    poll = select.poll()
	    poll.register(c.sock, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
	    return poll.poll(0)
	until(lambda: all(ended(c) for c in stuck), "ended by --stall-timeout")
	Web().is_open()
	PY
}

@test "clients that send a byte now and then: 408 at the deadline, others go on" {
	skip_model 'serves one after another' single
	start_server httpd "$W" --request-timeout "$((600 * SLOW))ms"
	web <<-'PY'
	slow = [Web() for _ in range(4)]
	began, others, sent = time.monotonic(), 0, 0
	while time.monotonic() - began < 0.9 * SLOW:
	    for c in slow:
	        c.send("GET / HTTP/1.1\r\nHost: "[sent] if sent < 22 else "x")
	    sent += 1
	    time.sleep(0.05)
	    if sent % 5 == 0:
	        c = Web()
	        c.is_open()
	        c.close()
	        others += 1
	for c in slow:
	    a = c.answer()
	    eq((a.status, a["Connection"]), (408, "close"))
	    c.closed()
	eq(others > 0, True)
	Web().is_open()
	PY
	wait_for_lines 4 "$SERVER_LOG" '127\.0\.0\.1:[0-9]+: 408 '
}

@test "a body that comes too slowly: 408" {
	start_server httpd "$W" --body-timeout 300ms
	web <<-'PY'
	c = Web()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
	a = c.answer()
	eq((a.status, a["Connection"]), (408, "close"))
	c.closed()
	c = Web()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r")
	eq(c.answer().status, 408)
	c.closed()
	PY
	wait_for_lines 2 "$SERVER_LOG" '127\.0\.0\.1:[0-9]+: 408 '
}

@test "silence between requests: closed without a word" {
	start_server httpd "$W" --idle-timeout 300ms --request-timeout 300ms
	web <<-'PY'
	c = Web()
	c.is_open()
	c.closed()
	c = Web()
	c.closed()
	PY
	run grep -c 408 "$SERVER_LOG"
	assert_output 0
}

@test "half-closed connections, many: each is answered whole and ended" {
	start_server httpd "$W"
	web <<-'PY'
	alone = os.environ.get("MODEL") in ("single", "prefork")
	for _ in range(10 if SLOW < 3 else 2):
	    several = [Web() for _ in range(1 if alone else 5)]
	    for c in several:
	        c.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n"
	               "GET /plain.txt HTTP/1.1\r\nHost: a\r\n\r\n").shut()
	    for c in several:
	        eq(len(c.answer().body), 300000)
	        eq(len(c.answer().body), 26)
	        c.closed()
	PY
	healthy
}

@test "connections that are cut at any place leave nothing behind" {
	start_server httpd "$W"
	web <<-'PY'
	text = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
	for n in range(0, len(text) + 1, 4):
	    Web().send(text[:n]).reset()
	for n in 1, 1000, 100000:
	    c = Web()
	    c.send(text)
	    while len(c.buf) < n:
	        c.more()
	    c.reset()
	PY
	healthy
}

@test "connections that rest make room where nobody else is free" {
	only_model 'others have room' single prefork
	start_server httpd "$W"
	web <<-'PY'
	full = 1 if os.environ["MODEL"] == "single" else 6
	resting = [Web() for _ in range(full)]
	for c in resting:
	    c.is_open()
	silent = Web()
	began = time.monotonic()
	for _ in range(3):
	    late = Web()
	    late.is_open()
	    late.close()
	# Far from --idle-timeout's 60 s; and who had to go was not reset.
	if time.monotonic() - began > 6 * SLOW:
	    raise Wrong("took %g s" % (time.monotonic() - began))
	ended = 0
	for c in resting:
	    c.sock.settimeout(0.01)
	    try:
	        ended += c.more() == 0
	    except Wrong:
	        pass
	eq(ended > 0, True)
	PY
	# While nobody waits, they rest as long as they like.
	web <<-'PY'
	c = Web()
	c.is_open()
	c.silent(1.5)
	c.is_open()
	PY
}
