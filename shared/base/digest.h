/*
 * SHA-256 of what passes by, in pieces, as hexadecimal text.  OpenSSL does the
 * sums, with the processor's own instructions where it has them.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>

#define DIGEST_TEXT	65	/* bytes: 64 digits in lower case and a NUL */

struct digest {
	void	*ctx;		/* OpenSSL's; owned */
};

/*
 * digest_init - of nothing so far; 0, or -1 with ENOMEM.  Servers call it (and
 * digest_free) once before they fork, because OpenSSL reads files the first
 * time, which a child may not be allowed to.
 */
int	digest_init(struct digest *);
void	digest_reset(struct digest *);		/* of nothing again */
void	digest_add(struct digest *, const void *, size_t);
/* digest_text - of all that was added; more may be added afterwards.  Empty
 * where OpenSSL has failed, and no digest is equal to that. */
void	digest_text(const struct digest *, char text[DIGEST_TEXT]);
void	digest_free(struct digest *);		/* also of a zeroed one */

#endif
