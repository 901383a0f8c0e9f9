/*
 * The library against a daemon that lies
 *
 * Whatever is answered, a call ends, with an error where it makes no sense;
 * nothing is written beyond what the caller gave, nothing at all by a call that
 * fails, and no memory is lost.
 */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/gnumach.h>
#include <mach/mach.h>
#include <mach/mach_vm.h>

#include "client/gnumach_stub.h"
#include "client/vmd.h"
#include "common/cleanup.h"
#include "proto/routine.h"
#include "tests/support/hostile.h"

#define TASK ((task_t)0x203)
#define HOST ((host_t)0x303)

enum { PATIENCE = 60, CANARY = 0x5afe5afe, ROOM = 160, PAGE = 4096 };

void
test_setup(void)
{
	HostSelfTrapReply host = HOST_SELF_TRAP_REPLY__INIT;

	hostile_start();
	host.host = HOST;
	hostile_says(&host.base);
	ck_assert_uint_eq(mach_host_self(), HOST); /* the session is open */
	alarm(PATIENCE);
}

void
test_teardown(void)
{
	hostile_stop();
}

#define answers(call, expected)                                                \
	do {                                                                   \
		kern_return_t answer_ = (call);                                \
		ck_assert_msg(answer_ == (expected), "%s: %s instead of %s",   \
		    #call, mach_error_string(answer_),                         \
		    mach_error_string(expected));                              \
	} while (0)

static void
all_is_well(void)
{
	VmAllocateReply out = VM_ALLOCATE_REPLY__INIT;
	vm_address_t address = 0;

	out.address = 0x7000;
	hostile_says(&out.base);
	answers(vm_allocate(TASK, &address, PAGE, TRUE), KERN_SUCCESS);
	ck_assert_uint_eq(address, 0x7000);
}

/* --- More than the caller has room for --------------------------------- */

/* What the caller has, and what lies behind it. */
static struct {
	uint32_t ints[ROOM];
	mach_msg_type_number_t count;
} room;

static void
clear_room(mach_msg_type_number_t count)
{
	for (size_t i = 0; i < ROOM; i++)
		room.ints[i] = CANARY;
	room.count = count;
}

static bool
is_untouched(size_t from)
{
	for (size_t i = from; i < ROOM; i++)
		if (room.ints[i] != CANARY)
			return false;
	return true;
}

static vm_address_t address;
static vm_size_t size;
static natural_t depth;
static mach_port_t name;

static kern_return_t
ask_region(int flavor)
{
	return vm_region(TASK, &address, &size, flavor, (int *)room.ints,
	    &room.count, &name);
}

static kern_return_t
ask_region_64(int flavor)
{
	return vm_region_64(TASK, &address, &size, flavor, (int *)room.ints,
	    &room.count, &name);
}

static kern_return_t
ask_region_recurse(int flavor)
{
	(void)flavor;
	return vm_region_recurse(TASK, &address, &size, &depth,
	    (int *)room.ints, &room.count);
}

static kern_return_t
ask_region_recurse_64(int flavor)
{
	(void)flavor;
	return vm_region_recurse_64(TASK, &address, &size, &depth,
	    (int *)room.ints, &room.count);
}

static kern_return_t
ask_page(int flavor)
{
	return mach_vm_page_info(TASK, 0, flavor, (int *)room.ints,
	    &room.count);
}

static kern_return_t
ask_task(int flavor)
{
	return task_info(TASK, (task_flavor_t)flavor, (int *)room.ints,
	    &room.count);
}

static kern_return_t
ask_gnumach_task(int flavor)
{
	return gnumach_task_info(TASK, flavor, (int *)room.ints, &room.count);
}

static kern_return_t
ask_host(int flavor)
{
	return host_info(HOST, flavor, (int *)room.ints, &room.count);
}

static kern_return_t
ask_statistics(int flavor)
{
	return host_statistics(HOST, flavor, (int *)room.ints, &room.count);
}

static kern_return_t
ask_statistics_64(int flavor)
{
	return host_statistics64(HOST, flavor, (int *)room.ints, &room.count);
}

/* Zeros, most of them. */
static VmRegionBasicInfo region_basics = VM_REGION_BASIC_INFO__INIT;
static VmRegionExtendedInfo region_more = VM_REGION_EXTENDED_INFO__INIT;
static VmRegionTopInfo region_top = VM_REGION_TOP_INFO__INIT;
static VmRegionSubmapInfo submap = VM_REGION_SUBMAP_INFO__INIT;
static TimeValue moment = TIME_VALUE__INIT;
static TaskBasicInfo task_basics = {
	PROTOBUF_C_MESSAGE_INIT(&task_basic_info__descriptor),
	.user_time = &moment,
	.system_time = &moment,
};
static TaskEventsInfo task_events = TASK_EVENTS_INFO__INIT;
static TaskVmInfo task_memory = TASK_VM_INFO__INIT;
static VmPageInfoReply page_reply = VM_PAGE_INFO_REPLY__INIT;
static HostInfoReply host_reply = HOST_INFO_REPLY__INIT;
static HostStatisticsReply statistics_reply = HOST_STATISTICS_REPLY__INIT;

