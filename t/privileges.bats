# What a server that root has started leaves to its children, and what anybody's
# server can give up.

load lib/brood
load lib/talk
load lib/children

as_root() {
	((EUID == 0)) || skip 'needs root'
}

# served ARG... - a server; CHILD is one of its children, which serves TCP
served() {
	start_watched "${PROGRAM:-echod}" "$@"
	dial
	exchange "$FD" hello
	CHILD=$(serving | head -1)
	[[ $CHILD ]]
}

# has FIELD VALUE - in the child's status
has() {
	assert_equal "$(sed -n "s/^$1:\t//p" "/proc/$CHILD/status" |
	    tr '\t' ' ')" "$2"
}

@test "root's children are nobody, without capabilities, for good" {
	as_root
	nobody=$(id -u nobody) group=$(id -g nobody)
	for model in fork prefork 'prefork --connections 8'; do
		# shellcheck disable=SC2086
		served --model $model
		has Uid "$nobody $nobody $nobody $nobody"
		has Gid "$group $group $group $group"
		has Groups "$group "
		for set in CapInh CapPrm CapEff CapAmb; do
			has "$set" 0000000000000000
		done
		has NoNewPrivs 1
		# The parent stays what it is, to do it again.
		assert_equal "$(stat -c %u "/proc/$SERVER_PID")" 0
		hang_up "$FD"
		stop_server
	done
}

@test "a pool's children have a seccomp filter, and the fork's if asked" {
	as_root
	[[ ! ${BROOD_VALGRIND:-}${BROOD_ASAN:-} ]] ||
	    skip 'checkers need their system calls'
	served --model prefork
	has Seccomp 2
	hang_up "$FD"
	served --model fork --sandbox on
	has Seccomp 2
	hang_up "$FD"
	served --model prefork --sandbox off
	has Seccomp 0
	hang_up "$FD"
}

# has_threads N - the child
has_threads() {
	# shellcheck disable=SC2012
	(($(ls "/proc/$CHILD/task" | wc -l) == $1))
}

@test "the filter leaves filed the thread that hashes what is put there" {
	as_root
	mkdir "$BATS_TEST_TMPDIR/put"
	chown nobody "$BATS_TEST_TMPDIR/put"
	head -c 9000000 /dev/zero >"$BATS_TEST_TMPDIR/zeros"
	digest=$(sha256sum <"$BATS_TEST_TMPDIR/zeros")
	for model in prefork 'prefork --connections 8'; do
		# shellcheck disable=SC2086
		start_watched filed --user nobody --sandbox on --writable \
		    --model $model "$BATS_TEST_TMPDIR/put"
		dial
		say "$FD" "PUT f 9000000 ${digest%% *}\n"
		hear_line "$FD"
		assert_equal "${HEARD%% *}" 354
		CHILD=$(serving | head -1)
		head -c 8999999 "$BATS_TEST_TMPDIR/zeros" >&"$FD"
		wait_until 10 has_threads 2
		[[ ${BROOD_VALGRIND:-}${BROOD_ASAN:-} ]] || has Seccomp 2
		head -c 1 /dev/zero >&"$FD"
		hear_line "$FD"
		assert_equal "$HEARD" "250 ${digest%% *} f"
		wait_until 10 has_threads 1
		hang_up "$FD"
		stop_server
		rm "$BATS_TEST_TMPDIR/put/f"
	done
}

@test "datagrams are served without privileges too" {
	as_root
	start_watched echod
	CHILD=$(children_like role=datagram)
	has Uid "$(id -u nobody) $(id -u nobody) $(id -u nobody) $(id -u nobody)"
	run tcp --udp "$HOST" "$PORT" hello @expect hello @close
	assert_success
}

@test "the single process gives its privileges away itself" {
	as_root
	start_server echod --model single
	CHILD=$(pgrep -s "$SERVER_PID" -o)
	dial
	exchange "$FD" hello
	hang_up "$FD"
	has Uid "$(id -u nobody) $(id -u nobody) $(id -u nobody) $(id -u nobody)"
	has NoNewPrivs 1
}

@test "--user, --group and --chroot" {
	as_root
	user=$(awk -F: '$3 > 0 && $3 < 100 { print $1; exit }' /etc/passwd)
	mkdir "$BATS_TEST_TMPDIR/empty"
	served --user "$user" --group nogroup --chroot "$BATS_TEST_TMPDIR/empty"
	id=$(id -u "$user")
	has Uid "$id $id $id $id"
	id=$(getent group nogroup | cut -d: -f3)
	has Gid "$id $id $id $id"
	# shellcheck disable=SC2012
	assert_equal "$(stat -Lc %i "/proc/$CHILD/root")" \
	    "$(stat -c %i "$BATS_TEST_TMPDIR/empty")"
	hang_up "$FD"
}

@test "a user or a folder that there is not" {
	as_root
	run client echod --listen 127.0.0.1:0 --user no-such-user
	assert_failure 1
	assert_output --partial no-such-user
	run client echod --listen 127.0.0.1:0 --chroot "$BATS_TEST_TMPDIR/none"
	assert_failure 1
	assert_output --partial "$BATS_TEST_TMPDIR/none"
}

@test "--sandbox on, for who is not root" {
	if ((EUID == 0)); then
		need setpriv
		cat >"$BATS_TEST_TMPDIR/as" <<-EOF
			#!/bin/sh
			exec setpriv --reuid nobody --regid nogroup \\
			    --clear-groups "$BIN/echod" "\$@"
		EOF
		chmod +x "$BATS_TEST_TMPDIR/as"
		"$BATS_TEST_TMPDIR/as" --version ||
		    skip 'nobody cannot run what was built here'
		PROGRAM=$BATS_TEST_TMPDIR/as
	fi
	served --sandbox on
	has NoNewPrivs 1
	[[ ${BROOD_VALGRIND:-}${BROOD_ASAN:-} ]] || has Seccomp 2
	hang_up "$FD"
}

@test "--user is not for who is not root" {
	if ((EUID == 0)); then
		need setpriv
		run setpriv --reuid nobody --regid nogroup --clear-groups \
		    "$BIN/echod" --listen 127.0.0.1:0 --user daemon
	else
		run client echod --listen 127.0.0.1:0 --user daemon
	fi
	assert_failure 1
	assert_output --partial 'only root'
}
