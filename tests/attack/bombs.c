/*
 * Bombs: little that becomes much
 *
 * Some end when the daemon gives no more: what matters then is that others
 * are given what they ask for.
 */
#include <stdlib.h>
#include <string.h>

#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <mach/vm_param.h>

#include "common/cleanup.h"
#include "tests/attack/attack.h"
#include "tests/attack/wire.h"
#include "tests/support/transfer.h"

enum { PAGE = 4096, MEGA = 1 << 20, PIPELINE = 256 };

#define START UINT64_C(0x10000000)
#define TERA  (UINT64_C(1) << 40)

static void
allocate_at(task_t task, vm_address_t address, vm_size_t size)
{
	kern_return_t kr = vm_allocate(task, &address, size, VM_FLAGS_FIXED);

	if (kr != KERN_SUCCESS)
		attack_give_up("an attacker's vm_allocate: %s",
		    mach_error_string(kr));
}

/* As fast as the daemon serves them: requests in rows. */
static void
ask_many(int fd, int id, const ProtobufCMessage *body, unsigned count)
{
	static uint8_t bytes[PIPELINE * 256];
	kern_return_t kr;

	for (unsigned done = 0; done < count; done += PIPELINE) {
		size_t size = 0;

		for (unsigned i = 0; i < PIPELINE; i++)
			size +=
			    wire_pack(bytes + size, id, MSG_TASK_SELF, body, 0);
		if (!transfer_put(fd, bytes, size))
			return;
		for (unsigned i = 0; i < PIPELINE; i++)
			if (!wire_answer(fd, &kr))
				return;
		attack_round();
	}
}

static int
come(void)
{
	int fd = wire_greet();

	if (fd < 0)
		attack_give_up("an attacker is not let in");
	return fd;
}

/* --- Of addresses ------------------------------------------------------ */

/* All of the address space; a byte here and there; again. */
static void
sparse(unsigned self)
{
	(void)self;
	attack_ready();
	for (;; attack_round()) {
		allocate_at(mach_task_self(), START, 64 * TERA);
		for (unsigned i = 0; i < 256; i++)
			vm_write(mach_task_self(),
			    START + i * (TERA / 4) + chance(PAGE),
			    (vm_offset_t) "bytes", 5);
		vm_copy(mach_task_self(), START, 16 * TERA, START + 32 * TERA);
		vm_deallocate(mach_task_self(), START, 64 * TERA);
	}
}

/* Entries that cost a page table of nobody's: until there are no more. */
static void
stripes(unsigned self)
{
	vm_size_t size = 256 * PAGE;
	vm_prot_t current, maximum;

	for (vm_address_t at = START; at < START + size; at += PAGE)
		vm_allocate(mach_task_self(), &at, PAGE,
		    VM_FLAGS_FIXED | VM_MAKE_TAG(1 + at / PAGE % 2));
	attack_ready();
	for (vm_address_t to = START + size;; to += size) {
		vm_address_t at = to;

		if (vm_remap(mach_task_self(), &at, size, 0, VM_FLAGS_FIXED,
			mach_task_self(), START, self == 0, &current, &maximum,
			VM_INHERIT_COPY) != KERN_SUCCESS)
			return;
		attack_round();
		if (size < (vm_size_t)scale.entries / 4 * PAGE) {
			to = START;
			size *= 2;
		}
	}
}

/* --- Of copies --------------------------------------------------------- */

/* Children of children, each of which writes every page it has. */
static void
storm(unsigned self)
{
	static char bytes[MEGA];
	task_t task = mach_task_self(), child;

	(void)self;
	allocate_at(task, START, sizeof(bytes));
	attack_ready();
	for (;; attack_round()) {
		memset(bytes, (int)chance(256), sizeof(bytes));
		vm_write(task, START, (vm_offset_t)bytes, sizeof(bytes));
		if (task_create(task, NULL, 0, TRUE, &child) != KERN_SUCCESS)
			child = mach_task_self();
		vm_inherit(child, START, sizeof(bytes), chance(2));
		task = child;
	}
}

/* A copy of a copy, and of that one. */
static void
chain(unsigned self)
{
	vm_address_t from = START;

	(void)self;
	allocate_at(mach_task_self(), START, MEGA);
	vm_write(mach_task_self(), START, (vm_offset_t) "bytes", 5);
	attack_ready();
	for (;; attack_round()) {
		vm_prot_t current, maximum;
		vm_address_t to = 0;

		if (vm_remap(mach_task_self(), &to, MEGA, 0, VM_FLAGS_ANYWHERE,
			mach_task_self(), from, chance(2), &current, &maximum,
			VM_INHERIT_COPY) != KERN_SUCCESS)
			return;
		vm_write(mach_task_self(), to + chance(MEGA - 8),
		    (vm_offset_t) "bytes", 5);
		from = to;
	}
}

