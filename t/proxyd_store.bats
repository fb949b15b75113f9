# bats file_tags=long
# proxyd's store: what a full disk, damage and sudden death do to it, and what a
# hit costs.

load lib/brood

bats_require_minimum_version 1.5.0

setup() {
	WWW=$BATS_TEST_TMPDIR/www CACHE=$BATS_TEST_TMPDIR/cache
	mkdir -p "$WWW" "$CACHE"
}

# proxy [OPTION...] - $PROXY
proxy() {
	start_server "${PROGRAM:-proxyd}" --cache "$CACHE" "$@"
	PROXY=$HOST:$PORT
}

# origin - httpd with the test's files; $ORIGIN
origin() {
	start_server httpd --header 'Cache-Control: max-age=600' "$WWW"
	ORIGIN=$HOST:$PORT
}

get() {
	curl -sS --max-time "$((30 * SLOW))" --noproxy '' -x "http://$PROXY" \
	    "$@"
}

# same FILE - it comes through the proxy as it is
same() {
	get -o "$BATS_TEST_TMPDIR/got" "http://$ORIGIN/$1" &&
	    cmp "$BATS_TEST_TMPDIR/got" "$WWW/$1"
}

# on_small_disk SIZE - a program that is proxyd with a cache on a disk so large
on_small_disk() {
	local me=() in=()

	need unshare mount
	((EUID == 0)) || me=(-r) in=(unshare -U --map-user=1000)
	unshare -m "${me[@]}" mount -t tmpfs -o size=64k none "$CACHE" ||
	    skip 'nothing can be mounted here'
	PROGRAM=$BATS_TEST_TMPDIR/proxyd
	cat >"$PROGRAM" <<-EOF
	#!/bin/sh
	exec unshare -m ${me[*]} sh -c 'mount -t tmpfs -o size=$1 none "\$0" &&
	    chmod 777 "\$0" && exec ${in[*]} "\$@"' "$CACHE" "$BIN/proxyd" "\$@"
	EOF
	chmod +x "$PROGRAM"
}

@test "a full disk is a smaller cache, never a failed request" {
	local i pids=()

	on_small_disk 2m
	for i in {1..25}; do
		head -c $((i * 10000)) /dev/urandom >"$WWW/$i"
	done
	head -c 3000000 /dev/urandom >"$WWW/large"
	origin
	proxy
	for i in {1..25} {1..25}; do
		run -0 same "$i"
	done
	# what was asked for last is there: others had to go for it
	run -0 get -o /dev/null -D - "http://$ORIGIN/25"
	assert_output --partial '; hit'
	# larger than the disk: passed on, to all who asked at once
	for i in a b c; do
		get -o "$BATS_TEST_TMPDIR/$i" "http://$ORIGIN/large" &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in a b c; do
		run -0 cmp "$BATS_TEST_TMPDIR/$i" "$WWW/large"
	done
}

@test "damage is a miss: small files and large, at any place" {
	local f

	head -c 3000 /dev/urandom >"$WWW/small"
	head -c 300000 /dev/urandom >"$WWW/large"
	origin
	proxy
	run -0 same small
	run -0 same large
	stop_server "$SERVER_PID"
	while read -r f; do
		truncate -s -1 "$f"
	done < <(find "$CACHE" -type f)
	proxy
	run -0 same small
	run -0 same large
	assert_equal "$(grep -c 'is damaged: removed' "$SERVER_LOG")" 2
	stop_server "$SERVER_PID"
	while read -r f; do
		printf X | dd of="$f" bs=1 seek=300 conv=notrunc status=none
	done < <(find "$CACHE" -type f)
	proxy
	run -0 same small
	run -0 same large
	assert_equal "$(grep -c 'is damaged: removed' "$SERVER_LOG")" 2
	run -0 get -o /dev/null -D - "http://$ORIGIN/large"
	assert_output --partial '; hit'
}

# file_of NAME - where the origin's file of that name is stored
file_of() {
	grep -rlaF "http://$ORIGIN/$1HTTP/1.1 200" "$CACHE"/??/
}

# flip FILE OFFSET - another byte there; offsets below 0 count from the end
flip() {
	"$PYTHON" -S - "$@" <<-'PY'
	import os, sys
	with open(sys.argv[1], "r+b") as f:
	    f.seek(int(sys.argv[2]), os.SEEK_END if sys.argv[2][0] == "-" else 0)
	    byte = f.read(1)[0]
	    f.seek(-1, os.SEEK_CUR)
	    f.write(bytes([byte ^ 1]))
	PY
}

# is_cut NAME [ARG...] - an answer that never comes to its length, and whose bytes
# are right as far as they come
is_cut() {
	local name=$1

	shift
	run get "$@" -o "$BATS_TEST_TMPDIR/got" "http://$ORIGIN/$name"
	assert_equal "$status" 18
	cmp -n "$(stat -c %s "$BATS_TEST_TMPDIR/got")" \
	    "$BATS_TEST_TMPDIR/got" "$WWW/$name"
}