#define REGION(which, info)                                                    \
	(ProtobufCMessage *)&(VmRegionReply)                                   \
	{                                                                      \
		PROTOBUF_C_MESSAGE_INIT(&vm_region_reply__descriptor),         \
		    .info_case = VM_REGION_REPLY__INFO_##which,                \
		    { (void *)&(info) },                                       \
	}
#define SUBMAP                                                                 \
	(ProtobufCMessage *)&(VmRegionRecurseReply)                            \
	{                                                                      \
		PROTOBUF_C_MESSAGE_INIT(&vm_region_recurse_reply__descriptor), \
		    .info = &submap,                                           \
	}
#define TASK_REPLY(which, info)                                                \
	(ProtobufCMessage *)&(TaskInfoReply)                                   \
	{                                                                      \
		PROTOBUF_C_MESSAGE_INIT(&task_info_reply__descriptor),         \
		    .info_case = TASK_INFO_REPLY__INFO_##which,                \
		    { (void *)&(info) },                                       \
	}

/* Structures of a fixed size, or of several; of the last, `least` is what any
 * caller must have room for. */
static const struct question {
	const char *name;
	kern_return_t (*ask)(int flavor);
	int flavor;
	mach_msg_type_number_t least;
	const ProtobufCMessage *reply;
} questions[] = {
	{ "vm_region", ask_region, VM_REGION_BASIC_INFO,
	    VM_REGION_BASIC_INFO_COUNT, REGION(BASIC_INFO, region_basics) },
	{ "vm_region_64", ask_region_64, VM_REGION_BASIC_INFO_64,
	    VM_REGION_BASIC_INFO_COUNT_64, REGION(BASIC_INFO, region_basics) },
	{ "vm_region_64, more", ask_region_64, VM_REGION_EXTENDED_INFO,
	    VM_REGION_EXTENDED_INFO_COUNT, REGION(EXTENDED_INFO, region_more) },
	{ "vm_region_64, legacy", ask_region_64,
	    VM_REGION_EXTENDED_INFO__legacy,
	    VM_REGION_EXTENDED_INFO_COUNT__legacy,
	    REGION(EXTENDED_INFO, region_more) },
	{ "vm_region_64, top", ask_region_64, VM_REGION_TOP_INFO,
	    VM_REGION_TOP_INFO_COUNT, REGION(TOP_INFO, region_top) },
	{ "vm_region_recurse", ask_region_recurse, 0,
	    VM_REGION_SUBMAP_INFO_COUNT, SUBMAP },
	{ "vm_region_recurse_64", ask_region_recurse_64, 0,
	    VM_REGION_SUBMAP_SHORT_INFO_COUNT_64, SUBMAP },
	{ "task_info, 32", ask_task, TASK_BASIC_INFO_32,
	    TASK_BASIC_INFO_32_COUNT, TASK_REPLY(BASIC_INFO, task_basics) },
	{ "task_info, 64", ask_task, TASK_BASIC_INFO_64,
	    TASK_BASIC_INFO_64_COUNT, TASK_REPLY(BASIC_INFO, task_basics) },
	{ "task_info, Mach's", ask_task, MACH_TASK_BASIC_INFO,
	    MACH_TASK_BASIC_INFO_COUNT, TASK_REPLY(BASIC_INFO, task_basics) },
	{ "task_info, events", ask_task, TASK_EVENTS_INFO,
	    TASK_EVENTS_INFO_COUNT, TASK_REPLY(EVENTS_INFO, task_events) },
	{ "task_info, memory", ask_task, TASK_VM_INFO, TASK_VM_INFO_REV0_COUNT,
	    TASK_REPLY(VM_INFO, task_memory) },
};

TEST(a_structure_that_the_caller_has_no_room_for_is_no_answer)
{
	for (const struct question *q = questions;
	     q < questions + ARRAY_SIZE(questions); q++) {
		hostile_says(q->reply);
		for (unsigned count = 0; count < q->least; count++) {
			clear_room(count);
			address = size = depth = name = CANARY;
			ck_assert_msg(q->ask(q->flavor) == MIG_TYPE_ERROR,
			    "%s in %u ints", q->name, count);
			ck_assert_msg(is_untouched(0), "%s in %u ints", q->name,
			    count);
			ck_assert_uint_eq(address, CANARY);
			ck_assert_uint_eq(size, CANARY);
			ck_assert_uint_eq(depth, CANARY);
			ck_assert_uint_eq(name, CANARY);
			ck_assert_uint_eq(room.count, count);
		}
	}
}

