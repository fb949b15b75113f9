# urlget's --resume: what is got of a page that was cut, against servers that do
# as their paths say (t/lib/fixtures/origin.py) and httpd.

load lib/brood
load lib/urlget
bats_require_minimum_version 1.5.0

setup_file() {
	start_server "$LIB/fixtures/origin.py"
	export U=http://127.0.0.1:$PORT no_proxy='*'
}

# cut_at_4 ETAG - x.part has the first four of ten bytes
cut_at_4() {
	run urlget -o x "$U/digitscut/$1"
	assert_failure 18
	assert_output --partial '(18)'
	assert [ ! -e x ]
	holds x.part 0123
}

# attributes - whether files have them here
attributes() {
	touch probe
	"$PYTHON" -c 'import os
os.setxattr("probe", "user.brood", b"1")' 2>/dev/null || return
	rm probe
}

@test "--resume asks for the rest only" {
	cut_at_4 one
	run urlget -C -o x "$U/digits/one"
	assert_success
	assert_line 'Status: 206 Partial Content'
	assert_line 'Size: 10 bytes'
	holds x 0123456789
	only ./x
	attributes || return 0
	run "$PYTHON" -c 'import os; print(os.listxattr("x"))'
	assert_output '[]'
}

@test "--resume of a page that has changed begins anew" {
	attributes || skip 'files have no attributes here'
	cut_at_4 one
	printf 'abcd' >x.part
	run urlget -C -o x "$U/digits/two"
	assert_success
	assert_line 'Status: 200 OK'
	holds x 0123456789
}

@test "--resume: all of it was there" {
	attributes || skip 'files have no attributes here'
	cut_at_4 one
	printf 456789 >>x.part
	run urlget -C -o x "$U/digits/one"
	assert_success
	assert_line 'Size: 10 bytes'
	holds x 0123456789
	# more than there is: from the start
	cut_at_4_again
	run urlget -C --overwrite -o x "$U/digits/one"
	assert_success
	holds x 0123456789
}

cut_at_4_again() {
	run urlget --overwrite -o x "$U/digitscut/one"
	printf 456789abcdef >>x.part
}

@test "--resume of what is not cut, and with servers that know no parts" {
	run urlget -C "$U/ok"
	assert_success
	holds ok hello
	for page in noranges otherrange; do
		printf 0123 >x.part
		run urlget -C -o x "$U/$page"
		[[ $page == otherrange ]] || assert_success
		[[ $page == noranges ]] || assert_failure 33
		rm -f x x.part
	done
}

@test "--resume: a part that does not reach the end is not all of it" {
	printf 0123 >x.part
	run urlget -C -o x "$U/halfrange"
	assert_failure 18
	assert_output --partial '6 of 10 bytes'
	[[ ! -e x && $(<x.part) == 012345 ]]
}

@test "--resume from httpd, whatever the size of what is there" {
	head -c 300000 /dev/urandom >../whole
	cp ../whole ../page.bin
	chmod -R a+rX ..
	start_server httpd "$BATS_TEST_TMPDIR"
	for n in 1 4096 299999 300000; do
		head -c "$n" ../whole >page.bin.part
		run urlget -C --overwrite "http://$HOST:$PORT/page.bin"
		assert_success
		assert_line 'Size: 300000 bytes'
		cmp page.bin ../whole
	done
	# without validators a page that is newer than the part is got anew
	printf 'old' >page.bin.part
	touch -d '2001-01-01' page.bin.part
	run urlget -C --overwrite "http://$HOST:$PORT/page.bin"
	assert_success
	cmp page.bin ../whole
}

@test "--resume: a page that proves too large takes nothing away" {
	cut_at_4 one
	run urlget -C --max-size 9 -o x "$U/digits/one"
	assert_failure 63
	holds x.part 0123
	run urlget -C -o x "$U/digits/one"
	assert_success
	holds x 0123456789
}
