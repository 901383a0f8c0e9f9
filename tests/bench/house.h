/*
 * A daemon of a benchmark's own, on a socket in a folder of its own
 *
 * The program is the one in $VMD. $VMD_SOCKET names the socket from then on, so
 * that libvmd finds it. One at a time; a process that has made calls to one
 * cannot make calls to the next: see bench_apart().
 */
#pragma once

#include <sys/types.h>

/* Starts it, on the caller's CPU, with so much memory, as "4G", and with
 * further arguments, up to a NULL; waits until it listens. */
void house_start(const char *memory, ...) __attribute__((sentinel));

/* Ends it. It ends, too, when the process does that has started it. */
void house_stop(void);

pid_t house_pid(void);

/* A socket connected to it, before any hello. */
int house_connect(void);

/* Bytes of memory that a process has in the machine. */
unsigned long house_resident(pid_t pid);
