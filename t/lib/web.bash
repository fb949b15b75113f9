# shellcheck shell=bash
#
# web.py for a test: `web [ARG...] <<-'PY'` runs a short script that has all of
# web.py at hand and the ARGs in sys.argv[1:].  It says nothing and succeeds, or
# fails with what was wrong.  Loaded by the tests of httpd.

web() {
	local -; set +T
	local script=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/web-script.py

	{ echo 'from web import *'; cat; } >"$script"
	PYTHONPATH=$LIB "$PYTHON" -S "$script" "$@"
}

# site DIR - a small folder to serve: / with an index, /plain.txt of 26 letters,
# /big of 300000 bytes that say where they are, /empty, /sub/
site() {
	local -; set +T
	mkdir -p "$1/sub"
	echo '<!DOCTYPE html><title>front</title>' >"$1/index.html"
	printf abcdefghijklmnopqrstuvwxyz >"$1/plain.txt"
	seq -f %09.0f 30000 >"$1/big"
	: >"$1/empty"
	echo '<title>sub</title>' >"$1/sub/index.html"
	chmod -R go+rX "$1"
}

# many_connections - first line of a test that makes many: with a process for
# each, started under valgrind, that would take minutes
many_connections() {
	if [[ ${MODEL:-} == inetd && ${BROOD_VALGRIND:-} ]]; then
		skip 'a process under valgrind for each connection'
	fi
}

# Under valgrind, where each server takes seconds, a file of tests that models
# hardly matter to runs under the models that it names in CHECKED alone:
# its setup_file begins with `! spared || return 0`, its setup with skip_spared.
spared() {
	[[ ${BROOD_VALGRIND:-} && ${MODEL:-} && " $CHECKED " != *" $MODEL "* ]]
}

skip_spared() {
	! spared || skip 'under valgrind other models do'
}
