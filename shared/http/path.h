/*
 * From the paths of URLs to names of files and back: percent escapes, dot
 * segments, safe names.  httpd finds files and writes links with it; httpc
 * and urlget name what they store.
 */

#ifndef HTTP_PATH_H
#define HTTP_PATH_H

#include "http/str.h"

/*
 * Decodes percent escapes once.  Returns the length, which never exceeds
 * that of in, or -1 on a malformed escape, %00 or too small a size.  Nothing
 * terminates out, which may be in itself.
 */
long	http_unescape(struct http_str in, char *out, size_t size);

/*
 * Makes a file's path of a request's: decodes it once, then takes out empty
 * and "." segments and resolves "..".  The result begins with '/', has a NUL
 * behind it and ends with '/' if the path named a folder.  Returns its
 * length, or -1 for what http_unescape refuses, for control bytes, for ".."
 * above the root, for a path that does not begin with '/' and where size is
 * less than in.len + 1.  in may be empty, which is "/".
 */
long	http_path_decode(struct http_str in, char *out, size_t size);

/*
 * Writes in with every byte escaped that may not stand in a path as it is;
 * ':' too, so that the result can begin a relative reference.  '/' stays.
 * Writes a NUL.  Returns the length, or -1 where size is too small; three
 * times in.len and one is always enough.
 */
long	http_path_escape(struct http_str in, char *out, size_t size);

/*
 * The file name that a URL's path suggests: its last segment, decoded, with
 * '/' and control bytes in it replaced by '_'.  Writes a NUL.  Returns the
 * length, 0 if there is no name in it ("", "." and ".." are none), or -1
 * where size is too small.
 */
long	http_url_file_name(struct http_str path, char *out, size_t size);

#endif
