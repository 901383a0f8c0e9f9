/*
 * Every routine, with everything that it takes lacking once
 *
 * A call that succeeds takes so many blocks of malloc's, frames, and records of
 * each zone. It is made with none of them to be had, then with one, and so on
 * until it succeeds. Each time before it must be refused, and nothing may have
 * changed.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/mig_errors.h>
#include <servers/bootstrap_defs.h>

#include "common/cleanup.h"
#include "common/msg.h"
#include "server/fiber.h"
#include "tests/failing/fault.h"
#include "tests/failing/scene.h"
#include "tests/failing/stage.h"

/* --- What is lacking --------------------------------------------------- */

static unsigned lent; /* what a limit was lowered by */

static void
lower(uint32_t *limit, uint32_t used, unsigned n)
{
	lent = *limit - (used + n - 1);
	*limit -= lent;
}

#define ZONE(zone)                                                             \
	static void take_##zone(unsigned n)                                    \
	{                                                                      \
		lower(&stage_server.vm.zone.limit, stage_server.vm.zone.used,  \
		    n);                                                        \
	}                                                                      \
	static void give_##zone(void)                                          \
	{                                                                      \
		stage_server.vm.zone.limit += lent;                            \
	}

ZONE(pages)
ZONE(nodes)
ZONE(entries)
ZONE(pieces)
ZONE(mappings)

static void
take_block(unsigned n)
{
	fault_allocation(n, false);
}

static void
take_blocks(unsigned n)
{
	fault_allocation(n, true);
}

/* And nothing is at hand to put the answer into. */
static void
take_blocks_and_spare(unsigned n)
{
	fault_enter();
	free(stage_server.spare);
	free(stage_server.spare_call);
	fiber_cleanup();
	fault_leave();
	stage_server.spare = NULL;
	stage_server.spare_call = NULL;
	fault_allocation(n, true);
}

static void
give_blocks(void)
{
	fault_allocation(0, false);
}

/* What is asked comes in pieces, which have to be kept until they are whole. */
static int
in_pieces(enum fault_io what, size_t *most)
{
	if (what == FAULT_RECEIVE)
		*most = 900;
	return 0;
}

static void
take_block_in_pieces(unsigned n)
{
	fault_ask(in_pieces);
	take_block(n);
}

static void
give_block_in_pieces(void)
{
	fault_ask(NULL);
	give_blocks();
}

static void
take_pages_in_pieces(unsigned n)
{
	fault_ask(in_pieces);
	take_pages(n);
}

static void
give_pages_in_pieces(void)
{
	fault_ask(NULL);
	give_pages();
}

/* take: the n-th that the call takes, and those behind it, are not to be had.
 * There are no more than that if a fault has happened while it succeeded. */
struct lack {
	const char *what;
	void (*take)(unsigned n);
	void (*give)(void);
	bool blocks;
	const char *only; /* calls with this in them; NULL: all */
};

static const struct lack a_block = { "block", take_block, give_blocks, true,
	NULL };
static const struct lack blocks = { "blocks", take_blocks, give_blocks, true,
	NULL };
static const struct lack blocks_and_spare = { "blocks, and no spare chunk",
	take_blocks_and_spare, give_blocks, true, NULL };
static const struct lack block_in_pieces = { "block, of what comes in pieces",
	take_block_in_pieces, give_block_in_pieces, true, "data" };
static const struct lack pages = { "frame", take_pages, give_pages, false,
	NULL };
static const struct lack pages_in_pieces = { "frame, of what comes in pieces",
	take_pages_in_pieces, give_pages_in_pieces, false, "data" };
static const struct lack nodes = { "node", take_nodes, give_nodes, false,
	NULL };
static const struct lack entries = { "entry", take_entries, give_entries, false,
	NULL };
static const struct lack pieces = { "piece", take_pieces, give_pieces, false,
	NULL };
static const struct lack mappings = { "mapping", take_mappings, give_mappings,
	false, NULL };

/* --- Calls ------------------------------------------------------------- */

static unsigned refused, wrong;

static void
complain(const struct lack *lack, unsigned n, const char *line, int id,
    const char *what)
{
	printf("# %s %u of %d, %s: %s\n", lack->what, n, id, line, what);
	fflush(stdout);
	wrong++;
}

/* A refused call has changed nothing, and the next one is served. */
static bool
is_undone(const struct lack *lack, unsigned n, const char *line, int id,
    const char *before)
{
	const char *differs;

	stage_succeeds("vm_statistics self");
	differs = stage_differs(before);
	if (differs)
		complain(lack, n, line, id, differs);
	refused++;
	return !differs;
}

/* What is registered outlives who registered it. */
static void
remove_names(void)
{
	const struct text first = { "", 0 };
	struct registry_name *name;

	fault_enter();
	while ((name = registry_behind(&stage_server.registry, 0, first)))
		registry_remove(name);
	server_wake(&stage_server);
	fault_leave();
	stage_run();
}

