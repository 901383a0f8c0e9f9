/*
 * Fuzzing: libvmd against a hostile daemon
 *
 *      input     manner │ welcome │ answer │ answer │ ...
 *      answer    which call │ how │ count │ sizes.. │ body │ data
 *
 * Each answer says which call is to be made, and is what the daemon answers to
 * it: a frame that is whole and meant for that call, or in some way not. No
 * call may crash, wait for ever or lose memory; what it hands out on success
 * must be there, as large as it says, and within the caller's own memory.
 *
 * The mutator changes answers one by one, and knows what the reply to each call
 * looks like.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mach/gnumach.h>
#include <mach/host_priv.h>
#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <mach/task.h>
#include <mach/vm_map.h>
#include <servers/bootstrap.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "common/msg.h"
#include "proto/routine.h"
#include "tests/fuzz/body.h"
#include "tests/fuzz/fake.h"
#include "tests/fuzz/library.h"

enum {
	CALLS_MOST = 12,
	PARTS = 16,
	BODY_ROOM = 1024,
	TASK = MSG_TASK_SELF,
	HOST = 0x303,
	PORT = 0x403,
};

/* --- Answers ---------------------------------------------------------- */

enum how {
	HOW_CODE = 1,    /* it is refused */
	HOW_WRONG = 2,   /* another id, or another token */
	HOW_HUGE = 4,    /* the first part is said to be */
	HOW_GARBAGE = 8, /* the body is the whole frame */
	HOW_CUT = 16,    /* the frame ends early, and so does everything */
	HOW_NOTICE = 32, /* a notice comes first, to a right that it names */
	HOWS = 6,
};

struct answer {
	uint8_t call;
	uint8_t how;
	uint8_t count; /* of ints, entries, pages: what the caller has */
	uint8_t parts; /* of data */
	uint16_t body_size;
	uint16_t sizes[PARTS];
	const uint8_t *body;
	size_t data_size; /* behind the body: as far as it is there */
};

enum { ANSWER_HEAD = 6 };

/* Bytes used; 0: there is none. */
static size_t
take_answer(const uint8_t *bytes, size_t size, struct answer *answer)
{
	size_t at = ANSWER_HEAD, wanted = 0;

	if (size < ANSWER_HEAD)
		return 0;
	answer->call = bytes[0];
	answer->how = bytes[1];
	answer->count = bytes[2];
	answer->parts = bytes[3] % (PARTS + 1);
	memcpy(&answer->body_size, bytes + 4, sizeof(answer->body_size));
	if (size - at < answer->parts * sizeof(answer->sizes[0]))
		return 0;
	memcpy(answer->sizes, bytes + at,
	    answer->parts * sizeof(answer->sizes[0]));
	at += answer->parts * sizeof(answer->sizes[0]);
	answer->body_size = (uint16_t)MIN(answer->body_size, size - at);
	answer->body = bytes + at;
	at += answer->body_size;
	for (unsigned i = 0; i < answer->parts; i++)
		wanted += answer->sizes[i];
	answer->data_size = MIN(wanted, size - at);
	return at + answer->data_size;
}

static struct answer answer; /* to what is asked next */

/* Of any kind, with the beginning of the body. */
static void
say_notice(void)
{
	struct msg msg = {
		.kind = MSG_NOTICE,
		.id = NOTIFY_BASE + answer.count % 12,
		.local = PORT,
		.body = answer.body,
		.body_size = MIN(answer.body_size, 6),
	};
	uint8_t head[sizeof(mach_msg_header_t)];

	msg_write_head(&msg, head);
	fake_say(head, sizeof(head));
	fake_say(msg.body, msg.body_size);
}

