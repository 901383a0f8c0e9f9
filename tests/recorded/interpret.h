/*
 * Runs a script, one answer line a call, by calls that <mach/mach.h> declares.
 * The includer supplies answer_flush(), and the calls below, whose shape is not
 * the same on every Mach.
 */
#pragma once

#include "tests/recorded/answer.h"
#include "tests/recorded/script.h"

struct region {
	word start;
	word end;
	int prot;
	int max;
	word inherit;
	int shared;
	word offset;
	word name; /* port to be deallocated, or 0 */
};

/* The region that has address in it, or else the next one above. */
static int machine_region(word task, word address, struct region *);
static int machine_task_create(word parent, int inherit, word *child);
static int machine_map(word task, word *address, const word n[8]);
static int machine_wire(word task, word address, word size, int access);
static int machine_wire_all(word task, int flags);
static int machine_msync(word task, word address, word size, int flags);
static int machine_attribute(word task, word address, word size, int attribute,
    int *value);
static int machine_task_info(word task, word *suspended, word *size);
static int machine_suspend(word task);
static int machine_resume(word task);
static int machine_statistics(word task, word *page_size, int *sane);

/* Room for the bytes that a vm_write sends, at the start of a page. */
static unsigned int *machine_payload(word size);

enum {
	PAGE = 4096,
	PAYLOAD_SIZE = 256 * 1024,
	READ_MOST = 1024 * 1024, /* bytes of one vm_read looked at */
};

static struct script script;

/* Every seed makes another page, every page of one seed is another, too. */
static void
fill(unsigned int *payload, unsigned int seed, word size)
{
	unsigned int x = seed * 2654435769u + 1;
	word i;

	for (i = 0; i < (size + 3) / 4; i++) {
		x = x * 1664525u + 1013904223u;
		payload[i] = x ^ x >> 15;
	}
}

static void
answer_task_create(const struct call *call)
{
	word child = 0;
	int kr;

	kr = machine_task_create(call->task, call->n[0], &child);
	if (*call->result != 0)
		mach_port_deallocate(mach_task_self(), *call->result);
	*call->result = kr == 0 ? child : 0;
	put_return(kr);
}

/* vm_allocate and vm_map: where the region went. Where the kernel chose, only
 * what the caller may rely on is told. */
static void
answer_place(const struct call *call, int kr, word address, int anywhere,
    word mask)
{
	put_return(kr);
	if (kr != 0)
		return;
	if (call->result != 0)
		*call->result = address;
	if (anywhere) {
		put((address & mask) == 0 ? " aligned" : " unaligned");
		put(address != 0 ? " nonzero" : " zero");
	} else {
		put(" at ");
		put_address(&script, address);
	}
}

static void
answer_allocate(const struct call *call)
{
	vm_address_t address = call->n[0];
	int kr = vm_allocate(call->task, &address, call->n[1], call->n[2]);

	answer_place(call, kr, address, call->n[2] & 1, PAGE - 1);
}

static void
answer_map(const struct call *call)
{
	word address = call->n[0];
	int kr = machine_map(call->task, &address, call->n);

	answer_place(call, kr, address, call->n[3] & 1,
	    call->n[2] | (PAGE - 1));
}

static void
answer_read(const struct call *call)
{
	mach_msg_type_number_t count = 0;
	vm_offset_t data = 0;
	word look;
	int kr;

	kr = vm_read(call->task, call->n[0], call->n[1], &data, &count);
	put_return(kr);
	if (kr != 0)
		return;
	look = count < READ_MOST ? count : READ_MOST;
	put(" ");
	put_decimal(count);
	put(" bytes fnv ");
	put_number(fnv1a(FNV1A_START, (unsigned char *)data, look), 16, 8);
	vm_deallocate(mach_task_self(), data, count);
}

static void
answer_read_offset(const struct call *call)
{
	mach_msg_type_number_t count = 0;
	vm_offset_t data = 0;
	int kr = vm_read(call->task, call->n[0], call->n[1], &data, &count);

	put_return(kr);
	if (kr != 0)
		return;
	put(" data at page+");
	put_decimal(data % PAGE);
	vm_deallocate(mach_task_self(), data, count);
}

static void
answer_write(const struct call *call)
{
	word size = call->n[1];
	unsigned int *payload;

	if (size > PAYLOAD_SIZE) {
		put("script: more than fits the payload");
		return;
	}
	payload = machine_payload(size);
	fill(payload, call->n[2], size);
	put_return(
	    vm_write(call->task, call->n[0], (vm_offset_t)payload, size));
}

