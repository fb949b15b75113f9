# bats file_tags=models
# TLS on a server's TCP side, with our own client and OpenSSL's.

load lib/brood
load lib/talk

# certificate NAME - NAME.pem and NAME.key, for 127.0.0.1
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -days 2 -subj "/CN=$1" -addext subjectAltName=IP:127.0.0.1 \
	    -keyout "$BATS_FILE_TMPDIR/$1.key" \
	    -out "$BATS_FILE_TMPDIR/$1.pem" 2>/dev/null
}

setup_file() {
	certificate one
	certificate two
	cd "$BATS_FILE_TMPDIR" || return
	start_server echod --tls-cert one.pem --tls-key one.key
	export TLS=$PORT TLS_LOG=$SERVER_LOG ADDR=$HOST
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
}

# s_client OPTION... - say a line through openssl, and wait for its echo, in
# OUT; what it tells of the connection is in INFO
s_client() {
	local pid in status=0

	OUT=$BATS_TEST_TMPDIR/out.$RANDOM INFO=$BATS_TEST_TMPDIR/info.$RANDOM
	mkfifo "$OUT.in"
	openssl s_client -connect "$ADDR:${TLS_PORT:-$TLS}" -CAfile \
	    "${CA:-one.pem}" -verify_return_error -brief -ign_eof "$@" \
	    <"$OUT.in" >"$OUT" 2>"$INFO" &
	pid=$!
	exec {in}>"$OUT.in"
	(trap '' PIPE; echo 'hello openssl' >&"$in") 2>/dev/null
	wait_until 10 s_client_settled "$pid" || status=$?
	kill "$pid" 2>/dev/null || :
	wait "$pid" || :
	exec {in}>&-
	((status == 0)) && grep -q '^hello openssl$' "$OUT"
}

s_client_settled() {
	is_gone "$1" || grep -q '^hello openssl$' "$OUT"
}

@test "openssl's client: the certificate is good, the line comes back" {
	run s_client
	assert_success
	s_client
	grep -q 'Verification: OK' "$INFO"
	grep -q 'TLSv1.3' "$INFO"
}

@test "our own client: a line, and a lot" {
	run client echoc --tls --cacert one.pem "$ADDR" "$TLS" <<<'hello'
	assert_success
	assert_output hello
	head -c 1000000 /dev/urandom >"$BATS_TEST_TMPDIR/much"
	client echoc --tls --cacert one.pem "$ADDR" "$TLS" \
	    <"$BATS_TEST_TMPDIR/much" >"$BATS_TEST_TMPDIR/back"
	cmp "$BATS_TEST_TMPDIR/much" "$BATS_TEST_TMPDIR/back"
}

@test "our own client does not trust just any certificate" {
	run client echoc --tls --cacert two.pem "$ADDR" "$TLS" <<<'hello'
	assert_failure 2
	assert_output --partial certificate
	run client echoc --tls -k "$ADDR" "$TLS" <<<'hello'
	assert_success
}

@test "TLS 1.2 is spoken; 1.1 and 1.0 are refused, with a line" {
	s_client -tls1_2
	grep -q 'TLSv1.2' "$INFO"
	for old in tls1_1 tls1; do
		: >"$TLS_LOG"
		run s_client "-$old" -cipher DEFAULT@SECLEVEL=0
		assert_failure
		wait_for_line "$TLS_LOG" '127\.0\.0\.1:[0-9]+: TLS: unsupported protocol'
	done
}

@test "bytes in small segments, and several messages" {
	skip_model 'other clients wait meanwhile' single
	run tcp --tls --split 1 "$ADDR" "$TLS" 'one byte after another' \
	    @expect 'another$' 'and more' @expect 'more$' @close
	assert_success
	assert_output 'one byte after anotherand more'
}

# is_refused STEP... - a line in the log, and nothing for the peer but an alert
is_refused() {
	: >"$TLS_LOG"
	tcp "$ADDR" "$TLS" "$@" >"$BATS_TEST_TMPDIR/reply" || [[ $? == 4 ]]
	(($(wc -c <"$BATS_TEST_TMPDIR/reply") <= 7))
	wait_for_line "$TLS_LOG" '127\.0\.0\.1:[0-9]+: TLS: .'
}

