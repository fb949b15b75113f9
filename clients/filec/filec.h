/*
 * What the files of filec share: what was asked for, one file on its way, and
 * how it ended.  Nobody else includes it.
 */
#ifndef FILEC_FILEC_H
#define FILEC_FILEC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/opt.h"
#include "base/progress.h"
#include "wire/file.h"

/* The exit statuses, as filec(1) has them; of several the greatest. */
enum status {
	ST_OK,			/* the other side has it, and so have we */
	ST_REFUSED,		/* it has not: it said why */
	ST_USAGE,
	ST_CONNECT,		/* it has not: there was no connection */
	ST_CUT,			/* it has not: the connection was lost */
	ST_UNKNOWN,		/* it has all the data, and did not say more */
	ST_LOCAL,		/* an error on this side */
	ST_CHANGED,		/* the file changed, or the digest is wrong */
	ST_EXISTS,		/* there is another file of that name */
	ST_AGAIN = 100		/* inside: start from nothing */
};

struct settings {
	bool	 recursive, plain, overwrite, rename, digest, preserve;
	bool	 verbose, quiet, json, tls, insecure, ipv4, ipv6;
	char	*output, *cacert, *user, *password_file;
	int64_t	 jobs, limit_rate, chunk, timeout_ms, retries;

	char	 password[FILE_WORD];
	bool	 ask;		/* about files that exist: there is somebody */
};

/* What all worker processes share. */
struct shared {
	_Atomic size_t	 next;		/* the next job */
	_Atomic uint64_t done;		/* bytes, of all jobs */
	_Atomic int64_t	 free_at;	/* --limit-rate: mono ns */
	_Atomic int	 status;	/* the greatest */
	_Atomic bool	 unreachable;	/* there was no connection */
};

/* What has become of one file. */
struct outcome {
	enum status	 status;
	uint64_t	 size, offset;	/* bytes; where it was resumed */
	bool		 had;		/* the very file was there already */
	char		 sha[FILE_SHA];
	char		 as[FILE_NAME];	/* where it is now; empty: as asked */
	char		 why[512];	/* where status is not ST_OK */
};

/* One file to be moved, or a folder to be made. */
struct job {
	bool		 folder;
	char		*remote;	/* its name there; owned */
	char		*local;		/* and here, beneath the root; owned */
	uint64_t	 size;		/* as far as known */
	int64_t		 mtime;
	int		 mode;
	enum file_exists exists;	/* what to do if it is there already */
	bool		 declined;	/* the user wants it left as it is */
};

/* All that a run works on. */
struct work {
	const struct settings *set;
	struct shared	*shared;
	bool		 put;
	int		 root;		/* folder that local is beneath; -1 */
	bool		 standard;	/* standard input or output */
	struct job	*job;
	size_t		 n;
	struct progress	 bar;		/* of the process that draws it */
};

/* fail - fill in status and why; returns status. */
enum status	fail(struct outcome *, enum status, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));
/* worse - note a status among all. */
void		worse(struct shared *, enum status);

struct link;

/* get.c, put.c: one job over the connection; its status. */
enum status	get_job(struct work *, struct link *, const struct job *,
		    struct outcome *);
enum status	put_job(struct work *, struct link *, const struct job *,
		    struct outcome *);
/* get_standard, put_standard - to standard output, from standard input. */
enum status	get_standard(struct work *, struct link *, const struct job *,
		    struct outcome *);
enum status	put_standard(struct work *, struct link *, const struct job *,
		    struct outcome *);

/* plan.c: operands to jobs; ST_OK, or what is in the outcome. */
enum status	plan_get(struct work *, struct link *, char **names, int n,
		    struct outcome *);
enum status	plan_put(struct work *, struct link *, char **names, int n,
		    struct outcome *);
struct job	*add_job(struct work *, const char *remote, const char *local);
void		work_free(struct work *);

/* policy.c: what to do about files that are there already. */
enum status	decide(struct work *, struct link *, struct outcome *);

/* run.c: all jobs, by as many workers as were asked for. */
enum status	run_jobs(struct work *, struct link *);
/* try_again - whether --retry allows another try after this status; then it has
 * waited, and counted in *tries, 0 at first. */
bool	try_again(const struct settings *, enum status, int64_t *tries);

/* pace.c: each step of a transfer.  pace_most - bytes of the next one at the
 * most; pace - n bytes have been moved, or were there already (free). */
size_t	pace_most(const struct settings *, size_t room);
void	pace(struct work *, uint64_t n);
void	pace_free(struct work *, uint64_t n);

/* list.c: LIST and STAT. */
enum status	list_names(const struct settings *, struct link *, char **names,
		    int n, bool list);

/* plain.c */
enum status	plain_names(struct work *, struct link *, char **names, int n);
enum status	plain_prompt(struct work *, struct link *);

/* report.c */
void	report(const struct work *, const struct job *, const struct outcome *,
	    int64_t ns);
/* report_untried - only with --json: a name that was no job, or is none now. */
void	report_untried(const struct work *, const char *name,
	    const struct outcome *);
void	complain(const char *name, const char *why);

#endif
