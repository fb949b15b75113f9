# Options of httpd that are wrong: what it says, and with which status it ends,
# before anything is served.

load lib/brood

setup_file() {
	export W=$BATS_FILE_TMPDIR/www
	mkdir -p "$W"
	echo x >"$W/index.html"
}

# httpd_check ARG... - only validate
httpd_check() {
	run client httpd --check "$@"
}

# usage ARG... - refused with status 2 and one line that names the option, the
# last ARG's value and what is allowed
usage() {
	local value=${*: -1}

	httpd_check "${@:1:$#-1}" "$value" "$W"
	assert_failure 2
	assert_line --index 0 --partial -- "$1"
	if [[ $value && ${#value} -lt 100 && $value != *[[:cntrl:]]* ]]; then
		assert_line --index 0 --partial -- "$value"
	fi
}

@test "good options are good" {
	echo "alice:$(openssl passwd -5 x)" >"$BATS_TEST_TMPDIR/passwd"
	httpd_check --index a --index b --listing --single-page --charset '' \
	    --header 'A: b' --header '*.css:A:' --redirect /a=/b \
	    --redirect '308:/a*=https://x/*' --error-page 404=/x --dot-files \
	    --vhost a.example="$W" --vhost "*.b=$W" --vhost "[::1]=$W" \
	    --auth-file "$BATS_TEST_TMPDIR/passwd" --auth-realm 'ü "x"' \
	    --cache-size 0 --access-log off --log-format json \
	    --trust-forwarded 127.0.0.1 --trust-forwarded 2001:db8::/32 \
	    --forwarded-field forwarded --server-status --status-allow 10.0.0.0/8 \
	    --max-body 10M --max-head 4k --keepalive-requests 0 \
	    --body-timeout 500ms --follow-links none --no-precompressed \
	    --types /dev/null --bridge '/c=tcp:127.0.0.1:12004' \
	    --bridge '/n=tcp:127.0.0.1:5900,proxy,binary' \
	    --bridge '/r=udp:[::1]:12005' --bridge-origin https://a.example \
	    --bridge-origin '*' --bridge-connections 0 --bridge-message 1M \
	    --bridge-memory 0 --bridge-ping 0 "$W"
	assert_success
}

@test "bad values: the option, the value, what is allowed, status 2" {
	usage --index ''
	usage --index a/b
	usage --error-page 404
	usage --error-page 200=/x
	usage --error-page 404=x
	usage --error-page 4040=/x
	usage --header nonsense
	usage --header ': x'
	usage --header 'A B: c'
	usage --header $'A: b\r\nC: d'
	usage --header 'Content-Length: 3'
	usage --header 'transfer-encoding: chunked'
	usage --header '/x'
	usage --redirect nonsense
	usage --redirect 200:/a=/b
	usage --redirect /a=
	usage --redirect $'/a=/b\r\nX: y'
	usage --redirect '/a=/b c'
	usage --redirect '/*=https://example.org*'
	usage --redirect '/*=//example.org*'
	usage --vhost nonsense
	usage --vhost "a.example="
	usage --vhost "=$W"
	usage --vhost "a b=$W"
	usage --vhost "a.*=$W"
	usage --vhost "*.=$W"
	usage --charset 'a b'
	usage --follow-links some
	usage --log-format apache
	usage --trust-forwarded nonsense
	usage --trust-forwarded 10.0.0.0/33
	usage --status-allow 10.0.0.300
	usage --forwarded-field x
	usage --cache-size lots
	usage --bridge /x
	usage --bridge x=tcp:127.0.0.1:1
	usage --bridge /x=sctp:127.0.0.1:1
	usage --bridge /x=tcp:
	usage --bridge /x=tcp:127.0.0.1:1,lines
	usage --bridge /x=udp:127.0.0.1:1,proxy
	usage --bridge /x=tcp:127.0.0.1:1 --bridge /x=udp:127.0.0.1:2
	usage --bridge-origin example.org
	usage --bridge-origin https://example.org/
	usage --bridge-message 10
	usage --max-body -1
	usage --max-head 10
	usage --max-head 1M
	usage --keepalive-requests x
	usage --body-timeout 5parsecs
	usage --auth-realm $'a\nb'
	usage --auth-realm "$(printf '%0300d' 0)"
}

@test "options that only fail together: status 2" {
	local args=()

	for i in {1..5}; do
		args+=(--header "X-$i: $(printf '%02000d' 0)")
	done
	httpd_check "${args[@]}" "$W"
	assert_failure 2
	assert_line --index 0 --partial -- --header
	httpd_check --vhost "a.example=$W" --vhost "A.example=$W" "$W"
	assert_failure 2
	assert_line --index 0 --partial a.example
}

@test "no folder, or two: status 2" {
	httpd_check
	assert_failure 2
	httpd_check "$W" "$W"
	assert_failure 2
}

# fails WHAT ARG... - status 1, and one line that names WHAT and says why
fails() {
	httpd_check "${@:2}"
	assert_failure 1
	assert_equal "${#lines[@]}" 1
	assert_line --index 0 --partial -- "$1"
}

@test "what is missing or may not be read: one line, status 1" {
	echo 'alice:secret' >"$BATS_TEST_TMPDIR/passwd"
	fails /nowhere /nowhere
	assert_line --index 0 --partial 'No such file or directory'
	fails index.html "$W/index.html"
	assert_line --index 0 --partial 'Not a directory'
	fails /nowhere --vhost a=/nowhere "$W"
	fails /nowhere --auth-file /nowhere "$W"
	fails 'passwd: line 1' --auth-file "$BATS_TEST_TMPDIR/passwd" "$W"
	refute_output --partial secret
	fails /nowhere --types /nowhere "$W"
	fails /nowhere --access-log /nowhere/log "$W"
	fails "$W" --access-log "$W" "$W"
	fails /nowhere --tls-cert /nowhere --tls-key /nowhere "$W"
}

@test "a port in use: one line, status 1, nothing forked" {
	start_server httpd "$W"
	port=$PORT
	spawn_server httpd --listen "127.0.0.1:$port" "$W"
	wait_server
	assert_equal "$SERVER_STATUS" 1
	run cat "$SERVER_LOG"
	assert_equal "${#lines[@]}" 1
	assert_output --partial "127.0.0.1:$port"
	assert_output --partial 'in use'
}

@test "a configuration file: the same options, and errors with their line" {
	cat >"$BATS_TEST_TMPDIR/conf" <<-END
	# a comment
	listing
	header *.css:X-Test: yes
	redirect 301:/blog/*=/news/*
	error-page 404=/404.html
	END
	httpd_check -f "$BATS_TEST_TMPDIR/conf" "$W"
	assert_success
	echo 'redirect nonsense' >>"$BATS_TEST_TMPDIR/conf"
	httpd_check -f "$BATS_TEST_TMPDIR/conf" "$W"
	assert_failure 2
	assert_line --index 0 --partial conf
	assert_line --index 0 --partial 6
	assert_line --index 0 --partial nonsense
}

@test "--help names every option of the manual, and the manual every option" {
	run client httpd --help
	assert_success
	help=$output
	page=$TOP/servers/httpd/httpd.8
	for option in $(sed -n 's/^.It Fl -\([a-z-]*\).*/\1/p' "$page"); do
		grep -qE -- "--(\[no-\])?${option#no-}" <<<"$help" ||
		    fail "no --$option in --help"
	done
	for option in $(sed -n '/^httpd:/,/^Common/s/^ *--\(\[no-\]\)\?\([a-z-]*\).*/\2/p' <<<"$help"); do
		grep -qE -- "^.It Fl -(no-)?$option" "$page" ||
		    fail "no --$option in the manual"
	done
}
