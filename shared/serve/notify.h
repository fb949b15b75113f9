/*
 * The conversation with a supervisor: sockets passed in (LISTEN_FDS,
 * LISTEN_FDNAMES), and NOTIFY_SOCKET with READY, RELOADING, STOPPING, WATCHDOG
 * and STATUS (sd_listen_fds(3), sd_notify(3), written anew: no library).
 * For the parent; a child calls notify_free() and is silent from then on.
 */
#ifndef SERVE_NOTIFY_H
#define SERVE_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

#define NOTIFY_FDS_START	3	/* the first descriptor passed in */

/*
 * notify_listen_fds - how many descriptors from 3 on were passed to this
 * process (checks LISTEN_PID; sets close-on-exec; clears the environment).
 * -1 with errno where the number is no number (EINVAL) or one of them is not
 * open (EBADF).
 */
int	notify_listen_fds(void);
/* notify_fd_name - LISTEN_FDNAMES' name of the ith from 0, or NULL; valid
 * until notify_free. */
const char *notify_fd_name(int i);
/*
 * notify_init - keep NOTIFY_SOCKET ("@" abstract names too) and WATCHDOG_USEC
 * and take them out of the environment.  An address that cannot be used is
 * logged, and nothing is sent.
 */
void	notify_init(void);
/* notify_free - close the socket, forget the names; notify_send is a no-op. */
void	notify_free(void);
/*
 * notify_send - send "READY=1" and the like; silently nothing where not asked.
 * "RELOADING=1" alone gets the MONOTONIC_USEC that belongs to it.  errno is
 * kept.
 */
void	notify_send(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* notify_watchdog_ns - half of WATCHDOG_USEC in ns, 0 where not asked. */
int64_t	notify_watchdog_ns(void);

#endif
