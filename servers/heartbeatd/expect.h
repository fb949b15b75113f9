/*
 * Which names are expected, how often and how patiently: --expect, --period and
 * --grace.  Pure.  Called by setup, and when a name is heard for the first
 * time.
 */
#ifndef HEARTBEATD_EXPECT_H
#define HEARTBEATD_EXPECT_H

#include <stddef.h>
#include <stdint.h>

struct expect {
	char	*name;			/* owned; or a pattern, glob(7) */
	int64_t	 period, grace;		/* ns */
};

struct expects {
	struct expect	*v;		/* owned; names first, then patterns */
	size_t		 n, names;	/* so many names */
	int64_t		 period, grace;	/* of everybody else, ns */
};

/*
 * expects_parse - n texts NAME[=[PERIOD][+GRACE]]; what a text does not say is
 * the default, which is given in e.  0, or -1 with why, and nothing to free.
 */
int	expects_parse(struct expects *e, char *const *texts, size_t n,
	    char *why, size_t whylen);
void	expects_free(struct expects *);

/* expects_pattern - the first pattern that name matches, or NULL. */
const struct expect *expects_pattern(const struct expects *,
	    const char *name);

#endif
