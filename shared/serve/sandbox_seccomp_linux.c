/*
 * seccomp (seccomp(2)): the list of system calls that our servers make, by
 * purpose.  Called by privs.c; libseccomp compiles the list in the parent, for
 * it takes a millisecond, and a child hands the result to the kernel.  What is
 * not listed gets EPERM, and an audit record, rather than a signal: a call that
 * was forgotten here must not end anybody's download.
 */
#include "serve/privs.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))

/* No harm can be done with these beyond what is open already, and what may be
 * opened is Landlock's to say. */
static const int always[] = {
	/* what is open */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv),
	SCMP_SYS(preadv2), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(pwritev2),
	SCMP_SYS(sendfile), SCMP_SYS(sendfile64), SCMP_SYS(splice),
	SCMP_SYS(tee), SCMP_SYS(copy_file_range), SCMP_SYS(lseek),
	SCMP_SYS(_llseek), SCMP_SYS(fadvise64), SCMP_SYS(readahead),
	SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(flock), SCMP_SYS(dup),
	SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(close),
	SCMP_SYS(close_range), SCMP_SYS(pipe), SCMP_SYS(pipe2),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range),
	/* files by name */
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(stat),
	SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(stat64),
	SCMP_SYS(lstat64), SCMP_SYS(fstat64), SCMP_SYS(newfstatat),
	SCMP_SYS(fstatat64), SCMP_SYS(statx), SCMP_SYS(statfs),
	SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(chdir),
	SCMP_SYS(fchdir), SCMP_SYS(umask),
	/* connections; connect(2) because of syslog(3): which families there
	 * are sockets of is decided below */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect),
	SCMP_SYS(bind), SCMP_SYS(shutdown), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(sendto),
	SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recv),
	SCMP_SYS(send), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(socketpair),
	/* waiting */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
	SCMP_SYS(_newselect), SCMP_SYS(pselect6), SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2), SCMP_SYS(signalfd4),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(timerfd_gettime), SCMP_SYS(futex), SCMP_SYS(futex_time64),
	SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield),
	/* time */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times),
	SCMP_SYS(alarm), SCMP_SYS(setitimer),
	/* memory; with PROT_EXEC below */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(mincore), SCMP_SYS(mlock), SCMP_SYS(munlock),
	SCMP_SYS(membarrier),
	/* signals, but none to others (tgkill is raise(3) and abort(3)) */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(tgkill),
	/* this process */
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(getresuid), SCMP_SYS(getresgid),
	SCMP_SYS(getgroups), SCMP_SYS(getrusage), SCMP_SYS(getrlimit),
	SCMP_SYS(ugetrlimit), SCMP_SYS(sysinfo), SCMP_SYS(uname),
	SCMP_SYS(getcpu), SCMP_SYS(sched_getaffinity), SCMP_SYS(getrandom),
	SCMP_SYS(rseq), SCMP_SYS(set_robust_list), SCMP_SYS(capget),
	SCMP_SYS(exit), SCMP_SYS(exit_group)
};

/* With write_dirs. */
static const int changing[] = {
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rmdir),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(link), SCMP_SYS(linkat),
	SCMP_SYS(truncate), SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64),
	SCMP_SYS(fallocate), SCMP_SYS(utimensat), SCMP_SYS(utimensat_time64),
	SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chmod)
};

/* Nothing but an exploit calls these in a server. */
static const int hostile[] = {
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(mount),
	SCMP_SYS(umount2), SCMP_SYS(move_mount), SCMP_SYS(open_tree),
	SCMP_SYS(fsopen), SCMP_SYS(fsmount), SCMP_SYS(mount_setattr),
	SCMP_SYS(pivot_root), SCMP_SYS(setns), SCMP_SYS(unshare),
	SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(reboot),
	SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(open_by_handle_at),
	SCMP_SYS(modify_ldt)
};

/* One argument that must be so for a call to be allowed. */
struct argument {
	int		 call;
	unsigned	 arg;		/* from 0 */
	uint64_t	 mask, value;
};

#define ANY	UINT64_MAX
#define WORD	0xffffffffULL	/* the kernel looks at the lower half alone */

static const struct argument arguments[] = {
	{ SCMP_SYS(ioctl), 1, WORD, FIONREAD },
	{ SCMP_SYS(ioctl), 1, WORD, FIONBIO },
	{ SCMP_SYS(ioctl), 1, WORD, TIOCOUTQ },
	{ SCMP_SYS(ioctl), 1, WORD, TCGETS },
	{ SCMP_SYS(ioctl), 1, WORD, TIOCGWINSZ },
	{ SCMP_SYS(ioctl), 1, WORD, 0x8910 },	/* SIOCGIFNAME */
	{ SCMP_SYS(ioctl), 1, WORD, 0x8933 },	/* SIOCGIFINDEX */
	{ SCMP_SYS(prctl), 0, WORD, PR_SET_NAME },
	{ SCMP_SYS(prctl), 0, WORD, PR_GET_NAME },
	{ SCMP_SYS(prctl), 0, WORD, PR_SET_PDEATHSIG },
	{ SCMP_SYS(prctl), 0, WORD, PR_SET_TIMERSLACK },
	/* Limits may be read, not set. */
	{ SCMP_SYS(prlimit64), 2, ANY, 0 },
	/* getifaddrs(3) asks the kernel so. */
	{ SCMP_SYS(socket), 0, WORD, AF_NETLINK }
};

/* Code is neither written nor loaded, but for the modules of a resolver. */
static const struct argument no_code[] = {
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mmap2), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 }
};

