/*
 * The frame of the pages that servers show of themselves.  See page.h.
 */
#include "http/page.h"

#include "http/escape.h"

void
page_begin(struct buf *b, const char *title, const char *style)
{
	buf_addf(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" "
	    "content=\"5\">\n<meta name=\"viewport\" content=\"width="
	    "device-width, initial-scale=1\">\n<meta name=\"color-scheme\" "
	    "content=\"light dark\">\n<title>%s</title>\n<style>\n"
	    "body{font-family:system-ui,sans-serif;margin:2em auto;"
	    "max-width:60em;padding:0 1em}\ntable{border-collapse:collapse}\n"
	    "th,td{padding:.2em .8em;text-align:right;"
	    "border-bottom:1px solid #8884;"
	    "font-variant-numeric:tabular-nums}\n%s</style>\n</head>\n<body>\n"
	    "<h1>%s</h1>\n", title, style, title);
}

void
page_text(struct buf *b, const char *s)
{
	struct http_str in = http_cstr(s);
	char out[256];
	size_t n;

	while (in.len > 0 &&
	    (n = http_escape_html(&in, out, sizeof(out))) > 0)
		buf_add(b, out, n);
}

void
page_end(struct buf *b)
{
	buf_adds(b, "</body>\n</html>\n");
}
