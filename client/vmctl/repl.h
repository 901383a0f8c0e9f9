/*
 * A session: a person types commands, and sees what comes
 *
 * A line is what it is in a script. It runs at once, and what it keeps is there
 * for those after it. What is wrong is told, and the session goes on.
 */
#pragma once

#include "client/vmctl/run.h"

/* => run->script was started
 * => the exit status: EXIT_NO_DAEMON if the daemon went away, or else 0 */
int repl(struct run *run);
