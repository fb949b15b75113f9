# Options, configuration files and addresses, as every server has them: what is
# refused before anything is started, and how it is said.

load lib/brood
load lib/talk

teardown() {
	if [[ ${DAEMON:-} ]] && kill -0 "$DAEMON" 2>/dev/null; then
		kill -KILL "$DAEMON"
	fi
	stop_servers
}

echod() {
	client echod "$@"
}

# usage_error TEXT... - of the last run: exit status 2, and one line on standard
# error that has each TEXT
usage_error() {
	assert_failure 2
	assert_equal "${#lines[@]}" 1
	assert_line --regexp '^echod: '
	for text; do
		assert_output --partial -- "$text"
	done
}

# failure TEXT... - the same with exit status 1
failure() {
	assert_failure 1
	assert_equal "${#lines[@]}" 1
	assert_line --regexp '^echod: '
	for text; do
		assert_output --partial -- "$text"
	done
}

# -- Bad options --------------------------------------------------------------

@test "an option that there is not, or whose value is missing" {
	run echod --no-such
	usage_error --no-such
	run echod -Z
	usage_error Z
	run echod --model
	usage_error --model
	run echod --daemon=often
	usage_error --daemon often
}

@test "a bad value: the option, the value and what is allowed" {
	run echod --model threads
	usage_error --model threads single fork prefork inetd
	run echod --max-served -1
	usage_error --max-served -1 '0 or more'
	run echod --backlog 99999
	usage_error --backlog 99999 '1 to 65535'
	run echod --idle-timeout later
	usage_error --idle-timeout later '30s'
	for long in 36501d 9223372036854775807ms 9223372036854775807d; do
		run echod --lifetime "$long"
		usage_error --lifetime "$long" 'at most 36500d'
	done
	run echod --memory much
	usage_error --memory much 64k
	run echod --log-level loud
	usage_error --log-level loud debug
	run echod --transport pigeon
	usage_error --transport pigeon udp
	run echod --proxy-from 300.1.2.3
	usage_error --proxy-from 300.1.2.3 ADDRESS/BITS
}

@test "clients: what would do nothing without another option" {
	local it name option other operands
	for it in filec:cacert=x:tls filec:insecure:tls \
	    filec:password-file=x:user timec:cacert=x:tls timec:insecure:tls \
	    timec:samples=2:offset echoc:cacert=x:tls echoc:insecure:tls \
	    chatc:cacert=x:tls chatc:insecure:tls statusc:count=2:watch; do
		IFS=: read -r name option other <<<"$it"
		operands=(host)
		if [[ $name == filec ]]; then
			operands=(get host name)
		fi
		run client "$name" "--$option" "${operands[@]}"
		assert_failure 2
		assert_output --regexp \
		    "^$name: --${option%=*}: .* without --$other "
	done
}

@test "a file or a folder without a name" {
	for option in pid-file tls-cert tls-key chroot; do
		run echod --"$option" ''
		usage_error "--$option" "''" 'is empty' 'the name of a'
	done
}

@test "a bad number of children" {
	for bad in 0 9:3 x 5000 1:2:3 ''; do
		run echod --children "$bad"
		usage_error --children "'$bad'" '1 to 4096'
	done
	run echod --spare 3:1
	usage_error --spare 3:1
}

@test "a bad address" {
	for bad in 127.0.0.1:99999 127.0.0.1:-1 '[::1' unix: 127.0.0.1: ''; do
		run echod --listen "$bad"
		usage_error --listen "'$bad'" ADDRESS:PORT
		run echod --status "$bad" --check
		usage_error --status "'$bad'"
	done
}

@test "bad operands, and options of echod's own" {
	for bad in sing reply 'echo more' 'discard more'; do
		# shellcheck disable=SC2086
		run echod $bad
		usage_error "$bad" echo discard 'reply TEXT'
	done
	run echod reply one two
	usage_error two
	run echod --reply x --discard
	usage_error --reply --discard
	run echod --charset KLINGON
	usage_error --charset KLINGON 'iconv -l'
	run echod --tls-cert x
	usage_error --tls-cert --tls-key
}

# -- What cannot be had -------------------------------------------------------

