# bats file_tags=long
# beacond and beaconc on one host; what they do on a network is in
# beacond_net.bats.

load lib/brood

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	# The server may have become another user.
	chmod 755 .
}

beaconc() {
	client beaconc "$@"
}

udp() {
	run tcp --udp "$@"
	assert_success
}

DISCOVER='BROOD-DISCOVER 1 id=0123456789abcdef from=0\n'

# -- The plain dialect --------------------------------------------------------

@test "any datagram is answered with 'I am here', byte for byte" {
	start_server beacond
	udp "$HOST" "$PORT" 'Who is there?' @expect '^I am here$' \
	    '' @expect '^I am here$' '\0\xff' @expect '^I am here$' @close
	udp "$HOST" "$PORT" 'line\n' @expect '^I am here\n$' \
	    'line\r\n' @expect '^I am here\r\n$' @close
}

@test "under each model that a server of datagrams can have" {
	for model in single fork prefork; do
		start_server beacond --model "$model"
		run beaconc -c 1 -n 1 "$HOST" "$PORT"
		assert_success
		stop_server
	done
}

@test "from inetd, wait" {
	run "$PYTHON" - "$BIN/beacond" <<-'EOF'
	import socket, subprocess, sys
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	sock.bind(("127.0.0.1", 0))
	peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	peer.settimeout(20)
	peer.sendto(b"hello", sock.getsockname())
	server = subprocess.Popen([sys.argv[1], "--inetd"], stdin=sock,
	                          stdout=sock)
	assert peer.recv(100) == b"I am here"
	peer.sendto(b"again", sock.getsockname())
	assert peer.recv(100) == b"I am here"
	server.terminate()
	assert server.wait() == 0
	EOF
	assert_success
	assert_line --regexp '^127\.0\.0\.1:[0-9]+ on lo, sent to 127.0.0.1: again$'
}

@test "it prints what comes: from whom, on which interface, escaped" {
	start_server beacond
	udp --bind "127.0.0.1:0" "$HOST" "$PORT" 'caf\xc3\xa9 \x1b[2J\x9b\n' \
	    @expect here @close
	wait_for_line "$SERVER_OUT" '^127.0.0.1:[0-9]+ on lo, sent to 127.0.0.1: '
	assert_regex "$LINE" ': café \\x1b\[2J\\x9b$'
	head -c 9000 /dev/zero | tr '\0' x >long
	udp "$HOST" "$PORT" @file long @expect '^I am here$' @close
	wait_for_line "$SERVER_OUT" 'xxx\[\.\.\.\]$'
}

@test "--quiet prints nothing" {
	start_server beacond -q
	udp "$HOST" "$PORT" hello @expect here @close
	run grep -v '^listening on' "$SERVER_OUT"
	assert_output ''
}

@test "what reads as an answer is not answered, nor a port that answers all" {
	start_server beacond
	udp --silence 0.1 "$HOST" "$PORT" 'I am here' 'I am here\r\n' \
	    'BROOD-HERE 9 anything'
	assert_output ''
	wait_for_lines 3 "$SERVER_OUT" 'an answer: not answered'
	udp --silence 0.1 --bind "127.0.0.2:$PORT" "$HOST" "$PORT" 'me too'
	assert_output ''
	udp "$HOST" "$PORT" hello @expect '^I am here$' @close
}

@test "--max-rate: a flood from one source is answered in part" {
	start_server beacond --max-rate 5
	run "$PYTHON" - "$HOST" "$PORT" <<-'EOF'
	import socket, sys
	to = (sys.argv[1], int(sys.argv[2]))
	flood = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	for _ in range(200):
	    flood.sendto(b"x", to)
	# Another address waits behind them and is answered.
	other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	other.bind(("127.0.0.3", 0))
	other.settimeout(20)
	other.sendto(b"x", to)
	other.recv(100)
	flood.setblocking(False)
	n = 0
	try:
	    while flood.recv(100):
	        n += 1
	except BlockingIOError:
	    print("few" if 1 <= n <= 50 else n)
	EOF
	assert_output few
}

# -- Discovery ----------------------------------------------------------------

