/*
 * --status: the scoreboard for statusc(1), over a line protocol.  A session
 * like any other, run by a child of its own: the parent never reads a client.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "serve/core.h"

enum conn_fate
status_session(struct conn *c)
{
	struct buf out = { 0 };
	char line[64];

	if (conn_line(c, line, sizeof(line)) == -1) {
		if (errno == EMSGSIZE)
			conn_puts(c, "error: say TEXT or JSON\n");
		return CONN_CLOSE;
	}
	if (strcasecmp(line, "JSON") == 0)
		scoreboard_json(scoreboard(), &out);
	else if (strcasecmp(line, "TEXT") == 0 || line[0] == '\0')
		scoreboard_text(scoreboard(), &out);
	else
		buf_adds(&out, "error: say TEXT or JSON\n");
	if (out.failed)
		conn_puts(c, "error: out of memory\n");
	else
		conn_put(c, out.data, out.len);
	buf_free(&out);
	return CONN_CLOSE;
}
