/*
 * What the unit tests of the http room have in common: cmocka's includes and
 * checks on views.
 */

#ifndef HTTP_TEST_H
#define HTTP_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/str.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/*
 * A view of a copy that is exactly as long, for AddressSanitizer to guard.
 * To be given to free().
 */
static inline struct http_str
test_copy(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return (struct http_str){ copy, len };
}

#define assert_str(view, text)						\
	test_str_((view), (text), __FILE__, __LINE__)

static inline void
test_str_(struct http_str s, const char *text, const char *file, int line)
{
	if (s.ptr == NULL && text == NULL)
		return;
	if (s.ptr != NULL && text != NULL && s.len == strlen(text) &&
	    memcmp(s.ptr, text, s.len) == 0)
		return;
	fprintf(stderr, "got '%.*s', not '%s'\n", (int)s.len,
	    s.ptr != NULL ? s.ptr : "", text != NULL ? text : "(none)");
	_fail(file, line);
}

#endif
