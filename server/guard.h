/*
 * What the daemon gives up before it serves
 *
 * Were a client ever to get hold of the daemon, it should find little there to
 * do harm with. Once everything is open, and the command of --run has been
 * started (which gets none of this), the daemon gives up
 *
 *      new privileges   a program it would run gets no more than it has
 *      system calls     all but those that the loop makes (sandbox)
 *      core dumps       and being looked into by a debugger of the same user,
 *                       for there are the bytes of all clients
 *
 * The sandbox is a list of what is allowed. There are two kinds of no:
 *
 *      refused   what a C library and its modules try, and do without: to open
 *                a file for writing, memory to be executed, sockets, terminals.
 *                The call fails
 *      killed    all else: execve, fork, ptrace, mount ... No code of the
 *                daemon's comes there, so it is not the daemon's any more that
 *                runs. The kernel logs the call, and the service manager
 *                starts another daemon
 *
 * Sanitizers need more than the list has, and ptrace to look for leaks: where
 * they are built in, there is neither sandbox nor a way to refuse debuggers.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GUARD_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define GUARD_SANITIZED 1
#endif
#endif

struct guard {
	bool sandbox;
	bool allow_core;
	bool read;   /* files: there is a configuration */
	bool remove; /* a socket and its folder, at the end */
	pid_t child; /* may be sent SIGTERM; 0: there is none */
};

/*
 * Gives it all up, for good.
 *
 * => 0 or -errno: the daemon should not go on, for it is not guarded
 */
int guard_up(const struct guard *guard);

/* The sandbox alone. 0 or -errno. */
int guard_sandbox(const struct guard *guard);
