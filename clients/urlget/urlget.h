/*
 * What the files of urlget share: the settings, and a page on its way from a
 * URL to a file.  Between the files of urlget only.
 */
#ifndef URLGET_URLGET_H
#define URLGET_URLGET_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/part.h"
#include "base/progress.h"

struct settings {
	char	*output, *folder, *cacert;
	bool	 overwrite, resume, insecure, ipv4, ipv6, silent, json;
	int64_t	 max_size, timeout, connect_timeout, idle_timeout;
	int64_t	 max_redirs;
};

/* Where it is stored. */
struct store {
	int	 dir;			/* -1: closed, or standard output */
	bool	 to_stdout;
	int	 sink;			/* standard output, a device; or -1 */
	bool	 overwrite;
	struct part part;		/* fd -1: closed */
	char	 name[PART_NAME_MAX];
	char	 folder[PATH_MAX];	/* absolute */
	uint64_t size;			/* bytes that are there */
};

/* What the server says in the head of the last answer. */
#define FIELD_MAX	512
struct head {
	char	 reason[FIELD_MAX];	/* behind the status; may be "" */
	char	 etag[FIELD_MAX];
	char	 modified[FIELD_MAX];	/* Last-Modified */
	char	 date[FIELD_MAX];
	char	 range[FIELD_MAX];	/* Content-Range */
	char	 type[FIELD_MAX];	/* Content-Type */
};

#define WHY_MAX		512

struct page {
	const struct settings *set;
	CURL		*curl;		/* kept from page to page */
	CURLU		*url;		/* as asked; owned */
	char		*asked;		/* as text, without a password; owned */
	struct store	 store;
	struct head	 head;
	struct progress	 progress;
	uint64_t	 from;		/* bytes that were there before */
	uint64_t	 total;		/* as announced, or PROGRESS_UNKNOWN */
	char		 validator[FIELD_MAX];	/* of those bytes, or "" */
	bool		 began;		/* its bytes are being stored */
	bool		 restart;	/* what was there does not fit */
	/* the result */
	CURLcode	 status;
	char		 why[WHY_MAX];	/* where status is not CURLE_OK */
	long		 code;		/* of HTTP; 0: no answer */
	char		*got;		/* the URL after redirects; owned */
	bool		 stored;
};

/* page_fail - note what has failed, unless something has already; status. */
CURLcode page_fail(struct page *, CURLcode, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* target_set - read text as a URL, http:// if it has no scheme, and find the
 * name to store it under; the status. */
CURLcode target_set(struct page *, const char *text);
/* url_text - a handle as text without user and password; owned by the caller;
 * NULL where there is no memory. */
char	*url_text(CURLU *);

/*
 * store_open - open the folder and NAME.part in it, where what is there
 * remains; the status.  store_begin: the first from bytes of it are kept, and
 * total are expected in all (PROGRESS_UNKNOWN).  store_finish: give it its
 * name.  store_close: what is there stays for --resume, unless drop.
 */
CURLcode store_open(struct page *);
CURLcode store_begin(struct page *, uint64_t from, uint64_t total);
CURLcode store_write(struct page *, const void *, size_t);
CURLcode store_finish(struct page *);
void	store_close(struct page *, bool drop);

/* Of which version of the page the .part is: kept with the file where the file
 * system can, so that --resume joins no two of them.  validator_keep: taken
 * from the head, nothing where it has no good one. */
void	validator_keep(const struct page *);
void	validator_load(struct page *);
/* validator_forget - the file is complete. */
void	validator_forget(const struct page *);

/* head_line - take note of a line of an answer's head (of n bytes). */
void	head_line(struct head *, const char *, size_t n);

/* fetch - all of it; the status is in the page. */
void	fetch(struct page *);

/* report - print what became of it; 0, or -1: standard output is broken. */
int	report(const struct page *);

#endif
