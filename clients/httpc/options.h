/*
 * What httpc was asked for: the settings that the option table fills and that
 * hold for every URL of a run.  Read by all its files, changed by none.
 */
#ifndef HTTPC_OPTIONS_H
#define HTTPC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/opt.h"

/* A part of the request's body, as -d and --data-binary gave it. */
struct part {
	char	*text;		/* "@FILE", or the data; owned */
	bool	 binary;	/* keep a file's line ends */
};

struct parts {
	struct part *v;
	size_t	 n;
};

/* -C: where to go on. */
struct resume {
	bool	 set;
	bool	 automatic;	/* '-': at the output file's end */
	uint64_t from;
};

struct retry_delay {
	bool	 set;		/* else it doubles, from one second on */
	int64_t	 ms;
};

struct settings {
	struct opt_list headers, outputs, uploads;
	struct parts	 parts;
	struct resume	 resume;
	struct retry_delay retry_delay;
	char	*method, *proxy, *user, *agent, *referer, *range;
	char	*cacert, *unix_path, *format;
	bool	 head, include, remote_name, fail, location;
	bool	 silent, show_error, verbose, insecure, json, no_buffer;
	bool	 ipv4, ipv6, http10;
	int64_t	 max_redirs;	/* -1: any number */
	int64_t	 retries, max_time, connect_timeout;	/* ms; 0: none */

	/* What settings_prepare() makes of them. */
	bool	 coursework;	/* HOST PORT PATH: head and body on stdout */
	bool	 has_data;
	struct buf data;	/* all parts, joined by '&' */
};

/*
 * settings_parse - the command line.  Returns OPT_OK with the operands, or
 * what main is to do; -1 in *status else.  settings_free ends it.
 */
enum opt_result settings_parse(struct settings *, int argc, char **argv,
		    struct opt_operands *);
void	settings_free(struct settings *);

/*
 * settings_prepare - check what the table cannot, and read the files that -d
 * names.  0, or the exit status, and the user was told why.
 */
int	settings_prepare(struct settings *);

/* usage_error - "httpc: ... (try httpc --help)" on stderr; the exit status. */
int	usage_error(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

#endif
