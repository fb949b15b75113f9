# bats file_tags=no-valgrind,no-asan
# What holds the code's layout and layers must notice when they slip.

load lib/brood

setup() {
	SRC=$BATS_TEST_TMPDIR/tree
	mkdir -p "$SRC"/{shared/{base,net,http,serve},clients,servers,t/unit}
	cp "$TOP/.clang-format" "$SRC"
	echo '/* A header. */' >"$SRC/shared/serve/serve.h"
}

# source_file NAME - from standard input, behind the opening comment
source_file() {
	{ echo '/* A file. */'; cat; } >"$SRC/$1"
}

@test "layers: what is right passes" {
	source_file shared/net/addr.c <<'EOF'
#include <sys/socket.h>
#include "base/log.h"
EOF
	run "$TOP/scripts/layers" "$SRC"
	assert_success
	assert_output ''
}

@test "layers: a room that knows one above it" {
	source_file shared/base/log.c <<<'#include "net/addr.h"'
	run "$TOP/scripts/layers" "$SRC"
	assert_failure
	assert_output --partial 'base/ must not know net/addr.h'
}

@test "layers: a parser that could read or write" {
	source_file shared/http/uri.c <<<'#include <sys/socket.h>'
	run "$TOP/scripts/layers" "$SRC"
	assert_failure
	assert_output --partial 'includes <sys/socket.h>'
}

@test "layers: a client that knows serve" {
	source_file clients/echoc.c <<<'#include "serve/serve.h"'
	run "$TOP/scripts/layers" "$SRC"
	assert_failure
	assert_output --partial 'clients/echoc.c:2: a client includes'
}

@test "layers: long functions, long files, a long main" {
	{
		printf 'int\nmain(void)\n{\n'
		printf '\tx();\n%.0s' {1..30}
		printf '}\n\nint\nfoo(void)\n{\n'
		printf '\tx();\n%.0s' {1..60}
		printf '}\n'
		printf '\n%.0s' {1..420}
	} | source_file servers/x.c
	run "$TOP/scripts/layers" "$SRC"
	assert_failure
	assert_output --partial 'main has 30 lines'
	assert_output --partial 'foo has 62 lines'
	assert_output --partial 'at most 500'
}

@test "layers: a test that sleeps" {
	pause="sleep"
	printf '@test "x" {\n\tfoo && %s 1\n}\n' $pause >"$SRC/t/x.bats"
	run "$TOP/scripts/layers" "$SRC"
	assert_failure
	assert_output --partial 't/x.bats:2: sleeps'
}

@test "layout: kernel normal form passes, also lined up with tabs" {
	source_file shared/base/x.c <<'EOF'
#define ONE	1	/* one */

struct x {
	int	 a;		/* first */
	char	*b;
};

static int
foo(const char *text, int number)
{
	struct x x = { .a = 1, .b = NULL };

	if (number > ONE &&
	    bar(text) == 1)
		return x.a == 1 ? 2 :
		    3;
	return 0;
}
EOF
	cd "$SRC"
	run "$TOP/scripts/layout" shared/base/x.c
	assert_success
	assert_output ''
}

@test "layout: what is not kernel normal form" {
	source_file shared/base/x.c <<'EOF'
static int foo(void)
{
	if(x) {
	    y();
	}
	else
		z( 1,2 );
	// done
	return 0;
}
EOF
	cd "$SRC"
	run "$TOP/scripts/layout" shared/base/x.c
	assert_failure
	assert_output --partial 'x.c:3: a function'
	assert_output --partial 'a // comment'
	assert_output --regexp '-   +if\(x\) \{'
	assert_output --regexp '[+]   +\} else'
	run "$TOP/scripts/layout" --fix shared/base/x.c
	assert_success
	run grep -n 'if (x)' shared/base/x.c
	assert_success
}
