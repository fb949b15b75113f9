/*
 * Finds the number of a method or a field name.  Called once for each field
 * line by the parser, so a name costs one hash of four numbers and one
 * comparison.  Never sees a name that is not a token.
 */

#include "http/names.h"

#include <string.h>

/*
 * The factors were found by trying; with them no two of our names share a
 * slot.  A new name that does is an error of the compiler (two initialisers
 * for one element): try other factors then.
 */
#define HASH(len, first, middle, last)					\
	(((unsigned)(len) + 2u * (unsigned)(first) +			\
	22u * (unsigned)(middle) + (unsigned)(last)) & 0xff)

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Woverride-init"
static const uint8_t slots[256] = {
#define X(id, name, len, first, middle, last)				\
	[HASH(len, first, middle, last)] = HDR_##id,
	HTTP_FIELDS(X)
#undef X
};
#pragma GCC diagnostic pop

static const struct http_str names[HDR_MAX] = {
	[HDR_OTHER] = { "", 0 },
#define X(id, name, len, first, middle, last)	[HDR_##id] = { name, len },
	HTTP_FIELDS(X)
#undef X
};

static const struct http_str methods[HTTP_M_MAX] = {
	[HTTP_M_OTHER] = { "OTHER", 5 },
#define X(m)	[HTTP_M_##m] = { #m, sizeof(#m) - 1 },
	HTTP_METHODS(X)
#undef X
};

static inline unsigned
lower_at(struct http_str s, size_t i)
{
	return http_lower[(unsigned char)s.ptr[i]];
}

enum http_hdr
http_hdr_of(struct http_str name)
{
	struct http_str known;
	unsigned id;

	if (name.len == 0)
		return HDR_OTHER;
	id = slots[HASH(name.len, lower_at(name, 0),
	    lower_at(name, name.len / 2), lower_at(name, name.len - 1))];
	known = names[id];
	if (known.len != name.len)
		return HDR_OTHER;
	for (size_t i = 0; i < name.len; i++) {
		if (lower_at(name, i) != (unsigned char)known.ptr[i])
			return HDR_OTHER;
	}
	return id;
}

struct http_str
http_hdr_name(enum http_hdr id)
{
	return names[id];
}

enum http_method
http_method_of(struct http_str name)
{
	for (unsigned m = HTTP_M_OTHER + 1; m < HTTP_M_MAX; m++) {
		if (http_eq(methods[m], name))
			return m;
	}
	return HTTP_M_OTHER;
}

const char *
http_method_name(enum http_method m)
{
	return methods[m].ptr;
}
