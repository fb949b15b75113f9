/*
 * The values of options: numbers with units, names, lists; and what a message
 * says is allowed.  Called by the other opt*.c; the number parsers also by
 * programs with formats of their own.  Locale plays no part: it is always a
 * point in 0.5.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/opt_priv.h"

/* A hundred years.  Programs reckon in nanoseconds, of which 292 years fit, and
 * add a moment and a time, or two times. */
#define MSEC_MAX	(36500 * 86400000LL)

struct unit {
	const char	*name;
	int64_t		 factor;
};

/* The largest first, so that the first that divides a number suits it best. */
static const struct unit size_units[] = {
	{ "T", 1LL << 40 }, { "G", 1LL << 30 }, { "M", 1LL << 20 },
	{ "k", 1LL << 10 }, { "", 1 }, { NULL, 0 }
};
static const struct unit msec_units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 },
	{ "ms", 1 }, { NULL, 0 }
};

static int
fail(int err)
{
	errno = err;
	return -1;
}

/*
 * digits - the number that s begins with, negated where sign is -1; returns
 * its end, which is s where there is none.  over is set where it does not fit.
 */
static const char *
digits(const char *s, int sign, int64_t *out, int *over)
{
	*out = 0;
	*over = 0;
	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, sign * (*s - '0'), out))
			*over = 1;
	return s;
}

int
opt_number(const char *text, int64_t *out)
{
	int sign = *text == '-' ? -1 : 1, over;
	const char *start = text + (sign == -1), *end;
	int64_t n;

	end = digits(start, sign, &n, &over);
	if (end == start || *end != '\0')
		return fail(EINVAL);
	if (over)
		return fail(ERANGE);
	*out = n;
	return 0;
}

int
opt_size(const char *text, int64_t *out)
{
	const struct unit *u;
	const char *end;
	int64_t n;
	int over;

	end = digits(text, 1, &n, &over);
	if (end == text)
		return fail(EINVAL);
	for (u = size_units; u->name != NULL; u++)
		if (strcasecmp(u->name, end) == 0)
			break;
	if (u->name == NULL)
		return fail(EINVAL);
	if (over || __builtin_mul_overflow(n, u->factor, &n))
		return fail(ERANGE);
	*out = n;
	return 0;
}

/*
 * fraction - ".25" of a unit of factor milliseconds, rounded up, so that no
 * time that was asked for becomes none; returns its end
 */
static const char *
fraction(const char *s, int64_t factor, int64_t *ms)
{
	int64_t n = 0, scale = 1;
	int rest = 0;

	*ms = 0;
	if (*s != '.')
		return s;
	for (s++; *s >= '0' && *s <= '9'; s++) {
		/* Nine digits of a day are less than a millisecond. */
		if (scale < 1000000000) {
			n = n * 10 + (*s - '0');
			scale *= 10;
		} else
			rest |= *s != '0';
	}
	*ms = (n * factor + scale - 1) / scale;
	if (rest && n * factor % scale == 0)
		++*ms;
	return s;
}

int
opt_msec(const char *text, int64_t *out)
{
	const struct unit *u;
	const char *point, *unit;
	int64_t n, part;
	int over;

	point = digits(text, 1, &n, &over);
	unit = fraction(point, 1, &part);
	/* "." alone, "5." and "" are not numbers. */
	if (unit == text || unit == point + 1)
		return fail(EINVAL);
	for (u = msec_units; u->name != NULL; u++)
		if (strcmp(u->name, *unit != '\0' ? unit : "s") == 0)
			break;
	if (u->name == NULL)
		return fail(EINVAL);
	fraction(point, u->factor, &part);
	if (over || __builtin_mul_overflow(n, u->factor, &n) ||
	    __builtin_add_overflow(n, part, &n))
		return fail(ERANGE);
	*out = n;
	return 0;
}