TEST(a_structure_that_there_is_room_for_ends_where_its_count_says)
{
	for (const struct question *q = questions;
	     q < questions + ARRAY_SIZE(questions); q++) {
		hostile_says(q->reply);
		for (unsigned count = q->least; count < ROOM; count++) {
			clear_room(count);
			ck_assert_msg(q->ask(q->flavor) == KERN_SUCCESS,
			    "%s in %u ints", q->name, count);
			ck_assert_uint_ge(room.count, q->least);
			ck_assert_uint_le(room.count, count);
			ck_assert_msg(is_untouched(room.count), "%s in %u ints",
			    q->name, count);
		}
	}
}

/* Of these any count is filled as far as it goes, or refused. */
static const struct question counted[] = {
	{ "mach_vm_page_info", ask_page, VM_PAGE_INFO_BASIC, 0,
	    &page_reply.base },
	{ "gnumach_task_info", ask_gnumach_task, TASK_EVENTS_INFO, 0,
	    TASK_REPLY(EVENTS_INFO, task_events) },
	{ "gnumach_task_info, basic", ask_gnumach_task, 1, 0,
	    TASK_REPLY(BASIC_INFO, task_basics) },
	{ "host_info", ask_host, HOST_BASIC_INFO, 0, &host_reply.base },
	{ "host_statistics", ask_statistics, HOST_VM_INFO, 0,
	    &statistics_reply.base },
	{ "host_statistics64", ask_statistics_64, HOST_VM_INFO64, 0,
	    &statistics_reply.base },
};

TEST(a_count_is_never_exceeded)
{
	for (const struct question *q = counted;
	     q < counted + ARRAY_SIZE(counted); q++) {
		hostile_says(q->reply);
		for (unsigned count = 0; count < ROOM; count++) {
			kern_return_t kr;

			clear_room(count);
			kr = q->ask(q->flavor);
			ck_assert_uint_le(room.count, count);
			ck_assert_msg(is_untouched(
					  kr == KERN_SUCCESS ? room.count : 0),
			    "%s in %u ints", q->name, count);
		}
	}
}

TEST(the_structure_of_another_flavor_is_no_answer)
{
	clear_room(ROOM);
	hostile_says(REGION(TOP_INFO, region_top));
	answers(ask_region_64(VM_REGION_BASIC_INFO_64), MIG_TYPE_ERROR);
	answers(ask_region_64(VM_REGION_EXTENDED_INFO), MIG_TYPE_ERROR);
	hostile_says(REGION(BASIC_INFO, region_basics));
	answers(ask_region_64(VM_REGION_TOP_INFO), MIG_TYPE_ERROR);
	hostile_says(REGION(_NOT_SET, region_basics));
	answers(ask_region_64(VM_REGION_BASIC_INFO_64), MIG_TYPE_ERROR);
	hostile_says(TASK_REPLY(BASIC_INFO, task_basics));
	answers(ask_task(TASK_VM_INFO), MIG_TYPE_ERROR);
	answers(ask_gnumach_task(TASK_EVENTS_INFO), MIG_TYPE_ERROR);
	hostile_says(TASK_REPLY(VM_INFO, task_memory));
	answers(ask_task(TASK_BASIC_INFO_64), MIG_TYPE_ERROR);
	ck_assert(is_untouched(0));
}

/* --- More than was asked for ------------------------------------------- */

TEST(there_are_no_more_dispositions_than_room)
{
	VmPageRangeQueryReply out = VM_PAGE_RANGE_QUERY_REPLY__INIT;
	mach_vm_size_t count = 4;
	int32_t many[ROOM] = { 0 };

	out.disposition = many;
	out.n_disposition = 5;
	hostile_says(&out.base);
	clear_room(0);
	answers(mach_vm_page_range_query(TASK, 0, 100 * PAGE,
		    (mach_vm_address_t)room.ints, &count),
	    MIG_TYPE_ERROR);
	ck_assert(is_untouched(0));
	ck_assert_uint_eq(count, 4);

	out.n_disposition = 3; /* twice: one more than there is room for */
	hostile_says(&out.base);
	clear_room(0);
	answers(mach_vm_page_range_query(TASK, 0, 100 * PAGE,
		    (mach_vm_address_t)room.ints, &count),
	    MIG_TYPE_ERROR);
	ck_assert(is_untouched(4));
}

