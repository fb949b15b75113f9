/*
 * filec's command line.
 */
#ifndef FILEC_OPTIONS_H
#define FILEC_OPTIONS_H

#include "filec.h"

enum command { COMMAND_PLAIN, COMMAND_GET, COMMAND_PUT, COMMAND_LIST,
    COMMAND_STAT };

/* options_parse - as opt_parse(), and what a table cannot check. */
enum opt_result	options_parse(struct settings *, int argc, char **argv,
		    struct opt_operands *, enum command *);
void		options_free(struct settings *);

#endif
