/*
 * A channel's messages, whatever they are: what is read as a packet is written
 * as one that reads the same, and its people's lines come to an end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../servers/chatd/packet.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
again(const struct packet *p)
{
	char mem[2 * PACKET_MAX];
	struct packet other;
	struct text t;

	text_init(&t, mem, sizeof(mem));
	packet_put(&t, p);
	if (packet_parse(&other, mem, t.len) == -1 || other.type != p->type ||
	    other.hub != p->hub || strcmp(other.name, p->name) != 0 ||
	    (p->type == PACKET_EVENT &&
	    (other.event.number != p->event.number ||
	    other.event.len != p->event.len)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *data = malloc(size + 1);
	const char *room, *who;
	struct packet p;
	uint32_t id;

	if (data == NULL)
		return 0;
	memcpy(data, bytes, size);
	if (packet_parse(&p, data, size) == 0) {
		again(&p);
		while (p.type == PACKET_PEOPLE &&
		    packet_person(&p, &id, &room, &who) == 1)
			if (id == 0 || *room == '\0' || *who == '\0')
				abort();
	}
	free(data);
	return 0;
}
