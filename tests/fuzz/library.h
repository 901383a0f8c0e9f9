/*
 * What targets that make calls of the library's have in common: an end to its
 * one session, so that the next input has its own; and a clock that only goes
 * on when somebody waits.
 */
#pragma once

/* There is a socket to connect to, or so it seems. */
void library_start(void);

/* Hangs up, if the session is open. Nobody is waiting. */
void library_hang_up(void);

/* So many milliseconds have gone by. */
void library_waited(int milliseconds);
