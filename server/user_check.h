/*
 * Users, recounted
 */
#pragma once

struct server;

/*
 * Counts once more, from connections and maps themselves, what is charged to
 * each user.
 *
 * => what is wrong; NULL: all is well
 * => between two calls
 */
const char *users_check(struct server *server);
