/*
 * What the clients' main functions have in common.
 */
#include "base/opt.h"

#include <signal.h>

#define EXIT_USAGE	2

int
opt_main(const struct opt_program *program, int argc, char **argv,
    void *settings, int (*run)(void *, const struct opt_operands *))
{
	struct opt_operands operands;
	enum opt_result parsed;
	int status;

	signal(SIGPIPE, SIG_IGN);
	program->groups[0].settings = settings;
	parsed = opt_parse(program, argc, argv, &operands, NULL, 0);
	if (parsed != OPT_OK)
		return parsed == OPT_EXIT_OK ? 0 : EXIT_USAGE;
	status = run(settings, &operands);
	opt_release(program);
	return status;
}
