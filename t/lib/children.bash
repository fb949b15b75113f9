# shellcheck shell=bash
#
# Who a server's children are and what they do, from its --status: titles do not
# tell it under valgrind.  Loaded by test files that want it, behind talk.bash.

# start_watched NAME ARG... - start_server with a status; see below
start_watched() {
	local -; set +T
	start_server "$@" --status 127.0.0.1:0
	wait_for_line "$SERVER_OUT" '^status on 127\.0\.0\.1:[0-9]+$'
	# shellcheck disable=SC2153 # wait_for_line sets it
	STATUS_PORT=${LINE##*:}
}

# children_like REGEX - pids of those whose line of the status matches it, one a
# line
children_like() {
	local -; set +T
	local status line

	exec {status}<>"/dev/tcp/127.0.0.1/$STATUS_PORT" || return
	echo TEXT >&"$status"
	while read -r -t "$((10 * SLOW))" -u "$status" line; do
		[[ $line == 'child slot='* && $line =~ $1 ]] || continue
		line=${line#*pid=}
		echo "${line%% *}"
	done
	exec {status}>&-
}

# workers - those that serve TCP and are not on their way out
workers() {
	local -; set +T
	children_like 'role=worker state=(idle|busy)'
}

# serving - those of them that hold a connection now
serving() {
	local -; set +T
	children_like 'role=worker .* active=[1-9]'
}

# has_workers N - there are so many
has_workers() {
	local -; set +T
	(($(workers | wc -l) == $1))
}

has_more_workers() {
	local -; set +T
	(($(workers | wc -l) > $1))
}

has_fewer_workers() {
	local -; set +T
	(($(workers | wc -l) < $1))
}
