# shellcheck shell=bash
#
# A peer in the test's own shell, over bash's /dev/tcp: no process to start, and
# several connections at once.  For text; bytes and segments are tcp.py's.
# Loaded by test files that want it; every wait has a deadline.

# dial [HOST PORT] - connect; the descriptor is in FD
dial() {
	# shellcheck disable=SC2034 # for those who call
	exec {FD}<>"/dev/tcp/${1:-$HOST}/${2:-$PORT}"
}

# say FD TEXT - send it; \r, \n and \xHH are understood.  A peer that is gone
# is no error here: what it does next is what tests look at.
say() {
	local -; set +T
	# shellcheck disable=SC2059
	(trap '' PIPE; printf "${2//%/%%}" >&"$1") 2>/dev/null || :
}

# hear FD N [SECONDS] - read exactly N characters, into HEARD
hear() {
	local -; set +T
	read -r -N "$2" -t "$((${3:-10} * SLOW))" -u "$1" HEARD && return
	echo "heard '$HEARD', not $2 characters (status $?)"
	return 1
}

# hear_line FD [SECONDS] - read a line, into HEARD
hear_line() {
	local -; set +T
	IFS= read -r -t "$((${2:-10} * SLOW))" -u "$1" HEARD && return
	echo "heard '$HEARD', not a line (status $?)"
	return 1
}

# exchange FD TEXT - say it, and hear it echoed
exchange() {
	local -; set +T
	say "$1" "$2"
	hear "$1" "${#2}" || return
	[[ $HEARD == "$2" ]] || { echo "heard '$HEARD', not '$2'"; return 1; }
}

# is_closed FD [SECONDS] - the peer ends the connection without another byte
is_closed() {
	local -; set +T
	local status=0

	read -r -N 1 -t "$((${2:-10} * SLOW))" -u "$1" HEARD 2>/dev/null ||
	    status=$?
	((status == 1)) && return
	echo "not closed: heard '$HEARD' (status $status)"
	return 1
}

# is_silent FD MS - for so long the peer neither says anything nor ends
is_silent() {
	local -; set +T
	local status=0

	read -r -N 1 -t "0.$(printf %03d "$2")" -u "$1" HEARD 2>/dev/null ||
	    status=$?
	((status > 128)) && return
	echo "not silent: heard '$HEARD' (status $status)"
	return 1
}

# hang_up FD...
hang_up() {
	local fd

	for fd; do
		exec {fd}>&-
	done
}
