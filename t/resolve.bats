# A name server that never answers: every client's deadline holds for looking
# names up, too.  In a network and a mount namespace of its own, where
# resolv.conf names one on loopback that is silent.

load lib/brood

setup_file() {
	unshare -mn true 2>/dev/null || return 0
	cat >"$BATS_FILE_TMPDIR/run" <<-EOF
	set -e
	ip link set lo up
	printf 'nameserver 127.0.0.1\noptions timeout:30\n' \
	    >'$BATS_FILE_TMPDIR/resolv.conf'
	mount --bind '$BATS_FILE_TMPDIR/resolv.conf' /etc/resolv.conf
	exec {tick}<> <(:)
	rm -f '$BATS_FILE_TMPDIR/silent'
	'$LIB/fixtures/silent.py' --listen 127.0.0.1:53 \
	    >'$BATS_FILE_TMPDIR/silent' {tick}>&- &
	silent=\$!
	until grep -qs listening '$BATS_FILE_TMPDIR/silent'; do
	    read -r -t 0.02 -u "\$tick" || :
	done
	status=0
	"\$@" </dev/null || status=\$?
	kill "\$silent"
	exit "\$status"
	EOF
}

setup() {
	unshare -mn true 2>/dev/null || skip 'no namespaces here'
}

# late STATUS CLIENT ARG... - it ends with it, saying why, within its deadline;
# the resolver by itself would take a minute; $said is what it says
late() {
	local status_wanted=$1 began

	shift
	now_ms
	began=$NOW_MS
	run unshare -mn bash "$BATS_FILE_TMPDIR/run" "$BIN/$1" "${@:2}"
	now_ms
	((NOW_MS - began < 25000)) || {
		echo "$1 took $((NOW_MS - began)) ms"
		return 1
	}
	assert_failure "$status_wanted"
	assert_output --partial slow.example
	assert_output --partial "${said:-not found in time}"
}

@test "clients over TCP" {
	late 1 chatc --plain -W 300ms slow.example
	late 28 httpc --connect-timeout 300ms http://slow.example/
	late 28 httpc --max-time 300ms http://slow.example/
	said='Resolving timed out' late 28 urlget -m 300ms http://slow.example/
	late 2 timec -W 300ms slow.example
}

@test "clients over UDP" {
	late 2 roomc -W 300ms -n tom slow.example
	late 2 pingc -w 1 slow.example
	# for all of them, not for each
	late 2 pingc -w 1 slow.example slow.example{01..30}
	late 2 beaconc -t 300ms slow.example
}

@test "heartbeatc: a command begins all the same; who is told to end does" {
	[[ ! ${BROOD_VALGRIND:-} ]] ||
	    skip 'a thread that is left to itself keeps its memory'
	run -7 unshare -mn bash "$BATS_FILE_TMPDIR/run" "$BIN/heartbeatc" \
	    web1 slow.example --run sh -c 'echo "it ran"; exit 7'
	assert_line 'it ran'
	assert_line --partial 'not found in time'
	run -1 unshare -mn bash "$BATS_FILE_TMPDIR/run" timeout \
	    --preserve-status -k 9 0.5 "$BIN/heartbeatc" web1 slow.example
	assert_output ''
}

@test "chatc on a terminal: who wants to leave need not wait for a name" {
	load lib/screen
	[[ ! ${BROOD_VALGRIND:-} ]] ||
	    skip 'a thread that is left to itself keeps its memory'
	export TERMINAL_SETUP
	printf -v TERMINAL_SETUP '%q ' unshare -mn bash \
	    "$BATS_FILE_TMPDIR/run" bash -c 'exec "$@" </dev/tty' sh
	terminal chatc --nick ann slow.example
	sees '^ slow.example: connecting'
	types 'meanwhile'
	sees '^> meanwhile'
	types C-c
	left 0
	end_terminal
}
