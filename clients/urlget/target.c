/*
 * From what the user has typed to a URL and the name of a file.
 */
#include "urlget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/uri.h"
#include "name.h"

#define BLANKS	" \t\r\n"

/* complete - a copy without blanks around it, and with a scheme. */
static char *
complete(const char *text)
{
	const char *scheme = "";
	size_t n, len, room;
	char *s;

	text += strspn(text, BLANKS);
	n = strlen(text);
	while (n > 0 && strchr(BLANKS, text[n - 1]) != NULL)
		n--;
	if (!http_url_named(text))
		scheme = "http://";
	len = strlen(scheme);
	room = len + n + 1;
	if ((s = malloc(room)) != NULL)
		snprintf(s, room, "%s%.*s", scheme, (int)n, text);
	return s;
}

char *
url_text(CURLU *url)
{
	CURLU *copy = curl_url_dup(url);
	char *text = NULL, *own = NULL;

	if (copy != NULL &&
	    curl_url_set(copy, CURLUPART_USER, NULL, 0) == CURLUE_OK &&
	    curl_url_set(copy, CURLUPART_PASSWORD, NULL, 0) == CURLUE_OK &&
	    curl_url_get(copy, CURLUPART_URL, &text, 0) == CURLUE_OK)
		own = strdup(text);
	curl_free(text);
	curl_url_cleanup(copy);
	return own;
}

static CURLcode
parse(struct page *p, const char *text)
{
	CURLUcode rc;
	char *scheme = NULL;
	CURLcode st = CURLE_OK;

	rc = curl_url_set(p->url, CURLUPART_URL, text, CURLU_URLENCODE |
	    CURLU_ALLOW_SPACE | CURLU_NON_SUPPORT_SCHEME);
	if (rc == CURLUE_OK)
		rc = curl_url_set(p->url, CURLUPART_FRAGMENT, NULL, 0);
	if (rc == CURLUE_OK)
		rc = curl_url_get(p->url, CURLUPART_SCHEME, &scheme, 0);
	if (rc != CURLUE_OK)
		st = page_fail(p, CURLE_URL_MALFORMAT,
		    "'%.200s' is no URL: %s", text, curl_url_strerror(rc));
	else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		st = page_fail(p, CURLE_UNSUPPORTED_PROTOCOL,
		    "'%.20s' is not spoken here; allowed: http, https", scheme);
	curl_free(scheme);
	return st;
}

/* take_name - from the URL, unless --output says it. */
static CURLcode
take_name(struct page *p)
{
	char *host = NULL, *path = NULL;
	CURLcode st = CURLE_OK;

	if (p->set->output != NULL)
		return CURLE_OK;
	if (curl_url_get(p->url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(p->url, CURLUPART_PATH, &path, 0) != CURLUE_OK)
		st = page_fail(p, CURLE_URL_MALFORMAT, "no host is in it");
	else
		name_of_url(p->store.name, http_cstr(host), http_cstr(path));
	curl_free(host);
	curl_free(path);
	return st;
}

CURLcode
target_set(struct page *p, const char *text)
{
	char *whole = complete(text);
	CURLcode st;

	p->url = curl_url();
	if (p->url == NULL || whole == NULL)
		st = page_fail(p, CURLE_OUT_OF_MEMORY, "out of memory");
	else
		st = parse(p, whole);
	if (st == CURLE_OK)
		st = take_name(p);
	if (st == CURLE_OK && (p->asked = url_text(p->url)) == NULL)
		st = page_fail(p, CURLE_OUT_OF_MEMORY, "out of memory");
	free(whole);
	return st;
}