@test "a byte that changed while nothing ran is never served" {
	local f

	for f in good1 mid1 end1 sum1 part1; do
		head -c 1048576 /dev/urandom >"$WWW/$f"
	done
	for f in good10 begin10 mid10 end10 again10; do
		head -c 10485760 /dev/urandom >"$WWW/$f"
	done
	origin
	proxy
	for f in good1 mid1 end1 sum1 good10 begin10 mid10 end10 again10; do
		run -0 same "$f"
	done
	run -0 get -r 100000-899999 -o /dev/null "http://$ORIGIN/part1"
	stop_server "$SERVER_PID"
	# behind a body there are 4 bytes for each 256 KiB of it
	flip "$(file_of mid1)" 500000
	flip "$(file_of end1)" -17
	flip "$(file_of sum1)" -1
	flip "$(file_of part1)" 500000
	flip "$(file_of begin10)" 5000000
	flip "$(file_of mid10)" 9000000
	flip "$(file_of end10)" -161
	flip "$(file_of again10)" -161
	proxy
	for f in mid1 end1 sum1 begin10; do
		run -0 same "$f"
	done
	run -0 get -r 100000-899999 -o "$BATS_TEST_TMPDIR/got" \
	    "http://$ORIGIN/part1"
	cmp "$BATS_TEST_TMPDIR/got" <(tail -c +100001 "$WWW/part1" |
	    head -c 800000)
	assert_equal "$(grep -c 'is damaged: removed$' "$SERVER_LOG")" 5
	# too long to be looked through before they are sent
	is_cut mid10
	run get -r 10485000- -o "$BATS_TEST_TMPDIR/none" "http://$ORIGIN/end10"
	assert_equal "$status" 18
	refute [ -s "$BATS_TEST_TMPDIR/none" ]
	assert_equal "$(grep -c 'removed, and an answer cut$' "$SERVER_LOG")" 2
	# a 304 does not make it good
	run -0 get -H 'Cache-Control: no-cache' -o "$BATS_TEST_TMPDIR/got" \
	    "http://$ORIGIN/again10"
	run -0 cmp "$BATS_TEST_TMPDIR/got" "$WWW/again10"
	run -0 same mid10
	run -0 same end10
	for f in good1 good10 good10 mid10 end10; do
		run -0 get -o "$BATS_TEST_TMPDIR/got" -D - "http://$ORIGIN/$f"
		assert_output --partial '; hit'
		run -0 cmp "$BATS_TEST_TMPDIR/got" "$WWW/$f"
	done
}

# turn N FILE - the origin's 304 is the answer's new head: turn N, with the body as
# it was; whether it is still in FILE, by the numbers of both
turn() {
	run -0 get -H 'Cache-Control: no-cache' -D - \
	    -o "$BATS_TEST_TMPDIR/got" "http://$ORIGIN/turns/1600000"
	assert_line --partial 'fwd-status=304'
	assert_line "X-Turn: $1"$'\r'
	refute_line 'X-Turn: 1'$'\r'
	cmp "$BATS_TEST_TMPDIR/got" "$BATS_TEST_TMPDIR/whole"
	[[ $(stat -c %i "$2") == "$INODE" ]]
}

@test "a 304 changes the front of a large answer, and leaves the body where it is" {
	local f i

	MODEL='' start_server "$LIB/fixtures/origin.py"
	ORIGIN=$HOST:$PORT
	proxy
	run -0 get -o "$BATS_TEST_TMPDIR/whole" "http://$ORIGIN/turns/1600000"
	assert_equal "$(stat -c %s "$BATS_TEST_TMPDIR/whole")" 1600000
	f=$(file_of turns/1600000)
	INODE=$(stat -c %i "$f")
	turn 2 "$f"
	turn 3 "$f"
	# a head that has no room there makes another file of it, with some
	! turn 4 "$f" || fail 'the head cannot have had room'
	INODE=$(stat -c %i "$f")
	turn 5 "$f"
	run -0 get -X PURGE -H 'Purge: soft' "http://$ORIGIN/turns/1600000"
	assert_output stale
	turn 6 "$f"
	# what was written there has its checksum, now and after a start
	for i in now later; do
		run -0 get -D - -o "$BATS_TEST_TMPDIR/got" \
		    "http://$ORIGIN/turns/1600000"
		assert_line --partial '; hit'
		assert_line 'X-Turn: 6'$'\r'
		cmp "$BATS_TEST_TMPDIR/got" "$BATS_TEST_TMPDIR/whole"
		[[ $i == later ]] || stop_server "$SERVER_PID"
		[[ $i == later ]] || proxy
	done
	run -1 grep damaged "$SERVER_LOG"
}

# bats test_tags=no-valgrind
@test "children killed under load: what is whole is right, now and later" {
	proxy --children 3 --connections 64
	run -0 "$PYTHON" "$LIB/fixtures/killing.py" load "$PROXY" \
	    "$SERVER_PID" 3 "$BATS_TEST_TMPDIR/port"
	assert_output --regexp '^[1-9][0-9]* whole, [0-9]+ cut, [1-9][0-9]* killed$'
	stop_server "$SERVER_PID"
	proxy --offline
	run -0 "$PYTHON" "$LIB/fixtures/killing.py" offline "$PROXY" \
	    "$(<"$BATS_TEST_TMPDIR/port")"
	assert_output --regexp '^[1-9][0-9]* stored$'
}

