/*
 * Making the second's texts.  Called once a second at most, by the request
 * that comes first in it.
 */
#include "tick.h"

#include <stdio.h>

#include "base/clock.h"
#include "http/date.h"

_Static_assert(TICK_DATE_LEN == HTTP_DATE_LEN, "one form of date");

void
tick_renew(struct tick *t, int64_t now)
{
	int64_t wall = clock_wall();
	struct tm tm = { 0 };
	size_t n;

	t->second = (time_t)(wall / NSEC_PER_SEC);
	t->until = now + NSEC_PER_SEC - wall % NSEC_PER_SEC;
	localtime_r(&t->second, &tm);
	http_date_format(t->second, t->date);
	http_date_clf(t->second, tm.tm_gmtoff, t->common);
	t->common_len = HTTP_CLF_LEN;
	n = strftime(t->iso, sizeof(t->iso), "%Y-%m-%dT%H:%M:%S%z", &tm);
	/* +0000 is ISO 8601's; RFC 3339 wants a colon in it */
	if (n > 2 && n + 1 < sizeof(t->iso)) {
		t->iso[n + 1] = '\0';
		t->iso[n] = t->iso[n - 1];
		t->iso[n - 1] = t->iso[n - 2];
		t->iso[n - 2] = ':';
		n++;
	}
	t->iso_len = (unsigned)n;
}
