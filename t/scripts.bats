# bats file_tags=no-valgrind,no-asan
# scripts/run and the small ones, as a user sees them.

load lib/brood

@test "precompress makes siblings that unpack to the file, and only useful ones" {
	need gzip brotli zstd
	cd "$BATS_TEST_TMPDIR"
	mkdir d
	printf 'line %d of a page\n' {1..200} >'d/a page.html'
	head -c 3000 /dev/urandom >d/noise.txt
	echo short >d/short.css
	run "$TOP/scripts/precompress" d
	assert_success
	assert_line 'd/a page.html.gz'
	gzip -dc 'd/a page.html.gz' | cmp - 'd/a page.html'
	brotli -dc 'd/a page.html.br' | cmp - 'd/a page.html'
	zstd -qdc 'd/a page.html.zst' | cmp - 'd/a page.html'
	[[ ! -e d/noise.txt.gz && ! -e d/short.css.gz ]]
	touch -d '1 minute ago' 'd/a page.html'
	run "$TOP/scripts/precompress" d
	assert_output ''
	run "$TOP/scripts/precompress" -f d
	assert_line 'd/a page.html.br'
	run ls -A d
	refute_output --partial .precompress
}

@test "precompress without a folder is a usage error" {
	run "$TOP/scripts/precompress"
	assert_failure 2
}

@test "bootstrap has nothing to do where tests run, as any user" {
	need dpkg-query
	run "$TOP/scripts/bootstrap" run
	assert_success
	assert_output --partial "everything for 'run' is installed"
	if ((EUID == 0)); then
		# read here, for that user may not look into this folder
		run setpriv --reuid 65534 --regid 65534 --clear-groups \
		    sh -s run <"$TOP/scripts/bootstrap"
		assert_success
	fi
	run "$TOP/scripts/bootstrap" nonsense
	assert_failure 2
}

@test "check and lint refuse what they do not know" {
	run "$TOP/scripts/check" --nonsense
	assert_failure 2
	assert_output --partial "no option '--nonsense'"
	run "$TOP/scripts/check" --share 3/2
	assert_failure 2
	assert_output --partial "--share '3/2' is not K/N"
	run "$TOP/scripts/check" nosuchfile
	assert_failure 2
	run "$TOP/scripts/lint" nonsense
	assert_failure 2
}

@test "check and lint close with what passed and failed" {
	run "$TOP/scripts/lint" text
	assert_output --regexp $'\n[0-9]+ passed, [0-9]+ failed$'
}

# The whole of it: from the command to a page, and away again at Ctrl-C.
@test "run serves the pages of htdocs and stops what it started" {
	need curl
	[[ -x $BIN/httpd ]] || skip "no httpd"
	port=$("$PYTHON" -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	RUN_ONLY=httpd PORT=$port spawn_server "$TOP/scripts/run"
	wait_for_line "$SERVER_OUT" "; urlget http://127.0.0.1:$port/" 60
	run curl -fsS "http://127.0.0.1:$port/helloWorld.html"
	assert_success
	assert_output --partial '<'
	kill -INT "$SERVER_PID"
	wait_server
	assert_equal "$SERVER_STATUS" 0
}

# check_tree - run check in a tree of its own; standard input is its only test
# file, with % for @, which bats would take for tests of this file.
check_tree() {
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/t"
	cp -R "$TOP/GNUmakefile" "$TOP/scripts" "$tree"
	cp -R "$TOP/t/lib" "$TOP/t/models" "$tree/t"
	sed 's/^%/@/' >"$tree/t/own.bats"
	unset O BIN BROOD_SESSIONS MAKEFLAGS
	run env TMPDIR="$BATS_TEST_TMPDIR" "$tree/scripts/check" --no-bootstrap
}

@test "check counts what passed under each model" {
	check_tree <<'EOF'
# bats file_tags=models
load lib/brood
%test "one" { [[ $MODEL ]]; }
%test "two" { skip_model "no" inetd; }
EOF
	assert_success
	assert_line --regexp '^ok +bats +own +fork +2 passed'
	assert_line '1 skipped'
	assert_equal "${lines[-1]}" '9 passed, 0 failed'
}

@test "check shows what failed, what did not report and what was left running" {
	check_tree <<'EOF'
load lib/brood
%test "fails" { echo some words; false; }
%test "leaves" { cat <> <(:) >/dev/null 2>&1 3>&- 4>&- & disown; }
%test "passes" { true; }
EOF
	assert_failure
	assert_output --partial 'not ok 1 fails'
	assert_output --partial 'some words'
	assert_output --partial 'processes are left running'
	refute_output --partial 'passes'
	assert_output --partial "logs of what failed: $BATS_TEST_TMPDIR"
	assert_equal "${lines[-1]}" '2 passed, 2 failed'
	check_tree <<'EOF'
load lib/brood
setup_file() { false; }
%test "one" { true; }
%test "two" { true; }
EOF
	assert_failure
	assert_equal "${lines[-1]}" '0 passed, 2 failed'
}

@test "check gives a long run the time that it needs, and no other" {
	mkdir "$BATS_TEST_TMPDIR/stub"
	cat >"$BATS_TEST_TMPDIR/stub/timeout" <<-'EOF'
	#!/bin/sh
	echo "test $BATS_TEST_TIMEOUT file $3"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/stub/timeout"
	# bats itself goes by BATS_TEST_TIMEOUT: it must stay set here
	job() {
		run env -u BATS_TEST_TIMEOUT -u BROOD_LONG "$@" PATH="$BATS_TEST_TMPDIR/stub:$PATH" bash -c '
			source "$0"; job_bats t/own.bats .' \
		    "$TOP/scripts/lib/jobs.bash"
		assert_success
	}
	job SLOW=1
	assert_output 'test 60 file 180'
	job SLOW=5
	assert_output 'test 300 file 900'
	job SLOW=1 BROOD_LONG=1
	assert_output 'test 600 file 1800'
}

@test "check ends with a count also where nothing could be built" {
	mkdir -p "$BATS_TEST_TMPDIR/tree/servers"
	echo 'int main(void) { return x; }' \
	    >"$BATS_TEST_TMPDIR/tree/servers/d.c"
	check_tree <<<''
	assert_failure
	assert_equal "${lines[-1]}" '0 passed, 1 failed'
}