@test "a port in use is named: TCP, UDP, or a UNIX socket" {
	start_server echod --listen 127.0.0.1:0 \
	    --listen "unix:$BATS_TEST_TMPDIR/s"
	run echod --listen "127.0.0.1:$PORT"
	failure "127.0.0.1:$PORT" 'in use'
	run echod --listen "127.0.0.1:$PORT" --transport udp
	failure "127.0.0.1:$PORT" 'in use'
	run echod --listen "unix:$BATS_TEST_TMPDIR/s"
	failure "$BATS_TEST_TMPDIR/s" 'in use'
	# Which has harmed nobody.
	run tcp --unix "$BATS_TEST_TMPDIR/s" hello @shut
	assert_output hello
}

@test "an address of another machine, a folder that is not there" {
	run echod --listen 192.0.2.1:7007
	failure 192.0.2.1:7007
	run echod --listen "unix:$BATS_TEST_TMPDIR/no/s"
	failure "$BATS_TEST_TMPDIR/no/s" 'No such file'
	run echod --listen 127.0.0.1:0 --log "$BATS_TEST_TMPDIR/no/log"
	failure "$BATS_TEST_TMPDIR/no/log"
	run echod --listen 127.0.0.1:0 --pid-file "$BATS_TEST_TMPDIR/no/pid"
	failure "$BATS_TEST_TMPDIR/no/pid"
	run echod --listen 127.0.0.1:0 --status "unix:$BATS_TEST_TMPDIR/no/s"
	failure "$BATS_TEST_TMPDIR/no/s"
}

@test "certificates and keys that are not there, or not such" {
	cd "$BATS_TEST_TMPDIR"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -days 2 -subj /CN=x -keyout key -out cert 2>/dev/null
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 \
	    -out other 2>/dev/null
	echo nonsense >bad
	run echod --tls-cert no-cert --tls-key key
	failure no-cert
	run echod --tls-cert cert --tls-key no-key
	failure no-key
	run echod --tls-cert bad --tls-key key
	failure bad
	run echod --tls-cert cert --tls-key bad
	failure bad
	run echod --tls-cert cert --tls-key other
	failure other cert
	if ((EUID != 0)); then
		chmod 0 key
		run echod --tls-cert cert --tls-key key
		failure key 'Permission denied'
	fi
}

@test "a file that is no socket is not removed for one" {
	echo precious >"$BATS_TEST_TMPDIR/file"
	run echod --listen "unix:$BATS_TEST_TMPDIR/file"
	failure "$BATS_TEST_TMPDIR/file"
	assert_equal "$(<"$BATS_TEST_TMPDIR/file")" precious
}

@test "a configuration file that is not there" {
	run echod -f "$BATS_TEST_TMPDIR/none"
	assert_failure
	assert_output --partial "$BATS_TEST_TMPDIR/none"
	assert_equal "${#lines[@]}" 1
}

# -- Help and checks ----------------------------------------------------------

@test "--help: every option, the signals, exit status 0" {
	run echod --help
	assert_success
	for option in listen transport model children spare connections \
	    max-served max-per-source backlog defer-accept idle-timeout request-timeout \
	    stall-timeout lifetime drain-timeout proxy-from tls-cert tls-key \
	    user group chroot sandbox memory log log-level pid-file daemon \
	    check inetd status config help version reply discard charset; do
		assert_output --regexp "--$option( |$)"
	done
	assert_output --partial 'reply TEXT'
	for signal in TERM INT QUIT HUP USR1; do
		assert_output --partial "$signal"
	done
	run echod --version
	assert_success
	assert_output --regexp '^echod .*[0-9]+\.[0-9]+'
}

@test "the manuals have every option that --help has" {
	run echod --help
	options=$(grep -oE -- '--[a-z][a-z-]+' <<<"$output" |
	    sed 's/^--//' | sort -u)
	(($(wc -l <<<"$options") > 20))
	for option in $options; do
		# In mdoc a long option is Fl Fl name.
		grep -qE "Fl Fl $option( |$)" "$TOP/servers/echod.8" \
		    "$TOP/shared/serve/brood.7" ||
		    fail "--$option is in no manual"
	done
}

