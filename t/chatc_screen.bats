# bats file_tags=long
# chatc on a terminal, which is tmux's.

load lib/brood
load lib/chat
load lib/screen

setup() {
	start_server chatd
	NET=$HOST AT=$PORT
}

teardown() {
	end_terminal
	stop_servers
}

@test "people, messages, wide characters, editing, leaving" {
	terminal chatc --nick ann "$NET" "$AT"
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

@test "scrolling back, the unread mark, a smaller window" {
	terminal chatc --nick ann "$NET" "$AT"
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
	resizes 40 10
	sees '^ ann in lobby at '
	types 'small' Enter
	sees 'ann: small'
}

@test "a paste of two lines is one message" {
	terminal chatc --nick ann "$NET" "$AT"
	sees '^ ann in lobby at '
	pastes 'one\ntwo'
	sees '^> one two$'
	types Enter
	wait_for_line "$SERVER_OUT" '^ann:one two$'
}

@test "escapes of others cannot touch it" {
	terminal chatc --nick ann "$NET" "$AT"
	sees '^ ann in lobby at '
	PORT=$AT chat <<-'PY'
	a = Peer()
	a.say(b"\x1b[2Jgone \xff\n/who\n")
	a.hear("in lobby")
	PY
	sees '�\[2Jgone �'
	sees '^ ann in lobby at '
}

@test "reconnects and catches up from the last message seen" {
	stop_server
	log=$BATS_TEST_TMPDIR/log
	start_server chatd --history-file "$log" --listen 127.0.0.1:0
	at=$PORT
	terminal chatc --nick ann "$HOST" "$at"
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

@test "wide characters wrap at the edge, and the list cuts by whole ones" {
	COLUMNS_WANTED=62 terminal chatc --nick 张三李四王五赵六孙七 "$NET" "$AT"
	sees '│ 张三李四王五赵六孙 *$'
	types -l "$(printf '漢%.0s' {1..30})"
	types Enter
	sees '漢 *│'
	sees_times 30 漢
	resizes 31 8
	sees '^漢+$'
	sees_times 30 漢
}

@test "history of what was typed; a name completed; a line kept" {
	terminal chatc --nick ann "$NET" "$AT"
	sees '^ ann in lobby at '
	types 'one' Enter 'two' Enter
	sees 'ann: two'
	types 'draft' Up Up
	sees '^> one$'
	types Down Down
	sees '^> draft$'
	types C-u 'hello an' Tab 'x' Enter
	sees 'ann: hello ann x'
}

@test "what comes while the window is not looked at is marked" {
	terminal chatc --nick ann "$NET" "$AT"
	sees '^ ann in lobby at '
	sends '\x1b[Oa'
	sees '^> a$'
	client chatc --nick bob "$NET" "$AT" <<<'hello' >/dev/null
	sees '^-- unread -'
	sends '\x1b[Ib'
	sees '^> ab$'
	sees_no '^-- unread -'
}

@test "a server that is away: what was typed is kept, and leaving is quick" {
	terminal chatc --nick ann "$NET" "$AT"
	sees '^ ann in lobby at '
	sees '│ ann'
	stop_server
	sees 'closed the connection'
	sees_no '│ ann'
	types 'kept' Enter
	sees 'not connected: nothing was sent'
	sees '^> kept$'
	sees 'Connection refused'
	types C-c
	left 0
	start_server chatd
}

@test "keys are taken while a connection is being tried" {
	# it takes the connection, and never answers the TLS greeting
	start_server "$LIB/fixtures/silent.py"
	terminal chatc --tls -W 1m --nick ann "$HOST" "$PORT"
	types 'meanwhile'
	sees '^ 127.0.0.1: connecting'
	sees '^> meanwhile'
	types C-c
	left 0
}

@test "the terminal is given back on TERM; lines where it has no cursor" {
	terminal chatc --nick ann "$NET" "$AT"
	sees '^ ann in lobby at '
	pid=$(tmux -S "$TMUX_SOCKET" list-panes -F '#{pane_pid}')
	[[ $(ps -o comm= -p "$pid") == chatc* ]] || pid=$(children_of "$pid")
	kill -TERM "$pid"
	left 0
	wait_for_line "$SERVER_OUT" '^ann has left the chat$'
	end_terminal
	rm -f "$BATS_TEST_TMPDIR"/tmux*
	TERMINAL_SETUP='TERM=dumb ' terminal chatc --nick tom "$NET" "$AT"
	wait_for_line "$SERVER_OUT" 'now called tom$'
	types 'no cursor' Enter '/who' Enter
	sees '^  tom$'
	types '/quit' Enter
	left 0
}

# bats test_tags=no-valgrind
@test "a terminal that takes nothing more does not keep it from ending" {
	start_server chatd --flood-messages 0 --flood-bytes 0
	run env TERM=xterm "$PYTHON" -S "$LIB/stuck.py" tcp "$HOST" "$PORT" \
	    "$BIN/chatc" --nick tom "$HOST" "$PORT"
	assert_success
	assert_output 'ended with 1'
}
