/*
 * One table per program says what may be set: from it come the parsing of the
 * command line, the configuration file, --help, and the messages for bad
 * values.  Called by serve_main and by the clients' main.  opt_parse never
 * exits; main does what its result says.
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <stddef.h>
#include <stdint.h>

enum opt_kind {
	OPT_FLAG,	/* bool; --name, --no-name, "name yes|no" in a file */
	OPT_INT,	/* int64_t; min..max */
	OPT_SIZE,	/* int64_t bytes: 512, 64k, 10M, 1G (powers of 1024) */
	OPT_MSEC,	/* int64_t ms: 500ms, 30s, 2m, 1h, 1d; bare or 0.5: s;
			   at most 36500d */
	OPT_STRING,	/* char *, owned by the settings */
	OPT_LIST,	/* struct opt_list: may be given many times */
	OPT_ENUM,	/* int: index in choices */
	OPT_DOUBLE,	/* double; min..max; written 12 or 0.5 */
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

/*
 * Two options may fill the same field: the last one given wins, and a default
 * is used only where neither was given.  Values given take the place of a
 * list's default.  An OPT_CALL's release frees and zeroes what it stored.
 */
struct opt {
	const char	*name;		/* long name, without dashes, or NULL */
	int		 letter;	/* short form, or 0 */
	enum opt_kind	 kind;
	size_t		 offset;	/* of the field in the settings */
	const char	*def;		/* default, as text; NULL: leave zero */
	const char	*arg;		/* the value's name in --help */
	const char	*help;		/* one line; NULL: not in --help */
	int64_t		 min, max;	/* for numbers; max 0: no upper bound,
					   unless min is negative */
	const char *const *choices;	/* for OPT_ENUM; ends with NULL */
	opt_call	*call;		/* for OPT_CALL */
	void		(*release)(void *dst);	/* for OPT_CALL; may be NULL */
};

/* A group of options that share one settings struct and a heading. */
struct opt_group {
	const char	*title;
	const struct opt *opts;
	size_t		 nopts;
	void		*settings;	/* is filled */
};

/* An option that does nothing without another one: long names. */
struct opt_need {
	const char	*name, *needs;
};

struct opt_program {
	const char	*name;		/* "httpd" */
	const char	*synopsis;	/* "[options] DIR"; lines may follow;
					   its words say what is missing */
	const char	*summary;	/* one line for --help */
	const char	*footer;	/* more text for --help; may be NULL */
	struct opt_group *groups;
	size_t		 ngroups;
	int		 min_operands, max_operands;	/* max -1: any number */
	int		 has_config;	/* -f FILE / --config FILE is taken */
	const struct opt_need *needs;	/* else an error; ends with a NULL
					   name; may be NULL */
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
 * The configuration file holds a long name and its value on each line; the
 * value is the rest of the line, or stands in double quotes, in which \" and
 * \\ are escapes.  A flag alone means yes.  "#" at the start of a word begins a
 * comment.  --help, --version and (has_config) --config, with the letters h and
 * f, are taken unless a table has them; a table's own string option "config"
 * is filled with the name as well.
 *
 * opt_parse - fill every group's settings: defaults, then the configuration
 * file where -f names one, then the command line, which wins (a list given on
 * the command line is added to the file's).  Settings must be zeroed or
 * released before.  Options and operands may be mixed; "--" ends options.  argv
 * is put in order, operands last, so that it reads the same the next time.
 * On OPT_USAGE one line was printed: "NAME: --option: 'value' is ...; allowed:
 * ... (try NAME --help)", or "NAME: FILE:LINE: option: ...", and the settings
 * are released.  quiet != NULL: the message, without NAME, hint and newline,
 * goes into that buffer of quietlen bytes instead of stderr (used by reload).
 */
enum opt_result	opt_parse(const struct opt_program *, int argc, char **argv,
		    struct opt_operands *operands, char *quiet,
		    size_t quietlen);

/* opt_release - free what the settings own and zero those fields. */
void	opt_release(const struct opt_program *);

/*
 * opt_main - all of main for a program with one group of options: they go into
 * settings, which are zeroed, run gets these and the operands, and what it says
 * is the exit status; without it that is 0 after --help, 2 after a message.
 * SIGPIPE is ignored.
 */
int	opt_main(const struct opt_program *, int argc, char **argv,
	    void *settings, int (*run)(void *settings,
	    const struct opt_operands *));

/* opt_usage - print --help on stdout. */
void	opt_usage(const struct opt_program *);

/*
 * Number parsers, also for programs' own formats.  0, or -1 with errno EINVAL
 * (not a number of that kind) or ERANGE (beyond int64_t).  A time that is not a
 * whole number of milliseconds is rounded up.
 */
int	opt_number(const char *text, int64_t *out);
int	opt_size(const char *text, int64_t *out);
int	opt_msec(const char *text, int64_t *out);

#endif
