/*
 * chatd: chat over TCP.  Everybody hears everybody (hub), or one peer talks
 * with the server's own terminal (--p2p).  Sessions in different processes
 * reach each other through a ring in shared memory; see ring.h and hub.h.
 */
#include "chatd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "batch.h"
#include "history.h"
#include "relay.h"

#define MOTD_MAX	4096

/* read_small - a file of at most size - 1 bytes as a string; its length, or -1
 * with why. */
static ssize_t
read_small(const char *option, const char *path, char *buf, size_t size,
    char *why, size_t whylen)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd == -1 ? -1 : read(fd, buf, size);

	if (n == -1)
		snprintf(why, whylen, "%s: %s: %s", option, path,
		    strerror(errno));
	else if ((size_t)n == size)
		snprintf(why, whylen, "%s: %s: more than %zu bytes", option,
		    path, size - 1);
	if (fd != -1)
		close(fd);
	if (n == -1 || (size_t)n == size)
		return -1;
	while (n > 0 && (buf[n - 1] == '\n' || buf[n - 1] == '\r'))
		n--;
	buf[n] = '\0';
	return n;
}

/* read_motd - without what could play tricks with a terminal. */
static int
read_motd(struct settings *set, char *why, size_t whylen)
{
	char raw[MOTD_MAX], *p;
	ssize_t n, len;

	n = read_small("--motd", set->motd_file, raw, sizeof(raw), why,
	    whylen);
	if (n == -1)
		return -1;
	set->motd = p = calloc(1, 3 * MOTD_MAX);
	if (p == NULL)
		return -1;
	for (char *line = raw, *end; line < raw + n; line = end + 1) {
		end = memchr(line, '\n', (size_t)(raw + n - line));
		if (end == NULL)
			end = raw + n;
		len = chat_clean(p, (size_t)(set->motd + 3 * MOTD_MAX - 2 -
		    p), line, (size_t)(end - line));
		p += len > 0 ? len : 0;
		*p++ = '\n';
	}
	return 0;
}

static int
open_charset(struct settings *set, char *why, size_t whylen)
{
	char target[128];

	if (set->charset == NULL || strcasecmp(set->charset, "UTF-8") == 0)
		return 0;
	snprintf(target, sizeof(target), "%.100s", set->charset);
	set->decoder = iconv_open("UTF-8", target);
	set->encoder = iconv_open(target, "UTF-8");
	if (set->decoder != (iconv_t)-1 && set->encoder != (iconv_t)-1)
		return 0;
	snprintf(why, whylen, "--charset: '%.100s' is not a character set; "
	    "allowed: what iconv -l lists", set->charset);
	return SETUP_USAGE;
}

/* set_rate - what a second and a burst of ten of them cost; no buckets. */
static int
set_rate(struct rate *r, int64_t per_second)
{
	if (per_second <= 0)
		return 0;
	if (rate_init(r, (double)per_second, 10.0 * (double)per_second, 1) ==
	    -1)
		return -1;
	free(r->bucket);	/* each person has one */
	r->bucket = NULL;
	return 0;
}

/* open_hub - shared memory, and the messages of before; 0 or -1 with why. */
static int
open_hub(struct settings *set, char *why, size_t whylen)
{
	set->hub = hub_open();
	if (set->hub == NULL) {
		snprintf(why, whylen, "shared memory: %s", strerror(errno));
		return -1;
	}
	if (set->history_file != NULL) {
		if (history_open(set->hub, set->history_file, why, whylen) ==
		    -1)
			return -1;
		set->logging = true;
	}
	if (atomic_load(&set->hub->printed) == 0)
		atomic_store(&set->hub->printed, ring_next(&set->hub->ring));
	atomic_store(&set->hub->max, set->max_clients);
	return 0;
}

static void
chat_teardown(void *ctx)
{
	struct settings *set = ctx;

	if (set->logging)
		history_close();
	set->logging = false;
	free(set->batches);
	set->batches = NULL;
	free(set->motd);
	set->motd = NULL;
	if (set->relay != NULL)
		link_target_clear(set->relay);
	free(set->relay);
	set->relay = NULL;
	explicit_bzero(set->password, sizeof(set->password));
	if (set->decoder != (iconv_t)-1)
		iconv_close(set->decoder);
	if (set->encoder != (iconv_t)-1)
		iconv_close(set->encoder);
	set->decoder = set->encoder = (iconv_t)-1;
}

/* prepare - all that setup does; what it made, teardown takes away. */
static int
prepare(struct settings *set, char *why, size_t whylen)
{
	ssize_t n;
	int result;

	result = open_charset(set, why, whylen);
	if (result != 0)
		return result;
	if (set->motd_file != NULL && read_motd(set, why, whylen) == -1)
		return -1;
	if (set->password_file != NULL) {
		n = read_small("--operator-password-file", set->password_file,
		    set->password, sizeof(set->password), why, whylen);
		if (n == -1)
			return -1;
		set->password_len = (size_t)n;
	}
	if (set_rate(&set->messages, set->flood_messages) == -1 ||
	    set_rate(&set->bytes, set->flood_bytes) == -1)
		return -1;
	/* not touched by a process of one connection: no memory is used */
	set->batches = batches_new();
	if (open_hub(set, why, whylen) == -1)
		return -1;
	return relay_setup(set, why, whylen);
}