/* decimal - "-12.5", exact to a double's precision; strtod(3) heeds locales */
static int
decimal(const char *text, double *out)
{
	const char *s = text + (*text == '-'), *start = s;
	double n = 0, scale = 1;
	int ndigits = 0;

	for (; *s >= '0' && *s <= '9'; s++, ndigits++)
		n = n * 10 + (*s - '0');
	if (*s == '.') {
		for (s++; *s >= '0' && *s <= '9'; s++, ndigits++) {
			n = n * 10 + (*s - '0');
			scale *= 10;
		}
		if (s[-1] == '.')
			return fail(EINVAL);
	}
	if (s == start || *s != '\0')
		return fail(EINVAL);
	/* More would only be lost, or make both of them infinite. */
	if (ndigits > 40)
		return fail(ERANGE);
	*out = (*text == '-' ? -n : n) / scale;
	return 0;
}

/* limits - the range of a number, both of its ends included */
static void
limits(const struct opt *o, int64_t *min, int64_t *max)
{
	*min = o->min;
	*max = o->max > o->min ? o->max : INT64_MAX;
	if (o->max == o->min && o->max != 0)
		*max = o->max;
}

static void
add_number(struct text *t, const struct opt *o, int64_t n)
{
	const struct unit *u;

	if (o->kind == OPT_SIZE || o->kind == OPT_MSEC) {
		u = o->kind == OPT_SIZE ? size_units : msec_units;
		while (n == 0 ? u->factor != 1 : n % u->factor != 0)
			u++;
		text_addf(t, "%" PRId64 "%s", n / u->factor,
		    n == 0 ? "" : u->name);
	} else
		text_addf(t, "%" PRId64, n);
}

void
opt_range(const struct opt *o, struct text *t)
{
	int64_t min, max;

	limits(o, &min, &max);
	if (max == INT64_MAX && min == 0)
		return;
	add_number(t, o, min);
	if (max == INT64_MAX) {
		text_adds(t, " or more");
	} else if (max != min) {
		text_adds(t, " to ");
		add_number(t, o, max);
	}
}

void
opt_choices(const struct opt *o, const char *sep, struct text *t)
{
	size_t i;

	for (i = 0; o->choices != NULL && o->choices[i] != NULL; i++) {
		if (i > 0)
			text_adds(t, sep);
		text_adds(t, o->choices[i]);
	}
}

/* bad_number - the reason, after errno: not such a number, or out of range */
static int
bad_number(const struct opt *o, struct text *why)
{
	const char *what = "whole number", *example = "0 or more";
	size_t before;

	if (o->kind == OPT_SIZE) {
		what = "size";
		example = "0 or more bytes, as in 512, 64k, 10M, 1G";
	} else if (o->kind == OPT_MSEC) {
		what = "time";
		example = "0 or more, as in 500ms, 30s, 2m, 1h, 1d";
	} else if (o->kind == OPT_DOUBLE)
		what = "number";
	if (errno == ERANGE)
		text_adds(why, "is out of range");
	else
		text_addf(why, "is not a %s", what);
	text_adds(why, "; allowed: ");
	before = why->len;
	opt_range(o, why);
	if (errno == ERANGE && o->kind == OPT_MSEC && o->max <= o->min)
		text_addf(why, "%sat most %lldd", why->len > before ? ", " : "",
		    MSEC_MAX / 86400000);
	if (why->len == before)
		text_adds(why, example);
	return -1;
}

static int
store_number(int64_t *dst, const struct opt *o, const char *value,
    struct text *why)
{
	int64_t n, min, max;
	int result;

	limits(o, &min, &max);
	if (o->kind == OPT_MSEC && max > MSEC_MAX)
		max = MSEC_MAX;
	if (o->kind == OPT_SIZE)
		result = opt_size(value, &n);
	else if (o->kind == OPT_MSEC)
		result = opt_msec(value, &n);
	else
		result = opt_number(value, &n);
	if (result == 0 && (n < min || n > max))
		result = fail(ERANGE);
	if (result == -1)
		return bad_number(o, why);
	*dst = n;
	return 0;
}

static int
store_double(double *dst, const struct opt *o, const char *value,
    struct text *why)
{
	int64_t min, max;
	double n;

