/*
 * What the service manager is told
 *
 *      READY=1       connections are accepted
 *      STATUS=...    a line for people
 *      WATCHDOG=1    the loop turns: twice in each $WATCHDOG_USEC, if that is
 *                    meant for this process
 *      STOPPING=1    the end
 *
 * They go to the socket that $NOTIFY_SOCKET names, and nowhere if nothing does.
 * One that is lost is lost: the manager may not hold up the loop.
 *
 * Source: sd_notify(3), sd_watchdog_enabled(3).
 */
#pragma once

#include <ev.h>

struct manager {
	int fd;          /* connected; -1: nobody wants to know */
	ev_tstamp every; /* seconds between signs of life; 0: none */
	ev_timer watchdog;
};

/* Takes what the environment says, and takes it out of there. */
void manager_init(struct manager *manager);
void manager_deinit(struct manager *manager);

/* => lines, as "READY=1\nSTATUS=...", with what printf puts in */
void manager_tell(const struct manager *manager, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Signs of life, from now on, while the loop turns. */
void manager_watch(struct manager *manager, struct ev_loop *loop);