TEST(there_are_no_more_frames_than_pages)
{
	VmPagesPhysReply out = VM_PAGES_PHYS_REPLY__INIT;
	rpc_phys_addr_t few[8] = { 0 }, *pages = few;
	mach_msg_type_number_t count = 2;
	uint64_t many[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	int64_t before = hostile_mapped();

	out.page = many;
	for (out.n_page = 3; out.n_page <= 8; out.n_page++) {
		hostile_says(&out.base);
		answers(vm_pages_phys(HOST, TASK, 0, 2 * PAGE, &pages, &count),
		    MIG_TYPE_ERROR);
	}
	out.n_page = 8;
	hostile_says(&out.base);
	answers(vm_pages_phys(HOST, TASK, 0, 5 * PAGE, &pages, &count),
	    MIG_TYPE_ERROR);
	ck_assert_ptr_eq(pages, few);
	for (size_t i = 0; i < ARRAY_SIZE(few); i++)
		ck_assert_uint_eq(few[i], 0);
	ck_assert_int_eq(hostile_mapped(), before);
}

TEST(there_are_no_more_pages_than_room)
{
	VmdPagesReply out = VMD_PAGES_REPLY__INIT;
	uint32_t many[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	struct vmd_page pages[8] = { { 0 } };
	size_t count = 3;

	out.frame = out.refs = many;
	out.n_frame = 8;
	out.n_refs = 2;
	hostile_says(&out.base);
	answers(vmd_pages(TASK, 0, 8 * PAGE, pages, &count), KERN_SUCCESS);
	ck_assert_uint_eq(count, 2);
	count = 3;
	out.n_refs = 8;
	hostile_says(&out.base);
	answers(vmd_pages(TASK, 0, 8 * PAGE, pages, &count), KERN_SUCCESS);
	ck_assert_uint_eq(count, 3);
	for (size_t i = 3; i < ARRAY_SIZE(pages); i++)
		ck_assert_uint_eq(pages[i].frame, 0);
}

TEST(names_of_ports_have_a_type_each)
{
	MachPortNamesReply out = MACH_PORT_NAMES_REPLY__INIT;
	uint32_t many[8] = { 0 };
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t names_count, types_count;
	int64_t before = hostile_mapped();

	out.name = out.type = many;
	out.n_name = 8;
	out.n_type = 7;
	hostile_says(&out.base);
	answers(mach_port_names(TASK, &names, &names_count, &types,
		    &types_count),
	    MIG_TYPE_ERROR);
	ck_assert_int_eq(hostile_mapped(), before);
}

TEST(a_version_or_a_complaint_is_as_long_as_there_is_room)
{
	HostKernelVersionReply version = HOST_KERNEL_VERSION_REPLY__INIT;
	VmdCheckReply check = VMD_CHECK_REPLY__INIT;
	char text[2 * sizeof(kernel_version_t)] = "";
	char words[2 * sizeof(kernel_version_t)];

	memset(words, 'w', sizeof(words));
	words[sizeof(kernel_version_t)] = '\0';
	version.kernel_version = words;
	hostile_says(&version.base);
	answers(host_kernel_version(HOST, text), MIG_ARRAY_TOO_LARGE);
	ck_assert_str_eq(text, "");
	check.complaint = words;
	hostile_says(&check.base);
	answers(vmd_check(text, 4), KERN_FAILURE);
	ck_assert_str_eq(text, "www");
}

/* --- Data --------------------------------------------------------------- */

static void
reads_nothing(vm_size_t wanted, kern_return_t code)
{
	int64_t before = hostile_mapped();
	mach_msg_type_number_t count = CANARY;
	vm_offset_t data = CANARY;

	answers(vm_read(TASK, 0x1003, wanted, &data, &count), code);
	ck_assert_uint_eq(data, CANARY);
	ck_assert_uint_eq(count, CANARY);
	ck_assert_int_eq(hostile_mapped(), before);
}

/* What is read is one part, of the size that was asked for. */
TEST(vm_read_takes_neither_less_nor_more_nor_other_than_it_asked_for)
{
	VmReadReply out = VM_READ_REPLY__INIT;

	hostile_says(&out.base);
	reads_nothing(PAGE, MIG_TYPE_ERROR);
	hostile_adds(1);
	reads_nothing(PAGE, MIG_TYPE_ERROR);
	hostile->part[0] = 2 * PAGE;
	reads_nothing(PAGE, MIG_TYPE_ERROR);
	hostile->part[0] = PAGE;
	hostile->part[1] = PAGE;
	hostile->parts = 2;
	reads_nothing(PAGE, MIG_TYPE_ERROR);
	hostile->part[0] = 0;
	reads_nothing(PAGE, MIG_TYPE_ERROR);
	for (; hostile->parts < MSG_DESCRIPTORS_MAX; hostile->parts++)
		hostile->part[hostile->parts] = PAGE;
	hostile->part[0] = PAGE;
	reads_nothing(PAGE, MIG_TYPE_ERROR);
	hostile_says(&out.base);
	hostile_adds(16);
	reads_nothing(0, MIG_TYPE_ERROR);
	all_is_well();
}

TEST(a_call_that_fails_brings_no_data)
{
	VmReadReply out = VM_READ_REPLY__INIT;
	char here[16] = "";
	vm_size_t count = CANARY;

	hostile_says(&out.base);
	hostile_adds(PAGE);
	hostile->code = KERN_INVALID_ADDRESS;
	reads_nothing(PAGE, KERN_INVALID_ADDRESS);
	hostile->code = KERN_SUCCESS;
	hostile->body_size = 5; /* that make no sense */
	reads_nothing(PAGE, MIG_TYPE_ERROR);

	hostile_says(&out.base);
	hostile_adds(sizeof(here));
	hostile->code = KERN_FAILURE;
	answers(vm_read_overwrite(TASK, 0, sizeof(here), (vm_address_t)here,
		    &count),
	    KERN_FAILURE);
	ck_assert_int_eq(here[0], 0);
	ck_assert_uint_eq(count, CANARY);
	all_is_well();
}

/* Three entries of 16, 0 and 32 bytes. */
static void
ask_for_list(kern_return_t code)
{
	vm_read_entry_t list = { { 0x1000, 16 }, { 0x2000, 0 },
		{ 0x3000, 32 } };
	int64_t before = hostile_mapped();

	answers(vm_read_list(TASK, list, 3), code);
	for (int i = 0; i < 3 && code == KERN_SUCCESS; i++)
		if (list[i].size > 0)
			answers(vm_deallocate(mach_task_self(), list[i].address,
				    list[i].size),
			    KERN_SUCCESS);
	if (code != KERN_SUCCESS)
		ck_assert_uint_eq(list[2].address, 0x3000);
	ck_assert_int_eq(hostile_mapped(), before);
}

TEST(the_parts_of_a_list_are_those_that_its_sizes_tell)
{
	static const struct {
		uint64_t sizes[4], parts[4];
		uint32_t size_count, part_count;
		bool right;
	} rows[] = {
		{ { 16, 0, 32 }, { 16, 32 }, 3, 2, true },
		{ { 0, 0, 32 }, { 32 }, 3, 1, true },
		{ { 0, 0, 0 }, { 0 }, 3, 0, true },
		{ { 16, 0, 32 }, { 16 }, 3, 1, false },
		{ { 16, 0, 32 }, { 32 }, 3, 1, false },
		{ { 16, 0, 32 }, { 32, 16 }, 3, 2, false },
		{ { 16, 0, 32 }, { 16, 31 }, 3, 2, false },
		{ { 16, 0, 31 }, { 16, 31 }, 3, 2, false },
		{ { 1 << 30, 0, 32 }, { 16, 32 }, 3, 2, false },
		{ { 16, 0, 0 }, { 16, 32 }, 3, 2, false },
		{ { 16, 0, 32 }, { 16, 32, 32 }, 3, 3, false },
		{ { 16, 1, 32 }, { 16, 1, 32 }, 3, 3, false },
		{ { 16, 0 }, { 16 }, 2, 1, false },
		{ { 16, 0, 32, 16 }, { 16, 32, 16 }, 4, 3, false },
		{ { 0 }, { 16, 32 }, 0, 2, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		VmReadListReply out = VM_READ_LIST_REPLY__INIT;
		uint64_t sizes[4];

		memcpy(sizes, rows[i].sizes, sizeof(sizes));
		out.size = sizes;
		out.n_size = rows[i].size_count;
		hostile_says(&out.base);
		for (uint32_t j = 0; j < rows[i].part_count; j++)
			hostile_adds(rows[i].parts[j]);
		ask_for_list(rows[i].right ? KERN_SUCCESS : MIG_TYPE_ERROR);
	}
	all_is_well();
}

TEST(vm_read_overwrite_takes_what_it_asked_for)
{
	VmReadOverwriteReply out = VM_READ_OVERWRITE_REPLY__INIT;
	static const struct {
		uint64_t outsize, parts[2];
		uint32_t count;
		bool right;
	} rows[] = {
		{ 16, { 16 }, 1, true },
		{ 17, { 16 }, 1, false },
		{ 15, { 16 }, 1, false },
		{ 16, { 15 }, 1, false },
		{ 16, { 17 }, 1, false },
		{ 16, { 4096 }, 1, false },
		{ 16, { 0 }, 0, false },
		{ 16, { 16, 16 }, 2, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		vm_size_t told = CANARY;

		out.outsize = rows[i].outsize;
		hostile_says(&out.base);
		for (uint32_t j = 0; j < rows[i].count; j++)
			hostile_adds(rows[i].parts[j]);
		clear_room(0);
		answers(vm_read_overwrite(TASK, 0, 16, (vm_address_t)room.ints,
			    &told),
		    rows[i].right ? KERN_SUCCESS : MIG_TYPE_ERROR);
		ck_assert_uint_eq(told, rows[i].right ? 16 : CANARY);
		ck_assert(is_untouched(4));
	}
	all_is_well();
}

/* --- Windows ------------------------------------------------------------ */

enum { MUCH = 1 << 20, AT_ONCE = MUCH / 2 };

static unsigned
descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void
says_of_window(enum hostile_window kind, uint32_t here, uint32_t rest,
    uint32_t next)
{
	VmReadReply out = VM_READ_REPLY__INIT;

	out.has_window_size = true;
	out.window_size = here;
	out.has_rest = rest > 0;
	out.rest = rest;
	hostile_says(&out.base);
	hostile->window = kind;
	hostile->next = next;
}

/* Data come with the reply then, as if there were no windows. */
static void
is_no_window(enum hostile_window kind)
{
	VmReadReply out = VM_READ_REPLY__INIT;
	unsigned before = descriptors();
	mach_msg_type_number_t count;
	vm_offset_t data;

	hostile_says(&out.base);
	hostile_adds(MUCH);
	hostile->window = kind;
	for (int i = 0; i < 3; i++) {
		answers(vm_read(TASK, 0, MUCH, &data, &count), KERN_SUCCESS);
		ck_assert_int_eq(*(char *)(data + MUCH - 1), 'x');
		answers(vm_deallocate(mach_task_self(), data, MUCH),
		    KERN_SUCCESS);
	}
	ck_assert_uint_eq(descriptors(), before);
	says_of_window(kind, AT_ONCE, 1, AT_ONCE);
	reads_nothing(MUCH, MIG_TYPE_ERROR);
	all_is_well();
}

TEST(a_window_without_a_file_is_none)
{
	is_no_window(WINDOW_NONE);
}

TEST(a_window_that_is_too_small_is_none)
{
	is_no_window(WINDOW_SMALL);
}

TEST(a_window_that_may_shrink_is_none)
{
	is_no_window(WINDOW_OPEN);
}

TEST(a_window_that_is_no_memory_is_none)
{
	is_no_window(WINDOW_PIPE);
}

static void
read_by_window(void)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	answers(vm_read(TASK, 0, MUCH, &data, &count), KERN_SUCCESS);
	ck_assert_uint_eq(count, MUCH);
	ck_assert_int_eq(*(char *)(data + MUCH - 1), '\0');
	answers(vm_deallocate(mach_task_self(), data, MUCH), KERN_SUCCESS);
}

/* The half of it, and then the other. */
TEST(a_window_holds_as_much_as_was_asked_for)
{
	static const struct {
		uint32_t here, rest, next;
	} rows[] = {
		{ 0, 1, AT_ONCE },
		{ 1, 1, AT_ONCE },
		{ AT_ONCE - 1, 1, AT_ONCE },
		{ AT_ONCE + 1, 1, AT_ONCE },
		{ MUCH, 1, AT_ONCE },
		{ MUCH, 0, 0 },
		{ UINT32_MAX, 1, AT_ONCE },
		{ AT_ONCE, 0, AT_ONCE },
		{ AT_ONCE, 1, 0 },
		{ AT_ONCE, 1, AT_ONCE - 1 },
		{ AT_ONCE, 1, AT_ONCE + 1 },
		{ AT_ONCE, 1, MUCH },
		{ AT_ONCE, 1, UINT32_MAX },
	};

	says_of_window(WINDOW_RIGHT, AT_ONCE, 1, AT_ONCE);
	read_by_window();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		says_of_window(WINDOW_RIGHT, rows[i].here, rows[i].rest,
		    rows[i].next);
		reads_nothing(MUCH, MIG_TYPE_ERROR);
	}
	says_of_window(WINDOW_RIGHT, AT_ONCE, 1, AT_ONCE);
	hostile_adds(PAGE); /* and data as well */
	reads_nothing(MUCH, MIG_TYPE_ERROR);
	says_of_window(WINDOW_RIGHT, AT_ONCE, 1, AT_ONCE);
	read_by_window();
	all_is_well();
}

/* All of it at once, which is not copied. */
TEST_DEBUG("", a_window_lends_what_was_asked_for)
{
	static const uint32_t wrong[] = { 0, 1, AT_ONCE, MUCH - 1, MUCH + 1,
		UINT32_MAX };

	says_of_window(WINDOW_RIGHT, MUCH, 0, 0);
	read_by_window();
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		says_of_window(WINDOW_RIGHT, wrong[i], 1, 0);
		reads_nothing(MUCH, MIG_TYPE_ERROR);
	}
	says_of_window(WINDOW_RIGHT, MUCH, 0, 0);
	read_by_window();
	all_is_well();
}

TEST(data_that_nobody_asked_for_are_skipped)
{
	VmAllocateReply out = VM_ALLOCATE_REPLY__INIT;
	vm_address_t at = CANARY;

	hostile_says(&out.base);
	for (int i = 0; i < MSG_DESCRIPTORS_MAX; i++)
		hostile_adds(5000);
	answers(vm_allocate(TASK, &at, PAGE, TRUE), MIG_TYPE_ERROR);
	ck_assert_uint_eq(at, CANARY);
	all_is_well();
}

/* --- Bodies that are none ---------------------------------------------- */

TEST(half_a_body_is_no_answer)
{
	VmRegionReply out = VM_REGION_REPLY__INIT;
	size_t whole;

	out.info_case = VM_REGION_REPLY__INFO_BASIC_INFO;
	out.basic_info = &region_basics;
	hostile_says(&out.base);
	whole = hostile->body_size;
	clear_room(ROOM);
	for (size_t n = 0; n < whole; n++) {
		hostile->body_size = n;
		answers(ask_region_64(VM_REGION_BASIC_INFO_64), MIG_TYPE_ERROR);
	}
	ck_assert(is_untouched(0));
	all_is_well();
}

/* Many of one byte: some are an address, after all. */
TEST(a_body_that_makes_no_sense_harms_nobody)
{
	VmAllocateReply out = VM_ALLOCATE_REPLY__INIT;

	hostile_says(&out.base);
	for (unsigned byte = 0; byte < 256; byte++) {
		memset(hostile->body, (int)byte, sizeof(hostile->body));
		for (size_t n = 1; n <= MSG_BODY_MAX; n = 4 * n) {
			vm_address_t at = CANARY;

			hostile->body_size = n;
			if (vm_allocate(TASK, &at, PAGE, TRUE) == KERN_SUCCESS)
				continue;
			ck_assert_uint_eq(at, CANARY);
		}
	}
	all_is_well();
}

/* --- Frames that are none ---------------------------------------------- */

/* After it the daemon is as good as gone, and stays away. */
static void
dies(void)
{
	int64_t before = hostile_mapped();
	mach_msg_type_number_t count = CANARY;
	vm_offset_t data = CANARY;

	answers(vm_read(TASK, 0, PAGE, &data, &count), MIG_SERVER_DIED);
	ck_assert_uint_eq(data, CANARY);
	ck_assert_uint_eq(count, CANARY);
	ck_assert_int_eq(hostile_mapped(), before);
	answers(vm_deallocate(TASK, 0, PAGE), MACH_SEND_INVALID_DEST);
}

/* Each in a child, which has a connection of its own. */
static void
in_a_child(void (*body)(void))
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		alarm(PATIENCE);
		body();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "the child ended with status %#x", (unsigned)status);
}

