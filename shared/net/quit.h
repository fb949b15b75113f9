/*
 * Being asked to end: for clients that have something to do first, such as to
 * say good bye or to give a terminal back.
 */
#ifndef NET_QUIT_H
#define NET_QUIT_H

/*
 * quit_catch - from now on INT, TERM and HUP end nothing by themselves.  They
 * are let in only while net_wait() waits in ppoll(2), which then returns EINTR,
 * so that none is missed between a look at quit_asked() and the wait.
 */
void	quit_catch(void);
/* quit_asked - has one of them come? */
int	quit_asked(void);
/*
 * quit_writing - on: a write to the terminal or to a pipe comes now, which may
 * wait for a reader that is gone; whoever is asked to end meanwhile, or was
 * before, ends by force (status 1) where that takes more than two seconds.
 * Nothing without quit_catch().
 */
void	quit_writing(int on);

#endif
