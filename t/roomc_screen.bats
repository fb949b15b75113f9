# roomc on a terminal, which is tmux's.

load lib/brood
load lib/screen

teardown() {
	end_terminal
	stop_servers
}

# room - one, with ann in it on a terminal
room() {
	start_server roomd --rate 0 --max-rate 0
	terminal roomc -n ann "$HOST" "$PORT"
	sees '^ ann in the room at '
}

# says NAME TEXT... - another member says it and leaves
says() {
	local name=$1

	shift
	printf '%s\n' "$@" | client roomc -n "$name" "$HOST" "$PORT"
}

@test "people, messages, wide characters, editing, leaving" {
	room
	sees '^.{60}│ ann'
	types 'hexlo' Left Left Left BSpace BSpace 'he' Enter
	sees 'ann: hexlo'
	types -l '你好 😀 there'
	types Enter
	sees 'ann: 你好 😀 there'
	wait_for_line "$SERVER_OUT" 'EVENT [0-9]+ ann:你好 😀 there$'
	client roomc -n 李四 --stay 1m "$HOST" "$PORT" <<<'大家好' >/dev/null &
	other=$!
	sees '李四: 大家好'
	sees '^.{40,}│ 李四 *$'
	sees ' 2 here *$'
	sees '-- system: 李四 joined the chat'
	end_client "$other"
	sees '-- system: 李四 left the chat'
	sees_no '│ 李四'
	types '/who' Enter
	sees '^   ann'
	types '/quit' Enter
	left 0
	wait_for_line "$SERVER_OUT" '^Receive from .*: LEAVE$'
}

@test "wide characters wrap at the edge and are cut by whole ones" {
	COLUMNS_WANTED=40 room
	text=$(printf '漢%.0s' {1..40})
	types -l "$text"
	sees '^> .*漢$'
	[[ $(screen | tail -1 | grep -o 漢 | wc -l) -le 19 ]]
	types BSpace BSpace Enter
	sees '^> *$'
	sees_times 38 漢
	# "13:00 ann: " takes 11 columns: 14 characters of two fit behind it
	sees '^[0-9:]{5} ann: 漢{14}$'
	resizes 31 12
	sees '^[0-9:]{5} ann: 漢{10}$'
	sees '^漢{13}$'
	# é of two characters, and a sign of no width
	types -l "$(printf 'e\u0301\u200d')x"
	types Left BSpace 'a' Enter
	wait_for_line "$SERVER_OUT" 'SAY [0-9]+:ax$'
}

@test "scrolling back holds its place; the unread mark; a smaller window" {
	room
	says bob $(seq -f 'line%g' 50)
	sees 'bob: line50'
	types PPage
	sees 'scrolled back, 0 unread'
	sees 'bob: line30'
	row 'bob: line30'
	before=$ROW
	says bob news more
	sees 'scrolled back, 4 unread'
	row 'bob: line30'
	assert_equal "$ROW" "$before"
	types NPage NPage
	sees '^-- unread -'
	sees 'bob: more'
	row '^-- unread -'
	mark=$ROW
	row 'bob joined the chat'
	types 'x'
	sees_no '^-- unread -'
	# never beyond the first line
	for _ in {1..9}; do types PPage; done
	sees '^[0-9:]{5} -- in the room'
	types End BSpace
	sees_no 'scrolled back'
	resizes 40 8
	sees '^ ann in the room at '
	sees_no '│'
	types 'small' Enter
	sees 'ann: small'
	((mark > 0))
}

@test "what comes while the window is not looked at is marked" {
	room
	sends '\x1b[Oa'		# what was typed is no sign of being read
	sees '^> a'
	says bob hello
	sees '^-- unread -'
	sends '\x1b[I'
	says bob again
	sees 'bob: again'
	sees '^-- unread -'
	types a
	sees_no '^-- unread -'
}

@test "history of what was typed, and completing names" {
	room
	types 'first' Enter 'second' Enter
	sees 'ann: second'
	types 'draft' Up Up
	sees '^> first$'
	types Down Down
	sees '^> draft$'
	types C-u 'an' Tab
	sees '^> ann:'
	types 'hi' Enter
	wait_for_line "$SERVER_OUT" 'SAY [0-9]+:ann: hi$'
}

