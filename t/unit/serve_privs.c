/*
 * Unit tests of serve/privs.c and privs_plan.c: who a child is after the drop,
 * and what privs_plan says to what cannot be.  Run by an ordinary user, what
 * takes root is skipped.
 */

#include "t/unit/serve_privs.h"

#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include "base/log.h"

static const struct serve_needs open_needs = { .read_dirs = { "%/open" } };

/* needs_of - a copy of needs in which % stands for the folder */
static struct serve_needs
needs_of(const struct serve_needs *n)
{
	struct serve_needs needs = *n;

	for (size_t i = 0; i < 8; i++)
		if (needs.read_dirs[i] != NULL)
			needs.read_dirs[i] = at(needs.read_dirs[i] + 2);
	for (size_t i = 0; i < 4; i++)
		if (needs.write_dirs[i] != NULL)
			needs.write_dirs[i] = at(needs.write_dirs[i] + 2);
	return needs;
}

/* capabilities - effective, permitted and inheritable ones together */
static uint64_t
capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct d[2] = { { 0 } };

	if (syscall(SYS_capget, &head, d) == -1)
		return UINT64_MAX;
	d[0].effective |= d[0].permitted | d[0].inheritable;
	d[1].effective |= d[1].permitted | d[1].inheritable;
	return d[0].effective | (uint64_t)d[1].effective << 32;
}

/* what holds after every drop from root */
static void
check_powerless(void)
{
	struct rlimit core;

	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
	REFUSED(setresuid(4242, 4242, 4242), EPERM);
	REFUSED(setgroups(0, NULL), EPERM);
	REFUSED(chroot("/"), EPERM);
	REFUSED(chown(at("outside"), 4242, 4242), EPERM);
}

static void
check_nobody(void)
{
	gid_t groups[64];

	CHECK(getuid() == NOBODY && geteuid() == NOBODY);
	CHECK(getgid() != 0 && getegid() != 0);
	CHECK(getgroups(64, groups) == 1 && groups[0] == getgid());
	CHECK(capabilities() == 0);
	REFUSED(setuid(0), EPERM);
	REFUSED(seteuid(0), EPERM);
	REFUSED(setgid(0), EPERM);
	REFUSED(can_open("/etc/shadow", O_RDONLY), EACCES);
	REFUSED(can_open(at("open/secret"), O_RDONLY), EACCES);
	CHECK(can_open(at("open/page"), O_RDONLY) == 0);
	check_powerless();
}

static void
check_root(uint64_t capabilities_left)
{
	CHECK(getuid() == 0 && geteuid() == 0);
	CHECK(capabilities() == capabilities_left);
	check_powerless();
	REFUSED(mknod(at("writable/device"), S_IFCHR, 0x103), EPERM);
}

/* -- Who ------------------------------------------------------------------ */

static void
become_nobody(void)
{
	struct serve_needs needs = needs_of(&open_needs);

	drop(NULL, SANDBOX_OFF, &needs);
	check_nobody();
}

static void
become_nobody_in_closed(void)
{
	const struct serve_needs needs = {
		.read_dirs = { at("open"), at("closed") }
	};

	drop(NULL, SANDBOX_OFF, &needs);
	check_root(0);
	CHECK(can_open(at("closed/page"), O_RDONLY) == 0);
	REFUSED(can_open(at("theirs/page"), O_RDONLY), EACCES);
}

static void
read_what_is_theirs(void)
{
	const struct serve_needs needs = { .read_dirs = { at("theirs") } };

	drop(NULL, SANDBOX_OFF, &needs);
	check_root(1ULL << CAP_DAC_READ_SEARCH);
	CHECK(can_open(at("theirs/page"), O_RDONLY) == 0);
	REFUSED(can_open(at("theirs/new"), O_WRONLY | O_CREAT), EACCES);
}

static void
write_what_is_theirs(void)
{
	const struct serve_needs needs = { .write_dirs = { at("theirs") } };

	drop(NULL, SANDBOX_OFF, &needs);
	check_root(1ULL << CAP_DAC_OVERRIDE);
	CHECK(can_open(at("theirs/page"), O_WRONLY) == 0);
}

