/*
 * Which bytes are UTF-8 (RFC 3629).  Used by whatever shows or stores text that
 * came from outside.  Nothing here allocates or keeps state.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * utf8_seq - the length, 1 to 4, of the character that s begins with, or 0
 * where the n bytes at s do not begin with a whole, well-formed one (no
 * over-long forms, surrogates, or anything beyond U+10FFFF).
 */
size_t	utf8_seq(const char *s, size_t n);

/* utf8_valid - whether all n bytes are well-formed. */
int	utf8_valid(const char *s, size_t n);

/*
 * Text that comes in pieces, cut anywhere.  utf8_more - 1, or 0 as soon as the
 * bytes so far cannot become well-formed text any more (then ask no more);
 * utf8_whole - whether no character is cut at the end.  A zeroed struct is the
 * beginning.
 */
struct utf8_feed {
	unsigned char	need;		/* bytes that the character lacks */
	unsigned char	lo, hi;		/* what the next of them may be */
};

int	utf8_more(struct utf8_feed *, const char *s, size_t n);
static inline int
utf8_whole(const struct utf8_feed *f)
{
	return f->need == 0;
}

/*
 * utf8_control - whether the character of len bytes at s (as utf8_seq gave it)
 * is a control character: C0, DEL or C1.
 */
int	utf8_control(const char *s, size_t len);

/* utf8_code - the code point of such a character. */
uint32_t utf8_code(const char *s, size_t len);

/* utf8_turns - whether it changes which way text runs (Unicode's bidi controls)
 * or ends a line: what is shown would not be what was said. */
int	utf8_turns(const char *s, size_t len);

#endif
