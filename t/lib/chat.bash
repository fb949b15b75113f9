# shellcheck shell=bash
#
# chat.py for a test: `chat [ARG...] <<-'PY'` runs a script that has all of it
# at hand, the server's HOST and PORT in the environment and the ARGs in
# sys.argv[1:].  It says nothing and succeeds, or fails with what was wrong.

chat() {
	local -; set +T
	local script=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/chat-script.py

	{ echo 'from chat import *'; cat; } >"$script"
	PYTHONPATH=$LIB "$PYTHON" -S "$script" "$@"
}
