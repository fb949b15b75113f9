/*
 * Fuzz target: whatever is taken for an address or a network must come back
 * from its own text unchanged.  Names are kept out, so that nothing is looked
 * up.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/addr.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try_addr(const char *text, int passive)
{
	char buf[ADDR_TEXT_MAX], why[64];
	struct addr a[4], again;
	struct ipaddr one, two;

	if (addr_resolve(a, 4, text, "80", passive, SOCK_STREAM, why,
	    sizeof(why)) == -1) {
		if (strlen(why) >= sizeof(why) || why[0] == '\0')
			abort();
		return;
	}
	addr_text(&a[0], buf, sizeof(buf));
	if (addr_resolve(&again, 1, buf, NULL, 0, SOCK_STREAM, why,
	    sizeof(why)) != 1)
		abort();
	ipaddr_from(&one, &a[0].sa, a[0].len);
	ipaddr_from(&two, &again.sa, again.len);
	if (!ipaddr_equal(&one, &two) ||
	    ipaddr_source(&one) != ipaddr_source(&two))
		abort();
}

static void
try_network(const char *text)
{
	struct ipaddr ip;
	struct cidr c;

	if (cidr_parse(&c, text) == 0 && !cidr_has(&c, &c.net))
		abort();
	if (ipaddr_parse(&ip, text) == 0 &&
	    (cidr_parse(&c, text) == -1 || !cidr_has(&c, &ip)))
		abort();
}

/* is_name - getaddrinfo would ask a name server about it. */
static int
is_name(const char *text)
{
	static const char numeric[] = "0123456789abcdefABCDEF.:[]*%lo";

	return strncmp(text, "unix:", 5) != 0 &&
	    (text[strspn(text, numeric)] != '\0' || (*text != '[' &&
	    *text != '*' && *text != ':' && strpbrk(text, "abcdefABCDEFlo%")));
}

/*
 * long_number - numbers of more parts than an address has are names to
 * getaddrinfo.
 */
static int
long_number(const char *text)
{
	char host[64];
	struct ipaddr ip;
	size_t n = strcspn(text, ":");

	if (strncmp(text, "unix:", 5) == 0 || strchr("[*:", *text) != NULL)
		return 0;
	if (n >= sizeof(host))
		return 1;
	memcpy(host, text, n);
	host[n] = '\0';
	return ipaddr_parse(&ip, host) == -1 && ipaddr_parse(&ip, text) == -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	try_network(text);
	if (!is_name(text) && !long_number(text)) {
		try_addr(text, 0);
		try_addr(text, 1);
	}
	free(text);
	return 0;
}