/* A window, as it is to be or not: the descriptor goes along, or none does. */
static void
say_window(void)
{
	enum { GOOD = F_SEAL_SHRINK | F_SEAL_GROW | 0x10 };
	static const uint8_t body[] = { 0x08, 0x80, 0x80, 0x80, 0x02 };
	struct msg msg = {
		.kind = MSG_REPLY,
		.id = fake.id + MIG_REPLY_DELTA,
		.remote = fake.token,
		.body_size = sizeof(body),
	};
	uint8_t head[sizeof(mach_msg_header_t) + sizeof(kern_return_t)];
	bool small = answer.count % 8 == 1, open = answer.count % 8 == 2;

	if (answer.count % 8 != 0) {
		fake.passes =
		    memfd_create("window", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		MUST(fake.passes > 0);
		MUST(ftruncate(fake.passes, MSG_WINDOW_SIZE - small) == 0);
		MUST(open || fcntl(fake.passes, F_ADD_SEALS, GOOD) == 0);
	}
	msg_write_head(&msg, head);
	fake_say(head, sizeof(head));
	fake_say(body, sizeof(body));
}

/* Called by the library's sendmsg(). */
static void
say_answer(void)
{
	struct msg_descriptor parts[PARTS] = { 0 };
	struct msg msg = {
		.kind = MSG_REPLY,
		.id = fake.id + MIG_REPLY_DELTA,
		.remote = fake.token + ((answer.how & HOW_WRONG) != 0),
		.code = answer.how & HOW_CODE ? KERN_NO_SPACE : KERN_SUCCESS,
		.descriptor_count = answer.parts,
		.descriptors = parts,
		.body_size = answer.body_size,
	};
	uint8_t head[sizeof(parts) + 64];

	if (fake.id == VMD_ID(vmd_window)) {
		say_window();
		return;
	}
	for (unsigned i = 0; i < answer.parts; i++)
		parts[i] = (struct msg_descriptor){
			.type = MACH_MSG_OOL_DESCRIPTOR,
			.offset = answer.count,
			.size = answer.sizes[i],
		};
	if (answer.how & HOW_NOTICE)
		say_notice();
	if (answer.how & HOW_HUGE)
		parts[0].size <<= answer.count % 48;
	if (!(answer.how & HOW_GARBAGE)) {
		msg_write_head(&msg, head);
		fake_say(head,
		    msg_head_size(&msg) - (answer.how & HOW_CUT ? 1 : 0));
	}
	if (!(answer.how & HOW_CUT))
		fake_say(answer.body, answer.body_size + answer.data_size);
	answer = (struct answer){ .how = HOW_CUT };
}

/* --- Calls ------------------------------------------------------------ */

/* Memory that the caller has for so many ints, and no more: what is written
 * beyond is found. */
static void *
ints(mach_msg_type_number_t count)
{
	void *memory = calloc(count + 1u, sizeof(int));

	MUST(memory);
	return (char *)realloc(memory, count * sizeof(int) + !count);
}

/* All of it must be there. */
static void
touch(const void *memory, size_t size)
{
	const volatile uint8_t *bytes = memory;

	for (size_t i = 0; i < size; i += 512)
		(void)bytes[i];
	if (size > 0)
		(void)bytes[size - 1];
}

static void
give_back(vm_offset_t data, size_t size)
{
	touch((void *)data, size);
	if (size > 0)
		MUST(vm_deallocate(mach_task_self(), data, size) ==
		     KERN_SUCCESS);
}

static void
call_read(unsigned count)
{
	mach_msg_type_number_t size;
	vm_offset_t data;

	count *= count & 128 ? 2048 : 16;
	if (vm_read(TASK, 0x1003, count, &data, &size) == KERN_SUCCESS)
		give_back(data, size);
}

static void
call_read_list(unsigned count)
{
	vm_read_entry_t list;

	count %= VM_MAP_ENTRY_MAX;
	for (unsigned i = 0; i < count; i++)
		list[i] = (struct vm_read_entry){ i * 0x1000u, 16 };
	if (vm_read_list(TASK, list, count) != KERN_SUCCESS)
		return;
	for (unsigned i = 0; i < count; i++)
		if (list[i].address != 0)
			give_back(list[i].address, list[i].size);
}

static void
call_read_overwrite(unsigned count)
{
	_cleanup_(freep) uint8_t *memory = NULL;
	vm_size_t size;

	count *= count & 128 ? 1024 : 1;
	memory = ints(count);
	if (vm_read_overwrite(TASK, 0x1000, count * sizeof(int),
		(vm_address_t)memory, &size) == KERN_SUCCESS)
		touch(memory, MIN(size, count * sizeof(int)));
}

static void
call_write(unsigned count)
{
	static const char bytes[4096];

	vm_write(TASK, 0x1000, (vm_offset_t)bytes, count * 16);
}

static void
call_allocate(unsigned count)
{
	vm_address_t address = count;

	vm_allocate(TASK, &address, 0x1000, 1);
}

static void
call_region(unsigned count)
{
	static const int flavors[] = { VM_REGION_BASIC_INFO_64,
		VM_REGION_BASIC_INFO, VM_REGION_EXTENDED_INFO,
		VM_REGION_TOP_INFO };
	mach_msg_type_number_t room = count / 4;
	_cleanup_(freep) int *info = ints(room);
	vm_address_t address = 0;
	mach_port_t name;
	vm_size_t size;

	if (count & 64)
		vm_region(TASK, &address, &size, flavors[count % 4], info,
		    &room, &name);
	else
		vm_region_64(TASK, &address, &size, flavors[count % 4], info,
		    &room, &name);
}

static void
call_region_recurse(unsigned count)
{
	mach_msg_type_number_t room = count / 2;
	_cleanup_(freep) int *info = ints(room);
	vm_address_t address = 0;
	vm_size_t size;
	natural_t depth = 0;

	if (count & 1)
		vm_region_recurse(TASK, &address, &size, &depth, info, &room);
	else
		vm_region_recurse_64(TASK, &address, &size, &depth, info,
		    &room);
}

static void
call_page_info(unsigned count)
{
	mach_msg_type_number_t room = count;
	_cleanup_(freep) int *info = ints(room);

	mach_vm_page_info(TASK, 0, VM_PAGE_INFO_BASIC, info, &room);
}

static void
call_page_range_query(unsigned count)
{
	_cleanup_(freep) int *memory = ints(count);
	mach_vm_size_t room = count;

	mach_vm_page_range_query(TASK, 0x1000, 0x100000,
	    (mach_vm_address_t)memory, &room);
}

static void
call_task_info(unsigned count)
{
	static const unsigned flavors[] = { TASK_BASIC_INFO_32,
		TASK_BASIC_INFO_64, MACH_TASK_BASIC_INFO, TASK_EVENTS_INFO,
		TASK_VM_INFO };
	mach_msg_type_number_t room = count / 2;
	_cleanup_(freep) int *info = ints(room);

	task_info(TASK, flavors[count % ARRAY_SIZE(flavors)], info, &room);
}

static void
call_host_info(unsigned count)
{
	mach_msg_type_number_t room = count;
	_cleanup_(freep) int *info = ints(room);

	host_info(HOST, HOST_BASIC_INFO, info, &room);
}

static void
call_host_statistics(unsigned count)
{
	mach_msg_type_number_t room = count / 2;
	_cleanup_(freep) int *info = ints(room);

	if (count & 1)
		host_statistics(HOST, HOST_VM_INFO, info, &room);
	else
		host_statistics64(HOST, HOST_VM_INFO64, info, &room);
}

static void
call_host_kernel_version(unsigned count)
{
	char *version = malloc(sizeof(kernel_version_t));

	(void)count;
	if (host_kernel_version(HOST, version) == KERN_SUCCESS)
		MUST(strlen(version) < sizeof(kernel_version_t));
	free(version);
}

static void
call_port_names(unsigned count)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t names_count, types_count;

	(void)count;
	if (mach_port_names(TASK, &names, &names_count, &types, &types_count) !=
	    KERN_SUCCESS)
		return;
	give_back((vm_offset_t)names, names_count * sizeof(*names));
	give_back((vm_offset_t)types, types_count * sizeof(*types));
}

