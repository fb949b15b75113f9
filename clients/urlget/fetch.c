/*
 * One page, with libcurl: what is asked, what may come, and whether it goes on
 * where an earlier attempt has ended.
 */
#include "urlget.h"

#include <sys/stat.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "http/date.h"
#include "http/range.h"

CURLcode
page_fail(struct page *p, CURLcode status, const char *fmt, ...)
{
	va_list ap;

	if (p->status != CURLE_OK)
		return p->status;
	p->status = status;
	va_start(ap, fmt);
	vsnprintf(p->why, sizeof(p->why), fmt, ap);
	va_end(ap);
	return status;
}

/* -- What comes ----------------------------------------------------------- */

/* newer - has the page changed since the .part was written?  Asked only where
 * nothing better is known: If-Range was not sent. */
static bool
newer(const struct page *p)
{
	struct stat st;
	time_t modified;

	if (p->validator[0] != '\0' || p->head.modified[0] == '\0')
		return false;
	return http_date_parse(http_cstr(p->head.modified), time(NULL),
	    &modified) == -1 || fstat(p->store.part.fd, &st) == -1 ||
	    modified > st.st_mtim.tv_sec;
}

/* begin_part - a 206: is it the rest of what is there?  *total is set. */
static CURLcode
begin_part(struct page *p, uint64_t *total)
{
	struct http_content_range cr;

	if (p->from == 0)
		return page_fail(p, CURLE_RANGE_ERROR,
		    "the server sends a part that nobody asked for");
	if (http_content_range_parse(http_cstr(p->head.range), &cr) == -1 ||
	    !cr.satisfied || cr.range.first != p->from || newer(p)) {
		p->restart = true;
		return CURLE_RANGE_ERROR;
	}
	*total = cr.has_size ? cr.size : cr.range.last + 1;
	return CURLE_OK;
}

/* begin - the head is there, and the first bytes are. */
static CURLcode
begin(struct page *p)
{
	uint64_t total = PROGRESS_UNKNOWN, max = (uint64_t)p->set->max_size;
	curl_off_t length = -1;
	CURLcode st = CURLE_OK;

	p->began = true;
	curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &p->code);
	curl_easy_getinfo(p->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
	    &length);
	if (p->code == 206)
		st = begin_part(p, &total);
	else {
		p->from = 0;
		if (length >= 0)
			total = (uint64_t)length;
	}
	if (st == CURLE_OK && max > 0 && total != PROGRESS_UNKNOWN &&
	    total > max)
		st = page_fail(p, CURLE_FILESIZE_EXCEEDED,
		    "%llu bytes, more than --max-size",
		    (unsigned long long)total);
	if (st != CURLE_OK || store_begin(p, p->from, total) != CURLE_OK)
		return st != CURLE_OK ? st : p->status;
	p->total = total;
	validator_keep(p);
	progress_start(&p->progress, p->store.name, p->from, total,
	    !p->set->silent && !p->store.to_stdout);
	return CURLE_OK;
}

static size_t
on_data(char *data, size_t one, size_t n, void *arg)
{
	struct page *p = arg;
	uint64_t max = (uint64_t)p->set->max_size;

	n *= one;
	if (!p->began && begin(p) != CURLE_OK)
		return 0;
	if (max > 0 && p->store.size + n > max) {
		page_fail(p, CURLE_FILESIZE_EXCEEDED,
		    "more than --max-size");
		return 0;
	}
	if (store_write(p, data, n) != CURLE_OK)
		return 0;
	progress_update(&p->progress, p->store.size);
	return n;
}

static size_t
on_head(char *line, size_t one, size_t n, void *arg)
{
	struct page *p = arg;

	head_line(&p->head, line, n * one);
	return n * one;
}

/* -- What is asked -------------------------------------------------------- */

/* set_way - how to get there. */
static void
set_way(CURL *c, const struct settings *s)
{
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)s->max_redirs);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)s->timeout);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)s->connect_timeout);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
	    (long)((s->idle_timeout + 999) / 1000));
	if (s->ipv4 != s->ipv6)
		curl_easy_setopt(c, CURLOPT_IPRESOLVE, s->ipv4 ?
		    CURL_IPRESOLVE_V4 : CURL_IPRESOLVE_V6);
	if (s->cacert != NULL)
		curl_easy_setopt(c, CURLOPT_CAINFO, s->cacert);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, s->insecure ? 0L : 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, s->insecure ? 0L : 2L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Else a name server that is silent outlasts every timeout. */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
