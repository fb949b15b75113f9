# shellcheck shell=bash
#
# A client on a terminal, which is tmux's: started, typed to and looked at.
# Loaded by the tests of full-screen faces; their teardown calls end_terminal.

# terminal PROGRAM ARG... - on a terminal of COLUMNS_WANTED (80) by
# LINES_WANTED (20); what it ends with is in $TMUX_STATUS
terminal() {
	local -; set +T
	local program=$1 command wrap=()

	shift
	need tmux
	TMUX_SOCKET=$BATS_TEST_TMPDIR/tmux
	TMUX_STATUS=$BATS_TEST_TMPDIR/tmux-status
	TMUX_SAID=$BATS_TEST_TMPDIR/tmux-said
	checker_wrap wrap "$BIN/$program"
	printf -v command '%q ' "${wrap[@]}" "$BIN/$program" "$@"
	command="${TERMINAL_SETUP:-}$command 2>'$TMUX_SAID'"
	# without the descriptors of bats, which would wait for their end; and
	# in one go, for the program may end, and tmux with it, at once
	(
		for fd in /proc/self/fd/*; do
			((${fd##*/} <= 2)) || eval "exec ${fd##*/}>&-"
		done
		exec tmux -u -S "$TMUX_SOCKET" -f /dev/null new-session -d \
		    -x "${COLUMNS_WANTED:-80}" -y "${LINES_WANTED:-20}" \
		    "$command; echo \$? >'$TMUX_STATUS'" \; set -g status off
	) </dev/null >/dev/null 2>&1
}

# end_terminal - and wait for the program, whose log has no end before
end_terminal() {
	local -; set +T
	local shell pid pids=()

	[[ ${TMUX_SOCKET:-} ]] || return 0
	shell=$(tmux -S "$TMUX_SOCKET" list-panes -a -F '#{pane_pid}' \
	    2>/dev/null) || return 0
	mapfile -t pids < <(children_of "$shell")
	tmux -S "$TMUX_SOCKET" kill-server 2>/dev/null || :
	for pid in "${pids[@]}"; do
		wait_for_exit "$pid"
	done
}

# left STATUS - it has ended with this
left() {
	local -; set +T
	wait_for_file "$TMUX_STATUS" && assert_equal "$(<"$TMUX_STATUS")" "$1"
}

screen() {
	tmux -S "$TMUX_SOCKET" capture-pane -p
}

shown() {
	screen | grep -qE -e "$1"
}

not_shown() {
	! shown "$1"
}

# sees REGEX [SECONDS] - until a line of the terminal matches
sees() {
	local -; set +T
	wait_until "${2:-10}" shown "$1" && return
	screen
	return 1
}

# sees_no REGEX - until none does
sees_no() {
	local -; set +T
	wait_until 10 not_shown "$1" && return
	screen
	return 1
}

has_times() {
	[[ $(screen | grep -oF -e "$2" | wc -l) == "$1" ]]
}

# sees_times N TEXT - until it is there so often
sees_times() {
	local -; set +T
	wait_until 10 has_times "$@" && return
	screen
	return 1
}

types() {
	local -; set +T
	tmux -S "$TMUX_SOCKET" send-keys "$@"
}

# sends TEXT - as it is, in printf's way: what a terminal would report
sends() {
	local -; set +T
	local byte hex=()

	while read -r byte; do
		hex+=("$byte")
	done < <(printf '%b' "$1" | od -An -v -tx1 | tr -s ' ' '\n' | grep .)
	tmux -S "$TMUX_SOCKET" send-keys -H "${hex[@]}"
}

# pastes TEXT - as tmux does it for a program that asked for brackets
pastes() {
	local -; set +T
	printf '%b' "$1" | tmux -S "$TMUX_SOCKET" load-buffer -
	tmux -S "$TMUX_SOCKET" paste-buffer -p
}

resizes() {
	local -; set +T
	tmux -S "$TMUX_SOCKET" resize-window -x "$1" -y "$2"
}

# row REGEX - the number of the row (from 0) that matches, in ROW
row() {
	ROW=$(screen | grep -nE -m1 -e "$1" | cut -d: -f1)
	[[ $ROW ]] && ROW=$((ROW - 1))
}