static void
call_ports_lookup(unsigned count)
{
	mach_port_array_t ports;
	mach_msg_type_number_t size;

	(void)count;
	if (mach_ports_lookup(TASK, &ports, &size) == KERN_SUCCESS)
		give_back((vm_offset_t)ports, size * sizeof(*ports));
}

static void
call_pages_phys(unsigned count)
{
	rpc_phys_addr_t few[8];
	rpc_phys_addr_array_t pages = few;
	mach_msg_type_number_t room = ARRAY_SIZE(few);

	if (vm_pages_phys(HOST, TASK, 0, (count % 16) * 4096u, &pages, &room) !=
	    KERN_SUCCESS)
		return;
	touch(pages, room * sizeof(*pages));
	if (pages != few)
		give_back((vm_offset_t)pages, room * sizeof(*pages));
}

static void
call_remap(unsigned count)
{
	vm_address_t address = 0;
	vm_prot_t current, maximum;

	vm_remap(TASK, &address, 0x1000, 0, 1, TASK, count, 0, &current,
	    &maximum, 1);
}

static void
call_task_create(unsigned count)
{
	task_t child;

	task_create(TASK, NULL, 0, count & 1, &child);
}

static void
call_host_self(unsigned count)
{
	(void)count;
	mach_host_self();
}

