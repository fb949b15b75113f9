/*
 * sendfile(2) as Linux has it: without SIGPIPE's flag, so the process must
 * ignore that signal.  Waits only where the socket is blocking.
 */
#include "net/sendfile.h"

#include <sys/sendfile.h>

ssize_t
sendfile_some(int sock, int file, off_t *off, size_t n)
{
	return sendfile(sock, file, off, n);
}