/* One who was hung up on has left nothing else. */
static bool
is_gone(const struct lack *lack, unsigned n, const char *line, int id)
{
	const struct vm_machine *vm = &stage_server.vm;
	char *after = stage_picture();

	free(after);
	remove_names();
	refused++;
	if (LIST_EMPTY(&vm->maps) && vm->entries.used == 0 &&
	    vm->objects.used == 0 && vm->pages.used == 0 && lack->blocks)
		return true;
	complain(lack, n, line, id, "hung up, and something is left");
	return false;
}

enum outcome { AGAIN, ANEW, DONE };

/* The call with the n-th lacking. */
static enum outcome
attempt(const struct lack *lack, unsigned n, const struct scene_call *call,
    const char *line, int id, const char *before)
{
	static struct stage_request request;
	kern_return_t kr;
	char text[64];

	stage_write(&request, line, id);
	lack->take(n);
	kr = stage_send(&request);
	lack->give();
	if (kr == STAGE_CLOSED)
		return is_gone(lack, n, line, id) ? ANEW : DONE;
	if (kr == call->code)
		return lack->blocks && fault_happened() ? ANEW : DONE;
	if (kr == KERN_RESOURCE_SHORTAGE || kr == BOOTSTRAP_NO_MEMORY)
		return is_undone(lack, n, line, id, before) ? AGAIN : ANEW;
	snprintf(text, sizeof(text), "answers %d", kr);
	complain(lack, n, line, id, text);
	return DONE;
}

static void
make_it_fail(const struct lack *lack, const struct scene_call *call, int id,
    char personality)
{
	enum outcome outcome = ANEW;

	for (unsigned n = 1; outcome != DONE; n++) {
		enum { MOST = 5000 };
		static const char *line;
		static char *before;

		ck_assert_msg(n < MOST, "%s: there is no end", call->lines);
		if (outcome == ANEW) {
			line = scene_prepare(call, personality);
			before = stage_picture();
		}
		outcome = attempt(lack, n, call, line, id, before);
		if (outcome != AGAIN) {
			free(before);
			stage_close();
		}
	}
}

/* The environment may name part of the lines of those calls to look at. */
static bool
is_wanted(const struct lack *lack, const struct scene_call *call,
    char personality)
{
	const char *only = getenv("FAILING_ONLY");

	return stage_line(call->lines, personality) &&
	       (!only || strstr(call->lines, only)) &&
	       (!lack->only || strstr(call->lines, lack->only));
}

static void
make_all_fail(const struct lack *lack, char personality)
{
	for (size_t i = 0; i < stage_service_count; i++) {
		const struct stage_service *service = &stage_services[i];
		const ProtobufCMethodDescriptor *methods =
		    service->descriptor->methods;

		for (unsigned j = 0; j < service->descriptor->n_methods; j++)
			for (const struct scene_call *call = scene_calls;
			     call->lines; call++)
				if (is_wanted(lack, call, personality) &&
				    scene_call_is(call, &methods[j]))
					make_it_fail(lack, call,
					    service->base + (int)j,
					    personality);
	}
}

/* In all personalities, or in the one that the environment names. */
static void
everybody_is_refused(const struct lack *lack)
{
	const char *all = getenv("FAILING_IN");

	refused = 0;
	for (all = all ? all : "oxg"; *all != '\0'; all++)
		make_all_fail(lack, *all);
	printf("# %s: refused %u times\n", lack->what, refused);
	fflush(stdout);
	ck_assert_msg(wrong == 0, "%u calls were left half done", wrong);
}

TEST(every_routine_is_made_to_fail_here)
{
	unsigned missing = 0;

	for (size_t i = 0; i < stage_service_count; i++) {
		const ProtobufCServiceDescriptor *service =
		    stage_services[i].descriptor;

		for (unsigned j = 0; j < service->n_methods; j++) {
			const struct scene_call *call = scene_calls;

			if (!stage_is_served(&service->methods[j]))
				continue;
			while (call->lines &&
			       !scene_call_is(call, &service->methods[j]))
				call++;
			if (call->lines)
				continue;
			printf("# no call of %s\n", service->methods[j].name);
			missing++;
		}
	}
	ck_assert_msg(missing == 0, "%u routines are not", missing);
}

/* Is there such an id in a service that is known here? */
static bool
is_known(int id)
{
	for (size_t i = 0; i < stage_service_count; i++)
		if (id >= stage_services[i].base &&
		    id < stage_services[i].base +
			     (int)stage_services[i].descriptor->n_methods)
			return true;
	return false;
}

