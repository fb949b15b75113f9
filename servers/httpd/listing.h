/*
 * The listing of a folder that has no index, as a page or as JSON.
 */
#ifndef HTTPD_LISTING_H
#define HTTPD_LISTING_H

#include "request.h"

/* listing_send - answer with what is in the folder at the request's path. */
void	listing_send(struct request *);

#endif
