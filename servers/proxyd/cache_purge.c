/*
 * PURGE: what takes answers out of the store, or makes them stale, by URL or
 * by what URLs begin with.
 */
#include "cache.h"

#include <stdio.h>

#include "http/field.h"

enum { PURGE_SOFT = 1, PURGE_PREFIX = 2, PURGE_BAD = 4 };

/* how_to - what the field Purge asks for; its members are ours alone. */
static unsigned
how_to(const struct http_msg *req)
{
	struct http_str value = http_find(req, HTTP_STR("Purge")), item;
	unsigned how = 0;

	while (value.ptr != NULL && http_list_next(&value, &item)) {
		if (http_caseeq(item, HTTP_STR("soft")))
			how |= PURGE_SOFT;
		else if (http_caseeq(item, HTTP_STR("prefix")))
			how |= PURGE_PREFIX;
		else
			how |= PURGE_BAD;
	}
	return how;
}

void
cache_purge(struct exchange *x)
{
	unsigned how = how_to(&x->req);
	char text[64];
	uint64_t n;

	x->tag = "TCP_DENIED";
	x->keep = x->keep && x->req.body == HTTP_BODY_NONE;
	if (!access_purge(x) || x->p->store == NULL) {
		reply_error(x, 403, "--purge-from: this client may not purge");
		return;
	}
	x->tag = "NONE";
	if (how & PURGE_BAD) {
		reply_error(x, 400, "Purge is soft, prefix, or both");
		return;
	}
	n = store_purge(x->p->store, x->url, (how & PURGE_PREFIX) != 0,
	    (how & PURGE_SOFT) != 0);
	if (n == 0)
		snprintf(text, sizeof(text), "not stored\n");
	else if (how & PURGE_PREFIX)
		snprintf(text, sizeof(text), "%s %llu\n",
		    how & PURGE_SOFT ? "stale" : "purged",
		    (unsigned long long)n);
	else
		snprintf(text, sizeof(text), "%s\n",
		    how & PURGE_SOFT ? "stale" : "purged");
	reply_text(x, n > 0 ? 200 : 404, "", "text/plain; charset=utf-8",
	    text);
}