@test "--check: says so, or what is wrong, and starts nothing" {
	start_server echod
	run echod --check --listen "127.0.0.1:$PORT"
	assert_success
	assert_output --partial good
	run echod --check --charset KLINGON
	usage_error KLINGON
	run echod --check --tls-cert /none --tls-key /none
	failure /none
}

# -- Configuration files ------------------------------------------------------

@test "-f: long names and values, comments, quotes" {
	cat >"$BATS_TEST_TMPDIR/conf" <<-'EOF'
		# A server for tests.

		listen 127.0.0.1:0
		reply "it is  %%"   
		idle-timeout 30s
	EOF
	start_server echod -f "$BATS_TEST_TMPDIR/conf" --transport tcp
	run tcp "$HOST" "${PORT}" '?\n' @shut
	assert_output 'it is  %%'
}

@test "-f: the command line has the last word" {
	echo 'reply file' >"$BATS_TEST_TMPDIR/conf"
	start_server echod -f "$BATS_TEST_TMPDIR/conf" --reply line
	run tcp "$HOST" "$PORT" '?\n' @shut
	assert_output line
	start_server echod --reply line -f "$BATS_TEST_TMPDIR/conf"
	run tcp "$HOST" "$PORT" '?\n' @shut
	assert_output line
}

@test "-f: what is wrong is told with the file and the line" {
	printf '%s\n' 'reply x' '# fine so far' 'backlog many' \
	    >"$BATS_TEST_TMPDIR/conf"
	run echod -f "$BATS_TEST_TMPDIR/conf"
	usage_error "$BATS_TEST_TMPDIR/conf:3" backlog many '1 to 65535'
	echo 'no-such-option 1' >"$BATS_TEST_TMPDIR/conf"
	run echod --check -f "$BATS_TEST_TMPDIR/conf"
	usage_error "$BATS_TEST_TMPDIR/conf:1" no-such-option
	echo 'backlog' >"$BATS_TEST_TMPDIR/conf"
	run echod -f "$BATS_TEST_TMPDIR/conf"
	usage_error "$BATS_TEST_TMPDIR/conf:1" backlog
}

# -- Addresses ----------------------------------------------------------------