static void
call_vmd_pages(unsigned count)
{
	_cleanup_(freep) struct vmd_page *pages =
	    calloc(count + 1u, sizeof(*pages));
	size_t room = count;

	if (vmd_pages(TASK, 0, 0x10000, pages, &room) == KERN_SUCCESS)
		MUST(room <= count);
}

static void
call_vmd_check(unsigned count)
{
	_cleanup_(freep) char *complaint = malloc(count + 1u);

	vmd_check(complaint, count);
}

static void
call_statistics(unsigned count)
{
	struct gnumach_vm_statistics statistics;
	struct vmd_statistics own;

	if (count & 1)
		vmd_statistics(&own);
	else
		vm_statistics(TASK, &statistics);
}

static void
call_request_notification(unsigned count)
{
	static const mach_msg_id_t ids[] = { MACH_NOTIFY_PORT_DELETED,
		MACH_NOTIFY_NO_SENDERS, MACH_NOTIFY_DEAD_NAME,
		MACH_NOTIFY_SEND_ONCE };
	mach_port_t previous;

	mach_port_request_notification(TASK, PORT, ids[count % ARRAY_SIZE(ids)],
	    0, PORT, MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous);
}

/* Receives in so many bytes, most often too few. */
static void
call_receive(unsigned count)
{
	mach_msg_option_t option = MACH_RCV_MSG | MACH_RCV_TIMEOUT;
	_cleanup_(freep) mach_msg_header_t *header = ints(count);

	if (count & 1)
		option |= MACH_RCV_LARGE;
	mach_msg(header, option, 0, (mach_msg_size_t)(count * sizeof(int)),
	    PORT, count % 8, MACH_PORT_NULL);
}

static void
call_port_rename(unsigned count)
{
	(void)count;
	mach_port_rename(TASK, PORT, PORT);
}

static void
call_port_attributes(unsigned count)
{
	mach_msg_type_number_t room = count % 32;
	_cleanup_(freep) int *info = ints(room);

	mach_port_get_attributes(TASK, PORT, (int)(1 + count / 32 % 2), info,
	    &room);
}

static void
call_port_destroy(unsigned count)
{
	if (count & 1)
		mach_port_destroy(TASK, PORT);
	else
		mach_port_mod_refs(TASK, PORT, MACH_PORT_RIGHT_RECEIVE, -1);
}

static void
call_look_up(unsigned count)
{
	mach_port_t port;

	(void)count;
	bootstrap_look_up(bootstrap_port, "name", &port);
}

static void
call_look_up_array(unsigned count)
{
	static name_t names[BOOTSTRAP_MAX_LOOKUP_COUNT];
	mach_msg_type_number_t size;
	mach_port_array_t ports;
	boolean_t all;

	count %= BOOTSTRAP_MAX_LOOKUP_COUNT;
	if (bootstrap_look_up_array(bootstrap_port, names, count, &ports, &size,
		&all) == KERN_SUCCESS)
		give_back((vm_offset_t)ports, size * sizeof(*ports));
}

static void
call_bootstrap_info(unsigned count)
{
	mach_msg_type_number_t names_count, servers_count, active_count;
	bootstrap_status_array_t active;
	name_array_t names, servers;

	(void)count;
	if (bootstrap_info(bootstrap_port, &names, &names_count, &servers,
		&servers_count, &active, &active_count) != KERN_SUCCESS)
		return;
	give_back((vm_offset_t)names, names_count * sizeof(*names));
	give_back((vm_offset_t)servers, servers_count * sizeof(*servers));
	give_back((vm_offset_t)active, active_count * sizeof(*active));
}

static void
call_vmd_names(unsigned count)
{
	size_t room = count % 16;
	_cleanup_(freep) struct vmd_name *names =
	    calloc(room + 1, sizeof(*names));

	if (vmd_names(NULL, names, &room) == KERN_SUCCESS)
		MUST(room <= count % 16);
	for (size_t i = 0; i < count % 16; i++)
		MUST(memchr(names[i].name, '\0', sizeof(names[i].name)));
}

