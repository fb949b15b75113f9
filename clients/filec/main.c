/*
 * filec - the client of filed(8): gets and puts files, verified and resumed
 * where they were cut; and the coursework's client, which asks for names.
 */
#include <sys/mman.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "link.h"
#include "net/conn.h"
#include "options.h"

/* transfer - get or put: plan, ask, do */
static enum status
transfer(struct work *w, struct link *l, char **names, int n)
{
	struct outcome o = { 0 };
	enum status st;

	w->standard = w->put ? strcmp(names[0], "-") == 0 :
	    w->set->output != NULL && strcmp(w->set->output, "-") == 0;
	st = w->put ? plan_put(w, l, names, n, &o) :
	    plan_get(w, l, names, n, &o);
	if (st != ST_OK)
		return st;
	st = decide(w, l, &o);
	if (st != ST_OK) {
		complain(l->host, o.why);
		return st;
	}
	return run_jobs(w, l);
}

static enum status
run_command(struct work *w, struct link *l, const struct opt_operands *op,
    enum command command)
{
	char **names = op->v + 1;
	int n = op->n - 1;

	switch (command) {
	case COMMAND_PLAIN:
		return plain_prompt(w, l);
	case COMMAND_GET:
		return w->set->plain ? plain_names(w, l, names, n) :
		    transfer(w, l, names, n);
	case COMMAND_PUT:
		w->put = true;
		return transfer(w, l, names, n);
	case COMMAND_LIST:
		return list_names(w->set, l, names, n, true);
	case COMMAND_STAT:
		return list_names(w->set, l, names, n, false);
	}
	return ST_USAGE;
}

/* no_host - tell so, and of each file with --json */
static void
no_host(const struct work *w, const struct opt_operands *op,
    enum command command, const struct outcome *o)
{
	complain(op->v[0], o->why);
	for (int i = 1; i < op->n; i++)
		if (command == COMMAND_GET || command == COMMAND_PUT)
			report_untried(w, op->v[i], o);
}

static enum status
run(const struct settings *set, const struct opt_operands *op,
    enum command command)
{
	static struct link l;
	struct work w = { .set = set, .root = -1 };
	struct outcome o = { 0 };
	enum status st;

	w.shared = mmap(NULL, sizeof(*w.shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w.shared == MAP_FAILED) {
		complain("memory", strerror(errno));
		return ST_LOCAL;
	}
	st = link_init(&l, set, op->v[0],
	    command == COMMAND_PLAIN ? op->v[1] : NULL, &o);
	if (st == ST_OK)
		st = run_command(&w, &l, op, command);
	else
		no_host(&w, op, command, &o);
	link_free(&l);
	work_free(&w);
	if (w.root != -1)
		close(w.root);
	munmap(w.shared, sizeof(*w.shared));
	conn_pool_free();
	return st;
}

int
main(int argc, char **argv)
{
	struct settings set;
	struct opt_operands op;
	enum command command;
	enum status st;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	switch (options_parse(&set, argc, argv, &op, &command)) {
	case OPT_OK:
		break;
	case OPT_EXIT_OK:
		return ST_OK;
	default:
		return ST_USAGE;
	}
	st = run(&set, &op, command);
	options_free(&set);
	return (int)st;
}
