# shellcheck shell=bash
#
# What the tests of urlget share.  Loaded by them beside brood.

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p in
	cd in || return
}

urlget() {
	client urlget "$@"
}

# holds NAME TEXT - the file has just this text in it
holds() {
	[[ $(<"$1") == "$2" ]] || { echo "$1: '$(<"$1")'"; return 1; }
}

# only NAME... - what there is in the folder
only() {
	assert_equal "$(find . -mindepth 1 | sort | xargs)" "$*"
}