@test "all of it killed at once: the store is good" {
	local i all

	for i in {1..10}; do
		head -c $((i * 20000)) /dev/urandom >"$WWW/$i"
	done
	origin
	proxy
	for i in {1..10}; do
		run -0 same "$i"
	done
	get --limit-rate 50k -o "$BATS_TEST_TMPDIR/slow" \
	    "http://$ORIGIN/10?again" &
	wait_for_file "$BATS_TEST_TMPDIR/slow"
	mapfile -t all < <(children_of "$SERVER_PID")
	kill9 "$SERVER_PID" "${all[@]}"
	wait_server "$SERVER_PID"
	assert_equal "$SERVER_STATUS" 137
	proxy --offline
	for i in {1..10}; do
		run -0 same "$i"
	done
	assert_equal "$(find "$CACHE/tmp" -type f | wc -l)" 0
}

@test "who asked first is slow: others get it as fast as it comes" {
	local slow

	need ss
	head -c 12000000 /dev/urandom >"$WWW/large"
	origin
	proxy
	curl -sS --noproxy '' -x "http://$PROXY" --limit-rate 10k \
	    -o "$BATS_TEST_TMPDIR/slow" "http://$ORIGIN/large" &
	slow=$!
	wait_for_file "$BATS_TEST_TMPDIR/slow"
	run -0 get -o "$BATS_TEST_TMPDIR/got" -D - "http://$ORIGIN/large"
	assert_output --regexp 'collapsed|; hit'
	run -0 cmp "$BATS_TEST_TMPDIR/got" "$WWW/large"
	# nor does the kernel hold megabytes for each such client
	run -0 ss -tnH state established "sport = :${PROXY##*:}"
	kill "$slow"
	assert_output --regexp '^ *[0-9]+ +[1-9][0-9]{3,5} '
	# one whose client lags a little gets all of it, from the file
	run -0 get --limit-rate 8M -o "$BATS_TEST_TMPDIR/got" \
	    "http://$ORIGIN/large?again"
	run -0 cmp "$BATS_TEST_TMPDIR/got" "$WWW/large"
}

@test "after a start the store is looked through, and kept to its size" {
	local i

	for i in {1..30}; do
		head -c 100000 /dev/urandom >"$WWW/$i"
	done
	origin
	proxy
	for i in {1..30}; do
		run -0 same "$i"
	done
	stop_server "$SERVER_PID"
	proxy --cache-size 1M
	run -0 same 30
	wait_until 10 eval '(($(du -sk --apparent-size "$CACHE"/[0-9a-f][0-9a-f]/* | awk "{ n += \$1 } END { print n }") < 1100))'
	run -0 same 1
	# what would fill it by itself pushes nothing out
	head -c 1200000 /dev/urandom >"$WWW/large"
	run -0 same large
	run -0 get -o /dev/null -D - "http://$ORIGIN/1"
	assert_output --partial '; hit'
}

# bats test_tags=no-valgrind, no-asan
@test "a hit allocates nothing" {
	local child n

	"${CC:-gcc}" -O1 -shared -fPIC -fno-builtin -o \
	    "$BATS_TEST_TMPDIR/allocs.so" "$LIB/fixtures/allocs.c"
	PROGRAM=$BATS_TEST_TMPDIR/proxyd
	cat >"$PROGRAM" <<-EOF
	#!/bin/sh
	LD_PRELOAD=$BATS_TEST_TMPDIR/allocs.so exec "$BIN/proxyd" "\$@"
	EOF
	chmod +x "$PROGRAM"
	head -c 1000 /dev/urandom >"$WWW/small"
	head -c 300000 /dev/urandom >"$WWW/large"
	origin
	proxy --children 1 --connections 64
	child=$(pgrep -P "$SERVER_PID")
	hits 10
	kill -WINCH "$child"
	wait_for_line "$SERVER_LOG" '^allocations 1: '
	hits 200
	kill -WINCH "$child"
	wait_for_line "$SERVER_LOG" '^allocations 2: '
	# some are for the connections themselves, whose buffers are given back
	# whenever nothing is to be done
	n=$(awk '/^allocations/ { n = $3 - n } END { print n }' "$SERVER_LOG")
	((n < 300)) || fail "$n allocations for 1200 hits"
}

# hits N - so many on one connection: small and large, with a condition that is
# met, and of a range
hits() {
	local i urls=()

	for ((i = 0; i < $1; i++)); do
		urls+=("http://$ORIGIN/small" "http://$ORIGIN/large")
	done
	get "${urls[@]}" >"$BATS_TEST_TMPDIR/out"
	get -r 5-9 "${urls[@]}" >"$BATS_TEST_TMPDIR/out"
	get -H 'If-None-Match: *' "${urls[@]}" >"$BATS_TEST_TMPDIR/out"
}