static void
put_region(const struct region *r)
{
	put_address(&script, r->start);
	put("-");
	put_address(&script, r->end);
	put(" ");
	put_prot(r->prot);
	put("/");
	put_prot(r->max);
	put(" ");
	put_inherit(r->inherit);
	if (r->shared)
		put(" shared");
}

/* As machine_region, without a name left behind. */
static int
next_region(word task, word address, struct region *r)
{
	int kr = machine_region(task, address, r);

	if (kr == 0 && r->name != 0)
		mach_port_deallocate(mach_task_self(), r->name);
	return kr;
}

static void
answer_region(const struct call *call)
{
	struct region r;
	int kr = next_region(call->task, call->n[0], &r);

	put_return(kr);
	if (kr != 0)
		return;
	put(" ");
	put_region(&r);
	put(" offset ");
	put_hex(r.offset);
	put(r.name != 0 ? " named" : " unnamed");
}

/* The next region of [from, to), cut to it. False at the end of the walk. */
static int
walk(word task, word *from, word to, struct region *r, int *kr)
{
	if (*from >= to)
		return 0;
	*kr = next_region(task, *from, r);
	if (*kr != 0 || r->start >= to)
		return 0;
	if (r->start < *from)
		r->start = *from;
	*from = r->end;
	if (r->end > to)
		r->end = to;
	return 1;
}

static int
same_kind(const struct region *a, const struct region *b)
{
	return a->end == b->start && a->prot == b->prot && a->max == b->max &&
	       a->inherit == b->inherit && a->shared == b->shared;
}

/* A walk that ends on a task without more regions ends well. */
static int
walk_failed(int kr)
{
	return kr != 0 && kr != 1 && kr != 3;
}

/* Is there room for one region more in half an answer? */
static int
room_for_region(word start)
{
	return answer_length - start < ANSWER_LINE / 2 - 100;
}

/* The regions as the kernel keeps them; *equal counts those that are like the
 * one before. */
static int
put_raw_regions(const struct call *call, int *equal)
{
	struct region r, last = { .end = 0 };
	word from = call->n[0], start = answer_length;
	int kr = 0, any = 0;

	while (walk(call->task, &from, call->n[1], &r, &kr)) {
		if (any && same_kind(&last, &r))
			++*equal;
		if (any)
			put(", ");
		if (!room_for_region(start)) {
			put("...");
			return 0;
		}
		put_region(&r);
		last = r;
		any = 1;
	}
	if (!any && !walk_failed(kr))
		put("nothing");
	return kr;
}

/* Equal neighbours taken as one: all that a user can rely on. */
static void
put_merged_regions(const struct call *call)
{
	struct region r, merged = { .end = 0 };
	word from = call->n[0], start = answer_length;
	int kr = 0, any = 0;

	for (; walk(call->task, &from, call->n[1], &r, &kr); any = 1) {
		if (any && same_kind(&merged, &r)) {
			merged.end = r.end;
			continue;
		}
		if (any) {
			put_region(&merged);
			put(", ");
		}
		merged = r;
		if (!room_for_region(start)) {
			put("...");
			return;
		}
	}
	put_region(&merged);
}

static void
answer_regions(const struct call *call)
{
	int equal = 0;
	int kr = put_raw_regions(call, &equal);

	if (walk_failed(kr)) {
		put_return(kr);
		return;
	}
	put(" | ");
	if (equal > 0)
		put_merged_regions(call);
	else
		put("same");
}

/* Fold what one region has into hash: page numbers in the window, and bytes. */
static unsigned int
read_pages(word task, word window, word start, word end, unsigned int hash,
    int *failed)
{
	mach_msg_type_number_t count = 0;
	vm_offset_t data = 0;
	word i;

	*failed = vm_read(task, start, end - start, &data, &count);
	if (*failed != 0)
		return hash;
	for (i = 0; i < count; i += PAGE) {
		unsigned int page = (start - window + i) / PAGE;

		hash = (hash ^ page) * 16777619u;
		hash = fnv1a(hash, (unsigned char *)data + i,
		    count - i < PAGE ? count - i : PAGE);
	}
	vm_deallocate(mach_task_self(), data, count);
	return hash;
}

/* What all readable pages of a window hold, in one number. */
static void
answer_memory(const struct call *call)
{
	struct region r;
	word from = call->n[0], pages = 0;
	unsigned int hash = FNV1A_START;
	int kr = 0, failed = 0;

	while (walk(call->task, &from, call->n[1], &r, &kr)) {
		if (!(r.prot & 1))
			continue;
		if (r.end - r.start > READ_MOST)
			r.end = r.start + READ_MOST;
		hash = read_pages(call->task, call->n[0], r.start, r.end, hash,
		    &failed);
		if (failed != 0)
			break;
		pages += (r.end - r.start) / PAGE;
	}
	if (failed != 0 || walk_failed(kr)) {
		put_return(failed != 0 ? failed : kr);
		return;
	}
	put_decimal(pages);
	put(" pages fnv ");
	put_number(hash, 16, 8);
}