static void
write_as_nobody(void)
{
	const struct serve_needs needs = {
		.read_dirs = { at("open") }, .write_dirs = { at("writable") }
	};

	drop(NULL, SANDBOX_OFF, &needs);
	check_nobody();
	CHECK(can_open(at("writable/kept"), O_WRONLY | O_CREAT) == 0);
}

static void
write_as_root(void)
{
	const struct serve_needs needs = { .write_dirs = { at("open") } };

	drop(NULL, SANDBOX_OFF, &needs);
	check_root(0);
	CHECK(can_open(at("open/page"), O_RDWR) == 0);
}

static void
stay_root_when_named(void)
{
	struct serve_needs needs = needs_of(&open_needs);

	drop("root", SANDBOX_OFF, &needs);
	check_root(0);
}

static void
become_a_number(void)
{
	char why[300];

	CHECK(privs_plan(&plan, "4242", "4343", NULL, SANDBOX_OFF, 0, NULL,
	    why, sizeof(why)) == 0);
	CHECK(privs_drop(&plan, why, sizeof(why)) == 0);
	CHECK(getuid() == 4242 && getgid() == 4343);
	CHECK(capabilities() == 0);
	REFUSED(setuid(0), EPERM);
	REFUSED(setgid(0), EPERM);
}

/* A supervisor may have arranged that capabilities outlive the user. */
static void
securebits_of_others(void)
{
	struct serve_needs needs = needs_of(&open_needs);

	CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	drop(NULL, SANDBOX_OFF, &needs);
	check_nobody();
}

static void
run_as_root(void **state)
{
	void (*body)(void) = *state;

	if (geteuid() != 0)
		skip();
	log_level_set(LOG_LEVEL_ERROR);
	passes(body, NULL);
	log_level_set(LOG_LEVEL_INFO);
}

/* The parent is the same before and after, and says where it stays root. */
static void
plan_changes_nothing(void **state)
{
	const struct serve_needs needs = { .read_dirs = { at("closed") } };
	gid_t before[64], after[64];
	char why[300], line[400] = "", want[300];
	int nbefore, nafter, dumpable, fd;
	uint64_t had = capabilities();

	(void)state;
	if (geteuid() != 0)
		skip();
	nbefore = getgroups(64, before);
	dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	assert_return_code(log_open(at("log"), "test"), errno);
	assert_int_equal(privs_plan(&plan, NULL, NULL, NULL, SANDBOX_OFF, 0,
	    &needs, why, sizeof(why)), 0);
	log_close();
	privs_release(&plan);
	privs_release(&plan);
	nafter = getgroups(64, after);
	assert_int_equal(getuid() + geteuid() + getegid(), getgid());
	assert_int_equal(nafter, nbefore);
	assert_memory_equal(before, after, (size_t)nafter * sizeof(gid_t));
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), dumpable);
	assert_true(capabilities() == had);
	fd = open(at("log"), O_RDONLY | O_CLOEXEC);
	assert_return_code(fd, errno);
	assert_true(read(fd, line, sizeof(line) - 1) > 0);
	close(fd);
	snprintf(want, sizeof(want), "%s/closed is closed to nobody: "
	    "staying root, without capabilities\n", base);
	assert_non_null(strstr(line, want));
}

/* -- What is refused, before anything forks ------------------------------- */

/* refused - and why ends so, where why is not NULL */
static void
check_refused(const char *user, const char *group, const char *dir,
    const char *end_of_why)
{
	const struct serve_needs needs = { .read_dirs = { at("closed") } };
	char why[300] = "";

	CHECK(privs_plan(&plan, user, group, dir, SANDBOX_OFF, 0, &needs,
	    why, sizeof(why)) == -1);
	if (strlen(why) < strlen(end_of_why) ||
	    strcmp(why + strlen(why) - strlen(end_of_why), end_of_why) != 0)
		check(0, why, __LINE__);
	CHECK(plan.groups == NULL && plan.chroot == NULL);
}

