/* Names for ports: whose they are, who finds them, and when they go. */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <servers/bootstrap_defs.h>

#include "server/peer.h"
#include "server/port.h"
#include "server/port_space.h"
#include "server/registry.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "tests/support/picture.h"

enum { ANN = 1001, BOB = 1002, STAFF = 50 };

static struct registry registry;
static struct port *port;
static int pair[2];

static struct port *
new_task_port(void)
{
	struct task *task;

	ck_assert_int_eq(task_new(&machine, &personality_osf, &task),
	    KERN_SUCCESS);
	return port_new(PORT_TASK, task);
}

void
test_setup(void)
{
	machine_start(1 << 20, 0);
	ck_assert(registry_init(&registry));
	port = new_task_port();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
}

void
test_teardown(void)
{
	close(pair[0]);
	close(pair[1]);
	registry_deinit(&registry);
	port_unref(port);
	machine_stop();
}

static struct text
of(const char *bytes)
{
	return (struct text){ bytes, strlen(bytes) };
}

static void
add(uid_t uid, const char *name)
{
	ck_assert_int_eq(registry_add(&registry, uid, STAFF, of(name), port),
	    KERN_SUCCESS);
}

static struct registry_name *
find(uid_t uid, const char *name)
{
	return registry_find(&registry, uid, of(name));
}

/* All names, each as uid:name. */
static void
names_are(const char *expected)
{
	const struct registry_name *name =
	    registry_behind(&registry, 0, of(""));
	char all[256] = "";

	ck_assert_ptr_null(registry_check(&registry));
	for (; name; name = registry_next(name))
		snprintf(all + strlen(all), sizeof(all) - strlen(all),
		    "%s%u:%.*s", all[0] == '\0' ? "" : " ", name->user->uid,
		    (int)name->text.size, name->text.bytes);
	ck_assert_str_eq(all, expected);
}

/* --- Names ------------------------------------------------------------- */

TEST(each_user_has_names_of_their_own)
{
	add(BOB, "b");
	add(ANN, "b");
	add(ANN, "a");
	add(0, "a");
	add(ANN, "ab");
	names_are("0:a 1001:a 1001:ab 1001:b 1002:b");
	ck_assert_ptr_ne(find(ANN, "b"), find(BOB, "b"));
	ck_assert_ptr_null(find(BOB, "a"));
	ck_assert_ptr_null(find(STAFF, "a"));
}

TEST(a_user_has_a_name_once)
{
	add(ANN, "a");
	ck_assert_int_eq(registry_add(&registry, ANN, 0, of("a"), port),
	    BOOTSTRAP_NAME_IN_USE);
	names_are("1001:a");
	registry_remove(find(ANN, "a"));
	add(ANN, "a");
	names_are("1001:a");
}

TEST(a_name_keeps_its_port)
{
	struct port *held = port;

	add(ANN, "a");
	port = port_unref(port);
	ck_assert(!LIST_EMPTY(&machine.maps));
	ck_assert_ptr_eq(find(ANN, "a")->port, held);
	registry_remove(find(ANN, "a"));
	ck_assert(LIST_EMPTY(&machine.maps));
	names_are("");
}

TEST(when_a_port_dies_all_its_names_go)
{
	struct port *other = new_task_port();

	add(ANN, "a");
	add(BOB, "b");
	ck_assert_int_eq(registry_add(&registry, ANN, 0, of("c"), other),
	    KERN_SUCCESS);
	port_destroy(port);
	names_are("1001:c");
	port_unref(other);
}

TEST(a_registered_task_keeps_those_that_it_holds)
{
	struct port *other = new_task_port();

	ck_assert_int_eq(port_hold(port, 4, other), KERN_SUCCESS);
	ck_assert_int_eq(port_hold(other, 4, port), KERN_SUCCESS);
	add(ANN, "a");
	port_unref(other);
	port = port_unref(port);
	ck_assert(!LIST_EMPTY(&machine.maps));
	ck_assert_ptr_nonnull(other->task);
	registry_remove(find(ANN, "a"));
	ck_assert(LIST_EMPTY(&machine.maps));
}

TEST(names_are_bounded_for_each_user)
{
	char name[16];

	ck_assert_uint_eq(registry.limit, LIMIT_NAMES);
	registry.limit = 40;
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%d", i);
		add(ANN, name);
	}
	ck_assert_int_eq(registry_add(&registry, ANN, 0, of("more"), port),
	    BOOTSTRAP_NO_MEMORY);
	add(BOB, "more");
	ck_assert_int_eq(registry_move(&registry, find(BOB, "more"), ANN),
	    BOOTSTRAP_NO_MEMORY);
	registry_remove(find(ANN, "17"));
	ck_assert_int_eq(registry_move(&registry, find(BOB, "more"), ANN),
	    KERN_SUCCESS);
	ck_assert_ptr_null(registry_check(&registry));
}

TEST(a_name_that_is_given_away_is_the_new_owners)
{
	struct registry_name *name;

	add(ANN, "a");
	add(BOB, "a");
	add(ANN, "b");
	name = find(ANN, "b");
	ck_assert_int_eq(registry_move(&registry, find(ANN, "a"), BOB),
	    BOOTSTRAP_NAME_IN_USE);
	ck_assert_int_eq(registry_move(&registry, name, BOB), KERN_SUCCESS);
	names_are("1001:a 1002:a 1002:b");
	ck_assert_ptr_eq(find(BOB, "b"), name);
	ck_assert_int_eq(registry_move(&registry, name, BOB), KERN_SUCCESS);
	names_are("1001:a 1002:a 1002:b");
}