/* Memory entries of memory entries. */
static void
entries(unsigned self)
{
	mach_port_t parent = MACH_PORT_NULL, port;
	vm_size_t size = MEGA;

	(void)self;
	allocate_at(mach_task_self(), START, MEGA);
	attack_ready();
	for (;; attack_round(), size = MEGA) {
		vm_offset_t from = parent == MACH_PORT_NULL ? START : 0;

		if (mach_make_memory_entry(mach_task_self(), &size, from,
			VM_PROT_DEFAULT, &port, parent) != KERN_SUCCESS)
			return;
		parent = port;
	}
}

/* --- Of ports ---------------------------------------------------------- */

static void
tasks(unsigned self)
{
	TaskCreateRequest in = TASK_CREATE_REQUEST__INIT;

	(void)self;
	ask_many(come(), TASK_ID(task_create), &in.base, scale.many);
	attack_ready();
}

/* Names until the space of them is full. */
static void
names(unsigned self)
{
	MachMakeMemoryEntryRequest make = MACH_MAKE_MEMORY_ENTRY_REQUEST__INIT;
	int fd = come();

	(void)self;
	make.size = PAGE;
	make.permission = VM_PROT_READ | MAP_MEM_NAMED_CREATE;
	ask_many(fd, VM_MAP_ID(mach_make_memory_entry), &make.base,
	    10 * scale.many);
	attack_ready();
	for (;; attack_round()) {
		kern_return_t kr = wire_call(fd, MACH_PORT_ID(mach_port_names),
		    MSG_TASK_SELF, NULL);

		if (kr == MIG_SERVER_DIED)
			return;
	}
}

/* Tasks in a chain: each holds the one before. Returns the last. */
static task_t
make_chain(unsigned length)
{
	task_t last = MACH_PORT_NULL, task;

	for (unsigned i = 0; i < length; i++) {
		if (task_create(mach_task_self(), NULL, 0, FALSE, &task) !=
		    KERN_SUCCESS)
			break;
		task_set_special_port(task, TASK_BOOTSTRAP_PORT, last);
		mach_port_deallocate(mach_task_self(), last);
		last = task;
	}
	return last;
}

/* Goes down the chain, and lets go of each link: is it still held by somebody
 * whom somebody holds? The whole way back tells. Then all of it goes at once. */
static void
holds(unsigned self)
{
	task_t last = make_chain(scale.many), at, next;

	(void)self;
	attack_ready();
	at = last;
	for (unsigned i = 0; i + 1 < scale.many / 2; i++, attack_round()) {
		if (task_get_special_port(at, TASK_BOOTSTRAP_PORT, &next) !=
		    KERN_SUCCESS)
			break;
		if (at != last)
			mach_port_deallocate(mach_task_self(), at);
		at = next;
	}
	mach_port_deallocate(mach_task_self(), at);
	mach_port_deallocate(mach_task_self(), last);
	for (;; attack_round())
		mach_port_deallocate(mach_task_self(),
		    make_chain(scale.many / 10));
}

/* One port that very many tasks hold, and another that all of them are reached
 * from: whoever lets go of it asks all. */
static void
star(unsigned self)
{
	task_t centre, task;

	(void)self;
	task_create(mach_task_self(), NULL, 0, FALSE, &centre);
	for (unsigned i = 0; i < scale.many / 10; i++) {
		if (task_create(mach_task_self(), NULL, 0, FALSE, &task) !=
		    KERN_SUCCESS)
			break;
		task_set_special_port(task, TASK_BOOTSTRAP_PORT, centre);
		if (i > 0) {
			mach_port_deallocate(mach_task_self(), task);
			continue;
		}
		task_set_special_port(centre, TASK_BOOTSTRAP_PORT, task);
	}
	attack_ready();
	for (;; attack_round()) {
		task_get_special_port(centre, TASK_BOOTSTRAP_PORT, &task);
		mach_port_deallocate(mach_task_self(), task);
	}
}

/* --- Of memory that may be purged -------------------------------------- */

/* All that lies side by side from START on is set to a state. */
static void
set_states(unsigned count, int wanted)
{
	for (vm_address_t i = 0; i < count; i++, attack_round()) {
		int state = wanted;

		vm_purgable_control(mach_task_self(), START + i * PAGE,
		    VM_PURGABLE_SET_STATE, &state);
	}
}

