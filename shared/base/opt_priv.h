/*
 * What the files of the option parser (opt*.c) share.  Nobody else includes
 * this.
 */
#ifndef BASE_OPT_PRIV_H
#define BASE_OPT_PRIV_H

#include "base/buf.h"
#include "base/opt.h"

/* An option and the field it fills. */
struct opt_slot {
	const struct opt	*opt;
	void			*dst;
	int			 seen;	/* was given: needs no default */
};

/* An option as it stood on the command line. */
struct opt_given {
	struct opt_slot	*slot;
	const char	*value;
	int		 letter;	/* 0: by its long name */
};

/* One run of opt_parse. */
struct opt_ctx {
	const struct opt_program *prog;
	struct opt_slot		*slots;
	size_t			 nslots;
	struct opt_given	*given;
	size_t			 ngiven, givencap;
	const char		*config;	/* the file -f named, or NULL */
	char			*quiet;
	size_t			 quietlen;
	const char		*file;		/* being read; NULL: none */
	unsigned long		 line;
};

/* opt.c */

/* opt_say - the one message of a failed run; always -1, to be returned. */
int	opt_say(struct opt_ctx *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* opt_find - by long name of len bytes; negated is set for "no-" and a flag. */
struct opt_slot *opt_find(struct opt_ctx *, const char *name, size_t len,
	    int *negated);

/* opt_nearest - the name that was perhaps meant, or NULL. */
const char *opt_nearest(struct opt_ctx *, const char *name, size_t len);

/*
 * opt_set - store a value given for a slot; 0, or -1 after a message in which
 * shown stands for the option.
 */
int	opt_set(struct opt_ctx *, struct opt_slot *, const char *shown,
	    const char *value);

/* opt_is_builtin - whether --name is the parser's: not also in the table. */
int	opt_is_builtin(const struct opt_program *, const char *name);
/* opt_is_letter - the same for letters. */
int	opt_is_letter(const struct opt_program *, int letter);

/* opt_value.c */

/* opt_store - parse value into dst; 0, or -1 and the reason in why. */
int	opt_store(void *dst, const struct opt *, const char *value,
	    struct text *why);
/* opt_clear - free what dst owns and zero it. */
void	opt_clear(void *dst, const struct opt *);
/* opt_range - "1k to 1G"; nothing where any number from 0 up will do. */
void	opt_range(const struct opt *, struct text *);
/* opt_choices - the names an OPT_ENUM may have, with sep between. */
void	opt_choices(const struct opt *, const char *sep, struct text *);

/* opt_args.c */

/*
 * opt_args - read the command line into given, and move its operands behind
 * its options, where operands points.  The values are not looked at yet.
 */
enum opt_result	opt_args(struct opt_ctx *, int argc, char **argv,
	    struct opt_operands *operands);

/* opt_file.c */

/* opt_file - set what the configuration file says; 0, or -1 after a message. */
int	opt_file(struct opt_ctx *, const char *path);

/* opt_help.c */

/* opt_help - what --help prints. */
void	opt_help(const struct opt_program *, struct buf *);

#endif
