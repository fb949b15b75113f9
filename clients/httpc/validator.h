/*
 * Which version of a file an unfinished one is part of: its strong validator,
 * kept with the file as an extended attribute until it is complete, so that
 * --continue-at can send If-Range and never joins two versions.
 */
#ifndef HTTPC_VALIDATOR_H
#define HTTPC_VALIDATOR_H

#include <stddef.h>

#include "http/message.h"

/* validator_of - a value for If-Range (RFC 9110 section 13.1.5): a strong
 * ETag, else a Last-Modified that is strong; empty: there is none. */
void	validator_of(const struct http_msg *, char *buf, size_t size);

/* On file systems without attributes these do nothing, and load nothing. */
void	validator_store(int fd, const struct http_msg *);
void	validator_load(const char *path, char *buf, size_t size);
void	validator_clear(int fd);

#endif
