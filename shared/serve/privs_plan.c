/*
 * Giving up power, the first half: the parent finds out who its children will
 * be and what they keep, at start and at each reload, before anything forks.
 * Whatever it changes of itself in order to look (the effective user, groups,
 * capabilities) it must have back when it returns.
 */
#include "serve/privs.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define NOBODY	"nobody"

#define CAP(n)	(1ULL << (n))
#define NDIRS	(sizeof(((struct serve_needs *)0)->read_dirs) / sizeof(char *))
#define NWRITE	(sizeof(((struct serve_needs *)0)->write_dirs) / sizeof(char *))

/* The effective identity, to be given back. */
struct identity {
	gid_t	 egid;
	gid_t	*groups;
	int	 ngroups;
	int	 dumpable;
};

/* id_number - s as the number of a user or group; -1 where it is a name */
static long long
id_number(const char *s)
{
	char *end;
	long long n;

	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	n = strtoll(s, &end, 10);
	return *end != '\0' || errno != 0 || n >= UINT_MAX ? -1 : n;
}

static int
find_group(const char *name, gid_t *gid, char *why, size_t whylen)
{
	const struct group *gr = getgrnam(name);
	long long n = id_number(name);

	if (gr == NULL && n == -1) {
		snprintf(why, whylen, "there is no group '%s'", name);
		return -1;
	}
	*gid = gr != NULL ? gr->gr_gid : (gid_t)n;
	return 0;
}

/*
 * find_groups - all that pw is a member of, with p->gid.  Nobody is a member of
 * nothing else, and is spared the search of every directory that nsswitch.conf
 * names, with the modules loaded for it.
 */
static int
find_groups(struct privs *p, const struct passwd *pw)
{
	gid_t one;
	int n = 1;

	if (pw != NULL && strcmp(pw->pw_name, NOBODY) == 0)
		pw = NULL;
	if (pw != NULL)
		getgrouplist(pw->pw_name, p->gid, &one, &n);
	if (n < 1 || (p->groups = calloc((size_t)n, sizeof(gid_t))) == NULL)
		return -1;
	p->groups[0] = p->gid;
	p->ngroups = n;
	return pw == NULL || getgrouplist(pw->pw_name, p->gid, p->groups,
	    &p->ngroups) != -1 ? 0 : -1;
}

static int
find_user(struct privs *p, const char *user, const char *group, char *why,
    size_t whylen)
{
	const struct passwd *pw = getpwnam(user);
	long long n = id_number(user);

	if (pw == NULL && n != -1)
		pw = getpwuid((uid_t)n);
	if (pw == NULL && n == -1) {
		snprintf(why, whylen, "there is no user '%s'", user);
		return -1;
	}
	if (pw == NULL && group == NULL) {
		snprintf(why, whylen, "user %s has no name and so no group: "
		    "name a group too", user);
		return -1;
	}
	p->uid = pw != NULL ? pw->pw_uid : (uid_t)n;
	p->gid = pw != NULL ? pw->pw_gid : 0;
	if (group != NULL && find_group(group, &p->gid, why, whylen) == -1)
		return -1;
	if (find_groups(p, pw) == -1) {
		snprintf(why, whylen, "the groups of user '%s': %s", user,
		    strerror(errno));
		return -1;
	}
	return 0;
}

/* closed_at - whether path cannot be used so, as the effective user; dir is an
 * open descriptor of it where the way to it will not matter, or -1 */
static int
closed_at(const char *path, int dir, int mode)
{
	struct stat st;

	if (dir != -1)
		return faccessat(dir, ".", mode | X_OK, AT_EACCESS) == -1;
	if (stat(path, &st) == -1)
		return 1;
	if (S_ISDIR(st.st_mode))
		mode |= X_OK;
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == -1;
}

/* closed_dir - the first that the effective user cannot use, with errno; NULL
 * where all are open.  dirs: see open_dirs. */
static const char *
closed_dir(const struct serve_needs *needs, const int dirs[NDIRS + NWRITE])
{
	for (size_t i = 0; i < NDIRS; i++)
		if (needs->read_dirs[i] != NULL &&
		    closed_at(needs->read_dirs[i], dirs[i], R_OK))
			return needs->read_dirs[i];
	for (size_t i = 0; i < NWRITE; i++)
		if (needs->write_dirs[i] != NULL &&
		    closed_at(needs->write_dirs[i], dirs[NDIRS + i],
		    R_OK | W_OK))
			return needs->write_dirs[i];
	return NULL;
}

/* open_dirs - with a chroot the folders above need not be passed through: what
 * is asked then is asked of the folder itself, opened as root */
