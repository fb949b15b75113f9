# bats file_tags=models
# The server in CONTRIBUTING.md must be one: it is taken from there, built as any
# other, and talked to.

load lib/brood

# print VARIABLE - as GNUmakefile has it for this run
print() {
	local flags=()

	[[ ! ${BROOD_ASAN:-} ]] || flags=('SANITIZE=address,undefined')
	make -s --no-print-directory -C "$TOP" "O=${O:-build}" "${flags[@]}" \
	    "print-$1"
}

setup_file() {
	cd "$TOP"
	greetd=$BATS_FILE_TMPDIR/greetd
	sed -n '/^```c$/,/^```$/p' CONTRIBUTING.md | sed '1d;$d' >"$greetd.c"
	# shellcheck disable=SC2046
	eval $(print CC) $(print CPPFLAGS) $(print CFLAGS) -Werror \
	    $(print LDFLAGS) -o "$greetd" "$greetd.c" $(print server_libs)
	start_server "$greetd" --greeting 'Good day'
}

@test "the example of CONTRIBUTING.md greets" {
	run tcp "$HOST" "$PORT" 'Ann\nBob\n' @shut
	assert_success
	assert_output $'Good day, Ann\nGood day, Bob'
	run tcp --silence 1 "$HOST" "$PORT" 'Cid'
	assert_success
	assert_output 'Good day, Cid'
}

@test "its layout is what this project asks for" {
	cp "$TOP/.clang-format" "$BATS_FILE_TMPDIR"
	cd "$BATS_FILE_TMPDIR"
	run "$TOP/scripts/layout" greetd.c
	assert_success
}
