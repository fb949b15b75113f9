# bats file_tags=models
# A chat over TLS: our own client and plain peers of another library.

load lib/brood
load lib/chat

setup() {
	CERT=$BATS_TEST_TMPDIR/one.pem KEY=$BATS_TEST_TMPDIR/one.key
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -days 2 -subj /CN=one -addext subjectAltName=IP:127.0.0.1 \
	    -keyout "$KEY" -out "$CERT" 2>/dev/null
	export CERT
	start_server chatd --tls-cert "$CERT" --tls-key "$KEY" \
	    --flood-messages 0
}

# tls_chat - as chat, and every Peer speaks TLS
tls_chat() {
	{ cat <<-'PY'; cat; } | chat
	import ssl
	plain = socket.create_connection
	context = ssl.create_default_context(cafile=os.environ["CERT"])
	socket.create_connection = lambda to, seconds=None: \
	    context.wrap_socket(plain(to, seconds), server_hostname=to[0])
	PY
}

@test "chatc over TLS: who is there, and it trusts not just any certificate" {
	run client chatc --tls -W 1m --cacert "$CERT" --nick ann \
	    "$HOST" "$PORT" <<<'/who'
	assert_success
	assert_line '  ann'
	assert_line '1 in lobby'
	run client chatc --tls -W 1m "$HOST" "$PORT" <<<'/who'
	assert_failure
	assert_output --partial certificate
}

# bats test_tags=no-valgrind
@test "many over TLS: split, bare and by lines, and a burst in order" {
	skip_model 'one connection at a time' single
	skip_model 'one connection and nobody else' inetd
	tls_chat <<-'PY'
	a, b, c = met(3)
	a.say("/ni")
	a.say("ck ann\n")
	for p in a, b, c:
	    p.hear("is now called ann")
	b.say("bare")
	c.hear(re.escape(b.name) + ":bare")
	a.hear(re.escape(b.name) + ":bare\n")
	c.say("/nick cid\n")
	a.hear("called cid\n")
	c.hear("called cid\n")
	for i in range(300):
	    a.say("word %d\n" % i)
	c.exactly("".join("ann:word %d\n" % i for i in range(300)))
	a.say("q\n")
	a.closed()
	c.hear("ann has left the chat\n")
	PY
}
