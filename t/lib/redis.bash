# shellcheck shell=bash
#
# A Redis server for a test: `choose_redis` finds a port for it, `start_redis`
# starts it there; chat scripts may `import redis` (redis.py here) to end it and
# start it again.  A file that uses it calls stop_redis in its teardown.

choose_redis() {
	need redis-server
	REDIS_DIR=$(mktemp -d "$BATS_TEST_TMPDIR/redis.XXXXXX")
	REDIS_PORT=$("$PYTHON" -S -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
	REDIS_URL=redis://127.0.0.1:$REDIS_PORT/room
	export REDIS_DIR REDIS_PORT REDIS_URL
}

# start_redis [ARG...] - another port where somebody has just taken that one
start_redis() {
	local -; set +T
	local tries

	for tries in 1 2 3; do
		choose_redis
		"$PYTHON" -S "$LIB/redis.py" "$@" && return
		echo "try $tries: $(tail -n 3 "$REDIS_DIR/log")"
	done
	return 1
}

stop_redis() {
	local -; set +T
	local f pid

	for f in "$BATS_TEST_TMPDIR"/redis.*/pid; do
		[[ -e $f ]] || continue
		pid=$(<"$f")
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) != redis-server ]] ||
		    kill -KILL "$pid"
		wait_for_exit "$pid" || :
	done
}
