#!/usr/bin/env bats
# proxyd as RFC 9111 has a shared cache: the tables in fixtures/rfc9111, whose
# cases say what the origin sends, what the client must see, and what the
# origin must have been asked.  No process model has a part in it.

load lib/brood

bats_require_minimum_version 1.5.0

setup_file() {
	export CACHE=$BATS_FILE_TMPDIR/cache
	mkdir -p "$CACHE"
	start_server proxyd --cache "$CACHE" --connections 64 --children 2
	export PROXY=$HOST:$PORT
}

# table SECTION - all of its cases
table() {
	run "$PYTHON" "$LIB/fixtures/caching.py" 64 "$PROXY" "$1"
	refute_line --regexp '^WRONG'
	assert_success
	assert_line --regexp "^ok $1: "
}

@test "section 3: what is stored" {
	table storing
}

@test "section 4.1: variants" {
	table variants
}

@test "section 4.2: how long it is fresh" {
	table freshness
}

@test "sections 4.2.4 and 5.2.1: what is stale, and what requests ask" {
	table stale
}

@test "section 4.3: validation" {
	table validation
}

@test "section 4.4: invalidation" {
	table invalidation
}

@test "sections 3.3 and 3.4: parts" {
	table parts
}

@test "connections that the origin closes while they are kept" {
	table kept
}

@test "--negative-ttl: errors that say nothing of how long" {
	start_server proxyd --cache "$BATS_TEST_TMPDIR/cache" \
	    --connections 64 --children 2 --negative-ttl 600
	PROXY=$HOST:$PORT
	table negative
}

# fits FOLDER - its files take half a megabyte to one
fits() {
	local n

	n=$(find "$1" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
	((n > 524288 && n <= 1048576))
}

# bats test_tags=no-valgrind
@test "processes that share nothing but the folder" {
	MODEL=inetd start_server proxyd --cache "$BATS_TEST_TMPDIR/cache" \
	    --cache-size 1M
	PROXY=$HOST:$PORT
	table apart
	wait_until 10 fits "$BATS_TEST_TMPDIR/cache"
}
