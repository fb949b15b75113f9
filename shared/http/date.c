/*
 * Formats and reads HTTP dates by arithmetic on the civil calendar, since
 * strftime, strptime and timegm look at the locale, the zone or a lock.
 * Called for each response head and each conditional request.
 */

#include "http/date.h"

#include <string.h>

#define DAY	86400L

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char days[] = "SunMonTueWedThuFriSat";
static const char *const long_days[] = { "Sunday", "Monday", "Tuesday",
	"Wednesday", "Thursday", "Friday", "Saturday" };

struct civil {
	long	year;
	int	month;		/* 0 to 11 */
	int	day;		/* 1 to 31 */
	int	hour, minute, second;
	int	weekday;	/* 0: Sunday */
};

/*
 * Days since 1970-01-01 in the proleptic Gregorian calendar.  The year is
 * taken to begin in March, so that the leap day is its last, and eras of 400
 * years, 146097 days, are counted from 0000-03-01, 719468 days before 1970.
 */
static int64_t
days_of(long year, int month, int day)
{
	long y = month < 2 ? year - 1 : year;
	long era = (y >= 0 ? y : y - 399) / 400;
	long of_era = y - era * 400;
	long of_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

/* The inverse, for days on and after 0000-03-01. */
static void
civil_of(int64_t t, struct civil *c)
{
	int64_t n = t / DAY - (t % DAY < 0);
	long second = t - n * DAY;
	long z = n + 719468;
	long era = (z >= 0 ? z : z - 146096) / 146097;
	long of_era = z - era * 146097;
	long year = (of_era - of_era / 1460 + of_era / 36524 -
	    of_era / 146096) / 365;
	long of_year = of_era - (365 * year + year / 4 - year / 100);
	long month = (5 * of_year + 2) / 153;

	c->day = of_year - (153 * month + 2) / 5 + 1;
	c->month = (month + 2) % 12;
	c->year = year + era * 400 + (c->month < 2);
	c->hour = second / 3600;
	c->minute = second / 60 % 60;
	c->second = second % 60;
	c->weekday = ((n + 4) % 7 + 7) % 7;
}

static char *
put(char *p, const char *text, size_t n)
{
	memcpy(p, text, n);
	return p + n;
}

static char *
two(char *p, int n, char after)
{
	p[0] = '0' + n / 10;
	p[1] = '0' + n % 10;
	p[2] = after;
	return p + 3;
}

static char *
four(char *p, long n, char after)
{
	p[0] = '0' + n / 1000;
	p[1] = '0' + n / 100 % 10;
	return two(p + 2, n % 100, after);
}

static time_t
clamp(time_t t)
{
	const time_t low = -62167219200, high = 253402300799;

	return t < low ? low : t > high ? high : t;
}

void
http_date_format(time_t t, char out[HTTP_DATE_LEN + 1])
{
	struct civil c;
	char *p = out;

	civil_of(clamp(t), &c);
	p = put(p, days + 3 * c.weekday, 3);
	p = put(p, ", ", 2);
	p = two(p, c.day, ' ');
	p = put(p, months + 3 * c.month, 3);
	*p++ = ' ';
	p = four(p, c.year, ' ');
	p = two(p, c.hour, ':');
	p = two(p, c.minute, ':');
	p = two(p, c.second, ' ');
	memcpy(p, "GMT", 4);
}

void
http_date_clf(time_t t, long offset, char out[HTTP_CLF_LEN + 1])
{
	struct civil c;
	char *p = out;
	long east = offset < 0 ? -offset : offset;

	civil_of(clamp(clamp(t) + offset), &c);
	p = two(p, c.day, '/');
	p = put(p, months + 3 * c.month, 3);
	*p++ = '/';
	p = four(p, c.year, ':');
	p = two(p, c.hour, ':');
	p = two(p, c.minute, ':');
	p = two(p, c.second, ' ');
	*p++ = offset < 0 ? '-' : '+';
	p = two(p, east / 3600 % 100, '0');
	two(p - 1, east / 60 % 60, '\0');
}

/* number - n digits at s as a number, or -1 */
static int
number(const char *s, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (!http_is(s[i], HTTP_C_DIGIT))
			return -1;
		value = value * 10 + s[i] - '0';
	}
	return value;
}

