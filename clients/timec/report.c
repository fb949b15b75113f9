/*
 * How an answer is shown: as text, with nothing in it that could drive a
 * terminal, or as a JSON object a line.
 */
#include "timec.h"

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "wire/time.h"

int
flushed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	warn("standard output");
	return -1;
}

const char *
server_asked(const struct link *l, char *mem)
{
	if (l->addrs[0].sa.sa_family == AF_UNIX)
		return l->host;
	ipaddr_host(&l->peer, mem, IPADDR_TEXT_MAX);
	return mem;
}

/* number - the time protocol's, in seconds since the epoch, by the era that our
 * own clock is in */
static int64_t
number(const struct answer *a)
{
	return time_868_get((const uint8_t *)a->text,
	    a->sent / NSEC_PER_SEC);
}

/* show - the answer's lines */
static void
show(const struct answer *a)
{
	const char *p = a->text, *end = a->text + a->len;
	char mem[4 * ANSWER_MAX + 1];
	struct text t;
	size_t n;

	while (p < end && (*p == '\r' || *p == '\n'))
		p++;
	do {
		n = strcspn(p, "\n");
		/* A NUL byte is no end. */
		while (p + n < end && p[n] == '\0')
			n += 1 + strcspn(p + n + 1, "\n");
		if (n > (size_t)(end - p))
			n = (size_t)(end - p);
		text_init(&t, mem, sizeof(mem));
		text_addesc(&t, p, n > 0 && p[n - 1] == '\r' ? n - 1 : n);
		puts(mem);
		p += n + 1;
	} while (p < end);
}

static void
show_number(const struct answer *a)
{
	time_t at = (time_t)number(a);
	char text[TIME_TEXT_MAX];
	struct tm tm;

	if (localtime_r(&at, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	time_plain(text, &tm);
	puts(text);
}

/* text - a JSON string, or null */
static void
text(struct buf *b, const char *s, size_t n)
{
	if (s == NULL)
		buf_adds(b, "null");
	else
		buf_json(b, s, n);
}

static int
json(const struct link *l, const char *request, size_t len,
    const struct answer *a)
{
	bool binary = l->set->protocol == PROTOCOL_TIME;
	char mem[IPADDR_TEXT_MAX];
	const char *server = server_asked(l, mem);
	struct buf b = { 0 };
	int r;

	buf_adds(&b, "{\"server\":");
	buf_json(&b, server, strlen(server));
	buf_addf(&b, ",\"port\":%u,\"request\":", (unsigned int)l->peer.port);
	text(&b, request, len);
	buf_adds(&b, ",\"reply\":");
	text(&b, a == NULL || binary ? NULL : a->text,
	    a == NULL || binary ? 0 : a->len);
	if (binary && a != NULL)
		buf_addf(&b, ",\"seconds\":%lld", (long long)number(a));
	if (a != NULL)
		buf_addf(&b, ",\"rtt_us\":%.1f}\n", (double)a->rtt / 1000);
	else
		buf_adds(&b, ",\"rtt_us\":null}\n");
	r = b.failed || fwrite(b.data, 1, b.len, stdout) != b.len ? -1 : 0;
	buf_free(&b);
	if (r == -1)
		warn("standard output");
	return r;
}

int
report(const struct link *l, const char *label, const char *request,
    size_t len, const struct answer *a)
{
	if (l->set->json) {
		if (json(l, request, len, a) == -1)
			return -1;
	} else if (a != NULL) {
		if (label != NULL)
			printf("%s ", label);
		if (l->set->protocol == PROTOCOL_TIME)
			show_number(a);
		else
			show(a);
	}
	return flushed();
}
