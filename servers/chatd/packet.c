/*
 * Packets between hubs, to text and back.  Called by the relay for what stands
 * in a channel that others may write to as well; believes nothing.
 */
#include "packet.h"

#include <inttypes.h>
#include <string.h>

#define MAGIC		"chat/2"

static const char *const types[PACKET_TYPES] = { "event", "hello", "here",
    "want", "gap", "people", "bye" };

void
packet_put(struct text *t, const struct packet *p)
{
	text_addf(t, MAGIC " %016" PRIx64 " %s %s", p->hub, p->name,
	    types[p->type]);
	switch (p->type) {
	case PACKET_EVENT:
		text_addf(t, " %" PRIu64 " %" PRIu32 " %" PRIx64 " %" PRIu32
		    " ", p->number, p->from, p->other, p->to);
		chat_line(t, &p->event);
		break;
	case PACKET_WANT:
		text_addf(t, " %016" PRIx64 " %" PRIu64, p->other, p->number);
		break;
	case PACKET_HERE:
	case PACKET_GAP:
	case PACKET_PEOPLE:
		text_addf(t, " %" PRIu64, p->number);
		break;
	default:
		break;
	}
}

/* word - the next one of the line, as a string; NULL: there is none. */
static char *
word(char **at, char *end)
{
	char *w = *at, *p = w;

	if (w >= end)
		return NULL;
	while (p < end && *p != ' ' && *p != '\n')
		p++;
	if (p == w)
		return NULL;
	*at = p < end ? p + 1 : end;
	*p = '\0';
	return w;
}

/* number - below max; 0, or -1. */
static int
number(const char *w, unsigned base, uint64_t max, uint64_t *n)
{
	static const char digits[] = "0123456789abcdef";
	const char *d;

	*n = 0;
	if (w == NULL || *w == '\0')
		return -1;
	for (; *w != '\0'; w++) {
		d = memchr(digits, *w, base);
		if (d == NULL || *n > (UINT64_MAX - 15) / base)
			return -1;
		*n = *n * base + (uint64_t)(d - digits);
	}
	return *n > max ? -1 : 0;
}

static int
decimal(char **at, char *end, uint64_t max, uint64_t *n)
{
	return number(word(at, end), 10, max, n);
}

static int
hex(char **at, char *end, uint64_t *n)
{
	return number(word(at, end), 16, UINT64_MAX, n);
}

/* id - of a person; those of our own making are below. */
static int
id(char **at, char *end, uint32_t *out)
{
	uint64_t n;

	if (decimal(at, end, INT32_MAX, &n) == -1)
		return -1;
	*out = (uint32_t)n;
	return 0;
}

/* only - is s made of these and of letters and digits alone? */
static int
only(const char *s, const char *these)
{
	for (; *s != '\0'; s++)
		if (!((*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') ||
		    (*s >= 'A' && *s <= 'Z') || strchr(these, *s) != NULL))
			return 0;
	return 1;
}

int
packet_name_fits(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n < HUB_NAME_SIZE && only(s, ".-");
}

/* fits_person - a name, or the address of one who has none. */
static int
fits_person(const char *s)
{
	if (*s == '\0' || strlen(s) >= CHAT_NAME_SIZE ||
	    strchr(s, '@') != NULL)
		return 0;
	return chat_name_fault(s) == NULL || only(s, ".:[]%-");
}

static int
fits_room(const char *s)
{
	return strcmp(s, "-") == 0 || chat_name_fault(s) == NULL;
}

/* parse_event - what a client of ours might have caused, and no more. */
static int
parse_event(struct packet *p, char *at, char *end)
{
	struct chat_event *e = &p->event;

	if (decimal(&at, end, INT64_MAX, &p->number) == -1 ||
	    id(&at, end, &p->from) == -1 || hex(&at, end, &p->other) == -1 ||
	    id(&at, end, &p->to) == -1)
		return -1;
	if (at < end && end[-1] == '\n')
		end--;
	if (chat_parse(e, at, (size_t)(end - at)) == -1 ||
	    e->kind > CHAT_TOPIC || e->number <= p->number ||
	    e->len > CHAT_TEXT_MAX || !fits_person(e->who) ||
	    !fits_room(e->room))
		return -1;
	*end = '\0';
	if (e->kind == CHAT_NICK && !fits_person(e->text))
		return -1;
	return e->kind == CHAT_EXIT && !fits_room(e->text) ? -1 : 0;
}

int
packet_person(struct packet *p, uint32_t *who_id, const char **room,
    const char **who)
{
	if (p->people >= p->end)
		return 0;
	if (id(&p->people, p->end, who_id) == -1 || *who_id == 0 ||
	    (*room = word(&p->people, p->end)) == NULL ||
	    (*who = word(&p->people, p->end)) == NULL)
		return -1;
	return fits_room(*room) && fits_person(*who) ? 1 : -1;
}

/* parse_rest - what stands behind the type. */
static int
parse_rest(struct packet *p, char *at, char *end)
{
	switch (p->type) {
	case PACKET_EVENT:
		return parse_event(p, at, end);
	case PACKET_WANT:
		return hex(&at, end, &p->other) == -1 ? -1 :
		    decimal(&at, end, INT64_MAX, &p->number);
	case PACKET_HERE:
	case PACKET_GAP:
		return decimal(&at, end, INT64_MAX, &p->number);
	case PACKET_PEOPLE:
		if (decimal(&at, end, PEOPLE_FIRST | PEOPLE_LAST,
		    &p->number) == -1)
			return -1;
		p->people = at;
		p->end = end;
		return 0;
	default:
		return 0;
	}
}

int
packet_parse(struct packet *p, char *data, size_t n)
{
	char *at = data, *end = data + n;
	const char *w;
	int k;

	memset(p, 0, sizeof(*p));
	if (n > PACKET_MAX || memchr(data, '\0', n) != NULL ||
	    (w = word(&at, end)) == NULL || strcmp(w, MAGIC) != 0 ||
	    hex(&at, end, &p->hub) == -1 || p->hub == 0 ||
	    (w = word(&at, end)) == NULL || !packet_name_fits(w))
		return -1;
	memcpy(p->name, w, strlen(w) + 1);
	if ((w = word(&at, end)) == NULL)
		return -1;
	for (k = 0; k < PACKET_TYPES && strcmp(w, types[k]) != 0; k++)
		continue;
	if (k == PACKET_TYPES)
		return -1;
	p->type = (enum packet_type)k;
	return parse_rest(p, at, end);
}
