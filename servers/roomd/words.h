/*
 * What the server says, in English or the language of --lang: all of it is
 * looked up by setup(), because a sandboxed child cannot read a catalogue.  For
 * roomd only.
 */
#ifndef ROOMD_WORDS_H
#define ROOMD_WORDS_H

#include <stddef.h>

#include "wire/room.h"

enum word {
	WORD_JOINED,		/* %s: the name */
	WORD_LEFT,		/* %s: the name */
	WORD_STRANGER,
	WORD_TAKEN,		/* %s: the name */
	WORD_NAME,		/* %s: why it is none, by words_fault */
	WORD_ALREADY,		/* %s: the name that he has */
	WORD_FULL,
	WORD_LONG,		/* %s: bytes at most */
	WORD_FAST,
	WORD_EXPIRED,
	WORD_DIALECT,
	WORDS
};

struct words {
	/* gettext's own: never freed */
	const char	*text[WORDS];
	const char	*fault[ROOM_FAULTS];
};

/* words_load - lang NULL or "en": English.  0, or -1: there is no catalogue for
 * it. */
int	words_load(struct words *, const char *lang);

/* words_fault - what room_name_bad has said, in that language. */
const char *words_fault(const struct words *, const char *fault);

/* words_fill - the word with its %s replaced by arg (may be NULL); cut where it
 * does not fit.  The length; out is a string. */
size_t	words_fill(const struct words *, enum word, const char *arg, char *out,
	    size_t size);

#endif
