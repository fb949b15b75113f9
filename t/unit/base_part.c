/*
 * Files on their way: what has which name when, who may have one open, and
 * what is left alone; and the digest of what passes.
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

#include "base/digest.h"
#include "base/part.h"

static char folder[64];
static int dir = -1;

static int
make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s", "/tmp/brood-part.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir == -1 ? -1 : 0;
}

static int
remove_folder(void **state)
{
	char command[128];

	(void)state;
	close(dir);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static int
there(const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
write_file(const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
has(const char *name, const char *text)
{
	char got[64];
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, got, sizeof(got));

	assert_int_equal(n, strlen(text));
	assert_memory_equal(got, text, strlen(text));
	close(fd);
}

static void
test_resumed(void **state)
{
	struct timespec t = { .tv_sec = 1000000000, .tv_nsec = 123456789 };
	char final[PART_NAME_MAX] = "x";
	struct part p;
	struct stat st;

	(void)state;
	assert_int_equal(part_open(&p, dir, "x.part"), 0);
	assert_int_equal(part_write(&p, "one ", 4), 0);
	part_close(&p);
	assert_true(there("x.part"));
	assert_int_equal(part_open(&p, dir, "x.part"), 0);
	assert_int_equal(p.size, 4);
	assert_int_equal(part_write(&p, "two", 3), 0);
	assert_false(there("x"));
	assert_int_equal(part_finish(&p, final, PART_KEEP, 0440, &t), 0);
	assert_false(there("x.part"));
	has("x", "one two");
	assert_int_equal(fstatat(dir, "x", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0440);
	assert_int_equal(st.st_mtim.tv_nsec, 123456789);
}

static void
test_existing(void **state)
{
	char final[PART_NAME_MAX] = "x";
	struct part p;

	(void)state;
	write_file("x", "old");
	write_file("x.1", "other");
	assert_int_equal(part_open(&p, dir, "x.part"), 0);
	assert_int_equal(part_write(&p, "new", 3), 0);
	assert_int_equal(part_finish(&p, final, PART_KEEP, -1, NULL), -1);
	assert_int_equal(errno, EEXIST);
	has("x", "old");
	assert_int_equal(part_finish(&p, final, PART_RENAME, -1, NULL), 0);
	assert_string_equal(final, "x.2");
	has("x.2", "new");
	has("x", "old");
	assert_int_equal(part_open(&p, dir, "x.part"), 0);
	assert_int_equal(part_write(&p, "newer", 5), 0);
	strcpy(final, "x");
	assert_int_equal(part_finish(&p, final, PART_REPLACE, -1, NULL), 0);
	has("x", "newer");
	assert_int_equal(mkfifoat(dir, "pipe", 0600), 0);
	assert_int_equal(part_open(&p, dir, "pipe.part"), 0);
	assert_int_equal(part_write(&p, "new", 3), 0);
	strcpy(final, "pipe");
	assert_int_equal(part_finish(&p, final, PART_REPLACE, -1, NULL), -1);
	assert_int_equal(errno, EEXIST);
	part_discard(&p);
}

static void
test_one_at_a_time(void **state)
{
	char final[PART_NAME_MAX] = "x";
	struct part p, other;

	(void)state;
	assert_int_equal(part_open(&p, dir, "x.part"), 0);
	assert_int_equal(part_open(&other, dir, "x.part"), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(part_write(&p, "x", 1), 0);
	assert_int_equal(part_finish(&p, final, PART_KEEP, -1, NULL), 0);
	assert_int_equal(part_open(&other, dir, "x.part"), 0);
	assert_int_equal(other.size, 0);
	part_close(&other);
	assert_false(there("x.part"));	/* an empty one is of no use */
	has("x", "x");
}

static void
test_not_ours(void **state)
{
	struct part p;

	(void)state;
	write_file("precious", "mine");
	assert_int_equal(linkat(dir, "precious", dir, "a.part", 0), 0);
	assert_int_equal(symlinkat("precious", dir, "b.part"), 0);
	assert_int_equal(mkdirat(dir, "c.part", 0700), 0);
	assert_int_equal(mkfifoat(dir, "d.part", 0600), 0);
	for (const char *c = "abcd"; *c != '\0'; c++) {
		char name[] = "?.part";

		name[0] = *c;
		assert_int_equal(part_open(&p, dir, name), -1);
		assert_int_equal(errno, EEXIST);
		part_close(&p);
		part_discard(&p);
		assert_true(there(name));
	}
	has("precious", "mine");
}

static void
test_vanished(void **state)
{
	char final[PART_NAME_MAX] = "x";
	struct part p;

	(void)state;
	assert_int_equal(part_open(&p, dir, "x.part"), 0);
	assert_int_equal(part_write(&p, "x", 1), 0);
	assert_int_equal(unlinkat(dir, "x.part", 0), 0);
	write_file("x.part", "somebody else's");
	assert_int_equal(part_finish(&p, final, PART_KEEP, -1, NULL), -1);
	assert_int_equal(errno, ENOENT);
	part_discard(&p);
	has("x.part", "somebody else's");
	assert_false(there("x"));
}

static void
test_names(void **state)
{
	char longest[NAME_MAX + 1], out[PART_NAME_MAX];
	struct part p;

	(void)state;
	part_name(out, "x", NULL);
	assert_string_equal(out, "x.part");
	part_name(out, "x", "0123456789abcdef");
	assert_string_equal(out, "x.0123456789abcdef.part");
	memset(longest, 'x', NAME_MAX);
	longest[NAME_MAX] = '\0';
	part_name(out, longest, "0123456789abcdef");
	assert_int_equal(strlen(out), NAME_MAX);
	memcpy(longest + NAME_MAX - 7, "\xe2\x82\xac", 3);
	part_name(out, longest, NULL);	/* not through the euro sign */
	assert_int_equal(strlen(out), NAME_MAX - 7 + 5);
	assert_int_equal(part_open(&p, dir, out), 0);
	part_close(&p);
}

static void
test_digest(void **state)
{
	struct digest d;
	char text[DIGEST_TEXT];

	(void)state;
	assert_int_equal(digest_init(&d), 0);
	digest_text(&d, text);
	assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4"
	    "649b934ca495991b7852b855");
	digest_add(&d, "a", 1);
	digest_text(&d, text);
	digest_add(&d, "bc", 2);
	digest_text(&d, text);
	assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a3"
	    "96177a9cb410ff61f20015ad");
	digest_reset(&d);
	digest_text(&d, text);
	assert_memory_equal(text, "e3b0c442", 8);
	digest_free(&d);
}

#define IN_FOLDER(f)	cmocka_unit_test_setup_teardown(f, make_folder, \
			    remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_resumed),
		IN_FOLDER(test_existing),
		IN_FOLDER(test_one_at_a_time),
		IN_FOLDER(test_not_ours),
		IN_FOLDER(test_vanished),
		IN_FOLDER(test_names),
		cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
