# bats file_tags=long
# httpc's ways to a server: TLS, proxies, UNIX sockets, families; what it reports
# about them; and real servers at the other end.

load lib/brood
bats_require_minimum_version 1.5.0

# certificate NAME SUBJECT-ALTERNATIVE-NAMES - signed by our own authority
certificate() {
	openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" \
	    -subj "/CN=$1" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -days 30 \
	    -set_serial "$RANDOM" -out "$1.pem" \
	    -extfile <(echo "subjectAltName=$2") 2>/dev/null
}

setup_file() {
	need openssl
	cd "$BATS_FILE_TMPDIR" || return
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem \
	    -days 30 -subj '/CN=Brood test authority' 2>/dev/null
	certificate good 'DNS:localhost,IP:127.0.0.1'
	certificate other 'DNS:other.example'
	export CA=$PWD/ca.pem CERTS=$PWD
	start_server "$LIB/fixtures/origin.py"
	export U=http://127.0.0.1:$PORT PLAIN_PORT=$PORT
	export PROXY=127.0.0.1:$PORT PROXY_LOG=$SERVER_LOG
	start_server "$LIB/fixtures/origin.py" --tls good.pem good.key
	export S=https://127.0.0.1:$PORT TLS_PORT=$PORT
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

httpc() {
	client httpc "$@"
}

# -- TLS ------------------------------------------------------------------------

@test "https with an authority that is trusted" {
	run httpc --cacert "$CA" -v "$S/ok"
	assert_success
	assert_line hello
	assert_line --partial '* TLS: TLSv1.3'
	run httpc --cacert "$CA" "https://localhost:$TLS_PORT/ok"
	assert_success
	run httpc --cacert "$CA" -w '%{num_connects}' "$S/chunked" "$S/ok"
	assert_success
	assert_line 1hello
	assert_line 0
}

@test "certificates that are not trusted: 60; -k takes them" {
	run httpc "$S/ok"
	assert_failure 60
	assert_output --partial '(60)'
	run httpc -k "$S/ok"
	assert_success
	start_server "$LIB/fixtures/origin.py" --tls "$CERTS/other.pem" \
	    "$CERTS/other.key"
	run httpc --cacert "$CA" "https://localhost:$PORT/ok"
	assert_failure 60
}

@test "no TLS at the other end: 35; no certificates: 77" {
	run httpc -k "https://127.0.0.1:$PLAIN_PORT/ok"
	assert_failure 35
	run httpc --cacert /nowhere "$S/ok"
	assert_failure 77
	assert_output --partial /nowhere
}

@test "TLS that ends without saying so is an error where that is the end" {
	run httpc --cacert "$CA" "$S/close"
	assert_failure 56
	run httpc --cacert "$CA" "$S/short"
	assert_failure 56
	run httpc --cacert "$CA" "$S/chunkedcut"
	assert_failure 56
}

@test "from http to https and back" {
	run httpc --cacert "$CA" -L -u a:b "$U/to/302/$S/echo"
	assert_success
	refute_line --partial Authorization
	run httpc --cacert "$CA" -L "$S/to/302/$U/ok"
	assert_success
	assert_output hello
}

@test "uploads over TLS, asked for and not" {
	head -c 3000000 /dev/urandom >f
	run httpc --cacert "$CA" -m 30 -H Expect: -T f "$S/continue"
	assert_success
	assert_output '3000000 bytes, expect none'
	run httpc --cacert "$CA" -m 30 -T - "$S/continue" <f
	assert_output '3000000 bytes, expect 100-continue'
}

@test "a TLS handshake that nobody answers ends at --connect-timeout: 28" {
	coproc "$PYTHON" -c 'import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); sys.stdin.read()'
	read -r -t 10 -u "${COPROC[0]}" port
	run httpc -k --connect-timeout 300ms "https://127.0.0.1:$port/"
	assert_failure 28
	assert_output --partial 'handshake took too long'
	run httpc -k --connect-timeout 100ms --retry 1 --retry-delay 0 \
	    "https://127.0.0.1:$port/"
	assert_failure 28
	assert_output --partial '1 try left'
}

@test "openssl s_server" {
	coproc openssl s_server -accept 127.0.0.1:0 -www -cert \
	    "$CERTS/good.pem" -key "$CERTS/good.key" 2>&1
	while read -r -t 10 -u "${COPROC[0]}" line; do
		[[ $line != ACCEPT* ]] || break
	done
	run httpc --cacert "$CA" "https://${line#ACCEPT }/"
	kill "$COPROC_PID"
	assert_success
	assert_output --partial 'New, TLSv1.3'
}

# -- Proxies ----------------------------------------------------------------------

@test "-x asks a proxy in absolute-form" {
	run httpc -x "$PROXY" http://www.example.com/page?x
	assert_success
	assert_line --index 0 $'GET http://www.example.com/page?x HTTP/1.1\r'
	assert_line $'Host: www.example.com\r'
	run httpc -x "http://a:b@$PROXY" http://www.example.com
	assert_line --index 0 $'GET http://www.example.com/ HTTP/1.1\r'
	assert_line $'Proxy-Authorization: Basic YTpi\r'
	refute_line --partial $'\nAuthorization'
}

@test "a proxy's connection serves several origins" {
	run httpc -x "$PROXY" -o /dev/null -w '%{num_connects}\n' \
	    http://one.example/ http://two.example/
	assert_line --partial 1
	assert_line 0
}

@test "https goes through a proxy's tunnel" {
	run httpc --cacert "$CA" -x "http://u:p@$PROXY" -u a:b \
	    -w '%{http_connect}' "$S/echo"
	assert_success
	assert_line --index 0 $'GET /echo HTTP/1.1\r'
	refute_line --partial Proxy-
	assert_output --partial 200
	run httpc -i --cacert "$CA" -x "$PROXY" "$S/ok"
	assert_line --index 0 $'HTTP/1.1 200 Connected\r'
	assert_line --index 2 $'HTTP/1.1 200 OK\r'
	run httpc -i -s -x "$PROXY" https://refused/
	assert_failure 56
	assert_line --index 0 $'HTTP/1.1 403 Forbidden\r'
	run grep -c "CONNECT 127.0.0.1:$TLS_PORT" "$PROXY_LOG"
	assert_success
}

# The second tunnel was judged by the answer that had led to it.
@test "a redirect from one tunnel to another" {
	run httpc --cacert "$CA" -x "$PROXY" -L \
	    "$S/to/302/https://localhost:$TLS_PORT/ok"
	assert_success
	assert_output hello
}

@test "a proxy that refuses: 56; one that is not there: 7" {
	run httpc -k -x "$PROXY" https://refused/
	assert_failure 56
	assert_output --partial 'the proxy answers 403 to CONNECT'
	for host in garbage silent; do
		run httpc -k -x "$PROXY" "https://$host/"
		assert_failure 56
	done
	run httpc -x 127.0.0.1:1 "$U/ok"
	assert_failure 7
}

# -- Sockets ------------------------------------------------------------------------

@test "--unix, and its name in curl" {
	start_server "$LIB/fixtures/origin.py" --listen "unix:$PWD/s"
	for option in --unix --unix-socket; do
		run httpc "$option" "$PWD/s" -H 'Host: here' -v \
		    http://anything/echo
		assert_success
		assert_line $'Host: here\r'
		assert_output --partial 'family AF_UNIX'
	done
	run httpc --unix "$PWD/none" http://anything/
	assert_failure 7
}

@test "-4 and -6 choose the family" {
	run httpc -4 "http://localhost:$PLAIN_PORT/ok"
	assert_success
	run httpc -6 "$U/ok"
	assert_failure 6
	assert_output --partial 'no IPv6 address'
}

@test "-v shows both addresses, the socket's type and family, and both heads" {
	run httpc -v "$U/ok"
	assert_success
	assert_line --regexp "^\* connected: local address 127\.0\.0\.1:[0-9]+, $(
	    )peer address 127\.0\.0\.1:$PLAIN_PORT, socket type SOCK_STREAM, $(
	    )family AF_INET$"
	assert_line '> GET /ok HTTP/1.1'
	assert_line '< HTTP/1.1 200 OK'
}

