# bats file_tags=long
# proxyc: what a proxyd has stored, and taking it out.

load lib/brood

bats_require_minimum_version 1.5.0

setup() {
	WWW=$BATS_TEST_TMPDIR/www
	mkdir -p "$WWW/sub" "$BATS_TEST_TMPDIR/cache"
	echo hello >"$WWW/a.txt"
	echo other | tee "$WWW/sub/b.txt" >"$WWW/sub/c.txt"
	start_server httpd --header 'Cache-Control: max-age=600' "$WWW"
	ORIGIN=http://$HOST:$PORT
}

# proxy [OPTION...] - proxyd; $PROXY
proxy() {
	start_server proxyd --cache "$BATS_TEST_TMPDIR/cache" "$@"
	PROXY=$HOST:$PORT
}

# fill - all three URLs into the store
fill() {
	curl -sS --noproxy '' -x "http://$PROXY" "$ORIGIN/a.txt" \
	    "$ORIGIN/sub/b.txt" "$ORIGIN/sub/c.txt" >"$BATS_TEST_TMPDIR/out"
}

ask() {
	client proxyc -x "$PROXY" "$@"
}

@test "show: what is stored, and what is not" {
	proxy
	run -1 ask show "$ORIGIN/a.txt"
	assert_output "$ORIGIN/a.txt: not stored"
	fill
	run -0 ask show "$ORIGIN/a.txt"
	assert_output --regexp \
	    "^$ORIGIN/a.txt: status 200, 6 bytes, [0-9]+ s old, fresh for [0-9]+ s$"
	run -1 ask show "$ORIGIN/a.txt" "$ORIGIN/none"
	assert_line "$ORIGIN/none: not stored"
}

@test "purge takes it out, --soft makes it stale" {
	proxy
	fill
	run -0 ask purge --soft "$ORIGIN/a.txt"
	assert_output "$ORIGIN/a.txt: stale"
	run -0 ask show "$ORIGIN/a.txt"
	assert_output --regexp ', stale for [0-9]+ s$'
	run -0 ask purge "$ORIGIN/a.txt"
	assert_output "$ORIGIN/a.txt: purged"
	run -1 ask purge "$ORIGIN/a.txt"
	assert_output "$ORIGIN/a.txt: not stored"
	run -0 ask show "$ORIGIN/sub/b.txt"
	assert_output --partial 'status 200'
}

@test "--prefix is all that begins so, and nothing else" {
	proxy
	fill
	run -0 ask --soft --prefix purge "$ORIGIN/sub/"
	assert_output "$ORIGIN/sub/: stale 2"
	run -0 ask show "$ORIGIN/a.txt"
	assert_output --partial 'fresh for'
	run -0 ask --prefix purge "$ORIGIN/sub"
	assert_output "$ORIGIN/sub: purged 2"
	run -1 ask --prefix purge "$ORIGIN/sub"
	assert_output "$ORIGIN/sub: not stored"
	run -0 ask show "$ORIGIN/a.txt"
	assert_output --partial 'fresh for'
}

@test "--json" {
	proxy
	fill
	run -1 ask --json show "$ORIGIN/a.txt" "$ORIGIN/none"
	"$PYTHON" -c 'import json, sys
a, b = map(json.loads, sys.argv[1].splitlines())
assert a["stored"] and a["status"] == 200 and a["ttl"] > 0, a
assert a["length"] == "6" and a["age"] >= 0 and a["etag"], a
assert b["stored"] is False, b' "$output"
	run -0 ask --json purge "$ORIGIN/a.txt"
	"$PYTHON" -c 'import json, sys
o = json.loads(sys.argv[1])
assert o["purged"] is True and o["text"] == "purged", o' "$output"
}

@test "a reverse proxy is asked by path" {
	proxy --origin "$ORIGIN"
	curl -sS --noproxy '*' "http://$PROXY/a.txt" >"$BATS_TEST_TMPDIR/out"
	run -0 ask show /a.txt
	assert_output --partial '/a.txt: status 200'
	run -0 ask purge /a.txt
	assert_output '/a.txt: purged'
}

@test "a proxy with passwords" {
	printf 'eve:%s\n' "$(openssl passwd -6 secret)" \
	    >"$BATS_TEST_TMPDIR/users"
	proxy --auth-file "$BATS_TEST_TMPDIR/users"
	run -3 --separate-stderr ask purge "$ORIGIN/a.txt"
	assert_regex "$stderr" 'the proxy refuses: 407'
	run -1 ask -U eve:secret purge "$ORIGIN/a.txt"
	assert_output "$ORIGIN/a.txt: not stored"
}

@test "who may not purge, and nobody to ask" {
	proxy --no-cache
	run -3 --separate-stderr ask purge "$ORIGIN/a.txt"
	assert_regex "$stderr" 'the proxy refuses: 403'
	run -3 --separate-stderr client proxyc -x 127.0.0.1:1 show "$ORIGIN/"
	assert_regex "$stderr" '127.0.0.1:1: '
}

@test "usage" {
	run -2 client proxyc
	assert_output --partial 'show|purge is missing'
	run -2 client proxyc show
	assert_output --partial 'URL is missing'
	run -2 client proxyc eat http://a/
	assert_output --partial "'eat' is no command"
	run -2 client proxyc show ftp://a/
	assert_output --partial "'ftp://a/' is not a URL"
	run -2 client proxyc show '/a b'
	assert_output --partial "'/a b' is no path"
	run -2 client proxyc --soft show http://a/
	assert_output --partial "'--soft' is for purge"
	run -0 client proxyc --help
	assert_output --partial '--prefix'
}