@test "a paste is one message, and a very long one is said in pieces" {
	room
	pastes 'one\ntwo\tthree\r\nfour'
	sees '^> one two three four'
	types Enter
	wait_for_line "$SERVER_OUT" 'SAY [0-9]+:one two three four$'
	# what is pasted drives nothing
	sends '\x1b[200~up\x1bOA\x03\x01\x1b[201~'
	types Enter
	wait_for_line "$SERVER_OUT" 'SAY [0-9]+:up$'
	pastes "$(printf 'é%.0s' {1..1500})"
	sees '^> é{10}'
	types Enter
	sees '^>$'
	wait_for_line "$SERVER_OUT" 'SAY 3:é{512}$'
	wait_for_line "$SERVER_OUT" 'SAY 4:é{512}$'
	wait_for_line "$SERVER_OUT" 'SAY 5:é{476}$'
}

@test "the server goes away and comes back: joins again and catches up" {
	room
	at=$PORT
	stop_server
	types 'lost?' Enter
	sees 'the server does not answer; trying again|trying again' 40
	types 'kept' Enter
	sees 'not in the room: nothing was sent'
	sees '^> .*kept$'
	start_server roomd --listen "127.0.0.1:$at"
	sees 'back in the room' 20
	sees 'ann: lost\?'
	sees '^ ann in the room at '
	types Enter
	wait_for_line "$SERVER_OUT" 'SAY [0-9]+:kept$'
}

@test "a stopped server loses nobody: what was said meanwhile comes" {
	start_server roomd --rate 0
	room=$PORT
	start_server "$LIB/fixtures/badnet.py" --to "$HOST:$room"
	net=$SERVER_PID
	terminal roomc -n ann "$HOST" "$PORT"
	sees '^ ann in the room at '
	kill -STOP "$net"
	PORT=$room says bob $(seq -f 'said%g' 40)
	kill -CONT "$net"
	sees 'bob: said40'
	types PPage
	sees 'bob: said10'
	sees_no 'missed'
}

@test "a plain server in GB2312, which loses its room" {
	start_server roomd --charset GB2312 --lang zh
	at=$PORT
	terminal roomc --dialect plain --charset GB2312 -n 张三 "$HOST" "$at"
	sees '^ 张三 in the room at '
	types -l '你好'
	types Enter
	sees '张三: 你好'
	sees '│ 张三'
	client roomc --dialect plain --charset GB2312 -n 李四 "$HOST" "$at" \
	    <<<'再见' >/dev/null
	sees '-- 系统: 李四 加入了聊天'
	sees '李四: 再见'
	sees '-- 系统: 李四已退出聊天'
	sees_no '│ 李四'
	stop_server
	start_server roomd --charset GB2312 --lang zh --listen "127.0.0.1:$at"
	types -l '还在吗 -n'
	types Enter
	sees 'joining again'
	sees '张三: 还在吗 -n'
	types C-c
	left 0
	wait_for_line "$SERVER_OUT" '^Receive from .*: exit$'
}

@test "a name that is taken, and lines where there is no screen" {
	start_server roomd
	client roomc -n ann --stay 1m "$HOST" "$PORT" </dev/null &
	ann=$!
	wait_for_line "$SERVER_OUT" 'JOINED ann$'
	terminal roomc -n ann "$HOST" "$PORT"
	left 1
	grep -q 'the name is taken' "$TMUX_SAID"
	end_client "$ann"
	end_terminal
	for how in '--plain' '--json'; do
		rm -f "$BATS_TEST_TMPDIR"/tmux*
		terminal roomc "$how" -n tom "$HOST" "$PORT"
		wait_for_lines 1 "$SERVER_OUT" 'JOINED tom$'
		types 'words' Enter
		sees '^(tom:words|\{"event":"say".*)$'
		types '/quit' Enter
		left 0
		end_terminal
	done
	rm -f "$BATS_TEST_TMPDIR"/tmux*
	TERMINAL_SETUP='TERM=dumb ' terminal roomc -n tom "$HOST" "$PORT"
	wait_for_lines 3 "$SERVER_OUT" 'JOINED tom$'
	types 'no cursor' Enter
	sees '^tom:no cursor$'
	types '/quit' Enter
	left 0
}

@test "TERM gives the terminal back, and leaves" {
	room
	pid=$(tmux -S "$TMUX_SOCKET" list-panes -F '#{pane_pid}')
	[[ $(ps -o comm= -p "$pid") == roomc* ]] || pid=$(children_of "$pid")
	kill -TERM "$pid"
	left 0
	wait_for_line "$SERVER_OUT" '^Receive from .*: LEAVE$'
}

# bats test_tags=no-valgrind
@test "a terminal that takes nothing more does not keep it from ending" {
	start_server roomd --rate 0 --max-rate 0
	run env TERM=xterm "$PYTHON" -S "$LIB/stuck.py" udp "$HOST" "$PORT" \
	    "$BIN/roomc" -n tom "$HOST" "$PORT"
	assert_success
	assert_output 'ended with 1'
}
