# shellcheck shell=bash
#
# What every test file begins with:  load lib/brood
#
# Starts and stops servers on port 0, waits for lines, files and exits with
# deadlines (there is no sleep here or in any test), runs clients, and looks at
# what valgrind or the sanitizers wrote.  Never uses a fixed port, and leaves
# nothing running.
#
# A function that is called often begins with `local -; set +T`: bats would trace
# each of its commands, which made starting a server three times as dear.
#
# Environment: BIN (where the programs are), MODEL (a name in t/models, set by
# scripts/check), BROOD_VALGRIND=1, BROOD_ASAN=1, SLOW (factor of all deadlines).

# load_library NAME - what bats_load_library does, without the process for each
# of its files: bats loads them again for every test.
load_library() {
	local dir file dirs

	IFS=: read -ra dirs <<<"${BATS_LIB_PATH:-}"
	for dir in "${dirs[@]}"; do
		[[ -d $dir/$1/src ]] || continue
		for file in "$dir/$1"/src/*.bash; do
			# shellcheck source=/dev/null
			source "$file"
		done
		return 0
	done
	bats_load_library "$1"
}
load_library bats-support
load_library bats-assert

LIB=${BASH_SOURCE[0]%/*}
LIB=$(cd "$LIB" && pwd)
TOP=${LIB%/t/lib}
if [[ ${BROOD_ASAN:-} ]]; then
	: "${BIN:=$TOP/build/asan/bin}" "${SLOW:=3}"
elif [[ ${BROOD_VALGRIND:-} ]]; then
	: "${BIN:=$TOP/bin}" "${SLOW:=5}"
else
	: "${BIN:=$TOP/bin}" "${SLOW:=1}"
fi
export LIB TOP BIN SLOW
PYTHON=/usr/bin/python3
export PYTHON LC_ALL=C.UTF-8 TZ=${TZ:-UTC}
# None of the system's authorities vouches for a server here, and to read them
# takes a proxy 50 ms, under valgrind 3 s.
export SSL_CERT_FILE=/dev/null
# What was compiled once is kept for the run of tests, never beside the sources.
[[ ${PYTHONPYCACHEPREFIX:-} ]] || export PYTHONDONTWRITEBYTECODE=1

# A server started by root gives its privileges away and must still reach its
# files below the test's own folder.
chmod go+rx "$BATS_RUN_TMPDIR" 2>/dev/null || :

# A pipe on which nothing ever arrives: read -t on it is a pause without a
# process.  Only wait_until may pause.
exec {BROOD_TICK}<> <(:)

# shellcheck source=t/lib/wait.bash
source "$LIB/wait.bash"
# shellcheck source=t/lib/server.bash
source "$LIB/server.bash"
# shellcheck source=t/lib/checker.bash
source "$LIB/checker.bash"

# A file that needs its own teardown calls stop_servers in it.
teardown() {
	local -; set +T
	stop_servers
}

teardown_file() {
	local -; set +T
	stop_servers
}

# client NAME ARG... - one of ours, under the checker that this run asks for
client() {
	local -; set +T
	local name=$1 wrap=()

	shift
	checker_wrap wrap "$BIN/$name"
	"${wrap[@]}" "$BIN/$name" "$@"
}

# tcp ARG... - the scripted peer; see t/lib/tcp.py
tcp() {
	local -; set +T
	PYTHONPATH=$LIB "$PYTHON" -S -c 'import sys, tcp; sys.exit(tcp.main())' \
	    "$@"
}

# skip_model WHY MODEL... - this test makes no sense under these models
skip_model() {
	local why=$1 m

	shift
	for m; do
		[[ ${MODEL:-} != "$m" ]] || skip "$why"
	done
}

# only_model WHY MODEL... - this test makes sense under these models alone
only_model() {
	local why=$1 m

	shift
	[[ ${MODEL:-} ]] || return 0
	for m; do
		[[ $MODEL != "$m" ]] || return 0
	done
	skip "$why"
}

# need COMMAND... - skip where a program of the system's is not installed
need() {
	local c

	for c; do
		command -v "$c" >/dev/null || skip "no $c here"
	done
}
