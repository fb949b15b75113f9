# bats file_tags=long
# httpc against servers that behave and servers that do not.  The origin is
# t/lib/fixtures/origin.py, whose paths say what it does.

load lib/brood

setup_file() {
	start_server "$LIB/fixtures/origin.py"
	export U=http://127.0.0.1:$PORT ORIGIN_LOG=$SERVER_LOG ORIGIN_PORT=$PORT
	# A port on which nobody listens, now and for the life of this file.
	FREE=$("$PYTHON" -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	export FREE
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

httpc() {
	client httpc "$@"
}

# -- The coursework's client --------------------------------------------------

@test "HOST PORT PATH prints the head as it came and the body" {
	run httpc 127.0.0.1 "$ORIGIN_PORT" ok
	assert_success
	assert_line --index 0 $'HTTP/1.1 200 OK\r'
	assert_line --index 2 $'Content-Type: text/plain\r'
	assert_line --index 4 hello
}

@test "HOST PORT PATH succeeds whatever the status, but not with --fail" {
	run httpc 127.0.0.1 "$ORIGIN_PORT" /code/404
	assert_success
	assert_line --index 0 $'HTTP/1.1 404 Said so\r'
	run httpc -f 127.0.0.1 "$ORIGIN_PORT" /code/404
	assert_failure 22
}

@test "HOST PORT PATH asks to close, escapes what the path may not hold" {
	run httpc 127.0.0.1 "$ORIGIN_PORT" 'echo/a b'
	assert_success
	assert_line $'GET /echo/a%20b HTTP/1.1\r'
	assert_line $'Connection: close\r'
	assert_line "Host: 127.0.0.1:$ORIGIN_PORT"$'\r'
}

# -- Bodies and their ends ----------------------------------------------------

@test "a URL's body alone is printed, http:// may be left out" {
	run httpc "127.0.0.1:$ORIGIN_PORT/ok"
	assert_success
	assert_output hello
}

@test "answers split at every byte" {
	for page in split chunkedsplit; do
		run httpc -i "$U/$page"
		assert_success
		assert_output --partial hello
	done
}

@test "framing: length, chunks, the end of the connection, none" {
	local page

	for page in ok chunked close chunkedlength samelengths bighead; do
		run httpc "$U/$page"
		assert_success
		assert_output --partial hello
	done
	run httpc -i "$U/nocontent"
	assert_success
	refute_output --partial hello
}

@test "exit statuses of broken answers are curl's" {
	local page want

	while read -r page want; do
		run httpc -s -m 3 "$U/$page"
		echo "$page"
		assert_failure "$want"
	done <<-'END'
	empty 52
	reset 56
	cutreset 56
	short 18
	chunkedcut 18
	chunkedbad 56
	cuthead 56
	garbage 1
	bare 1
	onlyinterim 52
	nul 8
	badlength 8
	twolengths 8
	switch 8
	hugehead 8
	coded 61
	END
}

@test "the same statuses come from curl itself" {
	need curl
	local page

	for page in ok garbage bare onlyinterim empty reset cutreset short chunkedcut chunkedbad nul \
	    badlength nocontent chunkedlength interim; do
		run curl -s -m 3 "$U/$page"
		expected=$status
		run httpc -s -m 3 "$U/$page"
		echo "$page: curl $expected, httpc $status"
		assert_equal "$status" "$expected"
	done
}

@test "what comes before a cut is written, and the message names both lengths" {
	run httpc "$U/short"
	assert_failure 18
	assert_output --partial hello
	assert_output --partial '(18) the connection ended after 5 of 10 bytes'
}

@test "stalled and silent servers end at --max-time with 28" {
	for page in silent stall; do
		run httpc -m 300ms "$U/$page"
		assert_failure 28
		assert_output --partial '(28)'
	done
}

@test "no connection: 7; no such name: 6" {
	run httpc "http://127.0.0.1:$FREE/"
	assert_failure 7
	run httpc http://nobody.invalid/
	assert_failure 6
	run httpc -x "nobody.invalid:1" "$U/ok"
	assert_failure 5
}

@test "URLs that are none: 3; schemes of others: 1" {
	for url in http:// 'http://a b/' http://127.0.0.1:99999/ http://[::1/ \
	    http://127.0.0.1:0/; do
		run httpc "$url"
		assert_failure 3
	done
	run httpc ftp://127.0.0.1/
	assert_failure 1
	assert_output --partial 'allowed: http, https'
	# A slash is missing; http is not the host.
	run httpc -s -w '%{http_code} %{exitcode} %{url}' http:/127.0.0.1/
	assert_failure 3
	assert_output '000 3 http:/127.0.0.1/'
}

@test "bad options: 2, with the option, the value and what is allowed" {
	local args

	for args in '--nonsense x' '-m abc x' '-H nonsense x' '-X a/b x' \
	    '-d x -T y z' '-C - x' '-4 -6 x' '-w %{nonsense} x' \
	    '-x https://h:1 x' '-x socks5://h:1 x' ''; do
		# shellcheck disable=SC2086
		run httpc $args
		echo "$args"
		assert_failure 2
		assert_output --partial 'httpc: '
	done
	run httpc -H $'A: b\r\nC: d' "$U/ok"
	assert_failure 2
}

@test "interim answers are skipped, -v shows them" {
	run httpc "$U/interim"
	assert_success
	assert_output hello
	run httpc -v "$U/interim"
	assert_success
	assert_line '< HTTP/1.1 102 Processing'
	assert_line '< HTTP/1.1 103 Early Hints'
}

@test "-i prints every head: interim ones and trailers too" {
	run httpc -i "$U/interim"
	assert_success
	assert_line --index 0 $'HTTP/1.1 102 Processing\r'
	assert_line $'Link: </x>\r'
	assert_line --index -1 hello
	for page in chunked chunkedsplit; do
		run httpc -i "$U/$page"
		assert_success
		assert_line 'hello world'
		assert_line --index -1 $'T: 1\r'
		run httpc "$U/$page"
		assert_output 'hello world'
	done
	run httpc -s -f -i "$U/code/404"
	assert_failure 22
	assert_line --index 0 $'HTTP/1.1 404 Said so\r'
	refute_line 404
	run httpc -s -f -I "$U/code/404"
	assert_line --index 0 $'HTTP/1.1 404 Said so\r'
	run httpc -s -f -i -o none "$U/code/404"
	assert_failure 22
	[[ ! -e none ]]
}

@test "a terminal is shown no control bytes of the server's" {
	run httpc -v "$U/escape"
	refute_output --partial $'\033'
}

@test "a full disk, a closed pipe: 23" {
	run httpc -o /dev/full "$U/ok"
	assert_failure 23
	run httpc -o "$BATS_TEST_TMPDIR/no/such/folder" "$U/ok"
	assert_failure 23
	assert_output --partial 'No such file'
	run bash -c '"$@" | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}' _ \
	    "$BIN/httpc" "$U/big/10000000"
	assert_failure 23
}

# -- Several URLs ---------------------------------------------------------------

@test "one connection serves several URLs of a host" {
	run httpc -w ' %{num_connects}\n' "$U/ok" "$U/chunked" "$U/ok"
	assert_success
	assert_line --index 1 ' 1'
	assert_line --index 3 ' 0'
	assert_line --index 5 ' 0'
}

@test "a connection that the server closed between two is made anew" {
	run httpc -w '%{num_connects}\n' "$U/once" "$U/ok"
	assert_success
	assert_line --index 3 1
	run httpc -w '%{num_connects}\n' "$U/ok" "$U/second"
	assert_success
	assert_line --index 3 1
}

@test "bytes behind an answer are nobody's: the connection is not kept" {
	run httpc -w '\n%{num_connects}\n' "$U/long" "$U/ok"
	assert_success
	assert_line --index 0 hello
	assert_line --index 2 hello
	assert_line --index 3 1
}

@test "each -o is for one URL, -O names the rest; the last error counts" {
	run httpc -o a -o b -O "$U/ok" "$U/digits/1" "$U/echo/c%20d"
	assert_success
	assert_equal "$(cat a)" hello
	assert_equal "$(cat b)" 0123456789
	[[ -s 'c d' ]]
	run httpc -O "$U/"
	assert_failure 23
	run httpc -f "$U/code/404" "$U/ok"
	assert_failure 22
	assert_line hello
}

@test "an error makes no file" {
	run httpc -f -o f "$U/code/500"
	assert_failure 22
	[[ ! -e f ]]
	run httpc -o f "$U/empty"
	assert_failure 52
	[[ ! -e f ]]
}

# -- Requests -------------------------------------------------------------------

@test "-I asks for the head and prints it" {
	run httpc -I "$U/ok"
	assert_success
	assert_line --index 0 $'HTTP/1.1 200 OK\r'
	refute_line hello
	run grep -c 'HEAD /ok' "$ORIGIN_LOG"
	assert_success
	# With another method a body may come, which is not waited for.
	run httpc -I -X PURGE -m 5 "$U/stall" "$U/ok"
	assert_success
	assert_line --index 0 $'HTTP/1.1 200 OK\r'
	refute_line hello
	run grep -c 'PURGE /ok' "$ORIGIN_LOG"
	assert_output 1
}

@test "-H adds, replaces, removes and empties fields" {
	run httpc -H 'X-One: 1' -H 'Accept: text/x' -H 'User-Agent:' \
	    -H 'X-Empty;' "$U/echo"
	assert_success
	assert_line $'X-One: 1\r'
	assert_line $'Accept: text/x\r'
	assert_line $'X-Empty:\r'
	refute_line --partial User-Agent
	refute_line --partial '*/*'
	printf 'X-Two: 2\r\n\n# a remark\nX-Three: 3' >fields
	run httpc -H X-One: -H @fields -H 'X-Four: 4' "$U/echo"
	assert_success
	assert_line $'X-Two: 2\r'
	assert_line $'X-Three: 3\r'
	assert_line $'X-Four: 4\r'
	refute_line --partial remark
	run httpc -H @- "$U/echo" <fields
	assert_line $'X-Two: 2\r'
	run httpc -H @nothing "$U/echo"
	assert_failure 26
	printf 'nonsense\n' >fields
	run httpc -H @fields "$U/echo"
	assert_failure 2
}

@test "-A, -e, -u, -r and -X say what they should" {
	run httpc -A me -e http://there/ -u 'Aladdin:open sesame' -r 0-1 \
	    -X PURGE "$U/echo"
	assert_success
	assert_line --index 0 $'PURGE /echo HTTP/1.1\r'
	assert_line $'User-Agent: me\r'
	assert_line $'Referer: http://there/\r'
	assert_line $'Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r'
	assert_line $'Range: bytes=0-1\r'
	run httpc "http://Aladdin:open%20sesame@127.0.0.1:$ORIGIN_PORT/echo"
	assert_line $'Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r'
	assert_line "Host: 127.0.0.1:$ORIGIN_PORT"$'\r'
	# -u outdoes the URL, empty names are none, a number has a dash.
	run httpc -u a:b -A '' -e '' -x '' -r 5 "http://c:d@127.0.0.1:$ORIGIN_PORT/echo"
	assert_line $'Authorization: Basic YTpi\r'
	assert_line $'Range: bytes=5-\r'
	refute_line --partial User-Agent
	refute_line --partial Referer
}

@test "-d posts a form, joins its parts, and reads files" {
	printf 'two\nlines\n' >f
	run httpc -d a=b -d @f "$U/echo"
	assert_success
	assert_line --index 0 $'POST /echo HTTP/1.1\r'
	assert_line $'Content-Type: application/x-www-form-urlencoded\r'
	assert_line $'Content-Length: 12\r'
	assert_line 'a=b&twolines'
	run httpc --data-binary @f "$U/echo"
	assert_line two
	assert_line lines
	run httpc -d @- "$U/echo" <f
	assert_line twolines
	run httpc -d @- "$U/echo" < <(printf 'a\0b\r\n')
	assert_line ab
	run httpc -d @nothing "$U/echo"
	assert_failure 26
}

@test "-T puts a file, and standard input in chunks" {
	printf 'the file\n' >f
	run httpc -T f "$U/echo"
	assert_success
	assert_line --index 0 $'PUT /echo HTTP/1.1\r'
	assert_line $'Content-Length: 9\r'
	assert_line 'the file'
	refute_line --partial Expect
	run httpc -T - "$U/continue" <f
	assert_success
	assert_output '9 bytes, expect 100-continue'
	run httpc -T nothing "$U/echo"
	assert_failure 26
	run httpc -T . -H Expect: "$U/continue" <f
	assert_output '9 bytes, expect none'
	run httpc -0 -T - "$U/echo" <f
	assert_failure 25
}

@test "each -T is for one URL" {
	echo one >f
	echo two >g
	run httpc -T f -T g "$U/echo/" "$U/echo/" "$U/echo/h"
	assert_success
	assert_line $'PUT /echo/f HTTP/1.1\r'
	assert_line one
	assert_line $'PUT /echo/g HTTP/1.1\r'
	assert_line two
	assert_line $'GET /echo/h HTTP/1.1\r'
}

@test "-T to a folder: the file's name is put behind it" {
	mkdir d && printf 'x' >'d/a b?'
	run httpc -w '%{url_effective}' -T 'd/a b?' "$U/echo/?q=1"
	assert_success
	assert_line --index 0 $'PUT /echo/a%20b%3F?q=1 HTTP/1.1\r'
	assert_output --partial "$U/echo/a%20b%3F?q=1"
	run httpc -T - "$U/echo/" <'d/a b?'
	assert_line --index 0 $'PUT /echo/ HTTP/1.1\r'
}

@test "Expect is sent with large bodies, not where it is taken out" {
	head -c 3000000 /dev/zero >f
	run httpc -T f "$U/continue"
	assert_success
	assert_output '3000000 bytes, expect 100-continue'
	run httpc -T f -H Expect: "$U/continue"
	assert_output '3000000 bytes, expect none'
	run httpc -T f "$U/noexpect"
	assert_success
	assert_output '3000000 bytes'
	run grep -c 'PUT /noexpect' "$ORIGIN_LOG"
	assert_output 2
}

@test "a server that refuses a body before it has come is heard" {
	head -c 30000000 /dev/zero >f
	run httpc -T f -H Expect: -m 20 "$U/early"
	assert_success
	assert_output 'too large'
	run httpc -T f -f -m 20 "$U/early"
	assert_failure 22
}

@test "HTTP/1.0" {
	run httpc -0 "$U/echo"
	assert_success
	assert_line --index 0 $'GET /echo HTTP/1.0\r'
}

# -- Redirects --------------------------------------------------------------------

@test "-L follows, absolute and relative, over one connection" {
	run httpc "$U/to/302/ok"
	assert_output elsewhere
	run httpc -L -w '%{http_code} %{num_redirects} %{num_connects} %{url_effective}\n' \
	    "$U/to/302/../../ok"
	assert_success
	assert_line --index 0 hello
	assert_line --index 1 "200 1 1 $U/ok"
	run httpc -w '%{redirect_url}' -o /dev/null "$U/to/301//ok"
	assert_output "$U/ok"
	run httpc -L -w '%{redirect_url}' -o /dev/null "$U/to/301//ok"
	assert_success
	assert_output ''
	for code in 300 399; do
		run httpc -L "$U/to/$code//ok"
		assert_output hello
	done
	# An empty Location leads nowhere.
	run httpc -L "$U/to/302/"
	assert_success
	assert_output elsewhere
}

@test "more than --max-redirs: 47; another scheme: 1" {
	run httpc -L --max-redirs 3 "$U/to/302/302"
	assert_failure 47
	assert_output --partial 'more than 3 redirects'
	run httpc -L "$U/to/302/file:///etc/passwd"
	assert_failure 1
	run httpc -L --max-redirs 0 "$U/to/302//ok"
	assert_failure 47
}

@test "a POST becomes a GET at 301, 302 and 303, and stays one at 307 and 308" {
	for code in 301 302 303; do
		run httpc -L -d a=b "$U/to/$code//echo"
		assert_success
		assert_line --index 0 $'GET /echo HTTP/1.1\r'
		refute_line --partial Content-
	done
	for code in 307 308; do
		run httpc -L -d a=b "$U/to/$code//echo"
		assert_success
		assert_line --index 0 $'POST /echo HTTP/1.1\r'
		assert_line a=b
	done
	printf x >f
	run httpc -L -T f "$U/to/307//echo"
	assert_line --index 0 $'PUT /echo HTTP/1.1\r'
	assert_line x
	run httpc -L -T - -H Expect: "$U/to/307//echo" < <(printf x)
	assert_failure 65
}

@test "secrets stay with the host that they are for" {
	start_server "$LIB/fixtures/origin.py"
	run httpc -L -u a:b -H 'Cookie: c=d' -H 'X-Mine: yes' \
	    "$U/to/302/http://127.0.0.1:$PORT/echo"
	assert_success
	assert_line $'X-Mine: yes\r'
	refute_line --partial Authorization
	refute_line --partial Cookie
	run httpc -L -u a:b -H 'Cookie: c=d' "$U/to/302//echo"
	assert_line --partial Authorization
	assert_line --partial Cookie
	run httpc -L "http://a:b@${U#http://}/to/302/$U/echo"
	assert_line $'Authorization: Basic YTpi\r'
}
