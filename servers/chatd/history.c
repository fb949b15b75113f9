/*
 * The file of messages: read once at start, then only appended to, by whoever
 * posts.  A line that was cut by a crash is skipped when it is read.
 */
#include "history.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "hub.h"

#define TAIL		(1u << 20)	/* bytes of the file that are read */
#define EPOCH_LINE	"chat/2 epoch "

/* This process's: a child goes on with what it was born with. */
static int log_fd = -1;
static int log_users;	/* configurations that want it: two at a reload */

/* is_whole - a member's name could not be so, and a text neither */
static int
is_whole(const struct chat_event *e)
{
	return e->number > 0 && e->kind < CHAT_NOTE &&
	    e->kind != CHAT_PRIVATE && strlen(e->who) < CHAT_NAME_SIZE &&
	    e->len <= CHAT_TEXT_MAX && strlen(e->room) < CHAT_ROOM_SIZE;
}

/* take - one line of the file to the ring.  Rooms but the lobby have ended
 * with the server that wrote them. */
static void
take(struct hub *h, char *line, size_t len)
{
	struct chat_event e;
	struct message m;

	if (chat_parse(&e, line, len) == -1 || !is_whole(&e) ||
	    e.number < ring_next(&h->ring))
		return;
	if (e.number != ring_next(&h->ring))
		ring_init(&h->ring, e.number);
	m = (struct message){ .time = e.time, .kind = e.kind, .who = e.who,
	    .who_len = (uint16_t)strlen(e.who), .text = e.text,
	    .len = (uint16_t)e.len,
	    .room = strcmp(e.room, LOBBY) == 0 ? 1 : UINT32_MAX };
	ring_post(&h->ring, &m);
}

/* take_all - the lines of n bytes that begin in the middle of one, unless
 * whole. */
static void
take_all(struct hub *h, char *p, size_t n, int whole)
{
	char *lf, *end = p + n;

	if (!whole) {
		if ((lf = memchr(p, '\n', n)) == NULL)
			return;
		p = lf + 1;
	}
	while ((lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		take(h, p, (size_t)(lf - p));
		p = lf + 1;
	}
}

/* read_file - 0, or -1 with errno. */
static int
read_file(struct hub *h, int fd, off_t size)
{
	off_t from = size > TAIL ? size - TAIL : 0;
	char head[64] = "", *mem = malloc(TAIL);
	ssize_t n;

	if (mem == NULL)
		return -1;
	if (pread(fd, head, sizeof(head) - 1, 0) > 0 &&
	    strncmp(head, EPOCH_LINE, sizeof(EPOCH_LINE) - 1) == 0)
		atomic_store(&h->epoch, strtoull(head +
		    sizeof(EPOCH_LINE) - 1, NULL, 10));
	n = pread(fd, mem, TAIL, from);
	if (n > 0)
		take_all(h, mem, (size_t)n, from == 0);
	/* so that what comes does not go on where a crash has stopped */
	if (n > 0 && mem[n - 1] != '\n' && write(fd, "\n", 1) == -1)
		n = -1;
	free(mem);
	return n == -1 ? -1 : 0;
}

/* open_file - to append; a new one gets its first line. */
static int
open_file(struct hub *h, const char *path, struct stat *st)
{
	char line[64];
	int n, fd;

	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
	    0640);
	if (fd == -1)
		return -1;
	if (fstat(fd, st) == -1)
		goto failed;
	n = snprintf(line, sizeof(line), EPOCH_LINE "%llu\n",
	    (unsigned long long)atomic_load(&h->epoch));
	if (st->st_size == 0 && write(fd, line, (size_t)n) != n)
		goto failed;
	return fd;
failed:
	n = errno;
	close(fd);
	errno = n;
	return -1;
}

/* use - this descriptor from now on; -1: none. */
static void
use(int fd)
{
	if (log_fd != -1)
		close(log_fd);
	log_fd = fd;
}

int
history_open(struct hub *h, const char *path, char *why, size_t whylen)
{
	struct stat st;
	int fd = open_file(h, path, &st);

	if (fd != -1 && ring_next(&h->ring) == 1 && st.st_size > 0 &&
	    read_file(h, fd, st.st_size) == -1) {
		close(fd);
		fd = -1;
	}
	if (fd == -1) {
		snprintf(why, whylen, "--history-file: %s: %s", path,
		    strerror(errno));
		return -1;
	}
	use(fd);
	log_users++;
	return 0;
}

void
history_close(void)
{
	if (--log_users == 0)
		use(-1);
}

int
history_reopen(struct hub *h, const char *path)
{
	struct stat st;
	int fd = open_file(h, path, &st);

	if (fd == -1)
		return -1;
	use(fd);
	return 0;
}

void
history_write(struct hub *h, const struct message *m)
{
	static int failed;
	char line[CHAT_LINE_MAX], who[CHAT_NAME_SIZE];
	struct chat_event e = { .kind = (enum chat_kind)m->kind,
	    .number = m->number, .time = m->time, .who = who,
	    .room = hub_room_name(h, m->room), .text = m->text, .len = m->len };
	struct text t;

	if (log_fd == -1)
		return;
	memcpy(who, m->who, m->who_len);
	who[m->who_len] = '\0';
	text_init(&t, line, sizeof(line));
	chat_line(&t, &e);
	if (write(log_fd, line, t.len) == (ssize_t)t.len) {
		failed = 0;
	} else if (!failed) {
		failed = 1;
		log_warn("the file of messages");
	}
}
