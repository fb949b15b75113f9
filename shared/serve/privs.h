/*
 * Giving up power: the user, the groups, the capabilities, the root folder,
 * resource limits.  Called in the parent to plan (before forking) and in each
 * child to carry it out.
 */
#ifndef SERVE_PRIVS_H
#define SERVE_PRIVS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "serve/serve.h"

struct privs {
	int	 drop_user;	/* change to uid and gid */
	uid_t	 uid;
	gid_t	 gid;
	int	 drop_caps;	/* stay root, but without capabilities */
	char	*chroot;	/* owned; NULL: none */
	int	 sandbox;	/* Landlock and seccomp */
	int64_t	 memory;	/* RLIMIT_AS in bytes; 0: leave */
	struct serve_needs needs;	/* borrowed from the settings */
};

/*
 * privs_plan - what children will do.  user, group: names or numbers, or NULL:
 * where this process is root, "nobody" if it can do with needs what must be
 * done (tried in a short-lived child), else root without capabilities, with
 * one log_info line that says so.  0, or -1 with the reason in why.
 */
int	privs_plan(struct privs *, const char *user, const char *group,
	    const char *chroot_dir, int sandbox, int64_t memory,
	    const struct serve_needs *, char *why, size_t whylen);
void	privs_release(struct privs *);

/*
 * privs_drop - in a child, before it reads a client's byte: chroot, Landlock,
 * user, capabilities, no-new-privileges, limits, seccomp, in that order, and
 * verified that the user cannot be changed back.  0, or -1 with why.
 */
int	privs_drop(const struct privs *, char *why, size_t whylen);

/* sandbox_landlock - confine the process to needs; 0 also where the kernel has
 * no Landlock; sandbox_seccomp - refuse the system calls that no server makes
 * (EPERM; a kill for those that only an intruder makes).  0 or -1 with errno. */
int	sandbox_landlock(const struct serve_needs *);
int	sandbox_seccomp(const struct serve_needs *);

#endif
