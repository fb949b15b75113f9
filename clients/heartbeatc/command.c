/*
 * The command of --run.  It has our standard input and output and our group; we
 * are there for its beats, and must never stand in its way.
 */
#include "heartbeatc.h"

#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <unistd.h>

/* As shells have it. */
#define NOT_FOUND	127
#define NOT_RUN		126
#define BY_SIGNAL	128

pid_t
command_start(char *const argv[])
{
	pid_t pid = fork();

	if (pid == -1)
		warn("fork");
	if (pid != 0)
		return pid;
	signals_child();
	execvp(argv[0], argv);
	warn("%s", argv[0]);
	_exit(errno == ENOENT ? NOT_FOUND : NOT_RUN);
}

bool
command_ended(pid_t pid, int *status)
{
	int how;

	if (waitpid(pid, &how, WNOHANG) != pid)
		return false;
	*status = WIFSIGNALED(how) ? BY_SIGNAL + WTERMSIG(how) :
	    WEXITSTATUS(how);
	return true;
}
