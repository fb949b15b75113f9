/*
 * Words of a line of the file protocol, taken one after another.  Shared by
 * the files of this codec only.
 */
#ifndef WIRE_FILE_LEX_H
#define WIRE_FILE_LEX_H

#include <stddef.h>

struct file_lex {
	const char	*p, *end;
};

/*
 * file_word - the next word into out (size bytes, with a NUL): its length, 0 at
 * the end of the line (a word in quotes may be empty too: see file_at_end), -1
 * where it does not fit, holds a NUL, or its quotes do not end.
 */
int	file_word(struct file_lex *, char *out, size_t size);
int	file_at_end(struct file_lex *);		/* skips blanks */

#endif
