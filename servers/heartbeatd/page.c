/*
 * The names, gathered and sorted for a page.  Copies are taken without a lock
 * while another process writes: a row that has gone meanwhile is left out.
 */
#include "page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* The order of a page for people. */
static const uint8_t urgency[LIFE_STATES] = {
	[LIFE_DOWN] = 0,
	[LIFE_FLAPPING] = 1,
	[LIFE_LATE] = 2,
	[LIFE_NEW] = 3,
	[LIFE_STOPPED] = 4,
	[LIFE_UP] = 5,
};

int
view_open(struct view *v, const struct heartbeatd *h)
{
	const struct table *t = h->table;
	uint32_t i, top = atomic_load(&t->top);
	struct entry *e;
	struct row r;

	memset(v, 0, sizeof(*v));
	v->h = h;
	v->mono = clock_mono();
	v->wall = clock_wall();
	v->entry = malloc(((size_t)top + 1) * sizeof(*v->entry));
	if (v->entry == NULL)
		return -1;
	for (i = 0; i < top; i++) {
		if (!table_read(t, i, &r) || r.life.shown >= LIFE_STATES)
			continue;
		e = &v->entry[v->n++];
		e->row = i;
		e->state = r.life.shown;
		memcpy(e->name, r.name, sizeof(e->name));
		v->in[e->state]++;
	}
	return 0;
}

void
view_close(struct view *v)
{
	free(v->entry);
	v->entry = NULL;
}

static int
by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
by_urgency(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->state != y->state)
		return urgency[x->state] - urgency[y->state];
	return strcmp(x->name, y->name);
}

void
view_sort(struct view *v, int urgent)
{
	qsort(v->entry, v->n, sizeof(*v->entry),
	    urgent ? by_urgency : by_name);
}

int
view_next(struct view *v, struct row *r)
{
	const struct entry *e;

	while (v->next < v->n) {
		e = &v->entry[v->next++];
		if (table_read(v->h->table, e->row, r) &&
		    strcmp(r->name, e->name) == 0)
			return 1;
	}
	return 0;
}

int64_t
view_silent(const struct view *v, const struct row *r)
{
	int64_t silent = v->mono - r->life.heard;

	if (r->heard_wall == 0)
		return -1;
	return silent < 0 ? 0 : silent;
}
