/*
 * The files of a folder of ours, for put -r.
 */
#ifndef FILEC_WALK_H
#define FILEC_WALK_H

#include <sys/stat.h>

#include <stdbool.h>

/*
 * walk - path, and if it is a folder and recursive is set all that is beneath
 * it, folders before what is in them, in the order of their names.  Links
 * named on the command line are followed, and links to files; links to folders
 * are not.  found's -1 ends it (-1); cannot hears what is left out and why:
 * EINVAL what is neither file nor folder, ENODEV where that is path itself.
 */
int	walk(const char *path, bool recursive,
	    int (*found)(void *, const char *path, const struct stat *),
	    void (*cannot)(void *, const char *path, int error), void *arg);

#endif
