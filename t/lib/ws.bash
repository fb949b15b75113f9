# shellcheck shell=bash
#
# ws.py for a test: `ws [ARG...] <<-'PY'` runs a script that has all of it and
# of web.py at hand.  And the server behind a bridge.  Loaded by the tests of
# httpd's --bridge.

ws() {
	local -; set +T
	local script=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/ws-script.py

	{ echo 'from ws import *'; cat; } >"$script"
	PYTHONPATH=$LIB "$PYTHON" -S "$script" "$@"
}

# behind PROGRAM [ARG...] - start the server behind, in no model; it is BEHIND
behind() {
	local -; set +T
	MODEL='' start_server "$@"
	BEHIND=${SERVER_LISTEN%%$'\n'*}
	BEHIND_PID=$SERVER_PID
	export BEHIND BEHIND_PID
}

# bridge [ARG...] - httpd with an empty folder and /b=tcp:$BEHIND
bridge() {
	local -; set +T
	local www=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/www

	mkdir -p "$www"
	chmod 755 "${www%/*}" "$www"
	start_server httpd --bridge "/b=tcp:$BEHIND" "$@" "$www"
}
