/*
 * openat2(2): the kernel confines the walk to the root, so that no name, link
 * or rename under way can lead out of it.  Linux only.
 */
#include "base/beneath.h"

#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <unistd.h>

#include "base/beneath_walk.h"

/* A rename elsewhere may make the kernel unsure of "..": it says EAGAIN. */
#define TRIES	16

int
beneath_root(const char *dir)
{
	return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int
beneath(int root, const char *path, int flags, int nolinks)
{
	struct open_how how = {
		.flags = (unsigned)flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	if (nolinks)
		how.resolve |= RESOLVE_NO_SYMLINKS;
	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, root, *path != '\0' ? path : ".",
		    &how, sizeof(how));
		if (fd != -1 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	if (fd == -1 && errno == ENOSYS)
		return beneath_walk(root, path, flags, nolinks);
	if (fd == -1 && (errno == EXDEV || errno == ELOOP))
		errno = ENOENT;
	return (int)fd;
}

int
beneath_open(int root, const char *path, int nolinks)
{
	return beneath(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    nolinks);
}

int
beneath_name(int root, const char *path, int nolinks)
{
	return beneath(root, path, O_PATH | O_CLOEXEC, nolinks);
}