static const struct {
	void (*make)(unsigned count);
	const ProtobufCMessageDescriptor *reply;
} calls[] = {
	{ call_read, &vm_read_reply__descriptor },
	{ call_read_list, &vm_read_list_reply__descriptor },
	{ call_read_overwrite, &vm_read_overwrite_reply__descriptor },
	{ call_write, &vm_write_reply__descriptor },
	{ call_allocate, &vm_allocate_reply__descriptor },
	{ call_region, &vm_region_reply__descriptor },
	{ call_region_recurse, &vm_region_recurse_reply__descriptor },
	{ call_page_info, &vm_page_info_reply__descriptor },
	{ call_page_range_query, &vm_page_range_query_reply__descriptor },
	{ call_task_info, &task_info_reply__descriptor },
	{ call_host_info, &host_info_reply__descriptor },
	{ call_host_statistics, &host_statistics_reply__descriptor },
	{ call_host_kernel_version, &host_kernel_version_reply__descriptor },
	{ call_port_names, &mach_port_names_reply__descriptor },
	{ call_ports_lookup, &mach_ports_lookup_reply__descriptor },
	{ call_pages_phys, &vm_pages_phys_reply__descriptor },
	{ call_remap, &vm_remap_reply__descriptor },
	{ call_task_create, &task_create_reply__descriptor },
	{ call_host_self, &host_self_trap_reply__descriptor },
	{ call_vmd_pages, &vmd_pages_reply__descriptor },
	{ call_vmd_check, &vmd_check_reply__descriptor },
	{ call_statistics, &vmd_statistics_reply__descriptor },
	{ call_request_notification,
	    &mach_port_request_notification_reply__descriptor },
	{ call_receive, &absent__descriptor },
	{ call_port_rename, &mach_port_rename_reply__descriptor },
	{ call_port_attributes, &mach_port_get_attributes_reply__descriptor },
	{ call_port_destroy, &mach_port_destroy_reply__descriptor },
	{ call_look_up, &bootstrap_look_up_reply__descriptor },
	{ call_look_up_array, &bootstrap_look_up_array_reply__descriptor },
	{ call_bootstrap_info, &bootstrap_info_reply__descriptor },
	{ call_vmd_names, &vmd_names_reply__descriptor },
};

/* --- The target ------------------------------------------------------- */

struct manner {
	uint8_t most;      /* bytes received at once; 0: all */
	uint8_t interrupt; /* 0 to 3: never; else each so many calls */
	uint8_t bits;
};

enum {
	BAD_WELCOME = 1, /* it is in the input */
	REFUSES = 14,    /* if all are set: nothing can be sent */
};

enum { START = sizeof(struct manner) + sizeof(struct msg_welcome) };

static void
start(const uint8_t *bytes)
{
	const struct msg_welcome welcome = {
		.magic = MSG_MAGIC,
		.version = MSG_VERSION,
		.page_size = 4096,
	};
	struct manner manner;

	memcpy(&manner, bytes, sizeof(manner));
	fake_start();
	fake_answer = say_answer;
	fake.most = manner.most > 0 ? manner.most : SIZE_MAX;
	fake.interrupt = manner.interrupt > 3 ? manner.interrupt : 0;
	if (manner.bits & BAD_WELCOME)
		fake_say(bytes + sizeof(manner), sizeof(welcome));
	else
		fake_say(&welcome, sizeof(welcome));
	fake.refuses = (manner.bits & REFUSES) == REFUSES;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	library_start();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	size_t n;

	if (size < START)
		return 0;
	start(bytes);
	bytes += START;
	size -= START;
	for (int i = 0; i < CALLS_MOST; i++) {
		n = take_answer(bytes, size, &answer);
		if (n == 0)
			break;
		bytes += n;
		size -= n;
		calls[answer.call % ARRAY_SIZE(calls)].make(answer.count);
	}
	library_hang_up();
	MUST(fake.sockets == 0);
	MUST(fake.bytes == 0);
	return 0;
}

/* --- The mutator ------------------------------------------------------ */

struct out {
	uint8_t bytes[64 * 1024];
	size_t size;
};

static void
put(struct out *out, const void *bytes, size_t size)
{
	size = MIN(size, sizeof(out->bytes) - out->size);
	if (size > 0)
		memcpy(out->bytes + out->size, bytes, size);
	out->size += size;
}

