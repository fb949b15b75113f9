# bats file_tags=long
# roomc in a room: on pipes, as JSON, over a bad network, with a server that
# goes away, and with the plain dialect.

load lib/brood

@test "what is said comes back, and input's end leaves" {
	start_server roomd
	run client roomc -n tom "$HOST" "$PORT" <<<$'hello\n你好 -all\n\nlast'
	assert_success
	assert_output $'tom:hello\ntom:你好\ntom:last'
	wait_for_line "$SERVER_OUT" '^Receive from .*: LEAVE$'
	run client roomc -n tom "$HOST" "$PORT" <<<$'exit\nnever said'
	assert_success
	assert_output ''
	run roomc_full -n tom "$HOST" "$PORT" <<<hello
	assert_failure 2
	assert_output 'roomc: standard output: No space left on device'
}

# roomc_full - roomc whose output nobody can store
roomc_full() {
	{ "$BIN/roomc" "$@" >/dev/full; } 2>&1
}

@test "JSON, and who is there" {
	start_server roomd
	run client roomc --json -n tom "$HOST" "$PORT" <<<$'/who\na "quote"'
	assert_success
	assert_line '{"event":"who","names":["tom"]}'
	assert_line --regexp '^\{"event":"say","number":[0-9]+,"time":[0-9]+,"name":"tom","text":"a \\"quote\\""\}$'
}

@test "a long line is said in pieces, at characters" {
	start_server roomd
	"$PYTHON" -c 'print("é" * 1500)' >"$BATS_TEST_TMPDIR/long"
	client roomc -n tom "$HOST" "$PORT" <"$BATS_TEST_TMPDIR/long" \
	    >"$BATS_TEST_TMPDIR/said"
	sed 's/^tom://' "$BATS_TEST_TMPDIR/said" | tr -d '\n' >"$BATS_TEST_TMPDIR/whole"
	tr -d '\n' <"$BATS_TEST_TMPDIR/long" | cmp - "$BATS_TEST_TMPDIR/whole"
}

@test "loss, duplicates and reordering: each once and in order" {
	start_server roomd --rate 0 --max-rate 0
	room=$PORT
	start_server "$LIB/fixtures/badnet.py" --to "$HOST:$room" --loss 0.15 \
	    --duplicate 0.2 --reorder 0.3 --seed 5
	client roomc -n ear --stay "$((SLOW * 60))s" "$HOST" "$PORT" </dev/null \
	    >"$BATS_TEST_TMPDIR/ear" &
	ear=$!
	until client roomc --json -n look "$HOST" "$room" <<<'/who' |
	    grep -q '"ear"'; do :; done
	seq -f 'line %g' 60 >"$BATS_TEST_TMPDIR/lines"
	client roomc -W "$((SLOW * 10))s" -n tom "$HOST" "$PORT" \
	    <"$BATS_TEST_TMPDIR/lines" >"$BATS_TEST_TMPDIR/tom"
	sed 's/^/tom:/' "$BATS_TEST_TMPDIR/lines" |
	    diff - <(grep ^tom: "$BATS_TEST_TMPDIR/tom")
	wait_for_line "$BATS_TEST_TMPDIR/ear" 'tom left the chat' 20
	sed 's/^/tom:/' "$BATS_TEST_TMPDIR/lines" |
	    diff - <(grep ^tom: "$BATS_TEST_TMPDIR/ear")
	end_client "$ear"
}

@test "nobody there, a name that is taken, no name" {
	run client roomc -W 300ms -n tom 127.0.0.1 1 </dev/null
	assert_failure 1
	assert_output --partial 'no answer'
	start_server roomd
	client roomc -n tom --stay "$((SLOW * 30))s" "$HOST" "$PORT" </dev/null &
	first=$!
	wait_for_line "$SERVER_OUT" 'JOINED tom$'
	run client roomc -n tom "$HOST" "$PORT" </dev/null
	assert_failure 1
	assert_output --partial 'the name is taken'
	run client roomc -n 'a:b' "$HOST" "$PORT" </dev/null
	assert_failure 2
	USER='' run client roomc --charset GB2312 -n a "$HOST" "$PORT" </dev/null
	assert_failure 2
	end_client "$first"
	wait_for_line "$SERVER_OUT" '^Receive from .*: LEAVE$'
}

@test "the plain dialect in GB2312" {
	start_server roomd --charset GB2312
	run client roomc --dialect plain --charset GB2312 -n 张三 "$HOST" \
	    "$PORT" <<<'你好'
	assert_success
	assert_output '张三:你好'
	wait_for_line "$SERVER_OUT" '^Receive from .*: exit$'
}

@test "plain: heard more than said, words that look like requests" {
	start_server roomd
	mkfifo "$BATS_TEST_TMPDIR/in"
	client roomc --dialect plain -n ann "$HOST" "$PORT" \
	    <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/ann" &
	ann=$!
	exec {say}>"$BATS_TEST_TMPDIR/in"
	wait_for_line "$SERVER_OUT" 'Receive from .*: ann -n$'
	client roomc -n bob "$HOST" "$PORT" <<<$'one\ntwo\nthree' >/dev/null
	wait_for_line "$BATS_TEST_TMPDIR/ann" 'bob left the chat$'
	echo 'cal -n' >&"$say"
	wait_for_line "$BATS_TEST_TMPDIR/ann" '^ann:cal -n$'
	exec {say}>&-
	wait "$ann"
	grep -q '^bob:three$' "$BATS_TEST_TMPDIR/ann"
}

@test "--stay ends in time though the server is away by then" {
	start_server roomd
	client roomc -n tom --stay 2s "$HOST" "$PORT" </dev/null \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 &
	tom=$!
	wait_for_line "$SERVER_OUT" 'JOINED tom$'
	stop_server
	wait_for_exit "$tom" 20
}