/* same - n bytes at a and at b, in whatever case they are written */
static int
same(const char *a, const char *b, size_t n)
{
	return http_caseeq((struct http_str){ a, n },
	    (struct http_str){ b, n });
}

/* name - which of the three-letter names in the table is at s, or -1 */
static int
name(const char *table, const char *s)
{
	for (int i = 0; table[i] != '\0'; i += 3) {
		if (same(table + i, s, 3))
			return i / 3;
	}
	return -1;
}

/* clock_time - HH:MM:SS at s; a leap second is let through */
static int
clock_time(const char *s, struct civil *c)
{
	c->hour = number(s, 2);
	c->minute = number(s + 3, 2);
	c->second = number(s + 6, 2);
	return s[2] == ':' && s[5] == ':' && c->hour >= 0 && c->hour < 24 &&
	    c->minute >= 0 && c->minute < 60 && c->second >= 0 &&
	    c->second <= 60;
}

static int
day_exists(const struct civil *c)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	int leap = c->month == 1 && c->year % 4 == 0 &&
	    (c->year % 100 != 0 || c->year % 400 == 0);

	return c->day >= 1 && c->day <= length[c->month] + leap;
}

static int
finish(const struct civil *c, time_t *t)
{
	if (c->month < 0 || c->year < 0 || !day_exists(c))
		return -1;
	*t = days_of(c->year, c->month, c->day) * DAY + c->hour * 3600L +
	    c->minute * 60L + c->second;
	return 0;
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static int
imf(const char *s, time_t *t)
{
	struct civil c;

	if (name(days, s) == -1 || memcmp(s + 3, ", ", 2) != 0 ||
	    s[7] != ' ' || s[11] != ' ' || s[16] != ' ' ||
	    !same(s + 25, " GMT", 4) || !clock_time(s + 17, &c))
		return -1;
	c.day = number(s + 5, 2);
	c.month = name(months, s + 8);
	c.year = number(s + 12, 4);
	return finish(&c, t);
}

/* Sunday, 06-Nov-94 08:49:37 GMT; s is what follows the day's name */
static int
rfc850(const char *s, time_t now, time_t *t)
{
	struct civil c, today;

	if (memcmp(s, ", ", 2) != 0 || s[4] != '-' || s[8] != '-' ||
	    s[11] != ' ' || !same(s + 20, " GMT", 4) ||
	    !clock_time(s + 12, &c))
		return -1;
	c.day = number(s + 2, 2);
	c.month = name(months, s + 5);
	c.year = number(s + 9, 2);
	if (c.year < 0)
		return -1;
	civil_of(clamp(now), &today);
	c.year += (today.year + 50) / 100 * 100;
	if (c.year > today.year + 50)
		c.year -= 100;
	if (finish(&c, t) == -1)
		return -1;
	/* Fifty years hence to the year, but later in it than today. */
	today.year += 50;
	if (c.year < today.year || *t <= days_of(today.year, today.month,
	    today.day) * DAY + (clamp(now) % DAY + DAY) % DAY)
		return 0;
	c.year -= 100;
	return finish(&c, t);
}

/* Sun Nov  6 08:49:37 1994 */
static int
asctime_form(const char *s, time_t *t)
{
	struct civil c;

	if (name(days, s) == -1 || s[3] != ' ' || s[7] != ' ' ||
	    s[10] != ' ' || s[19] != ' ' || !clock_time(s + 11, &c))
		return -1;
	c.day = s[8] == ' ' ? number(s + 9, 1) : number(s + 8, 2);
	c.month = name(months, s + 4);
	c.year = number(s + 20, 4);
	return finish(&c, t);
}

int
http_date_parse(struct http_str s, time_t now, time_t *t)
{
	if (s.len == HTTP_DATE_LEN && s.ptr[3] == ',')
		return imf(s.ptr, t);
	if (s.len == 24)
		return asctime_form(s.ptr, t);
	for (int i = 0; i < 7; i++) {
		size_t n = strlen(long_days[i]);

		if (s.len == n + 24 && same(s.ptr, long_days[i], n))
			return rfc850(s.ptr + n, now, t);
	}
	return -1;
}
