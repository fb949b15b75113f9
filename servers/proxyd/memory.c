/*
 * Small files of the store in the memory of this process, so that a hit makes
 * no system call but the one that answers.  Whether a copy is still true is
 * told by a counter that all processes share.
 */
#include <stdlib.h>
#include <string.h>

#include "store_impl.h"

static uint32_t
generation_of(const struct key *k)
{
	return (uint32_t)k->b[0] << 8 | k->b[1];
}

uint32_t
store_generation(const struct store *s, const struct key *url_key)
{
	return s->shared->generation[generation_of(url_key)];
}

void
store_changed(struct store *s, const struct key *url_key)
{
	s->shared->generation[generation_of(url_key)]++;
}

static struct hot **
place_of(struct store *s, const struct key *k)
{
	uint32_t h;

	memcpy(&h, k->b + 4, sizeof(h));
	return &s->hot[h % HOT_SLOTS];
}

/* let_go - out of the table; freed once nobody is reading it. */
static void
let_go(struct store *s, struct hot **at)
{
	struct hot *h = *at;

	*at = NULL;
	s->hot_bytes -= h->len;
	if (h->pins > 0) {
		h->dead = true;
		return;
	}
	free(h->blob);
	free(h);
}

struct hot *
hot_find(struct store *s, const struct key *k)
{
	struct hot **at = place_of(s, k);

	if (*at == NULL || memcmp(&(*at)->key, k, sizeof(*k)) != 0)
		return NULL;
	if ((*at)->generation == store_generation(s, &(*at)->url_key))
		return *at;
	let_go(s, at);
	return NULL;
}

void
hot_add(struct store *s, const struct key *k, const struct key *url_key,
    char *blob, size_t len, uint32_t generation)
{
	struct hot **at = place_of(s, k), *h = malloc(sizeof(*h));

	if (h == NULL || (int64_t)len > s->memory) {
		free(h);
		free(blob);
		return;
	}
	if (*at != NULL)
		let_go(s, at);
	while (s->hot_bytes + len > (size_t)s->memory) {
		struct hot **old = &s->hot[s->hot_hand++ % HOT_SLOTS];

		if (*old != NULL)
			let_go(s, old);
	}
	*h = (struct hot){ .key = *k, .url_key = *url_key, .blob = blob,
	    .len = len, .generation = generation };
	*at = h;
	s->hot_bytes += len;
}

void
hot_clear(struct store *s)
{
	unsigned int i;

	for (i = 0; s->hot != NULL && i < HOT_SLOTS; i++)
		if (s->hot[i] != NULL)
			let_go(s, &s->hot[i]);
	free(s->hot);
	s->hot = NULL;
}