/* A good answer to vm_read, to be made a bad one. */
static void
good_answer(void)
{
	VmReadReply out = VM_READ_REPLY__INIT;

	hostile_says(&out.base);
	hostile_adds(PAGE);
}

TEST(a_reply_to_nobody_ends_the_session)
{
	good_answer();
	hostile->is_nobodys = true;
	in_a_child(dies);
	good_answer();
	hostile->is_anothers = true;
	in_a_child(dies);
}

TEST(a_frame_that_is_none_ends_the_session)
{
	static const uint32_t sizes[] = { 1, 23, 24, 27, 28, 51, 53, 1 << 17,
		INT32_MAX, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		good_answer();
		hostile->size = sizes[i];
		hostile->hangs_up = true; /* or more of it might come */
		in_a_child(dies);
	}
	good_answer();
	hostile->has_voucher = true;
	in_a_child(dies);
	for (uint32_t parts = 2; parts > 1; parts *= 2) {
		good_answer();
		hostile->parts_are = parts;
		in_a_child(dies);
	}
}

TEST(a_daemon_that_hangs_up_anywhere_in_a_reply_has_died)
{
	for (uint32_t n = 1; n <= 52; n++) {
		good_answer();
		hostile->cut = n;
		hostile->hangs_up = true;
		in_a_child(dies);
	}
}