@test "--announce, and beaconc --discover" {
	start_server beacond -a httpd=8080/tcp -a echod=7007/udp --name alpha
	run beaconc --discover --expect 2 "$HOST" "$PORT"
	assert_success
	assert_line --regexp '^httpd +8080/tcp +127\.0\.0\.1 +lo +alpha$'
	assert_line --regexp '^echod +7007/udp +127\.0\.0\.1 +lo +alpha$'
	assert_equal "${#lines[@]}" 2
	run beaconc --discover --json --expect 2 "$HOST" "$PORT"
	assert_success
	assert_line '{"name":"httpd","port":8080,"protocol":"tcp","address":"127.0.0.1","interface":"lo","host":"alpha","host_address":"127.0.0.1","host_interface":"lo"}'
}

@test "a list is never longer than its request, in as many pages as it takes" {
	args=()
	for i in {1..200}; do
		args+=(--announce "server-$i=$((1000 + i))/tcp")
	done
	start_server beacond "${args[@]}"
	run "$PYTHON" - "$HOST" "$PORT" <<-'EOF'
	import socket, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.settimeout(20)
	line = b"BROOD-DISCOVER 1 id=0123456789abcdef from=0\n"
	for pad in (0, 100, 200, 1500):
	    s.sendto(line + b" " * pad, (sys.argv[1], int(sys.argv[2])))
	    if pad == 0:
	        continue    # not even room for the first line: no reply
	    got = s.recv(9000)
	    assert got.startswith(b"BROOD-HERE 1 id=0123456789abcdef "), got
	    assert len(got) <= len(line) + pad
	print("bounded")
	EOF
	assert_output bounded
	run beaconc --discover --expect 200 "$HOST" "$PORT"
	assert_success
	assert_equal "$(sort -u <<<"$output" | grep -c ^server-)" 200
}

@test "what is no good discovery request gets the plain answer" {
	start_server beacond -a httpd=8080/tcp
	udp "$HOST" "$PORT" "${DISCOVER/ 1 / 2 }" @expect '^I am here\n$' \
	    "${DISCOVER/id=/id=x}" @expect '^I am here\n$' \
	    "${DISCOVER%??}" @expect '^I am here$' @close
}

@test "--services: files that come and go are announced without a restart" {
	mkdir services
	printf '# a comment\n\nfiled=12001/tcp\n  \nnonsense\n' >services/filed
	printf 'hidden=1/tcp\n' >services/.hidden
	printf 'backup=1/tcp\n' >services/filed~
	mkfifo services/fifo
	chmod -R a+rX services
	start_server beacond --services services -a httpd=8080/tcp
	wait_for_line "$SERVER_LOG" "filed:5: 'nonsense' is not"
	wait_for_line "$SERVER_LOG" 'fifo: Invalid'
	run beaconc --discover --expect 2 "$HOST" "$PORT"
	assert_success
	assert_line --partial httpd
	assert_line --partial filed
	refute_output --partial hidden
	refute_output --partial backup
	printf 'chatd=12004/tcp' >services/chatd
	wait_until 10 announces 'httpd chatd filed'
	rm services/filed services/chatd
	wait_until 10 announces httpd
}

# announces NAMES - just these, in this order
announces() {
	[[ $(beaconc --discover -c 1 -W 0.3 "$HOST" "$PORT" |
	    awk '{ print $1 }' | xargs) == "$1" ]]
}

@test "HUP: what is announced changes, and a bad configuration changes nothing" {
	echo 'announce "httpd=8080/tcp"' >conf
	start_server beacond -f conf
	wait_until 10 announces httpd
	echo 'announce "proxyd=3128/tcp"' >conf
	kill -HUP "$SERVER_PID"
	wait_until 10 announces proxyd
	echo 'announce "proxyd"' >conf
	kill -HUP "$SERVER_PID"
	wait_for_line "$SERVER_LOG" "'proxyd' is not a server"
	announces proxyd
}

@test "beacond: usage errors" {
	for bad in -ax '-ahttpd=0/tcp' '-ahttpd=80/TCP' '-ahttpd=80' \
	    '--name=a b' --allow=here; do
		run client beacond "$bad"
		assert_failure 2
		assert_output --partial 'allowed:'
	done
	run client beacond --services ./nowhere
	assert_failure 1
	assert_output --partial 'nowhere: No such file'
}

