/*
 * Reason phrases.  Called once for each response head that is not answered
 * from memory.
 */

#include "http/status.h"

const char *
http_phrase(int code)
{
	switch (code) {
#define X(number, name, phrase)						\
	case number:							\
		return phrase;
	HTTP_STATUSES(X)
#undef X
	default:
		return "Unknown";
	}
}
