/*
 * One table per program says what may be set: from it come the parsing of the
 * command line, the configuration file, --help, and the messages for bad values.
 * Called by serve_main and by the clients' main.  opt_parse never exits; main
 * does what its result says.
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <stddef.h>
#include <stdint.h>

enum opt_kind {
	OPT_FLAG,	/* bool; --name, --no-name, "name yes|no" in a file */
	OPT_INT,	/* int64_t; min..max */
	OPT_SIZE,	/* int64_t bytes: 512, 64k, 10M, 1G (powers of 1024) */
	OPT_MSEC,	/* int64_t ms: 30s, 500ms, 2m, 1h, 1d; bare: seconds (may be 0.5) */
	OPT_STRING,	/* char *, owned by the settings */
	OPT_LIST,	/* struct opt_list: may be given many times */
	OPT_ENUM,	/* int: index in choices, a NULL-terminated array of names */
	OPT_DOUBLE,	/* double; fmin..fmax are min..max */
	OPT_CALL	/* parsed by call(), which sees the text */
};

struct opt_list {
	char	**v;		/* n strings, then NULL; owned */
	size_t	  n;
};

struct opt;
/*
 * An option's own parser: stores in the settings at dst; 0, or -1 with the
 * reason ("is not a network") in why.
 */
typedef int opt_call(void *dst, const struct opt *, const char *value,
	    char *why, size_t whylen);

struct opt {
	const char	*name;		/* long name, without dashes */
	int		 letter;	/* short form, or 0 */
	enum opt_kind	 kind;
	size_t		 offset;	/* of the field in the settings */
	const char	*def;		/* default, as text; NULL: leave zero */
	const char	*arg;		/* the value's name in --help */
	const char	*help;		/* one line; NULL: not shown in --help */
	int64_t		 min, max;	/* for numbers; both 0: 0..INT64_MAX */
	const char *const *choices;	/* for OPT_ENUM */
	opt_call	*call;		/* for OPT_CALL */
	void		(*release)(void *dst);	/* for OPT_CALL; may be NULL */
};

/* A group of options that share one settings struct and a heading. */
struct opt_group {
	const char	*title;
	const struct opt *opts;
	size_t		 nopts;
	void		*settings;	/* filled: defaults, file, command line */
};

struct opt_program {
	const char	*name;		/* "httpd" */
	const char	*synopsis;	/* "[options] DIR" */
	const char	*summary;	/* one line for --help */
	const char	*footer;	/* more text for --help; may be NULL */
	struct opt_group *groups;
	size_t		 ngroups;
	int		 min_operands, max_operands;	/* max -1: any number */
	size_t		 config_offset;	/* unused unless has_config */
	int		 has_config;	/* -f FILE / --config FILE is taken */
};

enum opt_result {
	OPT_OK,
	OPT_EXIT_OK,	/* --help or --version was printed on stdout: exit 0 */
	OPT_USAGE	/* a message was printed on stderr: exit 2 */
};

struct opt_operands {
	char	**v;		/* points into argv */
	int	  n;
};

/*
 * opt_parse - fill every group's settings: defaults, then the configuration
 * file where -f names one, then the command line, which wins (a list given on
 * the command line is added to the file's).  Settings must be zeroed or
 * released before.  Options and operands may be mixed; "--" ends options.
 * On OPT_USAGE one line was printed: "NAME: --option: 'value' is ...; allowed:
 * ..." and the settings are released.  quiet != NULL: messages go into that
 * buffer of quietlen bytes instead of stderr (used by reload).
 */
enum opt_result	opt_parse(const struct opt_program *, int argc, char **argv,
		    struct opt_operands *operands, char *quiet, size_t quietlen);

/* opt_release - free what the settings own and zero those fields. */
void	opt_release(const struct opt_program *);

/* opt_usage - print --help on stdout. */
void	opt_usage(const struct opt_program *);

/* Number parsers, also for programs' own formats.  0, or -1 (not a number of
 * that kind, or out of int64_t). */
int	opt_number(const char *text, int64_t *out);
int	opt_size(const char *text, int64_t *out);
int	opt_msec(const char *text, int64_t *out);

#endif