# -- Reports --------------------------------------------------------------------------

@test "-w knows what curl knows" {
	run httpc -o /dev/null -w '%{http_code}\t%{size_download}\t%{content_type}\t%{method}\t%{scheme}\t%{remote_ip}:%{remote_port}\t%{exitcode}\t%{http_version}\t%%\n' \
	    "$U/ok"
	assert_success
	assert_output "200	6	text/plain	GET	http	127.0.0.1:$PLAIN_PORT	0	1.1	%"
	run httpc -s -w '%{exitcode} %{errormsg}' "$U/short"
	assert_failure 18
	assert_output --partial '18 the connection ended'
	run httpc -o /dev/null -w '%{time_namelookup} %{time_connect} %{time_starttransfer} %{time_total}' \
	    "$U/ok"
	"$PYTHON" -c 'import sys; t = list(map(float, sys.argv[1:]))
assert len(t) == 4 and t == sorted(t) and t[1] > 0, t' $output
}

@test "-w from a file" {
	printf '%%{http_code}\n%%{method}\\n\n' >format
	run httpc -o /dev/null -w @format "$U/ok"
	assert_success
	assert_output 200GET
	run httpc -o /dev/null -w @- "$U/ok" <format
	assert_output 200GET
	run httpc -w @nothing "$U/ok"
	assert_failure 26
}

@test "--json: an object a transfer, on stdout where the body is elsewhere" {
	run httpc --json -o f "$U/ok"
	assert_success
	run "$PYTHON" -c 'import json, sys
o = json.loads(sys.argv[1])
print(o["http_code"], o["size_download"], o["filename_effective"],
      o["errormsg"], o["url"], o["content_type"], o["exitcode"])' "$output"
	assert_output "200 6 f None $U/ok text/plain 0"
	run --separate-stderr httpc --json "$U/ok"
	assert_output hello
	"$PYTHON" -c 'import json, sys; json.loads(sys.argv[1])' "$stderr"
}