@test "several addresses: IPv4, IPv6, a path, an abstract name" {
	ipv6=()
	[[ ! -e /proc/net/if_inet6 ]] || ! grep -q '^0*1 ' /proc/net/if_inet6 ||
	    ipv6=(--listen '[::1]:0')
	name=brood-test-$$-$RANDOM
	start_server echod --listen 127.0.0.1:0 "${ipv6[@]}" \
	    --listen "unix:$BATS_TEST_TMPDIR/s" --listen "unix:@$name"
	run tcp "$HOST" "$PORT" four @shut
	assert_output four
	if ((${#ipv6[@]} > 0)); then
		six=$(grep '^\[::1\]' <<<"$SERVER_LISTEN")
		run tcp ::1 "${six##*:}" six @shut
		assert_output six
		run tcp --udp ::1 "${six##*:}" six @expect six @close
		assert_output six
	fi
	run tcp --unix "$BATS_TEST_TMPDIR/s" path @shut
	assert_output path
	run "$PYTHON" -S -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("\0" + sys.argv[1])
s.sendall(b"name")
print(s.recv(10).decode())' "$name"
	assert_output name
	stop_server
	[[ ! -e $BATS_TEST_TMPDIR/s ]]
}

@test "port 0 is one that is free for both TCP and UDP" {
	start_server echod
	assert_equal "$(wc -l <<<"$SERVER_LISTEN")" 1
	run tcp "$HOST" "$PORT" stream @shut
	assert_output stream
	run tcp --udp "$HOST" "$PORT" datagram @expect datagram @close
	assert_output datagram
}

@test "--transport: only one of the two" {
	start_server echod --transport tcp
	run tcp "$HOST" "$PORT" stream @shut
	assert_output stream
	run tcp --udp "$HOST" "$PORT" datagram
	refute_output --partial datagram
	start_server echod --transport udp
	run tcp --udp "$HOST" "$PORT" datagram @expect datagram @close
	assert_output datagram
	run tcp "$HOST" "$PORT" stream
	assert_equal "$status" 5
}

@test "a name for an address" {
	start_server echod --listen localhost:0
	run tcp localhost "$PORT" hello @shut
	assert_output hello
}

@test "a socket that a killed server has left is replaced" {
	start_server echod --listen "unix:$BATS_TEST_TMPDIR/s"
	kill9 "$SERVER_PID"
	[[ ! ${BROOD_VALGRIND:-} ]] || allow_unfinished
	wait_server
	[[ -S $BATS_TEST_TMPDIR/s ]]
	start_server echod --listen "unix:$BATS_TEST_TMPDIR/s"
	run tcp --unix "$BATS_TEST_TMPDIR/s" hello @shut
	assert_output hello
}

# -- Files and daemons --------------------------------------------------------

@test "--pid-file: there when it listens, gone when it has stopped" {
	for model in fork single; do
		echo 99999999 >"$BATS_TEST_TMPDIR/pid"
		start_server echod --model "$model" \
		    --pid-file "$BATS_TEST_TMPDIR/pid"
		assert_equal "$(<"$BATS_TEST_TMPDIR/pid")" \
		    "$(pgrep -s "$SERVER_PID" -o)"
		mv "$BATS_TEST_TMPDIR/pid" "$BATS_TEST_TMPDIR/copy"
		cp "$BATS_TEST_TMPDIR/copy" "$BATS_TEST_TMPDIR/pid"
		stop_server
		[[ $model == single ]] || [[ ! -e $BATS_TEST_TMPDIR/pid ]]
	done
}

@test "--daemon: when the command ends, it serves; its pid file tells where" {
	cd "$BATS_TEST_TMPDIR"
	run echod --daemon --pid-file pid --log log --listen 127.0.0.1:0
	assert_success
	assert_output --regexp '^listening on 127\.0\.0\.1:[0-9]+$'
	PORT=${output##*:}
	DAEMON=$(<pid)
	run ps -o sid= "$DAEMON"
	assert_equal "$((output))" "$DAEMON"
	run tcp 127.0.0.1 "$PORT" hello @shut
	assert_output hello
	readlink "/proc/$DAEMON/fd/"{0,1,2} >links
	assert_equal "$(sort -u links)" /dev/null
	kill -HUP "$DAEMON"
	wait_for_line log 'configuration reloaded'
	kill -TERM "$DAEMON"
	wait_for_exit "$DAEMON"
	wait_until 5 test ! -e pid
}

@test "--daemon: what is wrong is told by the command" {
	run echod --daemon --listen 192.0.2.1:7
	failure 192.0.2.1:7
	run echod --daemon --listen 127.0.0.1:0 --log "$BATS_TEST_TMPDIR/log" \
	    --pid-file "$BATS_TEST_TMPDIR/no/pid"
	assert_failure 1
	assert_output --partial "$BATS_TEST_TMPDIR/no/pid"
	[[ ! ${BROOD_VALGRIND:-} ]] || allow_unfinished
}

@test "--log and --log-level" {
	start_server echod --log "$BATS_TEST_TMPDIR/log" --max-per-source 1
	dial
	exchange "$FD" x
	run tcp "$HOST" "$PORT" x
	wait_for_line "$BATS_TEST_TMPDIR/log" '^20.* echod\[[0-9]+\]: .*refused'
	assert_equal "$(<"$SERVER_LOG")" ''
	hang_up "$FD"
	start_server echod --log-level error --max-per-source 1
	dial
	exchange "$FD" x
	run tcp "$HOST" "$PORT" x
	hang_up "$FD"
	stop_server
	assert_equal "$(<"$SERVER_LOG")" ''
}

@test "--memory is the children's limit" {
	[[ ! ${BROOD_VALGRIND:-}${BROOD_ASAN:-} ]] ||
	    skip 'checkers take more than that'
	start_server echod --memory 200M
	dial
	exchange "$FD" hello
	child=$(ps -o pid=,args= --ppid "$SERVER_PID" |
	    awk '/: 127/ { print $1 }')
	grep -q 'Max address space *209715200' "/proc/$child/limits"
	hang_up "$FD"
}
