/*
 * A growing byte buffer for things that are built off the fast path, and a
 * bounded text builder for things that are built on it.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char	*data;		/* owned; NUL-terminated after any append */
	size_t	 len, cap;
	int	 failed;	/* an append ran out of memory: data is cut */
};

/*
 * Appends.  On lack of memory failed is set and stays set, and nothing more is
 * appended (check it once, at the end).  What is appended must not lie in the
 * buffer itself, which may move.
 */
void	buf_add(struct buf *, const void *, size_t);
void	buf_adds(struct buf *, const char *);
void	buf_addc(struct buf *, char);
void	buf_addf(struct buf *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	buf_free(struct buf *);		/* frees and zeroes */
void	buf_reset(struct buf *);	/* empty, not failed, memory kept */

/*
 * buf_pages - n bytes that begin on a page, for free(3); NULL with ENOMEM.  For
 * what the kernel copies much to or from.  What malloc(3) gives begins 16 bytes
 * into a page, and there copying a page is five times as slow on processors
 * whose "rep movsb" stumbles where its target is a few bytes ahead of its
 * source in the page (AMD's Zen 3).
 */
void	*buf_pages(size_t n);

/*
 * Text in a fixed place: cut (and marked) when it does not fit, after which
 * nothing more is added; always ends in NUL.  size is that of the memory, in
 * bytes.
 */
struct text {
	char	*p;
	size_t	 len, size;
	int	 cut;
};

void	text_init(struct text *, char *mem, size_t size);
void	text_add(struct text *, const void *, size_t);
void	text_adds(struct text *, const char *);
void	text_addf(struct text *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	text_addv(struct text *, const char *fmt, va_list)
	    __attribute__((format(printf, 2, 0)));
void	text_addu(struct text *, unsigned long long);	/* decimal, fast */

/*
 * text_addesc - append n bytes that may come from a peer so that a terminal
 * can be shown them: control characters (C0, DEL, C1) and bytes that are not
 * UTF-8 become \xHH.  A cut never splits a character or an escape.
 */
void	text_addesc(struct text *, const char *, size_t n);

/*
 * buf_json - append s of n bytes as a JSON string with its quotes; bytes that
 * are not UTF-8 become U+FFFD each, and control characters (C1 too, since the
 * text may be shown on a terminal) become escapes (RFC 8259, 7).
 */
void	buf_json(struct buf *, const char *s, size_t n);

#endif