# -- beaconc ------------------------------------------------------------------

@test "beaconc HOST PORT prints who answers and where, until it is stopped" {
	start_server beacond
	(client beaconc -i 0.1 "$HOST" "$PORT" >out 2>err 3>&- & echo $! >pid)
	wait_for_lines 3 out "^127\.0\.0\.1:$PORT on lo: I am here \([0-9.]+ ms\)\$"
	pkill -INT -P "$(<pid)" || kill -INT "$(<pid)"
	wait_for_line out '^sent [0-9]+, answers [0-9]+, hosts 1$'
	wait_for_exit "$(<pid)"
	run cat err
	assert_output ''
}

@test "beaconc: rounds, --json, --message" {
	start_server beacond
	run beaconc -c 2 -i 50ms -n 5 -m hello "$HOST:$PORT"
	assert_failure 1
	assert_line 'sent 2, answers 2, hosts 1'
	run grep -c ': hello$' "$SERVER_OUT"
	assert_output 2
	run beaconc --json -c 1 -n 1 "$HOST" "$PORT"
	assert_success
	assert_output --regexp '^\{"address":"127.0.0.1","port":'"$PORT"',"interface":"lo","text":"I am here","rtt_ms":[0-9.]+\}$'
}

@test "beaconc: several addresses, IPv6 too" {
	start_server beacond --listen 127.0.0.1:0 --listen '[::1]:0'
	mapfile -t at <<<"$SERVER_LISTEN"
	run beaconc -c 3 -i 100ms -n 2 "${at[@]}"
	assert_success
	assert_line --partial "${at[0]} on lo: I am here"
	assert_line --partial "${at[1]} on lo: I am here"
	run beaconc -6 --discover -c 1 "${at[@]}"
	assert_failure 2
}

@test "beaconc: nobody is 1, fewer than expected is 1, nonsense is 2" {
	start_server "$LIB/fixtures/neighbour.py" silent
	run beaconc -c 1 -W 50ms "$HOST" "$PORT"
	assert_failure 1
	assert_output 'sent 1, answers 0, hosts 0'
	run beaconc --discover -t 100ms "$HOST" "$PORT"
	assert_failure 1
	assert_output ''
	run beaconc --expect 1 --timeout 100ms "$HOST" "$PORT"
	assert_failure 1
	for bad in --port=0 --port=x --interval=1ms --expect=x --nonsense; do
		run beaconc "$bad"
		assert_failure 2
	done
	run beaconc no-such-host.invalid
	assert_failure 2
	run beaconc --discover -c 1 unix:/nowhere
	assert_failure 2
}

@test "beaconc: answers that are shown on a terminal do no harm" {
	start_server "$LIB/fixtures/neighbour.py" plain '\x1b[2J\x07done'
	run beaconc -c 1 -n 1 "$HOST" "$PORT"
	assert_success
	assert_line --partial ': \x1b[2J\x07done'
	start_server "$LIB/fixtures/neighbour.py" escapes
	run beaconc --discover -c 1 -W 300ms "$HOST" "$PORT"
	assert_success
	assert_line --regexp '^c +1/tcp'
	assert_equal "${#lines[@]}" 1
}

@test "beaconc: lists that were not asked for, and lists without end" {
	start_server "$LIB/fixtures/neighbour.py" liar
	run beaconc --discover -v -c 1 -W 300ms "$HOST" "$PORT"
	assert_success
	assert_line --regexp '^good +1/tcp'
	assert_line --partial 'announces no servers'
	refute_output --regexp 'forged|later|nonsense|cut|bad'
	start_server "$LIB/fixtures/neighbour.py" endless
	run beaconc --discover --expect 3 --timeout 20s "$HOST" "$PORT"
	assert_success
	assert_line --regexp '^more-0 '
	assert_line --regexp '^more-2 '
}

@test "beaconc: a full standard output is an error" {
	start_server beacond
	run sh -c "'$BIN/beaconc' -c 1 '$HOST' '$PORT' >/dev/full"
	assert_failure 2
	assert_output --partial 'standard output: No space'
}
