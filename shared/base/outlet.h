/*
 * A descriptor that people read, standard output or error: a terminal, a file,
 * or a pipe whose other end may have stopped reading.  Lines that nobody takes
 * are lost; the service goes on.
 */
#ifndef BASE_OUTLET_H
#define BASE_OUTLET_H

#include <stdbool.h>
#include <stddef.h>

struct outlet {
	int fd;
	bool stuck; /* nobody has read for OUTLET_PATIENCE_MS */
};

#define OUTLET_PATIENCE_MS 200

/*
 * outlet_write - n bytes of lines.  A reader that is slow is waited for, once;
 * after that nothing is, until he takes something again.  What does not go out
 * is dropped, whole lines where they are no longer than a pipe takes at once.
 */
void outlet_write(struct outlet *, const char *p, size_t n);

/* outlet_print - the same, to the process's standard output. */
void outlet_print(const char *p, size_t n);

#endif
