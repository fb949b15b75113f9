/*
 * Standard descriptors that a program was started without.
 */
#include "base/stdfds.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void
stdfds_claim(void)
{
	int saved = errno;

	/* The lowest that is free is taken, which is fd itself. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			(void)!open("/dev/null",
			    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	errno = saved;
}