static void
purgeable(unsigned self)
{
	unsigned count = 0;

	(void)self;
	for (; count < scale.many; count++) {
		vm_address_t at = START + (vm_address_t)count * PAGE;

		if (vm_allocate(mach_task_self(), &at, PAGE,
			VM_FLAGS_FIXED | VM_FLAGS_PURGABLE) != KERN_SUCCESS)
			break;
	}
	set_states(count, VM_PURGABLE_VOLATILE);
	attack_ready();
	for (;;) {
		set_states(count, VM_PURGABLE_NONVOLATILE);
		set_states(count, VM_PURGABLE_VOLATILE);
	}
}

/* --- Of what all have in common ---------------------------------------- */

/* Writes as long as it may. Returns where it may not. */
static vm_address_t
write_on(vm_address_t at, mach_msg_type_number_t size)
{
	static char bytes[MEGA] = { 'x' };

	while (vm_write(mach_task_self(), at, (vm_offset_t)bytes, size) ==
	       KERN_SUCCESS) {
		at += size;
		attack_round();
	}
	return at;
}

/* Every frame there is, and each that comes free. */
static void
hoard_frames(unsigned self)
{
	vm_address_t at;

	(void)self;
	allocate_at(mach_task_self(), START, 64 * TERA);
	at = write_on(write_on(START, MEGA), PAGE);
	attack_ready();
	for (;;)
		at = write_on(at, PAGE);
}

/* Answers that nobody reads, of many pieces each. */
static void
hoard_pieces(unsigned self)
{
	enum { CONNECTIONS = 16, READS = 256 };
	VmReadEntry entry = VM_READ_ENTRY__INIT;
	VmReadEntry *list[READS];
	VmReadListRequest in = VM_READ_LIST_REQUEST__INIT;
	VmInheritRequest inherit = VM_INHERIT_REQUEST__INIT;
	VmWriteRequest write = VM_WRITE_REQUEST__INIT;

	(void)self;
	entry.address = START;
	entry.size = 1024 * PAGE;
	for (unsigned i = 0; i < READS; i++)
		list[i] = &entry;
	in.n_data_list = READS;
	in.data_list = list;
	inherit.size = PAGE;
	inherit.new_inheritance = VM_INHERIT_SHARE;
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		int fd = come();

		wire_call(fd, VM_MAP_ID(vm_allocate), MSG_TASK_SELF,
		    body_allocate(START, entry.size, 0));
		for (unsigned page = 0; page < 1024; page += 2) {
			kern_return_t kr;

			inherit.address = write.address = START + page * PAGE;
			wire_call(fd, VM_MAP_ID(vm_inherit), MSG_TASK_SELF,
			    &inherit.base);
			wire_ask(fd, VM_MAP_ID(vm_write), MSG_TASK_SELF,
			    &write.base, 5);
			transfer_put(fd, "bytes", 5);
			wire_answer(fd, &kr);
		}
		wire_ask(fd, VM_MAP_ID(vm_read_list), MSG_TASK_SELF, &in.base,
		    0);
		attack_round();
	}
	attack_ready();
}

/* Purges everybody's memory that may be. */
static void
purge_all(unsigned self)
{
	int state = 0;

	(void)self;
	attack_ready();
	for (;; attack_round())
		vm_purgable_control(mach_task_self(), 0, VM_PURGABLE_PURGE_ALL,
		    &state);
}

const struct scene bomb_scenes[] = {
	{ "bomb-sparse", "maps of 64 TiB with a byte here and there", sparse, 1,
	    PLAIN },
	{ "bomb-stripes", "entries until there are no more", stripes, 2,
	    PLAIN },
	{ "bomb-storm", "children of children that write what they share",
	    storm, 2, PLAIN },
	{ "bomb-chain", "copies of copies", chain, 2, PLAIN },
	{ "bomb-entries", "memory entries of memory entries", entries, 2,
	    PLAIN },
	{ "bomb-tasks", "tasks until there are very many", tasks, 1, PLAIN },
	{ "bomb-names", "port names until there are no more", names, 1, PLAIN },
	{ "bomb-holds", "tasks that hold one another, in a chain", holds, 1,
	    PLAIN },
	{ "bomb-star", "tasks that hold one another, in a star", star, 1,
	    PLAIN },
	{ "bomb-purgeable", "very much memory that may be purged, or not",
	    purgeable, 1, PLAIN },
	{ "bomb-purge", "purges everything there is", purge_all, 1, PLAIN },
	{ "hoard-frames", "every frame there is", hoard_frames, 1, PLAIN },
	{ "hoard-pieces", "answers of many pieces that nobody reads",
	    hoard_pieces, 1, PLAIN },
	{ NULL, NULL, NULL, 0, PLAIN },
};
