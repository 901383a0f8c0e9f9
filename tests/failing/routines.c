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

#include "common/cleanup.h"
#include "common/msg.h"
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
	fault_leave();
	stage_server.spare = NULL;
	fault_allocation(n, true);
}

static void
give_blocks(void)
{
	fault_allocation(0, false);
}

/* take: the n-th that the call takes, and those behind it, are not to be had.
 * There are no more than that if a fault has happened while it succeeded. */
struct lack {
	const char *what;
	void (*take)(unsigned n);
	void (*give)(void);
	bool blocks;
};

static const struct lack a_block = { "block", take_block, give_blocks, true };
static const struct lack blocks = { "blocks", take_blocks, give_blocks, true };
static const struct lack blocks_and_spare = { "blocks, and no spare chunk",
	take_blocks_and_spare, give_blocks, true };
static const struct lack pages = { "frame", take_pages, give_pages, false };
static const struct lack nodes = { "node", take_nodes, give_nodes, false };
static const struct lack entries = { "entry", take_entries, give_entries,
	false };
static const struct lack pieces = { "piece", take_pieces, give_pieces, false };
static const struct lack mappings = { "mapping", take_mappings, give_mappings,
	false };

/* --- Calls ------------------------------------------------------------- */

static unsigned refused, wrong;

static void
complain(const struct lack *lack, unsigned n, const char *line, int id,
    const char *what)
{
	printf("# %s %u of %d, %s: %s\n", lack->what, n, id, line, what);
	wrong++;
}

/* Plays what comes before the call, and returns the call. */
static const char *
prepare(const char *lines, char personality)
{
	const char *end;
	char line[512];

	scene_open(personality);
	lines = stage_line(lines, personality);
	for (; (end = strstr(lines, "; ")); lines = end + 2) {
		snprintf(line, sizeof(line), "%.*s", (int)(end - lines), lines);
		stage_succeeds(line);
	}
	return lines;
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

/* One who was hung up on has left nothing. */
static bool
is_gone(const struct lack *lack, unsigned n, const char *line, int id)
{
	const struct vm_machine *vm = &stage_server.vm;
	char *after = stage_picture();

	free(after);
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
	if (kr == KERN_RESOURCE_SHORTAGE)
		return is_undone(lack, n, line, id, before) ? AGAIN : DONE;
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
		static const char *line;
		static char *before;

		if (outcome == ANEW) {
			line = prepare(call->lines, personality);
			before = stage_picture();
		}
		outcome = attempt(lack, n, call, line, id, before);
		if (outcome != AGAIN) {
			free(before);
			stage_close();
		}
	}
}

/* Which one of several calls to look at, by part of its lines; all: NULL. */
static bool
is_wanted(const struct scene_call *call, char personality)
{
	const char *only = getenv("FAILING_ONLY");

	return stage_line(call->lines, personality) &&
	       (!only || strstr(call->lines, only));
}

static void
make_all_fail(const struct lack *lack, char personality)
{
	refused = wrong = 0;
	for (size_t i = 0; i < stage_service_count; i++) {
		const struct stage_service *service = &stage_services[i];
		const ProtobufCMethodDescriptor *methods =
		    service->descriptor->methods;

		for (unsigned j = 0; j < service->descriptor->n_methods; j++)
			for (const struct scene_call *call = scene_calls;
			     call->lines; call++)
				if (is_wanted(call, personality) &&
				    scene_call_is(call, &methods[j]))
					make_it_fail(lack, call,
					    service->base + (int)j,
					    personality);
	}
	printf("# %s: %u calls were refused\n", lack->what, refused);
	ck_assert_msg(wrong == 0, "%u calls were left half done", wrong);
}

static void
in_each_personality(const struct lack *lack)
{
	static const char all[] = { OSF, XNU, GNU };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		make_all_fail(lack, all[i]);
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
	in_each_personality(&a_block);
}

TEST(a_call_that_gets_no_more_blocks_changes_nothing)
{
	in_each_personality(&blocks);
}

TEST(a_call_that_cannot_be_answered_costs_the_connection_and_no_more)
{
	in_each_personality(&blocks_and_spare);
}

TEST(a_call_that_lacks_frames_changes_nothing)
{
	in_each_personality(&pages);
}

TEST(a_call_that_lacks_nodes_changes_nothing)
{
	in_each_personality(&nodes);
}

TEST(a_call_that_lacks_entries_changes_nothing)
{
	in_each_personality(&entries);
}

TEST(a_call_that_lacks_pieces_changes_nothing)
{
	in_each_personality(&pieces);
}

TEST(a_call_that_lacks_mappings_changes_nothing)
{
	in_each_personality(&mappings);
}