static void
open_dirs(const struct privs *p, int dirs[NDIRS + NWRITE])
{
	const char *path;

	for (size_t i = 0; i < NDIRS + NWRITE; i++) {
		path = i < NDIRS ? p->needs.read_dirs[i] :
		    p->needs.write_dirs[i - NDIRS];
		dirs[i] = p->chroot != NULL && path != NULL ? open(path,
		    O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	}
}

static void
close_dirs(const int dirs[NDIRS + NWRITE])
{
	int saved = errno;

	for (size_t i = 0; i < NDIRS + NWRITE; i++)
		if (dirs[i] != -1)
			close(dirs[i]);
	errno = saved;
}

/* return_user - be root again, all of it */
static int
return_user(struct identity *was)
{
	int saved = errno, result = 0;

	if (geteuid() != 0 && seteuid(0) == -1)
		result = -1;
	else if (setegid(was->egid) == -1 ||
	    setgroups((size_t)was->ngroups, was->groups) == -1)
		result = -1;
	if (was->dumpable == 1)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	free(was->groups);
	if (result == 0)
		errno = saved;
	return result;
}

/* borrow_user - be p's user effectively; -1 and root still where refused */
static int
borrow_user(const struct privs *p, struct identity *was)
{
	was->groups = NULL;
	was->egid = getegid();
	was->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	if ((was->ngroups = getgroups(0, NULL)) == -1 ||
	    (was->groups = calloc((size_t)was->ngroups + 1,
	    sizeof(gid_t))) == NULL)
		return -1;
	if ((was->ngroups = getgroups(was->ngroups, was->groups)) != -1 &&
	    setgroups((size_t)p->ngroups, p->groups) == 0) {
		if (setegid(p->gid) == 0 && seteuid(p->uid) == 0)
			return 0;
		return_user(was);
		return -1;
	}
	free(was->groups);
	return -1;
}

/*
 * try_user - whether p's user can do what is needed: 1, 0 with what is closed
 * to it (NULL: this process may not become that user at all) and errno, or -1
 * where the way back failed.
 */
static int
try_user(const struct privs *p, const char **closed)
{
	struct identity was;
	int dirs[NDIRS + NWRITE], open;

	*closed = NULL;
	open_dirs(p, dirs);
	open = 0;
	if (borrow_user(p, &was) == 0) {
		*closed = closed_dir(&p->needs, dirs);
		open = *closed == NULL;
		if (return_user(&was) == -1)
			open = -1;
	}
	close_dirs(dirs);
	return open;
}

/*
 * try_root - whether root can do what is needed with the capabilities keep
 * alone; as try_user.
 */
static int
try_root(const struct privs *p, uint64_t keep, const char **closed)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	/* Zeroed, since valgrind sees capget fill the first of the two only. */
	struct __user_cap_data_struct was[2] = { 0 };
	int dirs[NDIRS + NWRITE], saved;
	uint64_t have;

	if (syscall(SYS_capget, &head, was) == -1)
		return -1;
	have = was[0].permitted | (uint64_t)was[1].permitted << 32;
	open_dirs(p, dirs);
	*closed = "/";
	if ((keep & ~have) == 0 && privs_capabilities(have, keep) == 0)
		*closed = closed_dir(&p->needs, dirs);
	saved = errno;
	close_dirs(dirs);
	if (syscall(SYS_capset, &head, was) == -1)
		return -1;
	errno = saved;
	return *closed == NULL;
}

/* stay_root - with as little as will do; closed to nobody, for errno */
static int
stay_root(struct privs *p, const char *closed, char *why, size_t whylen)
{
	static const struct {
		uint64_t	 keep;
		const char	*text;
	} ways[] = {
		{ 0, "without capabilities" },
		{ CAP(CAP_DAC_READ_SEARCH), "with the capability to read" },
		{ CAP(CAP_DAC_OVERRIDE), "with the capability to write" }
	};
	const char *to_root = NULL;
	int result = 0, reason = errno;
	size_t i;

	p->drop_caps = 1;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]) && result == 0; i++) {
		p->keep_caps = ways[i].keep;
		result = try_root(p, ways[i].keep, &to_root);
	}
	if (result != 1) {
		snprintf(why, whylen, "%s: %s", to_root != NULL ? to_root :
		    "capabilities", strerror(errno));
		return -1;
	}
	if (closed != NULL)
		log_info("%s is closed to nobody: staying root, %s", closed,
		    ways[i - 1].text);
	else
		log_info("cannot become nobody (%s): staying root, %s",
		    strerror(reason), ways[i - 1].text);
	return 0;
}

/* plan_default - root, and no user was named */
static int
plan_default(struct privs *p, const char *group, char *why, size_t whylen)
{
	const char *closed = NULL;
	int result = 0;

	if (find_user(p, NOBODY, group, why, whylen) == -1) {
		if (group != NULL)
			return -1;
		errno = ENOENT;
	} else if ((result = try_user(p, &closed)) == 1) {
		p->drop_user = 1;
		return 0;
	}
	if (result == -1) {
		snprintf(why, whylen, "cannot be root again: %s",
		    strerror(errno));
		return -1;
	}
	return stay_root(p, closed, why, whylen);
}

