/*
 * What stands before the body of a large file, written anew where it is: the
 * fields of a 304, the pieces of a part, the time of a soft purge.  Who writes
 * holds a lock; who reads takes it only where what was read does not fit its
 * checksum, for then somebody may have been writing.  What a crash here has
 * torn is a miss.
 */
#include <sys/file.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/wait.h"
#include "store_impl.h"
#include "transfer.h"

#define LOCK_TRIES	50	/* of a millisecond each */

bool
file_lock(int fd)
{
	int i;

	for (i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		net_pause(clock_after_ms(1));
	}
	return false;
}

size_t
front_text_len(const struct file_head *fh)
{
	return (size_t)fh->url_len + fh->vary_len + fh->head_len;
}

bool
front_read(struct store *s, int fd, enum file_kind kind, struct front *fr)
{
	char *blob = malloc(FRONT_MAX);
	ssize_t n = blob == NULL ? -1 : pread(fd, blob, FRONT_MAX, 0);
	size_t len;

	fr->text = fr->blob = NULL;
	if (n < (ssize_t)sizeof(fr->fh))
		goto fail;
	memcpy(&fr->fh, blob, sizeof(fr->fh));
	if (fr->fh.kind != kind || !file_is_whole(s, &fr->fh, blob, (size_t)n))
		goto fail;
	len = front_text_len(&fr->fh);
	memcpy(fr->extents, blob + sizeof(fr->fh) + len,
	    fr->fh.nextents * sizeof(fr->extents[0]));
	fr->text = blob + sizeof(fr->fh);
	fr->blob = blob;
	return true;
fail:
	free(blob);
	return false;
}

bool
front_text(struct front *fr, const char *url, const char *vary,
    const struct http_msg *res, const struct http_msg *by)
{
	struct buf b = { 0 };

	buf_adds(&b, url);
	buf_adds(&b, vary);
	add_head(&b, res, by);
	fr->fh.url_len = (uint32_t)strlen(url);
	fr->fh.vary_len = (uint32_t)strlen(vary);
	fr->fh.head_len = (uint32_t)(b.len - fr->fh.url_len -
	    fr->fh.vary_len);
	if (b.failed || fr->fh.head_len > HEAD_MAX) {
		buf_free(&b);
		return false;
	}
	free(fr->blob);
	fr->text = fr->blob = b.data;
	return true;
}

bool
front_write(struct store *s, int fd, struct front *fr)
{
	size_t len = front_text_len(&fr->fh), size = (size_t)fr->fh.body_at;
	size_t more = fr->fh.kind == FILE_PART ? sizeof(fr->extents) : 0;
	char *blob = calloc(1, size);
	bool ok = false;

	if (blob != NULL && sizeof(fr->fh) + len + more <= size) {
		memcpy(blob + sizeof(fr->fh), fr->text, len);
		memcpy(blob + sizeof(fr->fh) + len, fr->extents,
		    fr->fh.nextents * sizeof(fr->extents[0]));
		file_check(s, &fr->fh, blob + sizeof(fr->fh), size -
		    sizeof(fr->fh), fr->fh.check);
		memcpy(blob, &fr->fh, sizeof(fr->fh));
		ok = write_all(fd, blob, size, 0);
	}
	free(blob);
	return ok;
}