static int
chat_setup(void *ctx, const struct opt_operands *op, struct serve_needs *needs,
    char *why, size_t whylen)
{
	struct settings *set = ctx;
	int result;

	(void)op;
	needs->connect = set->relay_url != NULL;
	set->decoder = set->encoder = (iconv_t)-1;
	if (set->p2p)
		set->max_clients = 1;
	set->console = set->p2p || set->operator_tty ||
	    (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
	result = prepare(set, why, whylen);
	if (result != 0)
		chat_teardown(set);
	return result;
}

static int
chat_reopen(void *ctx)
{
	struct settings *set = ctx;

	return set->history_file == NULL ? 0 :
	    history_reopen(set->hub, set->history_file);
}

#define FIELD(f)	offsetof(struct settings, f)

static const struct opt options[] = {
	{ .name = "p2p", .kind = OPT_FLAG, .offset = FIELD(p2p),
	    .help = "one peer talks with the server's standard input" },
	{ .name = "max-clients", .kind = OPT_INT, .def = "1000",
	    .offset = FIELD(max_clients), .arg = "N", .min = 1,
	    .max = MEMBERS_MAX, .help = "in the chat; others wait in order" },
	{ .name = "history", .kind = OPT_INT, .def = "0",
	    .offset = FIELD(history), .arg = "N", .max = RING_INDEX,
	    .help = "messages of before that a newcomer is shown" },
	{ .name = "history-file", .kind = OPT_STRING,
	    .offset = FIELD(history_file), .arg = "FILE",
	    .help = "log of messages, read again at the next start" },
	{ .name = "charset", .kind = OPT_STRING, .offset = FIELD(charset),
	    .arg = "NAME", .help = "of the plain clients, e.g. GBK" },
	{ .name = "motd", .kind = OPT_STRING, .offset = FIELD(motd_file),
	    .arg = "FILE", .help = "message of the day, shown to newcomers" },
	{ .name = "operator", .kind = OPT_FLAG,
	    .offset = FIELD(operator_tty),
	    .help = "standard input is the operator's, even if no terminal" },
	{ .name = "operator-password-file", .kind = OPT_STRING,
	    .offset = FIELD(password_file), .arg = "FILE",
	    .help = "who says what it holds (/op) is an operator" },
	{ .name = "flood-messages", .kind = OPT_INT, .def = "20",
	    .offset = FIELD(flood_messages), .arg = "N", .max = 1000000,
	    .help = "a second from one person, on average; 0 any" },
	{ .name = "flood-bytes", .kind = OPT_SIZE, .def = "16k",
	    .offset = FIELD(flood_bytes), .arg = "SIZE", .max = 1 << 30,
	    .help = "a second from one person, on average; 0 any" },
	{ .name = "ping", .kind = OPT_MSEC, .def = "5m",
	    .offset = FIELD(ping_ms), .arg = "TIME",
	    .help = "silence after which a peer is probed for life; 0 never" },
	{ .name = "relay", .kind = OPT_STRING, .offset = FIELD(relay_url),
	    .arg = "URL", .help = "share the chat with the other hubs at "
	    "redis[s]://[USER:PASSWORD@]HOST:PORT/CHANNEL" },
	{ .name = "relay-ca", .kind = OPT_STRING,
	    .offset = FIELD(relay_ca), .arg = "FILE",
	    .help = "to check rediss certificates by; without, the system's" },
	{ .name = "relay-name", .kind = OPT_STRING,
	    .offset = FIELD(relay_name), .arg = "NAME",
	    .help = "what others call this hub; without it, this host" },
	{ .name = "quiet", .letter = 'q', .kind = OPT_FLAG,
	    .offset = FIELD(quiet), .help = "do not print what is said" },
};

static const struct server chatd = {
	.name = "chatd",
	.summary = "chat over TCP: everybody hears everybody",
	.address = "*:" CHAT_PORT,
	.model = MODEL_PREFORK,
	.connections = 2000,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.settings_size = sizeof(struct settings),
	.setup = chat_setup,
	.teardown = chat_teardown,
	.reopen = chat_reopen,
	.opened = chat_opened,
	.session = chat_session,
	.notice = chat_notice,
	.closed = chat_closed,
	.refuse = chat_refuse,
	.has_aside = relay_wanted,
	.aside_start = relay_start,
	.aside = relay_run,
	.aside_stop = relay_stop,
	.has_console = operator_wanted,
	.console = operator_line,
};

int
main(int argc, char **argv)
{
	return serve_main(&chatd, argc, argv);
}