static const int loading[] = {
	SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)
};

static const struct argument inet[] = {
	{ SCMP_SYS(socket), 0, WORD, AF_INET },
	{ SCMP_SYS(socket), 0, WORD, AF_INET6 },
	{ SCMP_SYS(socket), 0, WORD, AF_UNIX }
};

/*
 * What pthread_create(3) asks of clone(2): no less, so that what it makes is a
 * thread of this process and under its filter; no more, but for a flag that
 * means nothing to the kernel and that one C library sets.
 */
#define THREAD_FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | \
	CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | \
	CLONE_CHILD_CLEARTID)

#if defined(__s390__) || defined(__s390x__)
#define FLAGS_ARG	1
#else
#define FLAGS_ARG	0
#endif

static const struct argument threads[] = {
	{ SCMP_SYS(clone), FLAGS_ARG, WORD & ~(uint64_t)CLONE_DETACHED,
	    THREAD_FLAGS }
};

/* add_calls - calls that this processor's kernel does not have are skipped by
 * libseccomp */
static int
add_calls(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(ctx, action, calls[i], 0) < 0)
			return -1;
	return 0;
}

static int
add_arguments(scmp_filter_ctx ctx, const struct argument *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, a[i].call, 1,
		    SCMP_CMP(a[i].arg, SCMP_CMP_MASKED_EQ, a[i].mask,
		    a[i].value)) < 0)
			return -1;
	return 0;
}

/* add_connecting - sockets of its own; without, one to syslogd's alone */
static int
add_connecting(scmp_filter_ctx ctx, int connect)
{
	if (connect)
		return add_arguments(ctx, inet, LEN(inet)) |
		    add_calls(ctx, SCMP_ACT_ALLOW, loading, LEN(loading));
	return add_arguments(ctx, no_code, LEN(no_code)) |
	    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
	    SCMP_CMP(0, SCMP_CMP_MASKED_EQ, WORD, AF_UNIX),
	    SCMP_CMP(1, SCMP_CMP_MASKED_EQ, 0xf, SOCK_DGRAM));
}

/* add_threads - clone3(2) has its flags in memory, where a filter cannot look:
 * there is none, and libraries take clone(2) */
static int
add_threads(scmp_filter_ctx ctx)
{
	return add_arguments(ctx, threads, LEN(threads)) |
	    seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/*
 * compile - Where commands are run the filter is theirs too, and nobody knows
 * what they call: then all is allowed but what is hostile, and that gets EPERM.
 */
static scmp_filter_ctx
compile(const struct serve_needs *needs)
{
	const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx ctx;
	int bad;

	if ((ctx = seccomp_init(needs->exec ? SCMP_ACT_ALLOW : refuse)) == NULL)
		return NULL;
	/* A tree, not a list: it is also what the kernel walks, once for each
	 * system call there is, when a child hands the filter over. */
	bad = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	bad |= seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS);
	bad |= add_calls(ctx, needs->exec ? refuse : SCMP_ACT_KILL_PROCESS,
	    hostile, LEN(hostile));
	if (!needs->exec) {
		bad |= add_calls(ctx, SCMP_ACT_ALLOW, always, LEN(always));
		bad |= add_arguments(ctx, arguments, LEN(arguments));
		bad |= add_connecting(ctx, needs->connect);
		if (needs->threads)
			bad |= add_threads(ctx);
		if (needs->write_dirs[0] != NULL)
			bad |= add_calls(ctx, SCMP_ACT_ALLOW, changing,
			    LEN(changing));
	}
	if (bad) {
		seccomp_release(ctx);
		errno = EINVAL;
		return NULL;
	}
	return ctx;
}

/* export - the program as the kernel takes it; libseccomp has only a way to
 * write it to a descriptor */
static int
export(scmp_filter_ctx ctx, struct sandbox *sb)
{
	off_t size;
	int fd, result = -1;

	if ((fd = memfd_create("seccomp", MFD_CLOEXEC)) == -1)
		return -1;
	if ((errno = -seccomp_export_bpf(ctx, fd)) != 0 ||
	    (size = lseek(fd, 0, SEEK_END)) == -1)
		goto out;
	if (size == 0 || (size_t)size / sizeof(struct sock_filter) >
	    BPF_MAXINSNS) {
		errno = E2BIG;
		goto out;
	}
	if ((sb->filter = malloc((size_t)size)) == NULL)
		goto out;
	sb->filter_len = (size_t)size / sizeof(struct sock_filter);
	if (pread(fd, sb->filter, (size_t)size, 0) == size)
		result = 0;
out:
	close(fd);
	return result;
}

int
sandbox_seccomp_prepare(struct sandbox *sb, const struct serve_needs *needs,
    char *why, size_t whylen)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;
	scmp_filter_ctx ctx;
	int result = -1;

	sb->filter = NULL;
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == -1)
		return 0;
	if ((ctx = compile(needs)) != NULL) {
		result = export(ctx, sb);
		seccomp_release(ctx);
	}
	if (result == -1) {
		snprintf(why, whylen, "seccomp: %s", strerror(errno));
		free(sb->filter);
		sb->filter = NULL;
	}
	return result;
}

/*
 * SPEC_ALLOW: older kernels turn speculation off in a filtered process, which
 * is against code that an attacker brings, slows all else, and has no sense
 * where code cannot be brought.
 */
int
sandbox_seccomp_enter(const struct sandbox *sb)
{
	struct sock_fprog program = {
		.len = (unsigned short)sb->filter_len,
		.filter = sb->filter
	};

	if (sb->filter == NULL)
		return 0;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
	    &program);
}
