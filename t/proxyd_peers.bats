#!/usr/bin/env bats
# proxyd between programs that others wrote: nginx as an origin, curl and headless
# Chromium as clients; binary files compared byte by byte.

load lib/brood

bats_require_minimum_version 1.5.0

setup_file() {
	need nginx
	W=$BATS_FILE_TMPDIR/www
	mkdir -p "$W/tmp"
	cp "$TOP"/htdocs/* "$W" 2>/dev/null || :
	head -c 3000000 /dev/urandom >"$W/large.bin"
	head -c 70000 "$BIN/proxyd" >"$W/program"
	seq 100000 >"$W/text.txt"
	chmod -R go+rX "$W"
	cat >"$W/../nginx.conf" <<-END
	worker_processes 1; daemon off; pid $W/../nginx.pid;
	error_log stderr error;
	events { }
	http {
		access_log $W/../nginx.access;
		client_body_temp_path $W/tmp/1; proxy_temp_path $W/tmp/2;
		fastcgi_temp_path $W/tmp/3; uwsgi_temp_path $W/tmp/4;
		scgi_temp_path $W/tmp/5;
		types { text/html html; text/plain txt; text/css css;
			image/png png; image/svg+xml svg; }
		server {
			listen unix:$W/../nginx;
			listen 127.0.0.1:@PORT@;
			root $W; gzip on; gzip_vary on; gzip_proxied any;
			gzip_types text/plain;
			expires 1h;
		}
	}
	END
	start_nginx
	start_server proxyd --cache "$BATS_FILE_TMPDIR/cache"
	export W PROXY=$HOST:$PORT LOG=$SERVER_LOG NGINX ORIGIN
}

teardown_file() {
	[[ ! ${NGINX:-} ]] || kill "$NGINX" || :
	stop_servers
}

# start_nginx - on a free port; another process may take it first, so twice
start_nginx() {
	local port try

	for try in 1 2 3; do
		port=$("$PYTHON" -S -c 'import socket
print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
		sed "s/@PORT@/$port/" "$W/../nginx.conf" >"$W/../conf"
		rm -f "$W/../nginx"
		nginx -p "$W/.." -c "$W/../conf" 2>"$W/../err" 3>&- &
		NGINX=$!
		if wait_until 10 tcp 127.0.0.1 "$port" \
		    'GET / HTTP/1.0\r\n\r\n'; then
			ORIGIN=127.0.0.1:$port
			return 0
		fi
	done
	cat "$W/../err"
	return 1
}

get() {
	curl -sS --noproxy '' --max-time "$((20 * SLOW))" -x "http://$PROXY" \
	    "$@"
}

@test "nginx's files come byte for byte, from it and from the store" {
	local f i

	for f in large.bin program brood.png favicon.svg text.txt; do
		[[ -e $W/$f ]] || continue
		for i in 1 2 3; do
			get -o "$BATS_TEST_TMPDIR/got" "http://$ORIGIN/$f"
			cmp "$BATS_TEST_TMPDIR/got" "$W/$f"
		done
	done
	run grep -c 'GET /large.bin' "$BATS_FILE_TMPDIR/nginx.access"
	assert_output 1
}

@test "nginx's ranges, conditions and compressed variants" {
	local etag

	get -o /dev/null "http://$ORIGIN/large.bin"
	get -o "$BATS_TEST_TMPDIR/part" -r 1000000-1999999 \
	    "http://$ORIGIN/large.bin"
	cmp "$BATS_TEST_TMPDIR/part" \
	    <(tail -c +1000001 "$W/large.bin" | head -c 1000000)
	etag=$(get -I "http://$ORIGIN/large.bin" | tr -d '\r' |
	    sed -n 's/^ETag: //p')
	run -0 get -o /dev/null -w '%{http_code}' -H "If-None-Match: $etag" \
	    "http://$ORIGIN/large.bin"
	assert_output 304
	for _ in 1 2; do
		get --compressed -o "$BATS_TEST_TMPDIR/text" \
		    "http://$ORIGIN/text.txt"
		cmp "$BATS_TEST_TMPDIR/text" "$W/text.txt"
		get -o "$BATS_TEST_TMPDIR/text" "http://$ORIGIN/text.txt"
		cmp "$BATS_TEST_TMPDIR/text" "$W/text.txt"
	done
	run -0 get -H 'Accept-Encoding: gzip' -o "$BATS_TEST_TMPDIR/gz" \
	    -w '%{size_download}' "http://$ORIGIN/text.txt"
	((output < 400000))
	gzip -dc <"$BATS_TEST_TMPDIR/gz" | cmp - "$W/text.txt"
}

@test "a browser with its proxy set sees the page, its picture and its script" {
	need chromium
	cat >"$W/browse.html" <<-'END'
	<!DOCTYPE html><meta charset="utf-8"><title>test</title>
	<img id="i" src="brood.png"><p id="out">nothing yet</p>
	<script>
	onload = async () => {
		let said = ["image " + (i.naturalWidth > 100)];
		let a = await fetch("large.bin");
		let b = await a.arrayBuffer();
		let d = await crypto.subtle?.digest("SHA-256", b);
		said.push("bytes " + b.byteLength);
		let c = await fetch("none");
		said.push("missing " + c.status);
		out.textContent = said.join("; ");
	};
	</script>
	END
	chmod go+r "$W/browse.html"
	run timeout $((40 * SLOW)) chromium --headless --no-sandbox \
	    --disable-gpu --disable-quic --no-first-run \
	    --disable-background-networking --disable-component-update \
	    --disable-sync --disable-dev-shm-usage --dump-dom \
	    --user-data-dir="$BATS_TEST_TMPDIR/profile" \
	    --proxy-server="http://$PROXY" --proxy-bypass-list='<-loopback>' \
	    --virtual-time-budget=8000 "http://$ORIGIN/browse.html"
	assert_success
	assert_output --partial 'image true; bytes 3000000; missing 404'
	run grep -c 'GET /browse.html' "$BATS_FILE_TMPDIR/nginx.access"
	assert_output 1
}
