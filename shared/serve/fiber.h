/*
 * Fibers: a function on a stack of its own, which can be left in the middle
 * and gone back to.  One process, one thread; the loop resumes, a fiber parks.
 */
#ifndef SERVE_FIBER_H
#define SERVE_FIBER_H

struct fiber;

/*
 * fiber_start - run fn(arg) on a fiber until it first parks or ends.  Returns
 * the fiber where it has parked, NULL where it has ended; *failed is set
 * (with errno) where there was no memory for a stack and nothing ran.
 */
struct fiber *fiber_start(void (*fn)(void *), void *arg, int *failed);
/* fiber_resume - go on until it parks again (1) or ends (0). */
int	fiber_resume(struct fiber *);
/* fiber_park - back to the loop; returns when resumed. */
void	fiber_park(void);
/* fiber_self - the running one, NULL in the loop. */
struct fiber *fiber_self(void);
/* fiber_slot - a pointer's worth of room for the loop's use. */
void	**fiber_slot(struct fiber *);
/* fiber_trim - of the stacks kept for reuse, unmap all but n. */
void	fiber_trim(unsigned int n);
/* fiber_rest - to be called every second or so: unmap those that were not
 * needed since the last call, but keep n; 1 where later there may be more. */
int	fiber_rest(unsigned int n);

#endif
