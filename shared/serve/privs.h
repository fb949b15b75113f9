/*
 * Giving up power: the user, the groups, the capabilities, the root folder,
 * resource limits, and the sandbox.  The parent plans (and pays for what is
 * slow) once at start and at each reload; each child carries the plan out.
 */
#ifndef SERVE_PRIVS_H
#define SERVE_PRIVS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "serve/serve.h"

/*
 * What sandbox of privs_plan may be.  The kernel compiles a seccomp filter anew
 * for each process that asks for it, 60 us, which is as much as a fork: where
 * each connection has a child of its own, Landlock alone (3 us) is the default.
 */
#define SANDBOX_OFF		0
#define SANDBOX_ON		1
#define SANDBOX_AS_ROOT		(-1)	/* on where the parent is root */
#define SANDBOX_FILES_AS_ROOT	(-2)	/* there, but Landlock alone */

/* What the kernel is told in each child; built once, in the parent. */
struct sandbox {
	int	 ruleset;	/* Landlock's descriptor, owned; -1: none */
	void	*filter;	/* struct sock_filter[], owned; NULL: none */
	size_t	 filter_len;	/* instructions */
};

struct privs {
	int	 drop_user;	/* change to uid, gid and groups */
	uid_t	 uid;
	gid_t	 gid;
	gid_t	*groups;	/* owned; all of the user's */
	int	 ngroups;
	int	 drop_caps;	/* stay root, but without capabilities, */
	uint64_t keep_caps;	/* but these, where root needs them to read */
	int	 clear_caps;	/* there are some to be cleared */
	char	*chroot;	/* owned; NULL: none */
	int	 confine;	/* the sandbox is on: no core files either */
	int64_t	 memory;	/* RLIMIT_AS in bytes; 0: leave */
	struct sandbox sandbox;
	struct serve_needs needs;	/* its strings are the settings' */
};

/*
 * privs_plan - what children will do.  user, group: names or numbers, or NULL:
 * where this process is root, "nobody" if it can do with needs what must be
 * done (tried: this process is nobody for as long as it looks), else root
 * without capabilities, with one log_info line that says so.  needs may be
 * NULL: nothing.  0, or -1 with the reason in why and nothing to release.
 */
int	privs_plan(struct privs *, const char *user, const char *group,
	    const char *chroot_dir, int sandbox, int64_t memory,
	    const struct serve_needs *, char *why, size_t whylen);
/* privs_release - also in a child, when it ends; the plan is then empty, and
 * releasing it again does nothing. */
void	privs_release(struct privs *);

/*
 * privs_drop - in a child, before it reads a client's byte: no-new-privileges,
 * chroot, limits, Landlock, user, capabilities, seccomp, in that order, and
 * verified that the user cannot be changed back.  0, or -1 with why, and then
 * the child must end.  The kernel forgets prctl(PR_SET_PDEATHSIG) when the
 * user changes: ask for it afterwards.
 */
int	privs_drop(const struct privs *, char *why, size_t whylen);

/* privs_instrumented - under valgrind or AddressSanitizer: no sandbox and no
 * memory limit, which their own system calls would run into. */
int	privs_instrumented(void);

/* privs_capabilities - all that this process may have and has, as sets of bits,
 * inheritable none; the raw system call, for the two halves of this alone. */
int	privs_capabilities(uint64_t permitted, uint64_t effective);

/*
 * The two halves of the sandbox, for privs_plan and privs_drop alone.  Both
 * prepare functions leave "none" and return 0 where the kernel cannot do it;
 * -1 with why.  The enter functions return 0 at once where there is none; -1
 * with errno.
 *
 * Landlock: files beneath needs' folders, no TCP ports to be bound, none to be
 * connected to unless needs.connect.  What is open already stays usable.
 * seccomp: system calls that no server makes are refused with EPERM; those that
 * only an intruder makes kill the process.
 */
int	sandbox_landlock_prepare(struct sandbox *, const struct serve_needs *,
	    char *why, size_t whylen);
int	sandbox_landlock_enter(const struct sandbox *);
int	sandbox_seccomp_prepare(struct sandbox *, const struct serve_needs *,
	    char *why, size_t whylen);
int	sandbox_seccomp_enter(const struct sandbox *);

#endif