TEST(no_service_is_served_that_is_not_known_here)
{
	static struct stage_request request;

	stage_open(XNU);
	stage_write(&request, "vm_statistics self", 0);
	for (int id = 0; id < 12000; id++) {
		mach_msg_header_t header;

		if (is_known(id))
			continue;
		memcpy(&header, request.bytes, sizeof(header));
		header.msgh_id = request.id = id;
		memcpy(request.bytes, &header, sizeof(header));
		ck_assert_msg(stage_send(&request) == MIG_BAD_ID,
		    "%d is served", id);
	}
	stage_close();
}

TEST(a_call_that_lacks_one_block_changes_nothing)
{
	everybody_is_refused(&a_block);
}

TEST(a_call_that_gets_no_more_blocks_changes_nothing)
{
	everybody_is_refused(&blocks);
}

TEST(a_call_that_cannot_be_answered_costs_the_connection_and_no_more)
{
	everybody_is_refused(&blocks_and_spare);
}

TEST(a_call_that_lacks_frames_changes_nothing)
{
	everybody_is_refused(&pages);
}

TEST(a_call_that_comes_in_pieces_is_kept_or_costs_the_connection)
{
	everybody_is_refused(&block_in_pieces);
	everybody_is_refused(&pages_in_pieces);
}

TEST(a_call_that_lacks_nodes_changes_nothing)
{
	everybody_is_refused(&nodes);
}

TEST(a_call_that_lacks_entries_changes_nothing)
{
	everybody_is_refused(&entries);
}

TEST(a_call_that_lacks_pieces_changes_nothing)
{
	everybody_is_refused(&pieces);
}

TEST(a_call_that_lacks_mappings_changes_nothing)
{
	everybody_is_refused(&mappings);
}

/* --- Beside the routines ----------------------------------------------- */

TEST(the_task_of_a_connection_is_made_whole_or_not_at_all)
{
	unsigned n = 0;
	kern_return_t kr;

	do {
		char *before;

		stage_open(XNU);
		stage_succeeds("vmd_statistics 0");
		before = stage_picture();
		fault_allocation(++n, false);
		kr = stage_call("vm_allocate self address=0 size=1000 flags=1");
		fault_allocation(0, false);
		if (kr != KERN_SUCCESS) {
			const char *differs = stage_differs(before);

			ck_assert_int_eq(kr, KERN_RESOURCE_SHORTAGE);
			ck_assert_msg(!differs, "block %u: %s", n, differs);
			stage_succeeds("vm_statistics self");
		}
		free(before);
		stage_close();
	} while (kr != KERN_SUCCESS);
	ck_assert_uint_gt(n, 4);
}

TEST(the_right_to_the_registry_is_made_or_the_call_refused)
{
	const char line[] = "bootstrap_status bootstrap service_name=none";
	unsigned n = 0;
	kern_return_t kr;

	do {
		char *before;

		stage_open(XNU);
		stage_succeeds("vmd_statistics 0");
		before = stage_picture();
		fault_allocation(++n, false);
		kr = stage_call(line);
		fault_allocation(0, false);
		if (kr == KERN_RESOURCE_SHORTAGE)
			ck_assert_ptr_null(stage_differs(before));
		ck_assert_int_eq(stage_call(line), BOOTSTRAP_UNKNOWN_SERVICE);
		free(before);
		stage_close();
	} while (kr == KERN_RESOURCE_SHORTAGE);
	ck_assert_int_eq(kr, BOOTSTRAP_UNKNOWN_SERVICE);
	ck_assert_uint_gt(n, 2);
}

static const char wire_8_pages[] =
    "vm_wire priv task=self address=110000 size=8000 desired_access=3";

/* When n frames are left, and four are in memory that may be purged. */
static kern_return_t
wire_with_frames(unsigned n)
{
	kern_return_t kr;

	scene_open(XNU);
	stage_succeeds("vm_allocate self address=500000 size=4000 flags=2");
	stage_succeeds("vm_write self address=500000 data=4000");
	stage_succeeds("vm_purgable_control self address=500000 control=0 "
		       "state=1");
	free(stage_picture());
	take_pages(n + 1);
	kr = stage_call(wire_8_pages);
	give_pages();
	return kr;
}

/* And nothing else: it is refused once more, and all is as it was. */
static void
is_refused_again(void)
{
	char *before = stage_picture();

	ck_assert_uint_eq(stage_server.vm.volatile_pages, 0);
	take_pages(7 + 1);
	ck_assert_int_eq(stage_call(wire_8_pages), KERN_RESOURCE_SHORTAGE);
	give_pages();
	ck_assert_ptr_null(stage_differs(before));
	free(before);
}

TEST(memory_that_may_be_lost_is_lost_before_a_call_is_refused)
{
	for (unsigned n = 0; n <= 4; n++) {
		kern_return_t kr = wire_with_frames(n);

		ck_assert_int_eq(kr,
		    n < 4 ? KERN_RESOURCE_SHORTAGE : KERN_SUCCESS);
		if (n < 4)
			is_refused_again();
		stage_close();
	}
}
