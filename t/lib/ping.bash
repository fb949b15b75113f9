# shellcheck shell=bash
#
# What the tests of pingd and pingc share.  Loaded by them beside brood.

# peer ARG... - the scripted peer; see t/lib/fixtures/ping.py
peer() {
	local -; set +T
	"$PYTHON" -S "$LIB/fixtures/ping.py" "$@"
}

# background ARG... - pingc in the background; its own pid is in CLIENT
background() {
	local -; set +T
	local wrap=()

	checker_wrap wrap "$BIN/pingc"
	"${wrap[@]}" "$BIN/pingc" "$@" &
	# shellcheck disable=SC2034  # for the tests that load this
	CLIENT=$!
}

# holds JSON EXPRESSION - of the last line's members, which are a summary
holds() {
	"$PYTHON" -c 'import json, sys
last = json.loads(sys.argv[1].splitlines()[-1])
assert last["type"] == "summary", last
assert eval(sys.argv[2], {}, last), last' "$@"
}
