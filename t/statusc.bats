# statusc: a server's --status socket as a table and as JSON.

load lib/brood

setup() {
	S=unix:$BATS_TEST_TMPDIR/status
}

@test "a table of totals and children" {
	start_server echod --model prefork --children 2:4 --status "$S"
	run tcp "$HOST" "$PORT" 'hello\n' @shut
	assert_success
	run client statusc "$S"
	assert_success
	assert_line --index 0 --regexp "^echod \(pid [0-9]+, prefork, generation 0, up 0:"
	assert_line --partial "listening on $HOST:$PORT"
	assert_line --regexp '^requests     [0-9]+'
	assert_line --regexp '^children     [0-9]+: '
	assert_line --regexp '^SLOT +PID +ROLE +STATE +GEN +UP +ACTIVE'
	assert_line --regexp '^ +[0-9]+ +[0-9]+ +worker +idle '
}

@test "--json is one object, with a row for each child" {
	start_server echod --status "$S"
	run client statusc --json "$S"
	assert_success
	"$PYTHON" -c 'import json, sys
o = json.loads(sys.argv[1])
assert o["name"] == "echod" and isinstance(o["children"], list)' "$output"
}

@test "--watch asks again; the second report has rates" {
	start_server echod --status "$S"
	run client statusc --watch 10ms --count 3 "$S"
	assert_success
	assert_equal "$(grep -c '^echod (pid' <<<"$output")" 3
	assert_equal "$(grep -c '^connections .*/s)' <<<"$output")" 2
}

@test "on a terminal the report is drawn over" {
	start_server echod --status "$S"
	run "$LIB/fixtures/terminal.py" "$BIN/statusc" -w 10ms -c 2 "$S" \
	    </dev/null
	assert_success
	assert_output --partial $'\033[H\033[J'
}

@test "no socket, or another server's: 1; usage: 2" {
	run client statusc "$S"
	assert_failure 1
	assert_output --partial 'No such file'
	start_server "$LIB/fixtures/echoes.py" mute
	run client statusc -W 200ms "$HOST:$PORT"
	assert_failure 1
	run client statusc
	assert_failure 2
	run client statusc --watch never x
	assert_failure 2
}

@test "a report with lines, words and bytes that nobody knows" {
	cat >"$BATS_TEST_TMPDIR/report" <<-END
	name: oddd
	news: yes
	child
	child slot
	child slot=1 pid=2 colour=blue bytes_in=2048 doing=a=b c$(printf '\033')[31m
	END
	coproc "$PYTHON" -c 'import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True)
c, _ = s.accept(); c.recv(100); c.sendall(open(sys.argv[1], "rb").read())' \
	    "$BATS_TEST_TMPDIR/report"
	read -r -t 10 -u "${COPROC[0]}" port
	run client statusc "127.0.0.1:$port"
	assert_success
	assert_line --index 0 --partial oddd
	assert_line --regexp '2\.0K.*a=b c\?\[31m$'
}
