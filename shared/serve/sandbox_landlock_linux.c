/*
 * Landlock (landlock(7)): the kernel checks each file that is opened, and each
 * TCP port, against a list made beforehand.  Called by privs.c; the parent
 * makes the list, a child enters it with one system call.  Must never need a
 * newer kernel: what it cannot check is left out.
 */
#include "serve/privs.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Newer than the headers of the oldest system that we build on. */
#define FS_TRUNCATE		(1ULL << 14)	/* version 3 */
#define FS_IOCTL_DEV		(1ULL << 15)	/* version 5 */
#define NET_BIND_TCP		(1ULL << 0)	/* version 4 */
#define NET_CONNECT_TCP		(1ULL << 1)	/* version 4 */
#define SCOPE_ABSTRACT_UNIX	(1ULL << 0)	/* version 6 */
#define SCOPE_SIGNAL		(1ULL << 1)	/* version 6 */

#define FS_READ		(LANDLOCK_ACCESS_FS_READ_FILE |			\
			 LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE	(LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define FS_CHANGE	(FS_READ | FS_WRITE |				\
			 LANDLOCK_ACCESS_FS_MAKE_REG |			\
			 LANDLOCK_ACCESS_FS_MAKE_DIR |			\
			 LANDLOCK_ACCESS_FS_REMOVE_FILE |		\
			 LANDLOCK_ACCESS_FS_REMOVE_DIR |		\
			 LANDLOCK_ACCESS_FS_REFER)
/* What a rule may name for a file that is no folder. */
#define FS_OF_FILE	(LANDLOCK_ACCESS_FS_EXECUTE |			\
			 LANDLOCK_ACCESS_FS_READ_FILE | FS_WRITE | FS_IOCTL_DEV)

/* struct landlock_ruleset_attr as of version 6. */
struct ruleset {
	uint64_t fs, net, scoped;
};

/* Where a resolver and a TLS client look: hosts, resolv.conf and what it may
 * lead to, modules of nsswitch.conf, certificates. */
static const char *const resolver_paths[] = {
	"/etc", "/run/systemd/resolve", "/run/NetworkManager",
	"/run/resolvconf", "/usr/share/ca-certificates", "/usr/lib/ssl",
	"/usr/lib", "/lib", "/lib64", "/usr/share/zoneinfo"
};

/* version - of the kernel's Landlock; 0: none, or switched off */
static int
version(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return v < 0 ? 0 : (int)v;
}

/*
 * handled - all that this kernel can refuse, so that what has no rule is
 * refused.  A child signals nobody but itself (each child is a scope of its
 * own), and dials no abstract socket but where it makes connections.
 */
static struct ruleset
handled(int v, const struct serve_needs *needs)
{
	struct ruleset r = { .fs = (1ULL << 13) - 1 };

	if (v >= 2)
		r.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (v >= 3)
		r.fs |= FS_TRUNCATE;
	/* Commands may want terminals, ports and peers of their own. */
	if (v >= 5 && !needs->exec)
		r.fs |= FS_IOCTL_DEV;
	if (v >= 4 && !needs->exec)
		r.net = NET_BIND_TCP | (needs->connect ? 0 : NET_CONNECT_TCP);
	if (v >= 6)
		r.scoped = SCOPE_SIGNAL | (needs->connect || needs->exec ? 0 :
		    SCOPE_ABSTRACT_UNIX);
	return r;
}

/* allow - beneath path, what of access the kernel handles */
static int
allow(int ruleset, const struct ruleset *r, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { 0 };
	struct stat st;
	int result, saved;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd == -1)
		return -1;
	rule.allowed_access = access & r->fs;
	if ((result = fstat(rule.parent_fd, &st)) == 0) {
		if (!S_ISDIR(st.st_mode))
			rule.allowed_access &= FS_OF_FILE;
		result = (int)syscall(SYS_landlock_add_rule, ruleset,
		    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	}
	saved = errno;
	close(rule.parent_fd);
	errno = saved;
	return result;
}

/* allow_system - places that are there or not, as the system has it */
static void
allow_system(int ruleset, const struct ruleset *r,
    const struct serve_needs *needs)
{
	const size_t n = sizeof(resolver_paths) / sizeof(resolver_paths[0]);

	allow(ruleset, r, "/dev/null", FS_READ | FS_WRITE);
	if (needs->connect)
		for (size_t i = 0; i < n; i++)
			allow(ruleset, r, resolver_paths[i], FS_READ);
	/* What commands will want is not known: they may read, and run, all
	 * that the user may, and write where everybody does. */
	if (needs->exec) {
		allow(ruleset, r, "/", FS_READ | LANDLOCK_ACCESS_FS_EXECUTE);
		allow(ruleset, r, "/dev", FS_READ | FS_WRITE);
		allow(ruleset, r, "/tmp", FS_CHANGE);
		allow(ruleset, r, "/var/tmp", FS_CHANGE);
	}
}

/* allow_needs - each must be there; NULL, or the one that failed with errno */
static const char *
allow_needs(int ruleset, const struct ruleset *r,
    const struct serve_needs *needs)
{
	const size_t nread = sizeof(needs->read_dirs) /
	    sizeof(needs->read_dirs[0]);
	const size_t nwrite = sizeof(needs->write_dirs) /
	    sizeof(needs->write_dirs[0]);

	for (size_t i = 0; i < nread; i++)
		if (needs->read_dirs[i] != NULL &&
		    allow(ruleset, r, needs->read_dirs[i], FS_READ) == -1)
			return needs->read_dirs[i];
	for (size_t i = 0; i < nwrite; i++)
		if (needs->write_dirs[i] != NULL &&
		    allow(ruleset, r, needs->write_dirs[i], FS_CHANGE) == -1)
			return needs->write_dirs[i];
	return NULL;
}

int
sandbox_landlock_prepare(struct sandbox *sb, const struct serve_needs *needs,
    char *why, size_t whylen)
{
	struct ruleset r;
	const char *path;
	size_t size;
	int v, fd;

	sb->ruleset = -1;
	if ((v = version()) == 0)
		return 0;
	r = handled(v, needs);
	size = sizeof(r.fs) * (v >= 6 ? 3 : v >= 4 ? 2 : 1);
	fd = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
	if (fd == -1) {
		snprintf(why, whylen, "Landlock: %s", strerror(errno));
		return -1;
	}
	allow_system(fd, &r, needs);
	if ((path = allow_needs(fd, &r, needs)) != NULL) {
		snprintf(why, whylen, "Landlock: %s: %s", path,
		    strerror(errno));
		close(fd);
		return -1;
	}
	sb->ruleset = fd;
	return 0;
}

int
sandbox_landlock_enter(const struct sandbox *sb)
{
	if (sb->ruleset == -1)
		return 0;
	return (int)syscall(SYS_landlock_restrict_self, sb->ruleset, 0);
}
