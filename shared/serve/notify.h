/*
 * The conversation with a supervisor: sockets passed in (LISTEN_FDS,
 * LISTEN_FDNAMES), and NOTIFY_SOCKET with READY, RELOADING, STOPPING, WATCHDOG
 * and STATUS (sd_listen_fds(3), sd_notify(3), written anew: no library).
 */
#ifndef SERVE_NOTIFY_H
#define SERVE_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

/* notify_listen_fds - how many descriptors from 3 on were passed to this
 * process (checks LISTEN_PID; sets close-on-exec; clears the environment). */
int	notify_listen_fds(void);
/* notify_fd_name - LISTEN_FDNAMES' name of the ith, or NULL. */
const char *notify_fd_name(int i);
/* notify_init - keep NOTIFY_SOCKET ("@" abstract names too) and WATCHDOG_USEC
 * and take them out of the environment. */
void	notify_init(void);
void	notify_free(void);
/* notify - send "READY=1" and the like; silently nothing where not asked. */
void	notify_send(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* notify_watchdog_ns - half of WATCHDOG_USEC in ns, 0 where not asked. */
int64_t	notify_watchdog_ns(void);

#endif
