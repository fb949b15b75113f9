# shellcheck shell=bash
#
# Waiting: for a condition, a line, a file, an exit, each with a deadline in
# seconds that SLOW multiplies.  Loaded by brood.bash.  All return 1 and say
# what did not happen when the deadline has passed.

# now_ms - a clock in milliseconds, in NOW_MS
now_ms() {
	local t=${EPOCHREALTIME/[.,]/}

	NOW_MS=$((t / 1000))
}

# wait_until SECONDS COMMAND... - run COMMAND until it succeeds: at first every
# few milliseconds, for most things come at once, then less and less often
wait_until() {
	local -; set +T
	local seconds=$1 end pause=2

	shift
	now_ms
	end=$((NOW_MS + seconds * SLOW * 1000))
	until "$@"; do
		now_ms
		if ((NOW_MS > end)); then
			echo "not within $((seconds * SLOW)) s: $*"
			return 1
		fi
		read -r -t "0.0$((pause / 10))$((pause % 10))" -u "$BROOD_TICK" || :
		((pause >= 32)) || pause=$((pause * 2))
	done
}

# wait_for_line FILE REGEX [SECONDS] - until a line of FILE matches the extended
# regular expression; the first that does is then in LINE
wait_for_line() {
	local -; set +T
	if ! wait_until "${3:-10}" line_in_file "$1" "$2"; then
		echo "no line '$2' in $1, which has:"
		tail -n 40 -- "$1" 2>&1 || :
		return 1
	fi
}

# is_known_to_bash REGEX - whether it need not be asked of grep, which knows more
# (a { that stands for itself)
is_known_to_bash() {
	local status=0

	# shellcheck disable=SC2319 # 2 where it is none
	[[ '' =~ $1 ]] || status=$?
	((status < 2))
}

# Without a process where it can be: this is asked again and again.
line_in_file() {
	local lines

	if ! is_known_to_bash "$2"; then
		LINE=$(grep -aEm1 -e "$2" -- "$1" 2>/dev/null)
		return
	fi
	{ mapfile -t lines <"$1"; } 2>/dev/null || return
	for LINE in "${lines[@]}"; do
		[[ $LINE =~ $2 ]] && return
	done
	# shellcheck disable=SC2034 # for the caller of wait_for_line
	LINE=
	return 1
}

# wait_for_lines N FILE REGEX [SECONDS] - until N lines of FILE match
wait_for_lines() {
	local -; set +T
	if ! wait_until "${4:-10}" lines_in_file "$1" "$2" "$3"; then
		echo "fewer than $1 lines '$3' in $2, which has:"
		tail -n 40 -- "$2" 2>&1 || :
		return 1
	fi
}

lines_in_file() {
	local lines line n=0

	if is_known_to_bash "$3"; then
		{ mapfile -t lines <"$2"; } 2>/dev/null || return
		for line in "${lines[@]}"; do
			[[ ! $line =~ $3 ]] || n=$((n + 1))
		done
	else
		n=$(grep -aEc -e "$3" -- "$2" 2>/dev/null) || n=${n:-0}
	fi
	((n >= $1))
}

# wait_for_file FILE [SECONDS] - until it exists and is not empty
wait_for_file() {
	wait_until "${2:-10}" test -s "$1"
}

# wait_for_exit PID [SECONDS] - until there is no such process (one that only
# its parent has still to ask for counts as gone)
wait_for_exit() {
	local -; set +T
	wait_until "${2:-10}" is_gone "$1"
}

is_gone() {
	local stat

	read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
	stat=${stat##*) }
	[[ $stat == Z* || $stat == X* ]]
}