/* plan_named - root, and the operator has said who */
static int
plan_named(struct privs *p, const char *user, const char *group, char *why,
    size_t whylen)
{
	const char *closed;
	int result;

	if (find_user(p, user, group, why, whylen) == -1)
		return -1;
	p->drop_user = 1;
	if (p->uid == 0) {
		p->drop_caps = 1;
		result = try_root(p, 0, &closed);
	} else
		result = try_user(p, &closed);
	if (result == 1)
		return 0;
	if (result == 0 && closed != NULL)
		snprintf(why, whylen, "%s is closed to user %s: %s", closed,
		    user, strerror(errno));
	else
		snprintf(why, whylen, "cannot become user %s: %s", user,
		    strerror(errno));
	return -1;
}

/* plan_ordinary - no root: what is asked for must be so already */
static int
plan_ordinary(struct privs *p, const char *user, const char *group,
    char *why, size_t whylen)
{
	gid_t gid = getegid();

	if (p->chroot != NULL) {
		snprintf(why, whylen, "only root can change the root folder");
		return -1;
	}
	if (group != NULL && find_group(group, &gid, why, whylen) == -1)
		return -1;
	if (gid != getegid()) {
		snprintf(why, whylen, "only root can change the group");
		return -1;
	}
	if (user == NULL)
		return 0;
	if (find_user(p, user, group != NULL ? group : "0", why, whylen) == -1)
		return -1;
	if (p->uid != geteuid()) {
		snprintf(why, whylen, "only root can change the user");
		return -1;
	}
	return 0;
}

/*
 * plan_caps - whether there is anything to clear: root's go of themselves when
 * the user changes, unless whoever started us has arranged otherwise, and an
 * ordinary user mostly has none.
 */
static void
plan_caps(struct privs *p)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct has[2] = { 0 };	/* likewise */

	p->clear_caps = p->drop_caps;
	if (syscall(SYS_capget, &head, has) == -1 ||
	    (has[0].inheritable | has[1].inheritable) != 0)
		p->clear_caps = 1;
	else if (!p->drop_user)
		p->clear_caps |= (has[0].permitted | has[1].permitted) != 0;
	else
		p->clear_caps |= prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) != 0;
}

static int
plan_chroot(struct privs *p, const char *dir, char *why, size_t whylen)
{
	struct stat st;

	if ((p->chroot = realpath(dir, NULL)) == NULL ||
	    stat(p->chroot, &st) == -1) {
		snprintf(why, whylen, "%s: %s", dir, strerror(errno));
		return -1;
	}
	if (!S_ISDIR(st.st_mode)) {
		snprintf(why, whylen, "%s: %s", dir, strerror(ENOTDIR));
		return -1;
	}
	return 0;
}

/* plan_sandbox - asked for in so many words, it is missed where it cannot be */
static int
plan_sandbox(struct privs *p, int sandbox, char *why, size_t whylen)
{
	p->confine = sandbox == SANDBOX_ON ||
	    (sandbox != SANDBOX_OFF && geteuid() == 0);
	if (!p->confine || privs_instrumented())
		return 0;
	if (sandbox_landlock_prepare(&p->sandbox, &p->needs, why,
	    whylen) == -1)
		return -1;
	if (sandbox != SANDBOX_FILES_AS_ROOT &&
	    sandbox_seccomp_prepare(&p->sandbox, &p->needs, why, whylen) == -1)
		return -1;
	if (sandbox == SANDBOX_ON && p->sandbox.ruleset == -1)
		log_warnx("this kernel has no Landlock: "
		    "the sandbox leaves files to the user's rights");
	if (sandbox == SANDBOX_ON && p->sandbox.filter == NULL)
		log_warnx("this kernel has no seccomp: "
		    "the sandbox leaves system calls alone");
	return 0;
}

int
privs_plan(struct privs *p, const char *user, const char *group,
    const char *chroot_dir, int sandbox, int64_t memory,
    const struct serve_needs *needs, char *why, size_t whylen)
{
	int result;

	memset(p, 0, sizeof(*p));
	p->sandbox.ruleset = -1;
	p->memory = memory;
	if (needs != NULL)
		p->needs = *needs;
	if (chroot_dir != NULL && plan_chroot(p, chroot_dir, why, whylen) == -1)
		goto fail;
	if (geteuid() != 0)
		result = plan_ordinary(p, user, group, why, whylen);
	else if (user != NULL)
		result = plan_named(p, user, group, why, whylen);
	else
		result = plan_default(p, group, why, whylen);
	if (result == -1 || plan_sandbox(p, sandbox, why, whylen) == -1)
		goto fail;
	plan_caps(p);
	return 0;
fail:
	privs_release(p);
	return -1;
}
