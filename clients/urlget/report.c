/*
 * What became of a page, for people and for programs.
 */
#include "urlget.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/* -- Lines ---------------------------------------------------------------- */

/* line - "Label: value", with whatever a server says made harmless. */
static void
line(struct buf *b, const char *label, const char *value)
{
	char shown[PATH_MAX + 64];
	struct text t;

	text_init(&t, shown, sizeof(shown));
	text_addesc(&t, value, strlen(value));
	buf_addf(b, "%s: %s\n", label, shown);
}

static void
lines(struct buf *b, const struct page *p)
{
	const char *type = p->head.type;
	char status[FIELD_MAX + 16];

	if (p->asked != NULL)
		line(b, "Asked", p->asked);
	if (p->got != NULL && p->code != 0)
		line(b, "URL", p->got);
	if (p->code != 0) {
		snprintf(status, sizeof(status), "%ld%s%s", p->code,
		    p->head.reason[0] != '\0' ? " " : "", p->head.reason);
		line(b, "Status", status);
		line(b, "Type", *type != '\0' ? type : "unknown");
	}
	if (p->status != CURLE_OK)
		return;
	if (p->stored)
		line(b, "Name", p->store.name);
	buf_addf(b, "Size: %llu bytes\n", (unsigned long long)p->store.size);
	if (p->stored)
		line(b, "Folder", p->store.folder);
}

/* -- JSON ----------------------------------------------------------------- */

static void
text_of(struct buf *b, const char *key, const char *value)
{
	buf_adds(b, b->len == 0 ? "{" : ",");
	buf_json(b, key, strlen(key));
	buf_addc(b, ':');
	if (value != NULL)
		buf_json(b, value, strlen(value));
	else
		buf_adds(b, "null");
}

static void
json(struct buf *b, const struct page *p)
{
	bool good = p->status == CURLE_OK;

	text_of(b, "asked", p->asked);
	text_of(b, "url", p->code != 0 ? p->got : NULL);
	buf_addf(b, ",\"status\":%ld", p->code);
	text_of(b, "reason", p->head.reason);
	text_of(b, "type", *p->head.type != '\0' ? p->head.type : NULL);
	text_of(b, "name", p->stored ? p->store.name : NULL);
	buf_addf(b, ",\"size\":%llu",
	    good ? (unsigned long long)p->store.size : 0);
	text_of(b, "folder", p->stored ? p->store.folder : NULL);
	buf_addf(b, ",\"exit\":%d", (int)p->status);
	text_of(b, "error", good ? NULL : p->why);
	buf_adds(b, "}\n");
}

/* Standard output may be the page's. */
int
report(const struct page *p)
{
	FILE *to = p->store.to_stdout ? stderr : stdout;
	char shown[2 * WHY_MAX];
	struct buf b = { 0 };
	struct text t;
	int r = 0;

	if (p->set->json)
		json(&b, p);
	else
		lines(&b, p);
	if (b.failed || (b.len > 0 && fwrite(b.data, 1, b.len, to) != b.len) ||
	    fflush(to) == EOF) {
		warn("standard output");
		r = -1;
	}
	buf_free(&b);
	if (p->status != CURLE_OK) {
		text_init(&t, shown, sizeof(shown));
		text_addesc(&t, p->why, strlen(p->why));
		warnx("(%d) %s", (int)p->status, shown);
	}
	return r;
}