	limits(o, &min, &max);
	if (decimal(value, &n) == -1)
		return bad_number(o, why);
	if (n < (double)min || n > (double)max) {
		errno = ERANGE;
		return bad_number(o, why);
	}
	*dst = n;
	return 0;
}

static int
store_flag(bool *dst, const char *value, struct text *why)
{
	static const char *const words[] = { "no", "yes", "off", "on",
	    "false", "true", "0", "1" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], value) == 0) {
			*dst = i & 1;
			return 0;
		}
	text_adds(why, "is not a yes or no; allowed: yes, no, on, off, "
	    "true, false");
	return -1;
}

static int
store_enum(int *dst, const struct opt *o, const char *value, struct text *why)
{
	int i;

	for (i = 0; o->choices[i] != NULL; i++)
		if (strcmp(o->choices[i], value) == 0) {
			*dst = i;
			return 0;
		}
	text_adds(why, "is not known; allowed: ");
	opt_choices(o, ", ", why);
	return -1;
}

/* is_nameless - what stands for a file or a folder must name one: a shell's
 * variable that is not set would be a file of the folder's own, or none. */
static bool
is_nameless(const struct opt *o, const char *value, struct text *why)
{
	if (*value != '\0' || o->arg == NULL ||
	    (strcmp(o->arg, "FILE") != 0 && strcmp(o->arg, "DIR") != 0))
		return false;
	text_addf(why, "is empty; allowed: the name of a %s",
	    o->arg[0] == 'F' ? "file" : "folder");
	return true;
}

static int
store_string(char **dst, const char *value, struct text *why)
{
	char *copy = strdup(value);

	if (copy == NULL) {
		text_adds(why, "does not fit in memory");
		return -1;
	}
	free(*dst);
	*dst = copy;
	return 0;
}

static int
store_list(struct opt_list *list, const char *value, struct text *why)
{
	char **v = realloc(list->v, (list->n + 2) * sizeof(*v));

	if (v == NULL) {
		text_adds(why, "does not fit in memory");
		return -1;
	}
	list->v = v;
	v[list->n] = NULL;
	if (store_string(&v[list->n], value, why) == -1)
		return -1;
	v[++list->n] = NULL;
	return 0;
}

static int
store_call(void *dst, const struct opt *o, const char *value, struct text *why)
{
	char reason[256] = "";

	if (o->call(dst, o, value, reason, sizeof(reason)) == 0)
		return 0;
	text_adds(why, reason[0] != '\0' ? reason : "is not valid");
	return -1;
}

int
opt_store(void *dst, const struct opt *o, const char *value, struct text *why)
{
	switch (o->kind) {
	case OPT_FLAG:
		return store_flag(dst, value, why);
	case OPT_INT:
	case OPT_SIZE:
	case OPT_MSEC:
		return store_number(dst, o, value, why);
	case OPT_STRING:
		return is_nameless(o, value, why) ? -1 :
		    store_string(dst, value, why);
	case OPT_LIST:
		return is_nameless(o, value, why) ? -1 :
		    store_list(dst, value, why);
	case OPT_ENUM:
		return store_enum(dst, o, value, why);
	case OPT_DOUBLE:
		return store_double(dst, o, value, why);
	case OPT_CALL:
		return store_call(dst, o, value, why);
	}
	return -1;
}

static void
clear_list(struct opt_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
	list->v = NULL;
	list->n = 0;
}

void
opt_clear(void *dst, const struct opt *o)
{
	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)dst = false;
		break;
	case OPT_INT:
	case OPT_SIZE:
	case OPT_MSEC:
		*(int64_t *)dst = 0;
		break;
	case OPT_STRING:
		free(*(char **)dst);
		*(char **)dst = NULL;
		break;
	case OPT_LIST:
		clear_list(dst);
		break;
	case OPT_ENUM:
		*(int *)dst = 0;
		break;
	case OPT_DOUBLE:
		*(double *)dst = 0;
		break;
	case OPT_CALL:
		if (o->release != NULL)
			o->release(dst);
		break;
	}
}