@test "garbage instead of a handshake: a line, and others are served" {
	other=
	if [[ ${MODEL:-} != single ]]; then
		mkfifo "$BATS_TEST_TMPDIR/in"
		client echoc --tls --cacert one.pem "$ADDR" "$TLS" \
		    <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" &
		other=$!
		exec {IN}>"$BATS_TEST_TMPDIR/in"
		echo before >&"$IN"
		wait_for_line "$BATS_TEST_TMPDIR/out" before
	fi
	is_refused 'GET / HTTP/1.0\r\n\r\n'
	is_refused '\x16\x03\x01\0\x05\x01\0\0\x01\0'
	head -c 20000 /dev/urandom >"$BATS_TEST_TMPDIR/noise"
	is_refused '\0' @file "$BATS_TEST_TMPDIR/noise"
	is_refused '\x16\x03\x01\x02\0\x01' @shut
	is_refused @shut
	if [[ $other ]]; then
		echo after >&"$IN"
		exec {IN}>&-
		wait "$other"
		grep -q after "$BATS_TEST_TMPDIR/out"
	fi
	run s_client
	assert_success
}

@test "a handshake that does not come is not waited for for ever" {
	start_server echod --tls-cert one.pem --tls-key one.key \
	    --request-timeout 400ms
	TLS=$PORT TLS_LOG=$SERVER_LOG
	is_refused ''
	is_refused '\x16\x03\x01'
}

@test "behind a balancer the PROXY header comes before the handshake" {
	start_server echod --tls-cert one.pem --tls-key one.key \
	    --proxy-from 127.0.0.1
	: >"$SERVER_LOG"
	run tcp "$HOST" "$PORT" \
	    'PROXY TCP4 192.0.2.7 198.51.100.1 5555 7007\r\nnonsense here\n'
	wait_for_line "$SERVER_LOG" '192\.0\.2\.7:5555: TLS: .'
}

@test "a new certificate is taken at HUP, a bad one is not" {
	skip_model 'reads it for each connection' inetd
	stay=()
	if [[ ${MODEL:-} == single ]] && ((EUID == 0)); then
		stay=(--user root --sandbox off)
	fi
	cd "$BATS_TEST_TMPDIR"
	cp "$BATS_FILE_TMPDIR"/{one,two}.pem .
	cp one.pem cert
	cp "$BATS_FILE_TMPDIR/one.key" key
	start_server echod --tls-cert cert --tls-key key "${stay[@]}"
	TLS_PORT=$PORT CA=one.pem s_client
	echo 'no certificate' >cert
	kill -HUP "$SERVER_PID"
	wait_for_line "$SERVER_LOG" 'cert.*the old configuration stays'
	TLS_PORT=$PORT CA=one.pem s_client
	cp two.pem cert
	# Which does not fit the key.
	kill -HUP "$SERVER_PID"
	wait_for_lines 2 "$SERVER_LOG" 'the old configuration stays'
	cp "$BATS_FILE_TMPDIR/two.key" key
	kill -HUP "$SERVER_PID"
	wait_for_line "$SERVER_LOG" 'configuration reloaded'
	TLS_PORT=$PORT CA=two.pem wait_until 5 s_client
}

@test "TERM: what was said is answered, and the end is a clean one" {
	start_server echod --tls-cert one.pem --tls-key one.key
	mkfifo "$BATS_TEST_TMPDIR/in"
	client echoc --tls --cacert one.pem -W 5s "$HOST" "$PORT" \
	    <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" \
	    2>"$BATS_TEST_TMPDIR/err" &
	pid=$!
	exec {IN}>"$BATS_TEST_TMPDIR/in"
	echo 'hello' >&"$IN"
	wait_for_line "$BATS_TEST_TMPDIR/out" hello
	kill -TERM "$SERVER_PID"
	wait_for_exit "$pid"
	exec {IN}>&-
	run cat "$BATS_TEST_TMPDIR/err"
	refute_output --partial 'without'
	wait_server
	assert_equal "$SERVER_STATUS" 0
}