static void
answer_task_info(const struct call *call)
{
	word suspended = 0, size = 0;
	int kr = machine_task_info(call->task, &suspended, &size);

	put_return(kr);
	if (kr != 0)
		return;
	put(" suspended ");
	put_decimal(suspended);
	put(" size ");
	put_hex(size);
}

static void
answer_statistics(const struct call *call)
{
	word page_size = 0;
	int sane = 0, kr;

	kr = machine_statistics(call->task, &page_size, &sane);
	put_return(kr);
	if (kr != 0)
		return;
	put(" page size ");
	put_decimal(page_size);
	put(sane ? " sane" : " insane");
}

static void
answer_attribute(const struct call *call)
{
	int value = call->n[3];
	int kr;

	kr = machine_attribute(call->task, call->n[0], call->n[1], call->n[2],
	    &value);
	put_return(kr);
	if (kr != 0)
		return;
	put(" value ");
	put_decimal(value);
}

/* Routines whose answer is the return code alone. */
#define ANSWER_RETURN(name, expression)                                        \
	static void answer_##name(const struct call *call)                     \
	{                                                                      \
		const word *n = call->n;                                       \
                                                                               \
		(void)n;                                                       \
		put_return(expression);                                        \
	}
ANSWER_RETURN(task_terminate, task_terminate(call->task))
ANSWER_RETURN(task_suspend, machine_suspend(call->task))
ANSWER_RETURN(task_resume, machine_resume(call->task))
ANSWER_RETURN(deallocate, vm_deallocate(call->task, n[0], n[1]))
ANSWER_RETURN(protect, vm_protect(call->task, n[0], n[1], n[2], n[3]))
ANSWER_RETURN(inherit, vm_inherit(call->task, n[0], n[1], n[2]))
ANSWER_RETURN(copy, vm_copy(call->task, n[0], n[1], n[2]))
ANSWER_RETURN(wire, machine_wire(call->task, n[0], n[1], n[2]))
ANSWER_RETURN(wire_all, machine_wire_all(call->task, n[0]))
ANSWER_RETURN(msync, machine_msync(call->task, n[0], n[1], n[2]))

static void
answer_value(const struct call *call)
{
	put_hex(call->n[0]);
}

static const struct routine routines[] = { { "task_create", "tnT",
					       answer_task_create },
	{ "task_terminate", "t", answer_task_terminate },
	{ "task_suspend", "t", answer_task_suspend },
	{ "task_resume", "t", answer_task_resume },
	{ "task_info", "t", answer_task_info },
	{ "vm_allocate", "tnnnA", answer_allocate },
	{ "vm_deallocate", "tnn", answer_deallocate },
	{ "vm_protect", "tnnnn", answer_protect },
	{ "vm_inherit", "tnnn", answer_inherit },
	{ "vm_read", "tnn", answer_read }, { "vm_write", "tnnn", answer_write },
	{ "vm_copy", "tnnn", answer_copy },
	{ "vm_map", "tnnnnnnnA", answer_map },
	{ "vm_region", "tn", answer_region },
	{ "vm_wire", "tnnn", answer_wire },
	{ "vm_wire_all", "tn", answer_wire_all },
	{ "vm_msync", "tnnn", answer_msync },
	{ "vm_machine_attribute", "tnnnn", answer_attribute },
	{ "vm_statistics", "t", answer_statistics },
	{ "regions", "tnn", answer_regions },
	{ "memory", "tnn", answer_memory },
	{ "read_offset", "tnn", answer_read_offset },
	{ "value", "n", answer_value }, { 0, 0, 0 } };

/* The whole script. Each line is repeated, each call has its answer behind it. */
static void
interpret(const char *text, word size, word max, word host)
{
	const char *line;
	struct call call;
	word length;

	script_start(&script, text, size, max);
	script.host = host;
	machine_task_create(mach_task_self(), 0, &script.tasks[0]);
	while (script.at < script.end) {
		call = script_line(&script, routines, &line, &length);
		put_bytes(line, length);
		if (script.error != 0) {
			put(" -> script: ");
			put(script.error);
		} else if (call.routine != 0) {
			put(" -> ");
			call.routine->answer(&call);
		}
		put("\n");
		if (answer_length >= ANSWER_SIZE / 2)
			answer_flush();
	}
	answer_flush();
}