#endif
}

static void
set_page(struct page *p, char *error)
{
	CURL *c = p->curl;

	curl_easy_setopt(c, CURLOPT_CURLU, p->url);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "urlget/" BROOD_VERSION);
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, p);
}

/* set_rest - ask for what is not there yet; the list is the caller's. */
static struct curl_slist *
set_rest(struct page *p)
{
	char range[32], line[FIELD_MAX + 16];
	struct curl_slist *list = NULL;

	if (p->from > 0) {
		snprintf(range, sizeof(range), "%llu-",
		    (unsigned long long)p->from);
		curl_easy_setopt(p->curl, CURLOPT_RANGE, range);
	}
	if (p->from > 0 && p->validator[0] != '\0') {
		snprintf(line, sizeof(line), "If-Range: %s", p->validator);
		list = curl_slist_append(NULL, line);
	}
	curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, list);
	return list;
}

/* -- All of it ------------------------------------------------------------ */

/* is_complete - a 416: is all of it there already?  Without a validator it
 * might be all of something else. */
static bool
is_complete(const struct page *p)
{
	struct http_content_range cr;

	return p->validator[0] != '\0' && http_content_range_parse(
	    http_cstr(p->head.range), &cr) == 0 && !cr.satisfied &&
	    cr.has_size && cr.size == p->from;
}

/* outcome - of what libcurl says, and of what was found out meanwhile. */
static void
outcome(struct page *p, CURLcode st, const char *error)
{
	if (p->restart || p->status != CURLE_OK)
		return;
	if (st == CURLE_HTTP_RETURNED_ERROR && p->code == 416 && p->from > 0) {
		p->restart = !is_complete(p);
		p->store.size = p->from;
		return;
	}
	if (st == CURLE_HTTP_RETURNED_ERROR)
		page_fail(p, st, "the server says %ld %s", p->code,
		    p->head.reason);
	else if (st != CURLE_OK)
		page_fail(p, st, "%s", error[0] != '\0' ? error :
		    curl_easy_strerror(st));
	else if (!p->began)	/* not a byte: an empty file */
		begin(p);
	/* A part may be whole and yet not reach the page's end. */
	if (p->status == CURLE_OK && p->code == 206 &&
	    p->store.size < p->total)
		page_fail(p, CURLE_PARTIAL_FILE, "the server sent %llu of "
		    "%llu bytes", (unsigned long long)p->store.size,
		    (unsigned long long)p->total);
}

/* attempt - one request, and the redirects that follow from it. */
static void
attempt(struct page *p)
{
	char error[CURL_ERROR_SIZE] = "";
	struct curl_slist *list;
	CURLcode st;

	p->began = p->restart = false;
	p->total = PROGRESS_UNKNOWN;
	curl_easy_reset(p->curl);
	set_way(p->curl, p->set);
	set_page(p, error);
	list = set_rest(p);
	st = curl_easy_perform(p->curl);
	curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &p->code);
	progress_end(&p->progress);
	outcome(p, st, error);
	curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(list);
}

/* take_result - what the report wants and libcurl keeps until the next page. */
static void
take_result(struct page *p)
{
	CURLU *url = curl_url();
	const char *s = NULL;

	curl_easy_getinfo(p->curl, CURLINFO_EFFECTIVE_URL, &s);
	if (url != NULL && s != NULL && curl_url_set(url, CURLUPART_URL, s,
	    CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
		p->got = url_text(url);
	curl_url_cleanup(url);
}

void
fetch(struct page *p)
{
	if (store_open(p) != CURLE_OK)
		return;
	if (p->set->resume) {
		p->from = p->store.part.size;
		validator_load(p);
	}
	attempt(p);
	if (p->restart) {
		p->from = 0;
		attempt(p);
	}
	take_result(p);
	if (p->restart)
		page_fail(p, CURLE_RANGE_ERROR,
		    "the server sends a part that nobody asked for");
	if (p->status == CURLE_OK)
		store_finish(p);
}
