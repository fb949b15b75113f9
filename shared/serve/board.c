/*
 * Memory and descriptors that all processes of a server share: the scoreboard,
 * the eventfds that wake the parent and the children, and what services ask
 * for with serve_shared().
 */
#include <sys/eventfd.h>
#include <sys/mman.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/core.h"

#define SPARE_SLOTS	256	/* rows for children that drain, at reloads */

struct shared {
	struct shared	*next;
	char		*key;
	size_t		 size;
	void		*memory;
};

static struct shared *shared;

static void *
map_shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void *
serve_shared(const char *key, size_t size)
{
	struct shared *s;

	for (s = shared; s != NULL; s = s->next) {
		if (strcmp(s->key, key) != 0)
			continue;
		if (s->size == size)
			return s->memory;
		errno = EINVAL;	/* a reload cannot change its size */
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->key = strdup(key);
	s->size = size;
	s->memory = map_shared(size);
	if (s->key == NULL || s->memory == NULL) {
		free(s->key);
		free(s);
		return NULL;
	}
	s->next = shared;
	shared = s;
	return s->memory;
}

void
serve_shared_free(void)
{
	struct shared *s;

	while ((s = shared) != NULL) {
		shared = s->next;
		munmap(s->memory, s->size);
		free(s->key);
		free(s);
	}
}

/* rows - children at most, those of reloads that still drain included. */
static int
rows(const struct core *core)
{
	int64_t n = core->conf->opt.children.max;

	if (core->model == MODEL_SINGLE || core->model == MODEL_INETD)
		return 1;
	return (int)(2 * n + SPARE_SLOTS);
}

static int
open_wakes(struct core *core)
{
	int i;

	if (core->srv->notice == NULL)
		return 0;
	core->wake = malloc((size_t)core->nslots * sizeof(int));
	if (core->wake == NULL)
		return -1;
	for (i = 0; i < core->nslots; i++)
		core->wake[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return core->wake[core->nslots - 1] == -1 ? -1 : 0;
}

int
board_new(struct core *core)
{
	static const char *const names[] = { "single", "fork", "prefork",
	    "inetd" };
	int64_t places = core->conf->opt.children.max;
	int many = core->conf->opt.connections > 1 &&
	    core->model == MODEL_PREFORK;

	core->holds_many = many && core->srv->session != NULL;
	core->nslots = rows(core);
	core->board_size = sizeof(*core->board) +
	    (size_t)core->nslots * sizeof(core->board->slot[0]);
	core->board = map_shared(core->board_size);
	core->children = calloc((size_t)core->nslots, sizeof(struct child));
	core->sources = sources_new(core->nslots,
	    many ? (int)core->conf->opt.connections : 1);
	core->wake_parent = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (core->board == NULL || core->children == NULL ||
	    core->sources == NULL || core->wake_parent == -1 ||
	    open_wakes(core) == -1)
		return -1;
	if (many)
		places *= core->conf->opt.connections;
	snprintf(core->board->name, sizeof(core->board->name), "%s",
	    core->srv->name);
	snprintf(core->board->model, sizeof(core->board->model), "%s",
	    names[core->model]);
	core->board->nslots = (uint32_t)core->nslots;
	core->board->places = core->nslots == 1 ? 1 : (uint32_t)places;
	core->board->parent = getpid();
	atomic_store(&core->board->started, clock_wall());
	return 0;
}

void
board_free(struct core *core)
{
	if (core->board != NULL)
		munmap(core->board, core->board_size);
	core->board = NULL;
}

/* hears - is there anybody to whom a notice could be given? */
static int
hears(struct score *s)
{
	return atomic_load_explicit(&s->active, memory_order_relaxed) != 0 ||
	    (atomic_load_explicit(&s->role, memory_order_relaxed) ==
	    ROLE_ASIDE && atomic_load(&s->pid) != 0);
}

void
serve_notify(void)
{
	struct core *core = serve_core();
	uint64_t one = 1;
	ssize_t r;
	int i;

	for (i = 0; i < core->nslots && core->wake != NULL; i++) {
		if (!hears(&core->board->slot[i]))
			continue;
		r = write(core->wake[i], &one, sizeof(one));
		(void)r;	/* full: it will look anyway */
	}
}
