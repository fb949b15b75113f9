# bats file_tags=long
# urlget: names, files and exit statuses, against httpd and against
# servers that do as their paths say (t/lib/fixtures/origin.py).

load lib/brood
load lib/urlget
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
	cd "$BATS_FILE_TMPDIR" || return
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem \
	    -days 30 -subj '/CN=Brood test authority' 2>/dev/null
	certificate good 'DNS:localhost,IP:127.0.0.1'
	certificate other 'DNS:other.example'
	export CA=$PWD/ca.pem
	start_server "$LIB/fixtures/origin.py" --tls good.pem good.key
	export S=https://127.0.0.1:$PORT
	start_server "$LIB/fixtures/origin.py" --tls other.pem other.key
	export OTHER=https://127.0.0.1:$PORT
	start_server "$LIB/fixtures/origin.py"
	export U=http://127.0.0.1:$PORT ORIGIN_LOG=$SERVER_LOG
	FREE=$("$PYTHON" -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	export FREE no_proxy='*'
}

# -- What is printed, and under which name it is stored -----------------------

@test "a bare host without a scheme, from httpd" {
	start_server httpd "$TOP/htdocs"
	run urlget "127.0.0.1:$PORT"
	assert_success
	assert_line --index 0 "Asked: http://127.0.0.1:$PORT/"
	assert_line --index 1 "URL: http://127.0.0.1:$PORT/"
	assert_line --index 2 'Status: 200 OK'
	assert_line --index 3 --regexp '^Type: text/html'
	assert_line --index 4 'Name: 127.0.0.1.html'
	assert_line --index 5 \
	    "Size: $(wc -c <"$TOP/htdocs/index.html") bytes"
	assert_line --index 6 "Folder: $PWD"
	cmp 127.0.0.1.html "$TOP/htdocs/index.html"
	run urlget "http://localhost:$PORT/helloWorld.html"
	assert_success
	assert_line 'Name: helloWorld.html'
	cmp helloWorld.html "$TOP/htdocs/helloWorld.html"
	only ./127.0.0.1.html ./helloWorld.html
}

@test "names come from the path, and lead nowhere" {
	urls=() names=()
	for pair in a/b=b a/b2/=b2.html 'a%20b?q=1=a b' '%2e%2e%2fetc=_._etc' \
	    ..%2f..%2fup=_._.._up .hidden=_hidden -rf=_rf; do
		urls+=("$U/echo/${pair%=*}")
		names+=("${pair##*=}")
	done
	run urlget "${urls[@]}"
	assert_success
	for name in "${names[@]}"; do
		assert_line "Name: $name"
		assert [ -s "$name" ]
	done
	assert_equal "$(find . -type f | wc -l)" "${#names[@]}"
	run ls -A ..
	refute_output --partial up
	run urlget "$U/echo/a%0a%1b%5b31m"
	assert_success
	assert_line 'Name: a__[31m'
}

@test "without a URL it asks for one" {
	run urlget <<<"  $U/ok  "
	assert_success
	assert_line --index 0 'URL: '
	assert_line --index 1 "Asked: $U/ok"
	holds ok hello
	run urlget </dev/null
	assert_failure 3
	run urlget <<<''
	assert_failure 3
	run --separate-stderr urlget --json <<<"$U/to/302//chunked"
	assert_success
	assert_regex "$stderr" '^URL:'
}

@test "--json" {
	run urlget --json "$U/to/302//ok"
	assert_success
	assert_output '{"asked":"'"$U"'/to/302//ok","url":"'"$U"'/ok","status":200,"reason":"OK","type":"text/plain","name":"ok","size":6,"folder":"'"$PWD"'","exit":0,"error":null}'
	run --separate-stderr urlget --json "$U/code/404"
	assert_failure 22
	assert_output --partial '"status":404,"reason":"Said so","type":null,"name":null,"size":0,"folder":null,"exit":22,"error":"the server says 404 Said so"}'
}

@test "redirects: the URL at the end, the name of the one that was asked" {
	run urlget "$U/to/302//echo/evil.sh?x/page.html"
	assert_success
	assert_line "Asked: $U/to/302//echo/evil.sh?x/page.html"
	assert_line --regexp "^URL: $U/echo/evil.sh"
	assert_line 'Name: evil.sh'
	run urlget -o x "$U/to/302/file:///etc/passwd"
	assert_failure 1
	run urlget -o x --max-redirs 3 "$U/to/302//to/302//to/302//to/302//ok"
	assert_failure 47
	only ./evil.sh
}

