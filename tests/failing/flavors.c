/*
 * Every routine, asked of a task by a port that can do less than it takes
 *
 * The calls are those that succeed with a control port (scene.c). With a name,
 * an inspect or a read port in its place, each is refused and changes nothing,
 * unless it only looks.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/task_special_ports.h>

#include "common/cleanup.h"
#include "tests/failing/scene.h"
#include "tests/failing/stage.h"

static const int flavors[] = { TASK_NAME_PORT, TASK_INSPECT_PORT,
	TASK_READ_PORT };

/* Calls that only look, by how they begin, and the least port that will do. The
 * first that fits counts. Some memory entries are made for whoever asks, out of
 * nothing or out of another one: any port will do, also a host's. */
static const struct {
	const char *line;
	int least; /* 1: the control port */
} looks[] = {
	{ "task_info self flavor=14", TASK_NAME_PORT },
	{ "mach_make_memory_entry self size=4000 offset=0 permission=20003",
	    TASK_NAME_PORT },
	{ "mach_make_memory_entry self size=4000 offset=0 permission=60003",
	    TASK_NAME_PORT },
	{ "mach_make_memory_entry self size=2000 offset=1000 permission=3 "
	  "parent_entry=entry",
	    TASK_NAME_PORT },
	{ "mach_make_memory_entry self size=2000 offset=0 permission=10003 "
	  "parent_entry=entry",
	    TASK_NAME_PORT },
	{ "task_info ", TASK_INSPECT_PORT },
	{ "vm_statistics ", TASK_INSPECT_PORT },
	{ "vm_cache_statistics ", TASK_INSPECT_PORT },
	{ "vm_get_size_limit ", TASK_INSPECT_PORT },
	{ "vm_region", TASK_READ_PORT },
	{ "mach_vm_region", TASK_READ_PORT },
	{ "vm_mapped_pages_info ", TASK_READ_PORT },
	{ "vm_map_page_query ", TASK_READ_PORT },
	{ "vm_page_query ", TASK_READ_PORT },
	{ "mach_vm_page_", TASK_READ_PORT },
	{ "vmd_pages ", TASK_READ_PORT },
	{ "vm_read", TASK_READ_PORT },
	{ "", 1 },
};

/* By their order, which is not that of their numbers. */
static int
strength(int flavor)
{
	for (size_t i = 0; i < ARRAY_SIZE(flavors); i++)
		if (flavors[i] == flavor)
			return (int)i;
	return (int)ARRAY_SIZE(flavors);
}

static bool
only_looks(const char *line, int flavor)
{
	size_t i = 0;

	while (strncmp(line, looks[i].line, strlen(looks[i].line)) != 0)
		i++;
	return strength(flavor) >= strength(looks[i].least);
}

/* --- A call with another port ------------------------------------------ */

static bool
is_task(const char *word, size_t size)
{
	static const char *const tasks[] = { "self", "child", "other",
		"third" };

	for (size_t i = 0; i < ARRAY_SIZE(tasks); i++)
		if (strlen(tasks[i]) == size &&
		    strncmp(tasks[i], word, size) == 0)
			return true;
	return false;
}

/* Where the line names the task that it is for; NULL: nowhere. */
static const char *
destination(const char *line)
{
	const char *word = strchr(line, ' ') + 1;

	return is_task(word, strcspn(word, " ")) ? word : NULL;
}

/* Where it names one beside. */
static const char *
argument(const char *line)
{
	static const char *const names[] = { " task=", " map=", " src_task=" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *at = strstr(line, names[i]);

		if (at)
			return at + strlen(names[i]);
	}
	return NULL;
}

/* Asks for a flavor of the task named at `word`, and puts it there. */
static void
replace(const char *line, const char *word, int flavor, char *text, size_t room)
{
	int size = (int)strcspn(word, " ");

	snprintf(text, room, "look = task_get_special_port %.*s which_port=%x",
	    size, word, (unsigned)flavor);
	stage_succeeds(text);
	snprintf(text, room, "%.*slook%s", (int)(word - line), line,
	    word + size);
}

static unsigned refused, looked;

static void
try_flavor(const struct scene_call *call, int id, char personality, int flavor,
    const char *(*place)(const char *line), bool allowed)
{
	static struct stage_request request;
	const char *line = scene_prepare(call, personality), *differs;
	char text[512], *before;
	kern_return_t kr;

	replace(line, place(line), flavor, text, sizeof(text));
	stage_write(&request, text, id);
	before = stage_picture();
	kr = stage_send(&request);
	differs = stage_differs(before);
	ck_assert_msg(!differs || allowed, "%d, %s: %s", id, text, differs);
	if (allowed)
		ck_assert_msg(kr == call->code, "%d, %s: %d", id, text, kr);
	else
		ck_assert_msg(kr == KERN_INVALID_ARGUMENT ||
				  kr == KERN_INVALID_TASK,
		    "%d, %s: %d", id, text, kr);
	if (allowed)
		looked++;
	else
		refused++;
	free(before);
	stage_close();
}

/* As its argument a task is read only by what copies, or tells of frames. */
static bool
argument_only_looks(const char *line, int flavor)
{
	return flavor == TASK_READ_PORT &&
	       (strncmp(line, "vm_pages_phys ", 14) == 0 ||
		   (strncmp(line, "vm_remap", 8) == 0 &&
		       strstr(line, " copy=1")));
}

static void
try_call(const struct scene_call *call, int id, char personality)
{
	const char *line = stage_line(call->lines, personality);
	const char *last = line ? strrchr(line, ';') : NULL;

	if (!line)
		return;
	line = last ? last + 2 : line;
	for (size_t i = 0; i < ARRAY_SIZE(flavors); i++) {
		if (destination(line) &&
		    strncmp(line, "task_get_special_port", 21) != 0)
			try_flavor(call, id, personality, flavors[i],
			    destination, only_looks(line, flavors[i]));
		if (argument(line))
			try_flavor(call, id, personality, flavors[i], argument,
			    argument_only_looks(line, flavors[i]));
	}
}

static void
try_all(char personality)
{
	for (size_t i = 0; i < stage_service_count; i++) {
		const struct stage_service *service = &stage_services[i];
		const ProtobufCMethodDescriptor *methods =
		    service->descriptor->methods;

		for (unsigned j = 0; j < service->descriptor->n_methods; j++)
			for (const struct scene_call *call = scene_calls;
			     call->lines; call++)
				if (stage_is_served(&methods[j]) &&
				    scene_call_is(call, &methods[j]))
					try_call(call, service->base + (int)j,
					    personality);
	}
	printf("# refused %u, looked %u\n", refused, looked);
	ck_assert_uint_gt(refused, 300);
	ck_assert_uint_gt(looked, 30);
}

TEST(a_lesser_port_changes_nothing_in_xnu)
{
	try_all(XNU);
}

TEST(a_lesser_port_changes_nothing_in_osf)
{
	try_all(OSF);
}
