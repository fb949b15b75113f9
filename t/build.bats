# bats file_tags=no-valgrind,no-asan
# GNUmakefile, tried on a tree of small programs.

load lib/brood

setup() {
	TREE=$BATS_TEST_TMPDIR/tree
	mkdir -p "$TREE"/{shared/{base,serve},servers/big,clients,t/unit,htdocs}
	cp "$TOP/GNUmakefile" "$TREE"
	cd "$TREE"
	echo 'int base_value(void);' >shared/base/value.h
	cat >shared/base/value.c <<'EOF'
#include "base/value.h"
int base_value(void) { return 3; }
EOF
	echo 'int serve_value(void); int serve_value(void) { return 4; }' \
	    >shared/serve/serve.c
	cat >servers/smalld.c <<'EOF'
#include <stdio.h>
#include "base/value.h"
int serve_value(void);
int main(void) { printf("%d %d\n", base_value(), serve_value()); return 0; }
EOF
	echo 'int part(void); int main(void) { return part(); }' \
	    >servers/big/big.c
	echo 'int part(void); int part(void) { return 0; }' >servers/big/part.c
	echo 'int main(void) { return 0; }' >clients/smallc.c
	touch servers/smalld.8 clients/smallc.1 shared/serve/all.7 \
	    htdocs/index.html
	unset MAKEFLAGS MAKELEVEL MFLAGS O WERROR
}

@test "every program is found, built in parallel, and linked in bin" {
	run make -j4
	assert_success
	run bin/smalld
	assert_output '3 4'
	bin/smallc
	bin/big
	assert_equal "$(readlink bin/big)" ../servers/big/big
}

@test "a second make does nothing" {
	make -j4
	run make
	assert_success
	assert_output --partial "Nothing to be done for 'all'"
}

@test "a header, a flag, a new and a removed source are noticed" {
	make -j4
	touch -d 'next minute' shared/base/value.h
	run make
	assert_output --partial 'CC      shared/base/value.c'
	assert_output --partial 'CC      servers/smalld.c'
	refute_output --partial servers/big/big.c
	touch shared/base/value.h
	make
	run make WERROR=1
	assert_output --partial 'CC      servers/big/part.c'
	make
	sed 's/part/more/g' servers/big/part.c >servers/big/more.c
	run make
	assert_output --partial 'LD      servers/big/big'
	rm servers/big/more.c
	run make
	assert_output --partial 'LD      servers/big/big'
	refute_output --partial more
}

@test "a warning is an error only with WERROR=1" {
	echo 'int unused(int x); int unused(int x) { int y; return x; }' \
	    >shared/base/unused.c
	run make
	assert_success
	assert_output --partial 'unused variable'
	run make WERROR=1
	assert_failure
}

@test "programs are hardened" {
	make -j4
	run readelf -ldW bin/smalld
	assert_output --partial 'DYN (Position-Independent'
	assert_output --partial GNU_RELRO
	assert_output --partial 'BIND_NOW'
	refute_output --regexp 'GNU_STACK .* RWE'
}

@test "SANITIZE and O leave the normal programs alone" {
	make -j4
	run make -j4 SANITIZE=address,undefined
	assert_success
	run build/asan/bin/smalld
	assert_output '3 4'
	run make -j4 "O=$BATS_TEST_TMPDIR/out"
	assert_success
	"$BATS_TEST_TMPDIR/out/bin/big"
	run make
	assert_output --partial 'Nothing to be done'
}

@test "install and uninstall, with a prefix for the programs" {
	where="$BATS_TEST_TMPDIR/dest"
	run make install "DESTDIR=$where" PREFIX=/opt PROGRAM_PREFIX=b-
	assert_success
	run bash -c "cd '$where' && find . -type f | sort"
	assert_output - <<'EOF'
./opt/bin/b-smallc
./opt/sbin/b-big
./opt/sbin/b-smalld
./opt/share/brood/htdocs/index.html
./opt/share/man/man1/b-smallc.1
./opt/share/man/man7/all.7
./opt/share/man/man8/b-smalld.8
EOF
	run "$where/opt/sbin/b-smalld"
	assert_output '3 4'
	run make uninstall "DESTDIR=$where" PREFIX=/opt PROGRAM_PREFIX=b-
	assert_success
	run find "$where" -type f
	assert_output ''
}

@test "dist holds what is committed, under its version" {
	need git
	git init -q .
	git add GNUmakefile shared servers clients
	git -c user.name=x -c user.email=x@example.org commit -qm x
	run make dist
	assert_success
	tarball=(dist/brood-*.tar.gz)
	run tar -tzf "${tarball[0]}"
	assert_line --regexp '^brood-[0-9.]+/servers/smalld.c$'
	refute_line --partial /build/
}

@test "clean leaves only sources; help names the targets" {
	make -j4
	run make clean
	assert_success
	[[ ! -e build && ! -e bin && ! -e servers/smalld &&
	    ! -e servers/big/big && -e servers/smalld.8 ]]
	run make help
	for target in all check check-valgrind check-asan lint bench install \
	    uninstall dist clean help; do
		assert_line --regexp "^  $target "
	done
	[[ ! -e build ]]
}
