/*
 * Fibers by makecontext(3), switched with _setjmp and _longjmp: no system call
 * for a signal mask at each switch, and no assembly.  Compiled without
 * _FORTIFY_SOURCE, whose longjmp(3) takes a jump to another stack for an
 * attack.  Valgrind and AddressSanitizer are told of every stack, so both stay
 * usable.
 */
#include "serve/fiber.h"

#include <sys/mman.h>

#include <errno.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(a, b)	0
#define VALGRIND_STACK_DEREGISTER(id)	((void)(id))
#endif

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_SIZE	(512 * 1024)	/* red zones around every local */
#else
#define STACK_SIZE	(128 * 1024)	/* mapped; pages are used as touched */
#endif

struct fiber {
	jmp_buf		 here;		/* where to go on */
	void		(*fn)(void *);
	void		*arg;
	void		*slot;
	char		*map;		/* guard page, then the stack */
	size_t		 mapped;
	struct fiber	*next;		/* on the free list */
	int		 done;
	unsigned int	 valgrind_id;
	void		*fake_stack;	/* AddressSanitizer's */
};

static struct fiber *free_fibers;
static unsigned int nfree, fewest;	/* since fiber_rest() */
static struct fiber *running;
static jmp_buf loop_here;
static ucontext_t loop_context;		/* used at a fiber's first entry only */

#if defined(__SANITIZE_ADDRESS__)
static void *loop_fake;
static const void *loop_stack;
static size_t loop_stack_size;

static void
leaving_loop(struct fiber *f)
{
	__sanitizer_start_switch_fiber(&loop_fake, f->map, f->mapped);
}

static void
back_in_loop(void)
{
	__sanitizer_finish_switch_fiber(loop_fake, NULL, NULL);
}

static void
leaving_fiber(struct fiber *f)
{
	__sanitizer_start_switch_fiber(&f->fake_stack, loop_stack,
	    loop_stack_size);
}

static void
back_in_fiber(struct fiber *f)
{
	__sanitizer_finish_switch_fiber(f->fake_stack, &loop_stack,
	    &loop_stack_size);
}
#else
#define leaving_loop(f)		((void)(f))
#define back_in_loop()		((void)0)
#define leaving_fiber(f)	((void)(f))
#define back_in_fiber(f)	((void)(f))
#endif

/* to_loop - leave the running fiber; returns when it is resumed. */
static void
to_loop(struct fiber *f)
{
	leaving_fiber(f);
	if (_setjmp(f->here) == 0)
		_longjmp(loop_here, 1);
	back_in_fiber(f);
}

/* body - a fiber's whole life: one function after another. */
static void
body(unsigned int high, unsigned int low)
{
	struct fiber *f = (struct fiber *)(((uintptr_t)high << 32) | low);

	back_in_fiber(f);
	to_loop(f);
	for (;;) {
		f->fn(f->arg);
		f->done = 1;
		to_loop(f);
	}
}

/* to_fiber - run f until it parks or ends. */
static void
to_fiber(struct fiber *f)
{
	running = f;
	leaving_loop(f);
	if (_setjmp(loop_here) == 0)
		_longjmp(f->here, 1);
	back_in_loop();
	running = NULL;
}

/* first_entry - up to body's first to_loop(). */
static void
first_entry(struct fiber *f, size_t page)
{
	ucontext_t context;
	uintptr_t self = (uintptr_t)f;

	getcontext(&context);
	context.uc_stack.ss_sp = f->map + page;
	context.uc_stack.ss_size = STACK_SIZE;
	context.uc_link = NULL;
	makecontext(&context, (void (*)(void))(uintptr_t)body, 2,
	    (unsigned int)(self >> 32), (unsigned int)self);
	leaving_loop(f);
	if (_setjmp(loop_here) == 0)
		swapcontext(&loop_context, &context);
	back_in_loop();
}

static struct fiber *
fiber_new(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct fiber *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->mapped = page + STACK_SIZE;
	f->map = mmap(NULL, f->mapped, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (f->map == MAP_FAILED) {
		free(f);
		return NULL;
	}
	if (mprotect(f->map, page, PROT_NONE) == -1) {
		munmap(f->map, f->mapped);
		free(f);
		return NULL;
	}
	f->valgrind_id = (unsigned int)VALGRIND_STACK_REGISTER(f->map + page,
	    f->map + f->mapped);
	first_entry(f, page);
	return f;
}

static void
fiber_destroy(struct fiber *f)
{
	VALGRIND_STACK_DEREGISTER(f->valgrind_id);
#if defined(__SANITIZE_ADDRESS__)
	ASAN_UNPOISON_MEMORY_REGION(f->map, f->mapped);
#endif
	munmap(f->map, f->mapped);
	free(f);
}

/* settle - after a switch: did it end? */
static int
settle(struct fiber *f)
{
	if (!f->done)
		return 1;
	f->next = free_fibers;
	free_fibers = f;
	nfree++;
	return 0;
}

struct fiber *
fiber_start(void (*fn)(void *), void *arg, int *failed)
{
	struct fiber *f = free_fibers;

	*failed = 0;
	if (f != NULL) {
		free_fibers = f->next;
		if (--nfree < fewest)
			fewest = nfree;
	} else if ((f = fiber_new()) == NULL) {
		*failed = 1;
		return NULL;
	}
	f->fn = fn;
	f->arg = arg;
	f->slot = NULL;
	f->done = 0;
	to_fiber(f);
	return settle(f) ? f : NULL;
}

int
fiber_resume(struct fiber *f)
{
	to_fiber(f);
	return settle(f);
}

void
fiber_park(void)
{
	to_loop(running);
}

struct fiber *
fiber_self(void)
{
	return running;
}

void **
fiber_slot(struct fiber *f)
{
	return &f->slot;
}

void
fiber_trim(unsigned int n)
{
	struct fiber *f;

	while (nfree > n) {
		f = free_fibers;
		free_fibers = f->next;
		nfree--;
		fiber_destroy(f);
	}
	if (fewest > nfree)
		fewest = nfree;
}

int
fiber_rest(unsigned int n)
{
	unsigned int keep = nfree - fewest;

	fiber_trim(keep > n ? keep : n);
	fewest = nfree;
	return nfree > n;
}
