/*
 * INT, TERM and HUP as a question instead of an end; see quit.h.
 */
#include "net/quit.h"

#include <signal.h>
#include <stddef.h>

#include "net/wait.h"

static volatile sig_atomic_t asked;

static void
ask(int signo)
{
	(void)signo;
	asked = 1;
}

void
quit_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	static sigset_t open;
	struct sigaction sa = { .sa_handler = ask };
	sigset_t ours;

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

int
quit_asked(void)
{
	return asked != 0;
}
