/*
 * Beneath a folder and nowhere else: by the kernel, and by the walk that
 * stands in for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/beneath_walk.h"

static char folder[64];
static int root = -1;

static int
make_tree(void **state)
{
	int fd;

	(void)state;
	snprintf(folder, sizeof(folder), "%s", "/tmp/brood-beneath.XXXXXX");
	if (mkdtemp(folder) == NULL || (root = beneath_root(folder)) == -1 ||
	    mkdirat(root, "sub", 0700) == -1 ||
	    symlinkat("../file", root, "sub/in") == -1 ||
	    symlinkat("/etc/passwd", root, "absolute") == -1 ||
	    symlinkat("../../etc/passwd", root, "sub/out") == -1 ||
	    symlinkat("sub", root, "way") == -1 ||
	    symlinkat("loop", root, "loop") == -1 ||
	    mkfifoat(root, "fifo", 0600) == -1)
		return -1;
	fd = openat(root, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	return fd == -1 ? -1 : 0;
}

static int
remove_tree(void **state)
{
	char command[128];

	(void)state;
	close(root);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* What path must be: a type of st_mode, or an errno. */
static const struct {
	const char	*path;
	mode_t		 type;
	int		 error;
	int		 linked;	/* is not there with nolinks */
} samples[] = {
	{ "", S_IFDIR, 0, 0 },
	{ ".", S_IFDIR, 0, 0 },
	{ "file", S_IFREG, 0, 0 },
	{ "sub", S_IFDIR, 0, 0 },
	{ "sub/..", S_IFDIR, 0, 0 },
	{ "sub/../file", S_IFREG, 0, 0 },
	{ "sub/in", S_IFREG, 0, 1 },
	{ "way/in", S_IFREG, 0, 1 },
	{ "way", S_IFDIR, 0, 1 },
	{ "fifo", S_IFIFO, 0, 0 },
	{ "none", 0, ENOENT, 0 },
	{ "file/x", 0, ENOTDIR, 0 },
	{ "..", 0, ENOENT, 0 },
	{ "../", 0, ENOENT, 0 },
	{ "sub/../..", 0, ENOENT, 0 },
	{ "/etc/passwd", 0, ENOENT, 0 },
	{ "absolute", 0, ENOENT, 0 },
	{ "sub/out", 0, ENOENT, 0 },
	{ "loop", 0, ENOENT, 0 }
};

static void
check(size_t i, int fd, int error, int nolinks)
{
	int wanted = samples[i].error;
	struct stat st;

	if (nolinks && samples[i].linked)
		wanted = ENOENT;
	if (wanted != 0) {
		if (fd != -1 || error != wanted)
			fail_msg("'%s': %s", samples[i].path, fd != -1 ?
			    "is there" : strerror(error));
		return;
	}
	if (fd == -1)
		fail_msg("'%s': %s", samples[i].path, strerror(error));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & S_IFMT, samples[i].type);
	close(fd);
}

static void
test_kernel(void **state)
{
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		for (int nolinks = 0; nolinks < 2; nolinks++) {
			fd = beneath_open(root, samples[i].path, nolinks);
			check(i, fd, errno, nolinks);
			fd = beneath_name(root, samples[i].path, nolinks);
			check(i, fd, errno, nolinks);
		}
}

static void
test_walk(void **state)
{
	const int reading = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		for (int nolinks = 0; nolinks < 2; nolinks++) {
			fd = beneath_walk(root, samples[i].path, reading,
			    nolinks);
			check(i, fd, errno, nolinks);
			fd = beneath_walk(root, samples[i].path,
			    O_PATH | O_CLOEXEC, nolinks);
			check(i, fd, errno, nolinks);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kernel, make_tree,
		    remove_tree),
		cmocka_unit_test_setup_teardown(test_walk, make_tree,
		    remove_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
