#!/usr/bin/env bats
# bats file_tags=models
# Hits in a row: the first comes from the store, those after it from what went
# out before, and a client can't tell which.

load lib/brood

bats_require_minimum_version 1.5.0

setup() {
	skip_model 'a process for each connection remembers nothing' \
	    fork inetd
	WWW=$BATS_TEST_TMPDIR/www
	mkdir "$WWW"
	head -c 1500 /dev/urandom >"$WWW/a"
	MODEL='' start_server httpd --header 'Cache-Control: max-age=600' \
	    --header 'Cache-Status: other; hit; ttl=3' "$WWW"
	ORIGIN=$HOST:$PORT
	# one process, or another one may have to be the first
	start_server proxyd --cache "$BATS_TEST_TMPDIR/cache" --children 1
	PROXY=$HOST:$PORT
	GOT=$BATS_TEST_TMPDIR/got
}

# get [ARG...] URL... - the heads in $GOT.head
get() {
	curl -sS --noproxy '' --max-time "$((20 * SLOW))" -x "http://$PROXY" \
	    -D "$GOT.head" "$@"
}

# said N - the Nth head, but for what counts seconds
said() {
	awk -v RS='\r\n\r\n' -v n="$1" 'NR == n' "$GOT.head" |
	    sed 's/^Age: [0-9]*/Age: N/; s/brood; hit; ttl=[0-9]*/ttl=N/'
}

@test "the same head and body, and seconds that go on" {
	local url=http://$ORIGIN/a

	get -o "$GOT.1" "$url"
	get -o "$GOT.1" "$url" -o "$GOT.2" "$url" -o "$GOT.3" "$url"
	cmp "$GOT.1" "$WWW/a"
	cmp "$GOT.2" "$WWW/a"
	cmp "$GOT.3" "$WWW/a"
	diff <(said 1) <(said 2)
	diff <(said 1) <(said 3)
	run -0 said 3
	assert_output --partial 'Cache-Status: other; hit; ttl=3'
	assert_output --partial 'Cache-Status: ttl=N'
	assert_output --partial 'Age: N'
	wait_until 10 get_aged "$url"
}

# get_aged - the Age is 2 or more, and with the ttl makes 600
get_aged() {
	local age ttl

	get -o /dev/null "$1"
	age=$(sed -n 's/^Age: \([0-9]*\).*/\1/p' "$GOT.head")
	ttl=$(sed -n 's/.*brood; hit; ttl=\([0-9]*\).*/\1/p' "$GOT.head")
	((age >= 2 && age + ttl == 600))
}

@test "other requests for it get what they ask for" {
	local url=http://$ORIGIN/a

	get -o /dev/null "$url" -o /dev/null "$url" -o /dev/null "$url"
	get -I -o /dev/null "$url"
	run ! grep -q '^Transfer-Encoding' "$GOT.head"
	get -r 10-19 -o "$GOT.part" "$url"
	cmp "$GOT.part" <(tail -c +11 "$WWW/a" | head -c 10)
	get -0 -o "$GOT.old" "$url"
	cmp "$GOT.old" "$WWW/a"
	get -H 'Connection: close' -o "$GOT.last" "$url"
	cmp "$GOT.last" "$WWW/a"
	grep -q '^Connection: close' "$GOT.head"
	get -H 'Cache-Control: no-cache' -o /dev/null "$url"
	grep -q 'fwd=request' "$GOT.head"
}

@test "what is purged is not remembered" {
	local url=http://$ORIGIN/a

	get -o /dev/null "$url" -o /dev/null "$url" -o /dev/null "$url"
	grep -q 'brood; hit' "$GOT.head"
	get -X PURGE -o /dev/null "$url"
	get -o /dev/null "$url"
	grep -q 'fwd=uri-miss' "$GOT.head"
	get -o /dev/null "$url" -o /dev/null "$url"
	get -X POST -d x -o /dev/null "$url"	# 405: changes nothing
	get -o /dev/null "$url"
	grep -q 'brood; hit' "$GOT.head"
}

@test "requests that come in one piece are answered in their order" {
	local i ask="GET http://$ORIGIN/a HTTP/1.1\r\nHost: x\r\n"

	get -o /dev/null "http://$ORIGIN/a" -o /dev/null "http://$ORIGIN/a"
	tcp "${PROXY%:*}" "${PROXY##*:}" \
	    "$ask\r\n$ask\r\n${ask}Connection: close\r\n\r\n" >"$GOT"
	"$PYTHON" -S - "$GOT" "$WWW/a" <<-'PY'
	import sys
	got, body = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read()
	assert got.count(body) == 3 and got.endswith(body), got
	assert got.count(b"HTTP/1.1 200 OK\r\n") == 3
	PY
}
