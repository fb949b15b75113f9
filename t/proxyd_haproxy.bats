# bats file_tags=no-valgrind
# Three proxyd behind HAProxy, as scripts/haproxy-proxyd.cfg has it: each URL is
# one's, and where one is killed only its URLs move.

load lib/brood

bats_require_minimum_version 1.5.0

URLS=40

setup() {
	need haproxy
	WWW=$BATS_TEST_TMPDIR/www
	mkdir "$WWW"
	for ((i = 1; i <= URLS; i++)); do
		echo "page $i" >"$WWW/$i"
	done
	start_server httpd --header 'Cache-Control: max-age=600' "$WWW"
	ORIGIN=$HOST:$PORT
	for n in 1 2 3; do
		start_server proxyd --name "p$n" --proxy-from 127.0.0.1 \
		    --cache "$BATS_TEST_TMPDIR/cache$n" --access-log \
		    "$BATS_TEST_TMPDIR/access$n"
		declare -g "PID$n=$SERVER_PID"
		export "PROXYD$n=$HOST:$PORT"
	done
	start_haproxy
}

teardown() {
	[[ ! ${HAPROXY:-} ]] || kill "$HAPROXY" 2>/dev/null || :
	stop_servers
}

# start_haproxy - in front of them, at a socket of its own; $HAPROXY, $FRONT
start_haproxy() {
	FRONT=$BATS_TEST_TMPDIR/front
	LISTEN=unix@$FRONT haproxy -db -f "$TOP/scripts/haproxy-proxyd.cfg" \
	    >"$BATS_TEST_TMPDIR/haproxy" 2>&1 3>&- &
	HAPROXY=$!
	wait_until 10 test -S "$FRONT"
}

# ask FILE - for every URL once; "URL PROXY hit" (or fwd) for each, in the file
ask() {
	"$PYTHON" -S - "$FRONT" "$ORIGIN" "$URLS" >"$1" <<-'PY'
	import http.client, re, socket, sys
	c = http.client.HTTPConnection("x", timeout=60)
	c.sock = socket.socket(socket.AF_UNIX)
	c.sock.connect(sys.argv[1])
	for i in range(1, int(sys.argv[3]) + 1):
	    c.request("GET", "http://%s/%d" % (sys.argv[2], i))
	    a = c.getresponse()
	    assert a.read() == b"page %d\n" % i, (i, a.status)
	    print(i, *re.match(r"(p[123]); (hit|fwd)",
	                       a.headers["Cache-Status"]).groups())
	PY
}

@test "a URL stays with its proxy, and only those of a dead one move" {
	local first=$BATS_TEST_TMPDIR/first n

	ask "$first"
	for n in 1 2 3; do	# each has a share
		grep -q " p$n fwd" "$first"
	done
	ask "$first.again"
	run grep -c ' hit$' "$first.again"
	assert_output "$URLS"
	sed 's/fwd/hit/' "$first" | cmp - "$first.again"
	# shellcheck disable=SC2153 # set by declare
	stop_server "$PID2"
	ask "$first.after"
	run ! grep ' p2 ' "$first.after"
	while read -r n proxy _; do	# who had it has it, and has it stored
		[[ $proxy == p2 ]] || grep -qx "$n $proxy hit" "$first.after"
	done <"$first"
}

@test "the PROXY protocol keeps the client's address" {
	local port	# for a client with an address of its own

	kill "$HAPROXY"
	port=$("$PYTHON" -S -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1])')
	LISTEN=127.0.0.1:$port haproxy -db -f \
	    "$TOP/scripts/haproxy-proxyd.cfg" >/dev/null 2>&1 3>&- &
	HAPROXY=$!
	wait_until 10 tcp 127.0.0.1 "$port" 'GET / HTTP/1.0\r\n\r\n'
	run -0 curl -sS --noproxy '' --interface 127.0.0.9 -x \
	    "http://127.0.0.1:$port" "http://$ORIGIN/1"
	assert_output 'page 1'
	wait_until 5 grep -q " 127.0.0.9 TCP_MISS/200 .*/1 " \
	    "$BATS_TEST_TMPDIR"/access[123]
}
