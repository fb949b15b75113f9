# bats file_tags=models
# What httpd must not take: the table of t/lib/fixtures/refused.py.

load lib/brood
load lib/web

setup_file() {
	site "$BATS_FILE_TMPDIR/www"
	chmod 755 "$BATS_FILE_TMPDIR"
	start_server httpd "$BATS_FILE_TMPDIR/www" \
	    --access-log "$BATS_FILE_TMPDIR/access" --max-body 100k
	export LOG=$SERVER_LOG ACCESS=$BATS_FILE_TMPDIR/access
}

refused() {
	"$PYTHON" -S "$LIB/fixtures/refused.py" "$LOG" "$@"
}

# every N - only every so manieth where each connection takes a second
every() {
	EVERY=1
	if [[ ${BROOD_VALGRIND:-} ]]; then
		EVERY=$((3 * $1))
		[[ ${MODEL:-} != inetd ]] || EVERY=$((23 * $1))
	fi
}

@test "every one is answered, the connection ended, the peer logged" {
	every 1
	run refused 0 "$EVERY"
	assert_success
	assert_output --regexp '[0-9]+ refused'
}

@test "the same, split at every byte" {
	every 2
	run refused 1 "$EVERY"
	assert_success
	assert_output --regexp '[0-9]+ refused'
}

@test "HEAD that ends in its head is refused without a page" {
	web <<-'PY'
	c = Web().send("HEAD / HTTP/1.1\r\nHost: a\r\n").shut()
	a = c.answer("HEAD")
	eq((a.status, a["Connection"]), (400, "close"))
	c.closed()
	PY
}

@test "nothing that was sent behind one was taken for a request" {
	run tcp "$HOST" "$PORT" 'GET /the-last HTTP/1.0\r\n\r\n'
	assert_success
	wait_for_line "$ACCESS" 'GET /the-last'
	run grep -c 'GET /smuggled' "$ACCESS"
	assert_output 0
	assert_failure
}

@test "log lines of refusals are text, and say what was wrong" {
	many_connections
	run grep -c $'[^[:print:]\t]' "$LOG"
	assert_output 0
	for why in 'control byte' 'Content-Length' 'Transfer-Encoding' 'Host' \
	    'chunk'; do
		run grep -c "127.0.0.1:[0-9]*: 400 .*$why" "$LOG"
		assert_success
	done
	run grep -c $'[^[:print:]]' "$ACCESS"
	assert_output 0
}
