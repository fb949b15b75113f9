# A crowd in roomd's room: a thousand who come and go at random, of both
# dialects, and children killed meanwhile.  Whoever is there has heard what
# happened while he was, each thing once and in order; who is there is what the
# server says; and nobody is left.

load lib/brood

# crowd OPERATIONS SEED [PARENT]
crowd() {
	run "$PYTHON" "$LIB/fixtures/roomcrowd.py" "$HOST" "$PORT" "$@"
	assert_success
	assert_output --partial 'all in step'
}

@test "a thousand joins and leaves at random: everybody is in step" {
	start_server roomd --quiet --rate 0 --max-rate 0 --per-source 0
	if [[ ${BROOD_VALGRIND:-} ]]; then
		crowd 500 1
	else
		crowd 2400 1
		assert_output --regexp '^1[0-9]{3} joins, 1[0-9]{3} leaves,'
	fi
}

@test "the same, with the child killed again and again" {
	allow_unfinished
	start_server roomd --quiet --rate 0 --max-rate 0 --per-source 0
	crowd 1000 7 "$SERVER_PID"
	assert_output --partial ', 5 children killed:'
}