@test "-s says nothing, -S only errors" {
	run httpc -s "$U/empty"
	assert_failure 52
	assert_output ''
	run httpc -sS "$U/empty"
	assert_output --partial '(52)'
}

@test "a progress bar on a terminal, and only there" {
	run "$LIB/fixtures/terminal.py" "$BIN/httpc" -o f "$U/big/3000000" </dev/null
	assert_success
	assert_output --partial $'\rf [####'
	assert_output --partial '100%  2.9M'
	run "$LIB/fixtures/terminal.py" "$BIN/httpc" -s -o f "$U/big/3000000" </dev/null
	assert_output ''
	run "$LIB/fixtures/terminal.py" "$BIN/httpc" "$U/ok" </dev/null
	assert_output $'hello\r'
	run httpc -o f "$U/big/3000000"
	assert_output ''
}

# -- Real servers ------------------------------------------------------------------------

@test "nginx: files, ranges, uploads, errors, as curl has them" {
	need nginx curl
	mkdir -p www/up tmp
	chmod 777 www/up tmp .
	head -c 300000 /dev/urandom >www/file
	cat >conf <<-END
	daemon off; master_process off; pid $PWD/pid; error_log stderr;
	events {}
	http {
		access_log off;
		client_body_temp_path $PWD/tmp/b; proxy_temp_path $PWD/tmp/p;
		fastcgi_temp_path $PWD/tmp/f; uwsgi_temp_path $PWD/tmp/u;
		scgi_temp_path $PWD/tmp/s;
		server {
			listen unix:$PWD/nginx; root $PWD/www;
			location /up/ { dav_methods PUT DELETE; }
			location /from { return 301 /file; }
		}
	}
	END
	nginx -p "$PWD" -c "$PWD/conf" 2>err &
	nginx=$!
	wait_until 10 test -S "$PWD/nginx"
	chmod 777 "$PWD/nginx"
	run httpc --unix "$PWD/nginx" -o got http://n/file
	assert_success
	cmp got www/file
	head -c 100000 www/file >got
	run httpc --unix "$PWD/nginx" -C - -o got -w '%{http_code}' http://n/file
	assert_output 206
	cmp got www/file
	run httpc --unix "$PWD/nginx" -L -o got2 http://n/from
	assert_success
	cmp got2 www/file
	run httpc --unix "$PWD/nginx" -T www/file -w '%{http_code}' http://n/up/a
	assert_output 201
	run httpc --unix "$PWD/nginx" -T - -w '%{http_code}' http://n/up/b <www/file
	assert_output 201
	cmp www/file www/up/b
	run httpc --unix "$PWD/nginx" -X DELETE -w '%{http_code}' http://n/up/a
	assert_output 204
	for path in /none /up/ /file/x; do
		run curl -s --unix-socket "$PWD/nginx" -f -o /dev/null "http://n$path"
		expected=$status
		run httpc -s --unix "$PWD/nginx" -f -o /dev/null "http://n$path"
		assert_equal "$status" "$expected"
	done
	kill "$nginx"
	wait "$nginx" || :
}

@test "our own httpd: one connection, ranges, validators, errors" {
	mkdir www
	chmod 755 . www
	head -c 300000 /dev/urandom >www/file
	echo page >www/index.html
	start_server httpd "$PWD/www"
	run httpc "$HOST" "$PORT" index.html
	assert_success
	assert_line --index 0 $'HTTP/1.1 200 OK\r'
	assert_line page
	run httpc -o got -o /dev/null -w '%{http_code} %{num_connects}\n' \
	    "http://$HOST:$PORT/file" "http://$HOST:$PORT/"
	assert_success
	assert_output $'200 1\n200 0'
	cmp got www/file
	head -c 100000 www/file >got
	run httpc -C - -o got -w '%{http_code} %{size_download}' \
	    "http://$HOST:$PORT/file"
	assert_output '206 200000'
	cmp got www/file
	run httpc -f "http://$HOST:$PORT/none"
	assert_failure 22
	run httpc -I "http://$HOST:$PORT/file"
	assert_line $'Content-Length: 300000\r'
}

@test "Python's http.server, as HTTP/1.0 and without a length" {
	echo page >index.html
	mkdir sub
	coproc "$PYTHON" -u -m http.server --bind 127.0.0.1 0 2>/dev/null
	read -r -t 10 -u "${COPROC[0]}" line
	port=${line#*port }
	run httpc -w '%{http_version}' "127.0.0.1:${port%% *}/" \
	    "127.0.0.1:${port%% *}/sub/"
	kill "$COPROC_PID"
	assert_success
	assert_line --index 0 page
	assert_output --partial 'Directory listing'
}