/* As many data as no memory can hold; and then an end. */
TEST(sizes_that_nobody_has_room_for_are_not_made_room_for)
{
	for (int bit = 13; bit < 55; bit++) {
		good_answer();
		hostile->part[0] = UINT64_C(1) << bit;
		hostile->cut = 52; /* up to the data */
		hostile->hangs_up = true;
		in_a_child(dies);
	}
}

static void
hears_twice(void)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	answers(vm_read(TASK, 0, PAGE, &data, &count), KERN_SUCCESS);
	ck_assert_int_eq(memcmp((char *)data, "xxxx", 4), 0);
	answers(vm_deallocate(mach_task_self(), data, count), KERN_SUCCESS);
	dies();
}

TEST(what_is_said_unasked_answers_no_later_call)
{
	good_answer();
	hostile->comes_twice = true;
	in_a_child(hears_twice);
}

/* --- Notices ----------------------------------------------------------- */

enum { BOX = 0x503, REQUESTS = 5 };

/* With the next answer come so many. */
static void
tell(uint32_t notices, mach_msg_id_t id, uint32_t value)
{
	hostile->notices = notices;
	hostile->notice = id;
	hostile->value = value;
}

static kern_return_t
ask_for_notice(void)
{
	mach_port_t previous;

	return mach_port_request_notification(TASK, 0x703,
	    MACH_NOTIFY_DEAD_NAME, 0, BOX, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous);
}

