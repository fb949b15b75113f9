/*
 * What is said about a transfer when it is over: errors, --write-out, --json.
 */
#ifndef HTTPC_REPORT_H
#define HTTPC_REPORT_H

#include "transfer.h"

/* report - to standard output or error; the transfer's exit status, or
 * ST_WRITE where it could not be said. */
int	report(const struct transfer *);

/* report_format_ok - whether --write-out names what there is; else a message
 * was printed. */
int	report_format_ok(const char *format);

#endif
