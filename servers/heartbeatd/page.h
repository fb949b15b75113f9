/*
 * The pages of the status, made of the table a piece at a time: a page may be
 * long, and no process should have to hold all of one.  Used by web.c.
 */
#ifndef HEARTBEATD_PAGE_H
#define HEARTBEATD_PAGE_H

#include <stdint.h>

#include "base/buf.h"
#include "heartbeatd.h"
#include "table.h"

/* A name and where it stands, to be sorted. */
struct entry {
	uint32_t	 row;
	uint8_t		 state;
	char		 name[HEARTBEAT_NAME_MAX];
};

/* What a page is made of. */
struct view {
	const struct heartbeatd *h;
	struct entry	*entry;		/* owned */
	uint32_t	 n, next;
	uint32_t	 in[LIFE_STATES];	/* names in each state */
	int64_t		 mono, wall;	/* now, ns */
	int		 stage;		/* of a page that has several parts */
	int		 started;
};

/* A page: its type, and what appends the next piece (about a kilobyte) to buf;
 * 0 when that was the last. */
struct page {
	const char	*path, *type;
	int		(*piece)(struct view *, struct buf *);
};

extern const struct page page_html, page_json, page_metrics;

/* view_open - names in order of their names; with urgent those that are down
 * first.  0, or -1 with ENOMEM. */
int	view_open(struct view *, const struct heartbeatd *);
void	view_close(struct view *);
void	view_sort(struct view *, int urgent);
/* view_next - the next name's row as it is now; 0 when there is none left. */
int	view_next(struct view *, struct row *);

/* view_silent - since the last beat, ns; -1: never heard. */
int64_t	view_silent(const struct view *, const struct row *);

#endif