static void
good_request(void)
{
	MachPortRequestNotificationReply out =
	    MACH_PORT_REQUEST_NOTIFICATION_REPLY__INIT;

	hostile_says(&out.base);
}

static mach_msg_return_t
receive_notice(void)
{
	mach_dead_name_notification_t notice;
	mach_msg_return_t mr =
	    mach_msg(&notice.not_header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
		sizeof(notice), BOX, 0, MACH_PORT_NULL);

	if (mr == MACH_MSG_SUCCESS)
		ck_assert_uint_eq(notice.not_port, 77);
	return mr;
}

/* As many as were asked for are kept, whenever they come, and not one more. */
static void
hears_what_it_asked_for(void)
{
	good_request();
	for (unsigned i = 0; i < REQUESTS; i++)
		answers(ask_for_notice(), KERN_SUCCESS);
	tell(REQUESTS + 1, MACH_NOTIFY_DEAD_NAME, 77);
	answers(ask_for_notice(), KERN_SUCCESS);
	for (unsigned i = 0; i < REQUESTS + 1; i++)
		answers(receive_notice(), MACH_MSG_SUCCESS);
	tell(1, MACH_NOTIFY_DEAD_NAME, 77);
	dies();
	answers(receive_notice(), MACH_RCV_INVALID_NAME);
}

