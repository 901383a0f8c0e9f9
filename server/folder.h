/*
 * A folder that others cannot meddle with
 *
 * Who may write a socket's folder may put a socket of their own in its place,
 * and who may write a folder above it may put another folder there. Programs
 * would then tell a stranger what they mean for the daemon. So:
 *
 *      /  run  vmd  vmd.sock
 *      │  │    └── of root or the daemon's user; nobody else writes it
 *      └──┴─────── the same; but if it is sticky, as /tmp, others may write it:
 *                  there, one removes and renames only what is one's own
 *
 * The last folder may not be written even if it is sticky: who comes first
 * could take the socket's name. A symbolic link on the way is judged by its
 * owner, and so is the folder that it leads to, with all above that.
 *
 * sshd's StrictModes asks the same of what it trusts, and stops at the user's
 * home. A socket has no such place to stop, so this goes on to the root.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * May the daemon trust what is in the folder?
 *
 * => path: of something in the folder, which need not be there
 * => false: *complaint says which folder, and why not
 */
bool folder_is_safe(const char *path, char *complaint, size_t size);
