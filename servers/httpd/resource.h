/*
 * A resource: the file that a path names, with the precompressed siblings it
 * has, their validators and the head of the answer, ready to be sent.  Made by
 * lookup.c and resource.c, kept by cache.c, sent by send.c.
 */
#ifndef HTTPD_RESOURCE_H
#define HTTPD_RESOURCE_H

#include <sys/queue.h>
#include <sys/stat.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "http/accept.h"
#include "http/date.h"
#include "http/str.h"
#include "request.h"

#define SMALL_MAX	(64 * 1024)	/* larger files are never in memory */
#define ETAG_SIZE	56
#define SINGLE_PAGE	"/index.html"	/* of --single-page */
#define TYPE_SIZE	128	/* of Content-Type with its NUL */

/* In the order in which we would send them, the file as it is last. */
enum coding { CODING_BR, CODING_ZSTD, CODING_GZIP, CODING_NONE, CODINGS };

struct coding_info {
	enum http_coding id;
	const char	*suffix;	/* of the sibling's name */
};
extern const struct coding_info codings[CODINGS];

/* What tells one state of a file from another. */
struct identity {
	dev_t		 dev;
	ino_t		 ino;
	off_t		 size;
	struct timespec	 mtime, ctime;
};

/* One representation. */
struct variant {
	bool		 there;
	int		 fd;		/* -1 where body is in memory */
	uint64_t	 size;
	char		*head;		/* a 200's, without empty line */
	uint32_t	 head_len;
	char		*body;		/* ...then CRLF and the body, or NULL */
	size_t		 memory;	/* bytes at head */
	struct identity	 id;
	uint8_t		 etag_len;
	char		 etag[ETAG_SIZE];
	char		 modified[HTTP_DATE_LEN + 1];
};

struct resource {
	TAILQ_ENTRY(resource) clock;	/* the cache's, and what follows */
	struct resource	*next;		/* with the same hash */
	uint64_t	 hash;
	int		 refs;
	bool		 cached;
	bool		 used;
	bool		 racy;		/* changed as it was read: read again */
	int64_t		 checked;	/* monotonic ns */
	size_t		 memory;
	int		 fds;

	const struct site *site;
	char		 type[TYPE_SIZE]; /* Content-Type */
	bool		 varies;	/* there are siblings */
	bool		 gzipped;	/* the file itself is, as .svgz */
	const char	*vary;		/* the line that says so, or "" */
	struct variant	 v[CODINGS];
	size_t		 path_len;
	char		 path[];	/* as it was asked for, decoded */
};

/* How looking for a path ended. */
enum lookup {
	LOOKUP_FILE,
	LOOKUP_SLASH,		/* a folder, asked for without its slash */
	LOOKUP_FOLDER,		/* a folder without an index */
	LOOKUP_NONE,		/* 404 */
	LOOKUP_FORBIDDEN,	/* 403 */
	LOOKUP_BUSY,		/* 503: no descriptor or no memory just now */
	LOOKUP_ERROR		/* 500 */
};

/* The open files of a path. */
struct found {
	int		 fd[CODINGS];	/* -1: none */
	struct stat	 st[CODINGS];
	size_t		 name_len;
	char		 name[PATH_SIZE + NAME_MAX + 8]; /* relative to root */
};

/* lookup_path - open what path (a string that begins with '/') names; only
 * with LOOKUP_FILE is anything open, and found_close() due. */
enum lookup lookup_path(const struct httpd *, const struct site *,
	    const char *path, size_t len, struct found *);
void	found_close(struct found *);
/* lookup_gzipped - whether files of that name (a string of n bytes) are
 * gzipped, and are known by what is in them. */
bool	lookup_gzipped(const char *name, size_t n);
/* lookup_errno - what an error of open(2) means. */
enum lookup lookup_errno(int error);
/* lookup_status - the status that says so; 0 for the first three. */
unsigned lookup_status(enum lookup);

/*
 * resource_new - of what was found, whose descriptors it takes over or closes.
 * in_memory: read small files.  refs is 1.  NULL with errno.
 */
struct resource *resource_new(const struct httpd *, const struct site *,
	    const char *path, size_t len, struct found *, bool in_memory);
/* resource_coding - that of a variant, as the client is told. */
static inline enum coding
resource_coding(const struct resource *r, enum coding variant)
{
	return r->gzipped ? CODING_GZIP : variant;
}
/* resource_same - whether found is what it was made of, unchanged. */
bool	resource_same(const struct resource *, const struct found *);
void	resource_free(struct resource *);

#endif