/* Requests that failed are none. */
static void
hears_of_what_failed(void)
{
	good_request();
	hostile->code = KERN_INVALID_NAME;
	hostile->body_size = 0;
	tell(1, MACH_NOTIFY_DEAD_NAME, 77);
	answers(ask_for_notice(), KERN_INVALID_NAME);
	tell(0, 0, 0);
	answers(ask_for_notice(), KERN_INVALID_NAME);
	tell(1, MACH_NOTIFY_DEAD_NAME, 77);
	dies();
}

TEST(no_more_notices_are_kept_than_were_asked_for)
{
	good_answer();
	tell(1, MACH_NOTIFY_DEAD_NAME, 77);
	in_a_child(dies);
	in_a_child(hears_what_it_asked_for);
	in_a_child(hears_of_what_failed);
}

static void
hears_nonsense(void)
{
	answers(ask_for_notice(), MIG_SERVER_DIED);
	answers(vm_deallocate(TASK, 0, PAGE), MACH_SEND_INVALID_DEST);
}

TEST(a_notice_that_is_none_ends_the_session)
{
	static const mach_msg_id_t ids[] = { INT32_MIN, -1, 0, 63, 64, 66, 69,
		73, 3200, INT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		good_request();
		tell(1, ids[i], 77);
		in_a_child(hears_nonsense);
	}
	good_request();
	tell(1, MACH_NOTIFY_DEAD_NAME, 0); /* of which name? */
	in_a_child(hears_nonsense);
	good_request();
	tell(1, MACH_NOTIFY_DEAD_NAME, 0xff); /* a number without an end */
	in_a_child(hears_nonsense);
}

static void
renames_to_the_same(void)
{
	MachPortRenameReply out = MACH_PORT_RENAME_REPLY__INIT;

	good_request();
	tell(1, MACH_NOTIFY_DEAD_NAME, 77);
	answers(ask_for_notice(), KERN_SUCCESS);
	hostile_says(&out.base);
	answers(mach_port_rename(TASK, BOX, BOX), KERN_SUCCESS);
	answers(receive_notice(), MACH_MSG_SUCCESS);
}

/* Which a good daemon refuses. */
TEST(a_name_may_be_said_to_become_itself)
{
	in_a_child(renames_to_the_same);
}

/* --- Hellos ------------------------------------------------------------ */

static void
is_not_spoken_to(void)
{
	ck_assert_int_ne(close(STDERR_FILENO), -1); /* it is told why */
	ck_assert_uint_eq(mach_host_self(), MACH_PORT_NULL);
	answers(vm_deallocate(TASK, 0, PAGE), MACH_SEND_INVALID_DEST);
}

TEST(who_does_not_greet_is_not_spoken_to)
{
	HostSelfTrapReply host = HOST_SELF_TRAP_REPLY__INIT;
	const struct msg_welcome good = *hostile_welcome;

	hostile_says(&host.base);
	hostile_welcome->magic++;
	in_a_child(is_not_spoken_to);
	*hostile_welcome = good;
	hostile_welcome->code = KERN_NOT_SUPPORTED;
	in_a_child(is_not_spoken_to);
	hostile_welcome->code = KERN_INVALID_ARGUMENT;
	in_a_child(is_not_spoken_to);
}

TEST(who_tells_of_pages_that_there_are_not_is_not_spoken_to)
{
	static const uint32_t sizes[] = { 0, 1, 2048, 4097, 12288, 1 << 17,
		1u << 31, UINT32_MAX };
	HostSelfTrapReply host = HOST_SELF_TRAP_REPLY__INIT;

	hostile_says(&host.base);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		hostile_welcome->page_size = sizes[i];
		in_a_child(is_not_spoken_to);
	}
}