static void
bad_for_root(void)
{
	check_refused("no-such-user", NULL, NULL,
	    "there is no user 'no-such-user'");
	check_refused("root", "no-such-group", NULL,
	    "there is no group 'no-such-group'");
	check_refused("4242", NULL, NULL,
	    "user 4242 has no name and so no group: name a group too");
	check_refused("99999999999", NULL, NULL,
	    "there is no user '99999999999'");
	check_refused("nobody", NULL, NULL,
	    "/closed is closed to user nobody: Permission denied");
	check_refused(NULL, NULL, at("nowhere"),
	    "/nowhere: No such file or directory");
	check_refused(NULL, NULL, at("alone"), "/alone: Not a directory");
	CHECK(geteuid() == 0 && getegid() == 0);
}

static void
bad_for_others(void)
{
	check_refused("root", NULL, NULL, "only root can change the user");
	check_refused("0", NULL, NULL, "only root can change the user");
	check_refused(NULL, "root", NULL, "only root can change the group");
	check_refused(NULL, NULL, base,
	    "only root can change the root folder");
	check_refused("no-such-user", NULL, NULL,
	    "there is no user 'no-such-user'");
}

static void
others_stay_who_they_are(void)
{
	char number[24];

	snprintf(number, sizeof(number), "%ld", (long)geteuid());
	drop(number, SANDBOX_OFF, NULL);
	CHECK(!plan.drop_user && getuid() == strtoul(number, NULL, 10));
	CHECK(capabilities() == 0);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHECK(can_open(at("open/page"), O_RDONLY) == 0);
}

static void
run_as_nobody(void **state)
{
	void (*body)(void) = *state;

	passes(body, geteuid() == 0 ? "nobody" : NULL);
}

/* -- The rest ------------------------------------------------------------- */

static void
below_a_new_root(void)
{
	const struct serve_needs needs = { .read_dirs = { at("open") } };
	char why[300];

	/* Nobody cannot pass through the folder above, and need not. */
	CHECK(chmod(base, 0700) == 0);
	CHECK(privs_plan(&plan, "nobody", NULL, at("open"), SANDBOX_OFF, 0,
	    &needs, why, sizeof(why)) == 0);
	CHECK(privs_drop(&plan, why, sizeof(why)) == 0);
	CHECK(chmod("/", 0755) == -1);
	CHECK(can_open("/page", O_RDONLY) == 0);
	CHECK(can_open("/../../page", O_RDONLY) == 0);
	REFUSED(can_open("/etc/passwd", O_RDONLY), ENOENT);
	CHECK(getuid() == NOBODY);
}

static void
restore_base(void **state)
{
	run_as_root(state);
	chmod(base, 0755);
}

static void
little_memory(void)
{
	char why[300];

	CHECK(privs_plan(&plan, NULL, NULL, NULL, SANDBOX_OFF, 64 << 20, NULL,
	    why, sizeof(why)) == 0);
	CHECK(privs_drop(&plan, why, sizeof(why)) == 0);
	if (privs_instrumented())
		return;
	CHECK(mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0) != MAP_FAILED);
	CHECK(mmap(NULL, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0) == MAP_FAILED && errno == ENOMEM);
}

#define TEST(run, f)	{ #f, run, NULL, NULL, (void *)(f) }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(run_as_root, become_nobody),
		TEST(run_as_root, become_nobody_in_closed),
		TEST(run_as_root, read_what_is_theirs),
		TEST(run_as_root, write_what_is_theirs),
		TEST(run_as_root, write_as_nobody),
		TEST(run_as_root, write_as_root),
		TEST(run_as_root, stay_root_when_named),
		TEST(run_as_root, become_a_number),
		TEST(run_as_root, securebits_of_others),
		cmocka_unit_test(plan_changes_nothing),
		TEST(run_as_root, bad_for_root),
		TEST(run_as_nobody, bad_for_others),
		TEST(run_as_nobody, others_stay_who_they_are),
		TEST(restore_base, below_a_new_root),
		TEST(run_as_nobody, little_memory),
		TEST(run_as_root, little_memory),
	};

	return cmocka_run_group_tests(tests, set_up, clear_up);
}
