/*
 * Giving up power, the second half: each child carries out what the parent has
 * planned (privs_plan.c).  A server may fork for each connection, so nothing
 * here allocates or looks anything up; and nothing may leave a process with
 * more than was planned: what fails ends the child.
 */
#include "serve/privs.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND	0
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED	1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED	0
#endif

/*
 * valgrind makes system calls of its own in our process; the leak check of
 * AddressSanitizer starts a process that traces this one and reads /proc.  Both
 * map terabytes.
 */
int
privs_instrumented(void)
{
	return SANITIZED || RUNNING_ON_VALGRIND;
}

int
privs_capabilities(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)effective, (uint32_t)permitted, 0 },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), 0 }
	};

	return (int)syscall(SYS_capset, &head, data);
}

/* failed - what was tried and the reason, for the log; always -1 */
static int
failed(char *why, size_t whylen, const char *what)
{
	snprintf(why, whylen, "%s: %s", what, strerror(errno));
	return -1;
}

/*
 * The system calls themselves, not the library's functions for them: those
 * change every thread, of which a child has one, and stand in many pages of
 * the library, each of which a fresh child pays for with a page fault.
 */
#ifdef SYS_setresuid32
#define CALL_SETRESUID	SYS_setresuid32
#define CALL_SETRESGID	SYS_setresgid32
#define CALL_SETGROUPS	SYS_setgroups32
#else
#define CALL_SETRESUID	SYS_setresuid
#define CALL_SETRESGID	SYS_setresgid
#define CALL_SETGROUPS	SYS_setgroups
#endif

static int
set_limit(int resource, int64_t value)
{
	const struct rlimit64 limit = { (rlim64_t)value, (rlim64_t)value };

	return (int)syscall(SYS_prlimit64, 0, resource, &limit, NULL);
}

static int
set_limits(const struct privs *p, char *why, size_t whylen)
{
	/* A core file has keys in it, and what clients have sent. */
	if ((p->drop_user || p->drop_caps || p->confine) &&
	    set_limit(RLIMIT_CORE, 0) == -1)
		return failed(why, whylen, "RLIMIT_CORE");
	if (p->memory > 0 && !privs_instrumented() &&
	    set_limit(RLIMIT_AS, p->memory) == -1)
		return failed(why, whylen, "RLIMIT_AS");
	return 0;
}

static int
change_user(const struct privs *p, char *why, size_t whylen)
{
	if (syscall(CALL_SETGROUPS, p->ngroups, p->groups) == -1)
		return failed(why, whylen, "setgroups");
	if (syscall(CALL_SETRESGID, p->gid, p->gid, p->gid) == -1)
		return failed(why, whylen, "setresgid");
	if (syscall(CALL_SETRESUID, p->uid, p->uid, p->uid) == -1)
		return failed(why, whylen, "setresuid");
	/* A process that has changed its user is closed to debuggers, as it
	 * should be; not to those that are part of it. */
	if (privs_instrumented())
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return 0;
}

/*
 * drop_caps - for root to stay without them, root must mean nothing: no new
 * ones by execve(2) or by setuid(2).  The bounding set need not be touched, as
 * no-new-privileges rules out what it bounds; the ambient set goes with the
 * inheritable one.
 */
static int
drop_caps(const struct privs *p, char *why, size_t whylen)
{
	const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
	    SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
	    SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
	    SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	/* EPERM: a container's root, without CAP_SETPCAP; as good, since it
	 * gains nothing by execve(2) as it is. */
	if (p->drop_caps && prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) == -1 &&
	    errno != EPERM)
		return failed(why, whylen, "securebits");
	if (privs_capabilities(p->keep_caps, p->keep_caps) == -1)
		return failed(why, whylen, "capset");
	return 0;
}

/* can_return - whether the user or the group can be root's again */
static int
can_return(const struct privs *p)
{
	errno = EPERM;
	return (p->uid != 0 && syscall(CALL_SETRESUID, -1, 0, -1) != -1) ||
	    (p->uid != 0 && p->gid != 0 &&
	    syscall(CALL_SETRESGID, -1, 0, -1) != -1);
}

int
privs_drop(const struct privs *p, char *why, size_t whylen)
{
	/* This first: Landlock and seccomp ask for it of an ordinary user. */
	if (syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return failed(why, whylen, "no-new-privileges");
	if (p->chroot != NULL && (chroot(p->chroot) == -1 || chdir("/") == -1))
		return failed(why, whylen, p->chroot);
	if (set_limits(p, why, whylen) == -1)
		return -1;
	if (sandbox_landlock_enter(&p->sandbox) == -1)
		return failed(why, whylen, "Landlock");
	if (p->drop_user && change_user(p, why, whylen) == -1)
		return -1;
	if (p->clear_caps && drop_caps(p, why, whylen) == -1)
		return -1;
	if (p->drop_user && can_return(p))
		return failed(why, whylen, "the user can be changed back");
	/* This last: it would refuse most of what stands above. */
	if (sandbox_seccomp_enter(&p->sandbox) == -1)
		return failed(why, whylen, "seccomp");
	return 0;
}

void
privs_release(struct privs *p)
{
	if (p->sandbox.ruleset > 0)
		close(p->sandbox.ruleset);
	free(p->sandbox.filter);
	free(p->groups);
	free(p->chroot);
	memset(p, 0, sizeof(*p));
	p->sandbox.ruleset = -1;
}
