/*
 * Signals.  They are blocked but while the program waits; handlers only set
 * flags.  What the terminal sends goes to the command as well, which is in the
 * same group, so that only what a process has sent is sent on.
 */
#include "heartbeatc.h"

#include <signal.h>
#include <string.h>

#include "net/wait.h"

static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1,
    SIGUSR2 };

#define NOURS	(sizeof(ours) / sizeof(ours[0]))
#define NSTOP	3		/* the first so many end us */

static volatile sig_atomic_t came[NSIG], from_terminal[NSIG];
static sigset_t before;		/* the mask that we were started with */

static void
note(int sig, siginfo_t *info, void *context)
{
	(void)context;
	came[sig] = 1;
	from_terminal[sig] = info->si_code == SI_KERNEL;
}

static void
nothing(int sig)
{
	(void)sig;	/* it ends a wait, which is all */
}

/* take - handle sig unless we were started with it ignored (nohup). */
static void
take(int sig, sigset_t *block)
{
	struct sigaction sa, was;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_sigaction = note;
	sa.sa_flags = SA_SIGINFO;
	if (sigaction(sig, NULL, &was) == -1 || was.sa_handler == SIG_IGN)
		return;
	sigaction(sig, &sa, NULL);
	sigaddset(block, sig);
}

void
signals_init(bool command)
{
	static sigset_t waiting;
	struct sigaction sa;
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < (command ? NOURS : NSTOP); i++)
		take(ours[i], &block);
	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = nothing;
	sigaction(SIGCHLD, &sa, NULL);
	sigaddset(&block, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &block, &before);
	waiting = before;
	for (size_t i = 0; i < NOURS; i++)
		sigdelset(&waiting, ours[i]);
	sigdelset(&waiting, SIGCHLD);
	net_wait_set_mask(&waiting);
}

bool
signals_stop(void)
{
	for (size_t i = 0; i < NSTOP; i++)
		if (came[ours[i]])
			return true;
	return false;
}

void
signals_forward(pid_t pid)
{
	for (size_t i = 0; i < NOURS; i++) {
		if (!came[ours[i]])
			continue;
		came[ours[i]] = 0;
		if (!from_terminal[ours[i]])
			kill(pid, ours[i]);
	}
}

void
signals_child(void)
{
	struct sigaction is;

	signal(SIGPIPE, SIG_DFL);
	/* what has been sent on already must not be taken by our handler */
	for (size_t i = 0; i < NOURS; i++)
		if (sigaction(ours[i], NULL, &is) == 0 &&
		    is.sa_sigaction == note)
			signal(ours[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