@test "-o, -P and -o -" {
	mkdir sub
	run urlget -o there "$U/ok"
	assert_success
	holds there hello
	run urlget -o sub/there "$U/ok"
	assert_success
	assert_line "Folder: $PWD/sub"
	run urlget -P sub "$U/ok"
	assert_success
	holds sub/ok hello
	run --separate-stderr urlget -o - "$U/ok"
	assert_success
	assert_output hello
	assert_regex "$stderr" $'Status: 200 OK\n.*Size: 6 bytes'
	run urlget -o nowhere/x "$U/ok"
	assert_failure 23
	assert_output --partial 'nowhere: No such file'
	run urlget -o sub "$U/ok"
	assert_failure 23
	assert_output --partial 'sub: Is a directory'
}

@test "http:// is put before all that has no scheme of its own" {
	run urlget "${U#http://}/ok?u=http://other.example/"
	assert_success
	assert_line "URL: $U/ok?u=http://other.example/"
	run urlget "http:/127.0.0.1:$FREE/"
	assert_failure 7
}

@test "several URLs; the last error is the status" {
	run urlget "$U/ok" "$U/code/404" "$U/chunked"
	assert_failure 22
	holds ok hello
	assert_equal "$(<chunked)" 'hello world'
	run urlget -o one "$U/ok" "$U/ok"
	assert_failure 2
}

@test "a password in a URL is used and not shown" {
	run urlget "${U/:\/\//:\/\/me:secret@}/echo"
	assert_success
	refute_output --partial secret
	run grep -c "Authorization: Basic $(printf me:secret | base64)" echo
	assert_output 1
}

@test "what a server says is shown without its control characters" {
	run urlget "$U/escape"
	assert_success
	assert_line 'Status: 200 \x1b[31mOK'
}

# -- Files ----------------------------------------------------------------------

@test "a file that is there stays, unless --overwrite" {
	echo mine >ok
	run urlget "$U/ok"
	assert_failure 23
	assert_output --partial 'ok is there already; --overwrite replaces it'
	holds ok mine
	run urlget -o ok "$U/ok"
	assert_failure 23
	holds ok mine
	run urlget --overwrite "$U/ok"
	assert_success
	holds ok hello
	# not even when the new page cannot be had
	run urlget --overwrite -o ok "$U/short"
	assert_failure 18
	holds ok hello
	only ./ok ./ok.part
}

@test "-o: a device or a pipe is written to, and none is replaced" {
	mkfifo pipe ok
	cat pipe >came &
	run urlget --overwrite -o pipe "$U/ok"
	assert_success
	assert_line 'Name: pipe'
	wait $!
	holds came hello
	[[ -p pipe ]]
	run urlget -o /dev/null "$U/ok"
	assert_success
	assert_line 'Folder: /dev'
	run urlget --overwrite "$U/ok"
	assert_failure 23
	assert_output --partial 'ok is there already, and is no file'
	[[ -p ok ]]
	if [[ -w /dev/full ]]; then
		run urlget -o /dev/full "$U/ok"
		assert_failure 23
		assert_output --partial 'full: No space left'
	fi
	only ./came ./ok ./pipe
}

@test "links are not followed, neither at the name nor at its .part" {
	echo theirs >../theirs
	ln -s ../theirs ok
	run urlget "$U/ok"
	assert_failure 23
	run urlget --overwrite "$U/ok"
	assert_success
	assert [ ! -L ok ]
	ln -s ../theirs chunked.part
	run urlget "$U/chunked"
	assert_failure 23
	holds ../theirs theirs
}

@test "an empty page is an empty file; modes are as umask says" {
	(umask 027 && urlget "$U/nocontent" >out)
	assert [ -e nocontent -a ! -s nocontent ]
	assert_equal "$(stat -c %a nocontent)" 640
	run cat out
	assert_line 'Size: 0 bytes'
	assert_line 'Status: 204 No Content'
}

@test "killed at any moment: nothing at the name, and --resume finishes it" {
	"$BIN/urlget" -o x "$U/stall" >out 2>&1 3>&- &
	wait_for_file x.part
	kill9 "$!"
	wait_for_exit "$!"
	assert [ ! -e x ]
	holds x.part hello
	# the origin knows of no part there: all of it anew
	run urlget -C -o x "$U/chunked"
	assert_success
	assert_equal "$(<x)" 'hello world'
	assert [ ! -e x.part ]
}

