/*
 * prctl(2)'s signal at the parent's death, which only Linux has.  Called once
 * in each worker process.
 */
#include "worker.h"

#include <sys/prctl.h>

#include <signal.h>
#include <unistd.h>

void
worker_bind(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)	/* it had gone before */
		raise(SIGTERM);
}