static void
put_answer(struct out *out, const struct answer *from, const uint8_t *data)
{
	uint8_t head[ANSWER_HEAD] = { from->call, from->how, from->count,
		from->parts };

	memcpy(head + 4, &from->body_size, sizeof(from->body_size));
	put(out, head, sizeof(head));
	put(out, from->sizes, from->parts * sizeof(from->sizes[0]));
	put(out, from->body, from->body_size);
	put(out, data, from->data_size);
}

/* What calls ask for comes in parts of as many bytes, most often. */
static void
make_parts(struct answer *to, struct chance *chance)
{
	to->parts = 0;
	to->data_size = 0;
	if (to->call > 2 && chance_below(chance, 16) > 0)
		return;
	to->parts = 1;
	if (to->call == 1 || chance_below(chance, 16) == 0)
		to->parts = (uint8_t)chance_below(chance, PARTS + 1);
	for (unsigned i = 0; i < to->parts; i++) {
		to->sizes[i] = 16;
		if (to->call == 0)
			to->sizes[i] = (uint16_t)(to->count * 16);
		if (to->call == 2)
			to->sizes[i] = (uint16_t)(to->count * sizeof(int));
		if (chance_below(chance, 8) == 0)
			to->sizes[i] = (uint16_t)chance_below(chance, 9000);
		to->data_size += to->sizes[i];
	}
}

static void
put_new(struct out *out, struct chance *chance)
{
	static const uint8_t data[PARTS * 9000];
	uint8_t body[BODY_ROOM];
	struct answer new = {
		.call = (uint8_t)chance_below(chance, ARRAY_SIZE(calls)),
		.count = (uint8_t)chance_below(chance, 256),
		.body = body,
	};

	if (chance_below(chance, 8) == 0)
		new.how = (uint8_t)(1 << chance_below(chance, HOWS));
	new.body_size = (uint16_t)body_make(calls[new.call].reply, chance, body,
	    sizeof(body));
	make_parts(&new, chance);
	put_answer(out, &new, data);
}

static void
put_changed(struct out *out, const struct answer *from, struct chance *chance)
{
	uint8_t body[BODY_ROOM];
	struct answer new = *from;
	const uint8_t *data = from->body + from->body_size;

	switch (chance_below(chance, 6)) {
	case 0:
		new.how ^= (uint8_t)(1 << chance_below(chance, HOWS));
		break;
	case 1:
		new.count = (uint8_t)chance_below(chance, 256);
		break;
	case 2:
		if (new.parts > 0)
			new.sizes[chance_below(chance, new.parts)] ^=
			    (uint16_t)(1 << chance_below(chance, 16));
		break;
	default:
		new.body = body;
		new.body_size = (uint16_t)
		    body_change(calls[from->call % ARRAY_SIZE(calls)].reply,
			chance, from->body, from->body_size, body,
			sizeof(body));
	}
	put_answer(out, &new, data);
}

enum change { INSERT, CHANGE, REMOVE, REPEAT, MANNER, CHANGES };

static void
put_start(struct out *out, const uint8_t *bytes, size_t size, bool anew,
    struct chance *chance)
{
	uint8_t start[START] = { 0 };

	if (size >= START)
		memcpy(start, bytes, START);
	if (anew)
		start[chance_below(chance, sizeof(struct manner))] =
		    (uint8_t)chance_below(chance, 16);
	put(out, start, sizeof(start));
}

size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t room, unsigned seed)
{
	static struct out out;
	struct chance chance = chance_of(seed);
	enum change change = (enum change)chance_below(&chance, CHANGES + 5);
	size_t from = START, n = 0;
	struct answer each;

	if (chance_below(&chance, 64) == 0)
		return LLVMFuzzerMutate(bytes, size, room);
	if (change >= CHANGES)
		change = change % 2 ? CHANGE : INSERT;
	out.size = 0;
	put_start(&out, bytes, size, change == MANNER, &chance);
	for (; from < size; from += n) {
		bool here = chance_below(&chance, 4) == 0;

		n = take_answer(bytes + from, size - from, &each);
		if (n == 0)
			break;
		if (here && change == CHANGE)
			put_changed(&out, &each, &chance);
		else if (!here || change != REMOVE)
			put(&out, bytes + from, n);
		if (here && change == INSERT)
			put_new(&out, &chance);
		if (here && change == REPEAT)
			put(&out, bytes + from, n);
	}
	if (out.size == START || change == INSERT)
		put_new(&out, &chance);
	memcpy(bytes, out.bytes, MIN(out.size, room));
	return MIN(out.size, room);
}