@test "two at once do not write into one file" {
	"$BIN/urlget" -o x "$U/stall" >out 2>&1 3>&- &
	wait_for_file x.part
	run urlget -o x "$U/ok"
	assert_failure 23
	assert_output --partial 'x.part is being written by somebody else'
	kill "$!"
	wait_for_exit "$!"
}

# -- What goes wrong --------------------------------------------------------------

@test "exit statuses are curl's" {
	while read -r expected url; do
		run urlget -o x $url
		assert_equal "$status $url" "$expected $url"
		assert [ ! -e x ]
		rm -f x.part
	done <<-EOF
	1 ftp://127.0.0.1/x
	1 file:///etc/passwd
	3 http://
	3 http://127.0.0.1:99999/
	3 mailto:someone
	6 http://no-such-host.invalid/
	7 http://127.0.0.1:$FREE/
	18 $U/short
	18 $U/chunkedcut
	22 $U/code/404
	22 $U/code/500
	28 -m 200ms $U/silent
	28 -m 200ms $U/stall
	33 $U/otherrange
	47 --max-redirs 0 $U/to/302//ok
	52 $U/empty
	56 $U/reset
	EOF
}

@test "the type is the answer's, not that of an interim one" {
	run urlget "$U/hinted"
	assert_success
	assert_line 'Type: unknown'
}

@test "a page with an error status is not stored, and told" {
	run urlget "$U/code/404"
	assert_failure 22
	assert_line "URL: $U/code/404"
	assert_line 'Status: 404 Said so'
	assert_line 'urlget: (22) the server says 404 Said so'
	only ''
}

@test "--max-size: announced or not, nothing of it stays" {
	run urlget --max-size 9 "$U/big/10"
	assert_failure 63
	run urlget --max-size 9 "$U/chunked"
	assert_failure 63
	only ''
	run urlget --max-size 10 "$U/big/10"
	assert_success
	run urlget -C --max-size 9 -o x "$U/digits/one"
	assert_failure 63
}

@test "a disk that is full: 23, and nothing at the name" {
	run sh -c "'$BIN/urlget' -o - '$U/ok' >/dev/full"
	assert_failure 23
	assert_output --partial 'standard output: No space'
	[[ $(id -u) == 0 ]] && unshare -m true 2>/dev/null || return 0
	mkdir small
	run unshare -m sh -c "mount -t tmpfs -o size=64k none small &&
	    '$BIN/urlget' -P small '$U/big/1000000'; s=\$?; ls small; exit \$s"
	assert_failure 23
	assert_output --partial 'No space left'
	refute_line 1000000
}

@test "usage" {
	for args in '--nonsense' '-4 -6 http://x' '-o a/ http://x' \
	    '-o - -C http://x' '-P d -o e/f http://x' '--max-size x http://x'; do
		run urlget $args
		assert_failure 2
	done
	run urlget --help
	assert_success
	assert_line 'usage: urlget [options] [URL...]'
}

# -- TLS --------------------------------------------------------------------------

@test "https is verified" {
	run urlget --cacert "$CA" "$S/ok"
	assert_success
	assert_line "URL: $S/ok"
	holds ok hello
	run urlget "$S/echo"
	assert_failure 60
	run urlget --cacert "$CA" "$OTHER/echo"
	assert_failure 60
	run urlget --cacert /nowhere "$S/echo"
	assert_failure 77
	run urlget "https://127.0.0.1:${U##*:}/echo"
	assert_failure 35
	only ./ok
	run urlget -k "$OTHER/echo"
	assert_success
}

# -- Progress -----------------------------------------------------------------------

@test "a progress bar on a terminal, and none elsewhere" {
	run --separate-stderr urlget "$U/big/3000000"
	assert_success
	assert_equal "$stderr" ''
	run "$PYTHON" "$LIB/fixtures/terminal.py" "$BIN/urlget" --overwrite \
	    "$U/big/3000000"
	assert_success
	assert_output --partial '100%'
	run "$PYTHON" "$LIB/fixtures/terminal.py" "$BIN/urlget" --overwrite \
	    -s "$U/big/3000000"
	refute_output --partial '%'
}
