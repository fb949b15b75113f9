/*
 * What filed and filec say to each other: requests, replies and entries of the
 * better dialect, and what the plain one has.  Pure: does no input or output
 * and knows no file system.  filed(8) has the protocol in words.
 */
#ifndef WIRE_FILE_H
#define WIRE_FILE_H

#include <stddef.h>
#include <stdint.h>

#define FILE_PORT	"12001"
#define FILE_NAME	4096	/* bytes of a name, with its NUL */
#define FILE_LINE	12288	/* bytes of a line, with its NUL */
#define FILE_SHA	65	/* 64 hexadecimal digits and a NUL */
#define FILE_WORD	256	/* bytes of a user's name or password */
#define FILE_NO_MODE	(-1)
#define FILE_NO_TIME	INT64_MIN
#define FILE_NO_SIZE	UINT64_MAX

/* The replies' codes. */
enum file_code {
	FILE_WORKING = 110,	/* bytes hashed so far; more follows */
	FILE_SENDING = 150,	/* an announcement; then the data */
	FILE_PREFIX = 151,	/* the digest of what the receiver has */
	FILE_ENTRY = 213,
	FILE_BYE = 221,
	FILE_SENT = 226,	/* after the data: the digest of the whole */
	FILE_WELCOME = 230,
	FILE_OK = 250,
	FILE_MADE = 257,
	FILE_SEND = 354,	/* from which offset on */
	FILE_BUSY = 421,	/* no connections are free */
	FILE_LOCKED = 450,	/* the same file is on its way already */
	FILE_CHANGED = 451,	/* while it was sent; or a digest is wrong */
	FILE_FULL = 452,	/* no room on the disk */
	FILE_TROUBLE = 454,	/* an error of the disk's */
	FILE_LONG = 500,	/* the request is too long */
	FILE_SYNTAX = 501,
	FILE_ORDER = 503,	/* not now */
	FILE_LOGIN = 530,
	FILE_NONE = 550,	/* no such file, or it may not be had */
	FILE_BIG = 552,		/* more than the server takes */
	FILE_EXISTS = 553,
	FILE_BEYOND = 554,	/* the offset is behind the end */
	FILE_NAME_BAD = 555	/* too long, or not to be used */
};

enum file_verb {
	FILE_LIST, FILE_STAT, FILE_GET, FILE_PUT, FILE_MKDIR, FILE_USER,
	FILE_ACK, FILE_QUIT
};

/* What a PUT does where the name is taken; as enum part_exists. */
enum file_exists { FILE_KEEP, FILE_REPLACE, FILE_RENAME };

struct file_request {
	enum file_verb	 verb;
	enum file_exists exists;	/* PUT */
	uint64_t	 offset;	/* GET; PUT: start there at the most */
	uint64_t	 size;		/* PUT; FILE_NO_SIZE: in chunks */
	int64_t		 mtime;		/* PUT, ns; FILE_NO_TIME */
	int		 mode;		/* PUT, MKDIR; FILE_NO_MODE */
	int		 recursive;	/* LIST */
	int		 nodigest;	/* GET */
	char		 sha[FILE_SHA];	/* PUT, ACK; empty: it comes later */
	char		 password[FILE_WORD];	/* USER */
	char		 name[FILE_NAME];	/* empty: LIST without one */
};

enum file_parse {
	FILE_COMMAND,		/* it is one */
	FILE_NO_COMMAND,	/* its first word is no verb: a plain name */
	FILE_WRONG		/* a verb, but not so; see why */
};

/*
 * file_request_parse - a line of n bytes without its end.  With FILE_WRONG why
 * (of whylen bytes) tells what is wrong.
 */
enum file_parse	file_request_parse(struct file_request *, const char *line,
	    size_t n, char *why, size_t whylen);
/* file_request_format - as a line with CRLF; its length, or -1 with EMSGSIZE
 * where it does not fit into size bytes. */
int	file_request_format(const struct file_request *, char *line,
	    size_t size);
/* file_has_verb - whether text begins with a verb and a blank, so that a
 * request that is too long is answered in the dialect that it is in. */
int	file_has_verb(const char *text, size_t n);

/*
 * file_reply_parse - "CODE TEXT" or "CODE-TEXT" (*more is set: lines follow).
 * The code, and where the text begins; or -1.
 */
int	file_reply_parse(const char *line, size_t n, const char **text,
	    int *more);

/* What stands at a name: an entry of LIST, the reply to STAT. */
struct file_entry {
	char		 type;		/* 'f', 'd' */
	int		 mode;		/* FILE_NO_MODE */
	uint64_t	 size;
	int64_t		 mtime;		/* ns since the epoch */
	char		 sha[FILE_SHA];	/* empty: not known (yet) */
	char		 name[FILE_NAME];
};

/* "TYPE SIZE MTIME MODE SHA256 NAME"; as file_request_format, without CRLF. */
int	file_entry_format(const struct file_entry *, char *text, size_t size);
/* 0, or -1 where it is not one. */
int	file_entry_parse(struct file_entry *, const char *text, size_t n);

/* The announcement of a GET: "SIZE OFFSET MTIME MODE SHA256". */
struct file_announce {
	uint64_t	 size, offset;	/* offset <= size */
	int64_t		 mtime;
	int		 mode;
	char		 sha[FILE_SHA];
};
#define FILE_ANNOUNCE	192	/* bytes of its text at most */
int	file_announce_format(const struct file_announce *,
	    char text[FILE_ANNOUNCE]);
int	file_announce_parse(struct file_announce *, const char *text,
	    size_t n);

/* The last reply to a PUT: "SHA256 NAME", the name as it is stored.  0, or -1
 * where it is anything else. */
int	file_stored_parse(const char *text, size_t n, char sha[FILE_SHA],
	    char name[FILE_NAME]);

/*
 * A transfer that the sender must give up in the middle ends with a reply in
 * the place of data, and the end of the connection: CRLF, CODE, text, CRLF.
 * file_abort_find looks for it at the end of the n bytes that came last; the
 * code and how many bytes it takes with both of its CRLFs, or 0.
 */
#define FILE_ABORT	256
int	file_abort_find(const char *tail, size_t n, size_t *len,
	    const char **text, size_t *textlen);

/* Parts that others use as well.  0, or -1 where the text is anything else. */
int	file_number(const char *text, size_t n, uint64_t *);
int	file_time_parse(const char *text, size_t n, int64_t *ns);
int	file_is_sha(const char *text, size_t n);	/* in any case */
/* file_sha_copy - the first word of text, in lower case, if it is a digest;
 * else the empty string. */
void	file_sha_copy(char sha[FILE_SHA], const char *text, size_t n);

/*
 * file_name_safe - whether a name may be used beneath a folder as it stands:
 * relative, no empty, "." or ".." component, no NUL.  A client asks this of
 * names that a server says.
 */
int	file_name_safe(const char *name, size_t n);
/* file_quote - a name as requests and entries have it: as it is, or in double
 * quotes with backslashes; its length, or -1. */
int	file_quote(const char *name, char *out, size_t size);

/* filed's temporary files: "NAME.TAG.part" with a tag of 16 digits. */
#define FILE_TAG	17
int	file_is_part(const char *name);

/* The plain dialect's first answer: the size, or -1.  Bytes of text that are
 * digits (or "-1"); FILE_NO_SIZE for -1.  0, or -1 where it is neither. */
int	file_plain_size(const char *text, size_t n, uint64_t *size);

#endif
