# shellcheck shell=bash
#
# Runs the jobs of scripts/check, several at once, each in a session of its own
# with its output in $RUN/N.tap; counts what they say, shows what failed, and
# ends whatever they leave running (which is a failure too).  Expects RUN, TIMES,
# BROOD_SESSIONS, SLOW, tty, filter, keep, again; leaves passed, failed, skipped.
# shellcheck disable=SC2154,SC2009,SC2001,SC2016

passed=0 failed=0 skipped=0
declare -A job_name=() job_number=() job_began=()
fallen=()	# jobs that failed: "GOOD BAD SKIP JOB"
AGAIN_MOST=12	# more than that is no noise of the machine

# run_jobs MAX JOB... - all of them, at most MAX at once
run_jobs() {
	local max=$1 number=0 job

	shift
	total=$#
	: >"$RUN/times"
	for job; do
		((${#job_name[@]} < max)) || settle_one
		number=$((number + 1))
		start_job "$number" "$job"
	done
	while ((${#job_name[@]} > 0)); do
		settle_one
	done
	[[ ! $again ]] || run_again
	keep_times
}

# run_again - what failed beside other jobs, once more and alone: a machine that
# was too busy is told from a fault.  What it says then is what counts.
run_again() {
	local once=("${fallen[@]}") line was_good was_bad was_skip job

	((${#once[@]} <= AGAIN_MOST)) || return 0
	for line in "${once[@]}"; do
		read -r was_good was_bad was_skip job <<<"$line"
		passed=$((passed - was_good)) failed=$((failed - was_bad))
		skipped=$((skipped - was_skip))
		number=$((number + 1))
		echo "again, alone: $job"
		start_job "$number" "$job"
		settle_one
	done
}

start_job() {
	local kind name model

	read -r kind name model <<<"$2"
	[[ $model != - ]] || model=
	mkdir "$RUN/$1"
	MODEL=$model TMPDIR=$RUN/$1 setsid "$BASH" -c 'source "$0"; "job_$@"' \
	    scripts/lib/jobs.bash "$kind" "$name" "$RUN/$1" "${filter[@]}" \
	    </dev/null >"$RUN/$1.tap" 2>&1 &
	job_name[$!]=$2 job_number[$!]=$1 job_began[$!]=$EPOCHREALTIME
}

# job_bats FILE DIR [-f REGEX] - in the job's own process
job_bats() {
	local file=$1 tags=() factor=$SLOW

	shift 2
	# Hundreds of kills, and what follows each, take minutes.
	[[ ! ${BROOD_LONG:-} ]] || factor=$((10 * SLOW))
	[[ ! ${BROOD_VALGRIND:-} ]] || tags+=(--filter-tags '!no-valgrind')
	[[ ! ${BROOD_ASAN:-} ]] || tags+=(--filter-tags '!no-asan')
	export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-$((60 * factor))}
	# bats waits for what a failed test has left in the background.
	exec timeout -k 5 "$((180 * factor))" bats --formatter tap --no-tempdir-cleanup "${tags[@]}" "$@" "$file"
}

# job_unit NAME DIR - a C test; cmocka's TAP, or its exit status alone
job_unit() {
	local program=$O/unit/$1 dir=$2/checker wrap=() status=0

	mkdir "$dir"
	chmod 1777 "$dir"
	if [[ ${BROOD_VALGRIND:-} ]]; then
		# A child that a test forks ends in the middle: it may.
		wrap=(${VALGRIND_LIBS:+env "LD_LIBRARY_PATH=$VALGRIND_LIBS"}
		    valgrind --vgdb=no --child-silent-after-fork=yes
		    --leak-check=full
		    --show-leak-kinds=all --errors-for-leak-kinds=all
		    --track-fds=yes --error-exitcode=99
		    "--log-file=$dir/%p.log")
	fi
	[[ ! ${BROOD_VALGRIND:-}${BROOD_ASAN:-} ]] || touch "$dir/all.killed"
	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 5 "$((60 * SLOW))" "${wrap[@]}" \
	    "$program" || status=$?
	t/lib/valgrind-clean "$dir" || status=98
	return "$status"
}

# settle_one - wait for a job to end and count it
settle_one() {
	local pid name number status=0

	progress
	wait -n -p pid "${!job_name[@]}" || status=$?
	name=${job_name[$pid]} number=${job_number[$pid]}
	took=$(awk -v a="${job_began[$pid]}" -v b="$EPOCHREALTIME" \
	    'BEGIN { printf "%.1f", b - a }')
	printf '%s\t%s\n' "$took" "$name" >>"$RUN/times"
	left_over "$pid" >>"$RUN/$number.tap"
	count "$RUN/$number.tap" "$status" "${name%% *}"
	report "$name" "$RUN/$number.tap"
	((bad == 0)) || fallen+=("$good $bad $skip $name")
	# Not before here: end_all must know of it.
	unset "job_name[$pid]" "job_number[$pid]" "job_began[$pid]"
	((bad > 0)) || [[ $keep ]] || rm -rf "${RUN:?}/$number"
}

# left_over PID - end what the job left in its session, and say so as a failure
left_over() {
	local end=$((SECONDS + 2 * SLOW)) left

	while left=$(ps -o pid=,args= --sid "$1" | grep -v '<defunct>'); do
		if ((SECONDS > end)); then
			echo "not ok processes are left running"
			sed 's/^/# /' <<<"$left"
			pkill -KILL -s "$1"
			break
		fi
		read -r -t 0.05 <> <(:) || :
	done
}

# count FILE STATUS KIND - its TAP into good, bad, skip, and the totals
count() {
	local plan

	read -r good bad skip plan < <(awk '
	/^1\.\.[0-9]+$/ { plan = substr($1, 4) }
	# cmocka says "not ok 3 # SKIP name"
	/^(not )?ok .*# (skip|SKIP)/ { skip++; next }
	/^ok / { good++ }
	/^not ok / { bad++ }
	END { print good + 0, bad + 0, skip + 0, plan + 0 }' "$1")
	# What was planned and never reported has failed, and so has a job that
	# ends badly without saying why.
	if ((good + bad + skip < plan)); then
		echo "# $((plan - good - bad - skip)) tests did not report" >>"$1"
		bad=$((plan - good - skip))
	fi
	if (($2 != 0 && bad == 0)); then
		echo "# the job ended with status $2" >>"$1"
		bad=1
	fi
	# A unit test may be a program that only exits.
	if [[ $3 == unit ]] && ((good + bad + skip == 0)); then
		good=1
	fi
	passed=$((passed + good)) failed=$((failed + bad))
	skipped=$((skipped + skip))
}

# report NAME FILE - a line for the job; what failed in full
report() {
	local kind file model label=ok

	read -r kind file model <<<"$1"
	[[ $model != - ]] || model=
	((bad == 0)) || label=FAIL
	((good + bad + skip > 0)) || return 0
	[[ ! $tty ]] || printf '\r\033[K'
	printf '%-5s %-5s %-28s %-8s %4d passed' "$label" "$kind" \
	    "$(basename "$file" .bats)" "$model" "$good"
	((bad == 0)) || printf '  %d FAILED' "$bad"
	((skip == 0)) || printf '  %d skipped' "$skip"
	printf '  %s s\n' "$took"
	((bad == 0)) || awk -v file="$2" '
	/^ok / || /^1\.\./ { show = 0; next }
	/^not ok [0-9]+ # SKIP/ { show = 0; next }
	/^not ok / { show = 1; lines = 0 }
	(show || !/^(ok|not ok)/) && lines < 60 {
		print "    " substr($0, 1, 300)
		if (++lines == 60)
			print "    ... the rest is in " file
	}' "$2"
	progress
}

progress() {
	[[ $tty ]] || return 0
	local names=() pid

	for pid in "${!job_name[@]}"; do
		names+=("$(sed 's,[a-z]* *t/,,; s,\.bats,,; s, -$,,' \
		    <<<"${job_name[$pid]}")")
	done
	local text="${passed} passed, ${failed} failed, of $total running:"
	text+="$(printf ' %s,' "${names[@]}")"
	printf '\r\033[K%s' "${text:0:$((${COLUMNS:-80} - 1))}"
}

# keep_times - for the order of the next run; a run of some keeps the others'
keep_times() {
	[[ ! -e $TIMES ]] || cat "$TIMES" >>"$RUN/times"
	awk -F '\t' '!seen[$2]++' "$RUN/times" >"$TIMES.new" &&
	    mv "$TIMES.new" "$TIMES"
	rm -f "$RUN/times"
}

# end_all - after an interrupt: the jobs, and every server that they started
end_all() {
	local pid

	trap '' INT TERM
	for pid in "${!job_name[@]}"; do
		pkill -TERM -s "$pid"
	done
	while read -r pid; do
		pkill -KILL -s "$pid"
	done <"$BROOD_SESSIONS"
	[[ ! $tty ]] || echo
	echo "interrupted; logs: $RUN"
	echo "$passed passed, $((failed + 1)) failed"
}