TEST(names_are_told_from_behind_one_that_may_be_gone)
{
	add(ANN, "b");
	add(ANN, "d");
	add(BOB, "a");
	ck_assert_ptr_eq(registry_behind(&registry, 0, of("z")),
	    find(ANN, "b"));
	ck_assert_ptr_eq(registry_behind(&registry, ANN, of("a")),
	    find(ANN, "b"));
	ck_assert_ptr_eq(registry_behind(&registry, ANN, of("b")),
	    find(ANN, "d"));
	ck_assert_ptr_eq(registry_behind(&registry, ANN, of("c")),
	    find(ANN, "d"));
	ck_assert_ptr_eq(registry_behind(&registry, ANN, of("d")),
	    find(BOB, "a"));
	ck_assert_ptr_null(registry_behind(&registry, BOB, of("a")));
	ck_assert_ptr_null(registry_behind(&registry, BOB + 1, of("")));
}

TEST(a_name_is_text_of_127_bytes_at_most)
{
	char text[BOOTSTRAP_MAX_NAME_LEN];

	memset(text, 'n', sizeof(text));
	ck_assert(registry_takes((struct text){ text, sizeof(text) - 1 }));
	ck_assert(!registry_takes((struct text){ text, sizeof(text) }));
	ck_assert(!registry_takes(of("")));
	ck_assert(!registry_takes(of("a\n")));
	ck_assert(!registry_takes(of("\xff")));
}

/* --- Who finds them ---------------------------------------------------- */

static const struct peer ann = { .fd = -1, .uid = ANN, .gid = STAFF };
static const struct peer bob = { .fd = -1, .uid = BOB, .gid = BOB };
static const struct peer root = { .fd = -1, .privileged = true };

static bool
finds(const struct peer *peer, mode_t mode)
{
	struct registry_name *name = find(ANN, "a");

	name->mode = mode;
	return registry_may_look_up(name, peer);
}

TEST(the_mode_says_who_may_look_a_name_up)
{
	const struct peer colleague = { .fd = -1, .uid = BOB, .gid = STAFF };

	add(ANN, "a");
	ck_assert_uint_eq(find(ANN, "a")->mode, REGISTRY_OWNER);
	ck_assert(finds(&ann, 0400));
	ck_assert(!finds(&colleague, 0400));
	ck_assert(!finds(&bob, 0400));
	ck_assert(finds(&colleague, 0040));
	ck_assert(!finds(&bob, 0040));
	ck_assert(finds(&bob, 0004));
	/* Of those that one belongs to the first counts. */
	ck_assert(!finds(&ann, 0044));
	ck_assert(!finds(&colleague, 0404));
	ck_assert(finds(&root, 0));
}

TEST(a_peer_is_who_made_the_connection)
{
	struct peer peer;

	ck_assert(peer_init(&peer, pair[0]));
	ck_assert_uint_eq(peer.uid, geteuid());
	ck_assert_uint_eq(peer.gid, getegid());
	ck_assert(peer.privileged);
	ck_assert(peer_is_in(&peer, getegid()));
	ck_assert(!peer_is_in(&peer, 0x7ffffff1));
	ck_assert(!peer_init(&peer, -1));
}

TEST(a_name_is_looked_for_with_oneself_the_daemon_and_root_and_nobody_else)
{
	add(BOB, "a");
	find(BOB, "a")->mode = REGISTRY_ALL;
	ck_assert_ptr_null(registry_look_up(&registry, &ann, of("a")));

	add(0, "a");
	ck_assert_ptr_null(registry_look_up(&registry, &ann, of("a")));
	find(0, "a")->mode = REGISTRY_ALL;
	ck_assert_ptr_eq(registry_look_up(&registry, &ann, of("a")),
	    find(0, "a"));
	if (geteuid() != 0) {
		add(geteuid(), "a");
		find(geteuid(), "a")->mode = REGISTRY_ALL;
		ck_assert_ptr_eq(registry_look_up(&registry, &ann, of("a")),
		    find(geteuid(), "a"));
	}
	add(ANN, "a");
	ck_assert_ptr_eq(registry_look_up(&registry, &ann, of("a")),
	    find(ANN, "a"));
	/* One that may not be looked up is passed over. */
	find(ANN, "a")->mode = REGISTRY_GROUP;
	ck_assert_ptr_ne(registry_look_up(&registry, &ann, of("a")),
	    find(ANN, "a"));
}

TEST(nobody_is_looked_in_twice)
{
	const struct peer own = { .fd = -1, .uid = geteuid() };
	uid_t path[REGISTRY_SEARCHED];

	ck_assert_uint_eq(registry_search_path(&ann, path),
	    geteuid() == 0 ? 2 : 3);
	ck_assert_uint_eq(path[0], ANN);
	ck_assert_uint_eq(path[1], geteuid());
	ck_assert_uint_eq(registry_search_path(&own, path),
	    geteuid() == 0 ? 1 : 2);
}
