/*
 * Pages that servers show of themselves: the frame of HTML, and text in it.
 * Pure; written into a buffer of the caller's.
 */
#ifndef HTTP_PAGE_H
#define HTTP_PAGE_H

#include "base/buf.h"

/*
 * page_begin - to the title, which is the first heading, too: in the reader's
 * light or dark, with tables of numbers, loaded again every five seconds.
 * style: CSS of this page, behind that of all.
 */
void	page_begin(struct buf *, const char *title, const char *style);
/* page_text - any text, escaped. */
void	page_text(struct buf *, const char *);
void	page_end(struct buf *);

#endif
