/*
 * A connection to filed: made when it is needed, made again when it was lost.
 */
#ifndef FILEC_LINK_H
#define FILEC_LINK_H

#include "filec.h"
#include "net/addr.h"
#include "net/conn.h"
#include "net/tls.h"

#define LINK_ADDRS	16

struct link {
	const struct settings *set;
	const char	*host;			/* as the user named it */
	struct addr	 addr[LINK_ADDRS];
	int		 naddr;
	struct tls_config *tls;
	struct conn	 conn;			/* fd -1: not connected */
	char		 line[FILE_LINE];	/* the last reply, a string */
	const char	*text;			/* in it, behind the code */
	bool		 more;			/* it is not the last line */
};

/* link_init - from HOST[:PORT], or HOST and PORT.  ST_OK, ST_USAGE or
 * ST_CONNECT with the reason. */
enum status	link_init(struct link *, const struct settings *,
		    const char *host, const char *port, struct outcome *);
/* link_open - connect and log in, unless that was done already. */
enum status	link_open(struct link *, struct outcome *);
void		link_close(struct link *);
void		link_free(struct link *);

/* link_send - a request; ST_OK, ST_CUT, or ST_REFUSED where it is too long. */
enum status	link_send(struct link *, const struct file_request *,
		    struct outcome *);
/* link_reply - the next line of the server's into line and text, but not that
 * it is working; its code, or -1, and then the connection is closed and the
 * outcome says ST_CUT. */
int		link_reply(struct link *, struct outcome *);
/* link_said - the server's refusal as an outcome. */
enum status	link_said(const struct link *, int code, struct outcome *);
enum status	status_of(int code);
/* link_lost - errno's (0: the server has closed) ST_CUT, and close. */
enum status	link_lost(struct link *, struct outcome *);

#endif
