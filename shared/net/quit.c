/*
 * INT, TERM and HUP as a question instead of an end; see quit.h.
 */
#include "net/quit.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "net/wait.h"

#define WRITE_S	2	/* seconds */

static volatile sig_atomic_t asked, writing;
static sigset_t ours;		/* the signals; none before quit_catch */

static void
ask(int signo)
{
	(void)signo;
	asked = 1;
	if (writing)
		alarm(WRITE_S);
}

static void
give_up(int signo)
{
	(void)signo;
	_exit(1);
}

void
quit_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	static sigset_t open;
	struct sigaction sa = { .sa_handler = ask };
	struct sigaction late = { .sa_handler = give_up };

	sigaction(SIGALRM, &late, NULL);
	sigemptyset(&ours);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&ours, signals[i]);
	sigprocmask(SIG_BLOCK, &ours, &open);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigdelset(&open, signals[i]);
		sigaction(signals[i], &sa, NULL);
	}
	net_wait_set_mask(&open);
}

void
quit_writing(int on)
{
	static sig_atomic_t before;

	if (!sigismember(&ours, SIGTERM))
		return;
	if (on) {
		before = asked;
		writing = 1;
		if (asked)
			alarm(WRITE_S);
		sigprocmask(SIG_UNBLOCK, &ours, NULL);
		return;
	}
	sigprocmask(SIG_BLOCK, &ours, NULL);
	writing = 0;
	alarm(0);
	/* whoever looked before the write is to be woken from the wait */
	if (asked && !before)
		raise(SIGTERM);
}

int
quit_asked(void)
{
	return asked != 0;
}
