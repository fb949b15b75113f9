# chatc by pipes, and on a terminal that is tmux's.

load lib/brood
load lib/chat

setup() {
	start_server chatd
	NET=$HOST AT=$PORT
}

# terminal ARG... - chatc on a terminal of 80 by 20
terminal() {
	need tmux
	TMUX_SOCKET=$BATS_TEST_TMPDIR/tmux
	tmux -S "$TMUX_SOCKET" -f /dev/null new-session -d -x 80 -y 20 \
	    "exec '$BIN/chatc' $*"
	tmux -S "$TMUX_SOCKET" set -g status off
}

teardown() {
	[[ ! ${TMUX_SOCKET:-} ]] ||
	    tmux -S "$TMUX_SOCKET" kill-server 2>/dev/null || :
	stop_servers
}

shown() {
	tmux -S "$TMUX_SOCKET" capture-pane -p | grep -qE -e "$1"
}

# sees REGEX - until a line of the terminal matches
sees() {
	wait_until "${2:-10}" shown "$1" && return
	tmux -S "$TMUX_SOCKET" capture-pane -p
	return 1
}

types() {
	tmux -S "$TMUX_SOCKET" send-keys "$@"
}

# -- By pipes -----------------------------------------------------------------

@test "plain: what is said arrives, what is heard is printed" {
	(PORT=$AT chat <<-'PY'
	a = Peer()
	a.hear("called ann")
	a.exactly("ann:hello") if not a.got.startswith(b"\n") else a.hear("ann:hello")
	a.say("hello, ann")
	a.hear("ann has left the chat")
	PY
	) &
	peer=$!
	wait_for_line "$SERVER_OUT" 'has joined the chat'
	run client chatc --nick ann --stay 500ms "$NET" "$AT" <<<hello
	assert_success
	assert_line --regexp 'is now called ann$'
	assert_line --regexp '^127.0.0.1:[0-9]*:hello, ann$'
	refute_line 'ann:hello'
	wait "$peer"
}

@test "plain: commands answer, and history comes from before" {
	client chatc "$NET" "$AT" <<<'first words' >"$BATS_TEST_TMPDIR/out"
	run client chatc --nick bob "$NET" "$AT" <<<'/who'
	assert_success
	assert_line --regexp ':first words$'
	assert_line '  bob'
	assert_line '1 in lobby'
}

@test "json: an object for each event" {
	run client chatc --json --nick ann "$NET" "$AT" <<<'say "this"'
	assert_success
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/json"
	run "$PYTHON" -c 'import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
said = [e for e in events if e["kind"] == "say"]
print(events[0]["kind"], said[0]["who"], said[0]["text"], said[0]["own"])
' "$BATS_TEST_TMPDIR/json"
	assert_success
	assert_output 'welcome ann say "this" True'
}

@test "bare: the plain dialect, without a greeting" {
	(PORT=$AT chat <<-'PY'
	a = Peer()
	b = a.hear("(\\S+) has joined the chat").group(1).decode()
	a.exactly(b + ":hi there")
	a.hear(b + " has left the chat")
	PY
	) &
	peer=$!
	wait_for_line "$SERVER_OUT" 'has joined the chat'
	run client chatc --bare "$NET" "$AT" <<<'hi there'
	assert_success
	wait "$peer"
}

@test "nobody there: status 1; a bad option: status 2" {
	stop_server
	run client chatc "$NET" "$AT" </dev/null
	assert_failure 1
	run client chatc --frobnicate "$NET"
	assert_failure 2
	start_server chatd
}

# -- On a terminal ------------------------------------------------------------

@test "screen: people, messages, wide characters, editing, leaving" {
	terminal --nick ann "$NET" "$AT"
	sees '^ ann in lobby at '
	types 'hexlo'
	types Left Left Left BSpace BSpace 'he' Enter
	sees 'ann: hexlo'
	types -l '你好 😀 there'
	types Enter
	sees 'ann: 你好 😀 there'
	wait_for_line "$SERVER_OUT" '^ann:你好 😀 there$'
	(PORT=$AT chat <<-'PY'
	a = Peer()
	a.say("/nick bob\n")
	a.hear("called bob\n")
	a.say("hello from bob\n")
	a.hear("ann:bye\n")
	PY
	) &
	peer=$!
	sees 'bob: hello from bob'
	sees '^.{50,}bob *$'
	types 'bye' Enter
	wait "$peer"
	sees 'bob has left the chat'
	types Up Home 'good ' Enter
	wait_for_line "$SERVER_OUT" '^ann:good bye$'
	types '/quit' Enter
	wait_for_line "$SERVER_OUT" '^ann has left the chat$'
}

@test "screen: scrolling back, the unread mark, a smaller window" {
	terminal --nick ann "$NET" "$AT"
	sees '^ ann in lobby at '
	PORT=$AT chat <<-'PY'
	a = Peer()
	a.say("".join("line %d\n" % i for i in range(60)))
	a.say("/who\n")
	a.hear("in lobby")
	PY
	sees ':[0-9]+: line 59'
	types PPage
	sees 'scrolled back'
	sees ': line 30'
	PORT=$AT chat <<-'PY'
	a = Peer()
	a.say("news\n/who\n")
	a.hear("in lobby")
	PY
	types NPage NPage
	sees 'unread'
	sees ': news'
	tmux -S "$TMUX_SOCKET" resize-window -x 40 -y 10
	sees '^ ann in lobby at '
	types 'small' Enter
	sees 'ann: small'
}

@test "screen: a paste of two lines is one message" {
	terminal --nick ann "$NET" "$AT"
	sees '^ ann in lobby at '
	printf 'one\ntwo' >"$BATS_TEST_TMPDIR/paste"
	tmux -S "$TMUX_SOCKET" load-buffer "$BATS_TEST_TMPDIR/paste"
	tmux -S "$TMUX_SOCKET" paste-buffer -p
	types Enter
	wait_for_line "$SERVER_OUT" '^ann:one two$'
}

@test "screen: escapes of others cannot touch it" {
	terminal --nick ann "$NET" "$AT"
	sees '^ ann in lobby at '
	PORT=$AT chat <<-'PY'
	a = Peer()
	a.say(b"\x1b[2Jgone \xff\n/who\n")
	a.hear("in lobby")
	PY
	sees '�\[2Jgone �'
	sees '^ ann in lobby at '
}

@test "screen: reconnects and catches up from the last message seen" {
	stop_server
	log=$BATS_TEST_TMPDIR/log
	start_server chatd --history-file "$log" --listen 127.0.0.1:0
	at=$PORT
	terminal --nick ann "$HOST" "$at"
	sees '^ ann in lobby at '
	kill -TERM "$SERVER_PID"
	wait_server
	sees 'closed the connection'
	start_server chatd --history-file "$log" --listen "127.0.0.1:$at"
	PORT=$at chat <<-'PY'
	a = Peer()
	a.say("while you were away\n/who\n")
	a.hear("in lobby")
	PY
	sees ': while you were away' 20
	sees '^ ann in lobby at '
}
