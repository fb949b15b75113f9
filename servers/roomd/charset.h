/*
 * What stands on the wire in another charset, to UTF-8 and back.  The two
 * converters are opened by setup(), because a sandboxed child cannot load them.
 * For roomd only.
 */
#ifndef ROOMD_CHARSET_H
#define ROOMD_CHARSET_H

#include <iconv.h>
#include <stddef.h>

struct charset {
	iconv_t	in, out;	/* (iconv_t)-1: the wire is UTF-8 */
};

/* charset_open - name NULL: UTF-8.  0, or -1: there is no such charset. */
int	charset_open(struct charset *, const char *name);
void	charset_close(struct charset *);

/*
 * charset_in - n bytes off the wire as UTF-8 without control characters: what
 * cannot be decoded and what could drive a terminal becomes U+FFFD; tabs stay,
 * and one newline (LF or CRLF) at the end.  The length, or size + 1 where it
 * does not fit.  The bytes at data may be changed.
 */
size_t	charset_in(struct charset *, char *data, size_t n, char *out,
	    size_t size);
/* charset_clean - the same for what is UTF-8 already. */
size_t	charset_clean(const char *data, size_t n, char *out, size_t size);
/* charset_out - UTF-8 to the wire; what the charset lacks becomes "?".  The
 * length; what does not fit is cut at a character. */
size_t	charset_out(struct charset *, const char *text, size_t n, char *out,
	    size_t size);

#endif
