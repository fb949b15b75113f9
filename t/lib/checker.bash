# shellcheck shell=bash
#
# The checkers, valgrind and the sanitizers: how a program is run under them,
# and whether all that they wrote is clean.  Loaded by brood.bash.

# checker_dir - where this test's (or file's) logs go; the servers may have
# become another user by the time they write
checker_dir() {
	CHECKER_DIR=$(scope_dir)/checker
	if [[ ! -d $CHECKER_DIR ]]; then
		mkdir -p "$CHECKER_DIR"
		chmod 1777 "$CHECKER_DIR"
	fi
}

# checker_wrap ARRAY PROGRAM - what to put before PROGRAM on a command line;
# scripts run as they are
checker_wrap() {
	local -n _wrap=$1
	local magic

	_wrap=()
	[[ ${BROOD_VALGRIND:-}${BROOD_ASAN:-} ]] || return 0
	checker_dir
	if [[ ${BROOD_ASAN:-} ]]; then
		local asan=detect_leaks=1:exitcode=99
		local ubsan=print_stacktrace=1:halt_on_error=1

		export ASAN_OPTIONS=$asan:log_path=$CHECKER_DIR/asan
		export UBSAN_OPTIONS=$ubsan:log_path=$CHECKER_DIR/ubsan
		return 0
	fi
	IFS= read -r -n 4 magic <"$2" 2>/dev/null || :
	[[ $magic == $'\x7fELF' ]] || return 0
	_wrap=(${VALGRIND_LIBS:+env "LD_LIBRARY_PATH=$VALGRIND_LIBS"}
	    valgrind --vgdb=no --leak-check=full --show-leak-kinds=all
	    --errors-for-leak-kinds=all --track-fds=yes --num-callers=25
	    --error-exitcode=99 "--log-file=$CHECKER_DIR/%p.log")
	if [[ -e $LIB/valgrind.supp ]]; then
		_wrap+=("--suppressions=$LIB/valgrind.supp")
	fi
}

# allow_unfinished [PID...] - logs of these processes (without PID: of any) may
# lack an end, because they are killed or run another program
allow_unfinished() {
	local pid

	[[ ${BROOD_VALGRIND:-} ]] || return 0
	checker_dir
	(($# > 0)) || set -- all
	for pid; do
		touch "$CHECKER_DIR/$pid.killed"
		[[ ! -d $BATS_FILE_TMPDIR/checker ]] ||
		    touch "$BATS_FILE_TMPDIR/checker/$pid.killed"
	done
}

# checker_clean SCOPE - every log below it must be clean
checker_clean() {
	local failed=0 f

	[[ -d $1/checker ]] || return 0
	if [[ ${BROOD_VALGRIND:-} ]]; then
		"$LIB/valgrind-clean" "$1/checker" || failed=1
	fi
	for f in "$1"/checker/asan.* "$1"/checker/ubsan.*; do
		# Said of every program with fibers, which tell ASan of their
		# stacks themselves.
		grep -qsv 'fully support makecontext' "$f" || continue
		echo "-- $f"
		head -n 60 "$f"
		failed=1
	done
	# Where the sanitizer of undefined behaviour heeds no log_path.
	if grep -aE 'runtime error:|Sanitizer' "$1"/servers/*/log 2>/dev/null
	then
		failed=1
	fi
	rm -rf "$1/checker.seen"
	mv "$1/checker" "$1/checker.seen"
	return "$failed"
}
