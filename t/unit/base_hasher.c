/*
 * Unit tests of base/hasher.c: what is hashed by a thread has the digest that
 * it has without one, whether it passes in buffers or lies in a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hasher.h"

#define SIZE	(20 * 1024 * 1024 + 77)	/* more than a ring of ranges */

static char *data;

static void
fill(void)
{
	data = malloc(SIZE);
	assert_non_null(data);
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)(i * 7 + i / 4093);
}

/* expect - that the digest so far is that of the first n bytes of data. */
static void
expect(struct hasher *h, size_t n)
{
	char text[DIGEST_TEXT], right[DIGEST_TEXT];
	struct digest d;

	assert_int_equal(digest_init(&d), 0);
	digest_add(&d, data, n);
	digest_text(&d, right);
	digest_free(&d);
	assert_int_equal(hasher_text(h, text), 0);
	assert_string_equal(text, right);
}

static FILE *
file_of(size_t n)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fflush(f), 0);
	return f;
}

static void
test_buffers(void **state)
{
	size_t at = 0, n = 1, room;
	struct hasher h;
	char *buf;

	(void)state;
	assert_int_equal(hasher_start(&h), 0);
	expect(&h, 0);
	for (; at < SIZE; at += n, n = n * 3 % HASHER_BUF + 1) {
		buf = hasher_buffer(&h, &room);
		assert_in_range(room, 1, HASHER_BUF);
		assert_int_equal((uintptr_t)buf % 4096, at % 4096);
		if (n > room)
			n = room;
		if (n > SIZE - at)
			n = SIZE - at;
		memcpy(buf, data + at, n);
		hasher_submit(&h, n);
		assert_memory_equal(buf, data + at, n);
		if (at < 1000)
			expect(&h, at + n);	/* before there is a thread */
	}
	expect(&h, SIZE);
	hasher_end(&h);
}

/* in pieces that go on where the one before ended, of many sizes */
static void
test_file(void **state)
{
	FILE *f = file_of(SIZE);
	size_t at = 0, n = 1;
	struct hasher h;

	(void)state;
	assert_int_equal(hasher_start(&h), 0);
	for (; at < SIZE; at += n, n = n * 5 % 700001 + 1) {
		if (n > SIZE - at)
			n = SIZE - at;
		hasher_file(&h, fileno(f), at, n);
		if (at > SIZE / 2 && at < SIZE / 2 + 2000000)
			expect(&h, at + n);
	}
	expect(&h, SIZE);
	hasher_end(&h);
	fclose(f);
}

static void
test_goes_on(void **state)
{
	FILE *f = file_of(SIZE);
	struct digest d;
	struct hasher h;

	(void)state;
	assert_int_equal(digest_init(&d), 0);
	digest_add(&d, data, 1000);
	hasher_go_on(&h, &d);
	assert_null(d.ctx);
	hasher_file(&h, fileno(f), 1000, SIZE - 1000);
	expect(&h, SIZE);
	hasher_end(&h);
	hasher_end(&h);
	digest_free(&d);
	fclose(f);
}

/* a file that has less is no digest, with a thread and without */
static void
shorter(size_t has, size_t said)
{
	char text[DIGEST_TEXT] = "text";
	FILE *f = file_of(has);
	struct hasher h;

	assert_int_equal(hasher_start(&h), 0);
	hasher_file(&h, fileno(f), 0, said);
	assert_int_equal(hasher_text(&h, text), -1);
	assert_int_equal(errno, ENODATA);
	assert_string_equal(text, "");
	hasher_file(&h, fileno(f), 0, has);
	assert_int_equal(hasher_text(&h, text), -1);
	hasher_end(&h);
	fclose(f);
}

static void
test_shorter(void **state)
{
	(void)state;
	shorter(10, 11);
	shorter(SIZE - 1, SIZE);
}

/* who gives up in the middle waits for nothing that was not begun */
static void
test_given_up(void **state)
{
	FILE *f = file_of(SIZE);
	struct hasher h = { .threaded = false };

	(void)state;
	hasher_end(&h);
	assert_int_equal(hasher_start(&h), 0);
	hasher_file(&h, fileno(f), 0, SIZE);
	hasher_end(&h);
	fclose(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buffers),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_shorter),
		cmocka_unit_test(test_given_up),
	};
	int failed;

	fill();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(data);
	return failed;
}
