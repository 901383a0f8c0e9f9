#include "server/vm/vm_map_copy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/probe.h"
#include "server/vm/vm_account.h"
#include "server/vm/vm_fault.h"
#include "server/vm/vm_frame.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_upkeep.h"

static uint64_t
pages_of(uint64_t bytes)
{
	return vm_round_page(bytes, VM_PAGE_MASK) >> VM_PAGE_SHIFT;
}

static struct vm_map_copy_piece *
piece_new(struct vm_map_copy *copy)
{
	struct vm_reserve reserve = { .pieces = 1 };
	struct vm_machine *vm = copy->vm;
	struct vm_map_copy_piece *piece;

	if (!vm_machine_has(vm, reserve))
		return NULL;
	piece = vm_zone_alloc(&vm->pieces);
	*piece = (struct vm_map_copy_piece){
		.account =
		    vm_account_charge(vm, vm->account, VM_RESOURCE_PIECES),
	};
	*(copy->last ? &copy->last->next : &copy->first) = piece;
	copy->last = piece;
	return piece;
}

struct vm_map_copy *
vm_map_copy_new(struct vm_machine *vm, uint64_t offset)
{
	struct vm_map_copy *copy = malloc(sizeof(*copy));

	assert(offset < VM_PAGE_SIZE);

	if (copy)
		*copy = (struct vm_map_copy){ .vm = vm, .offset = offset };
	return copy;
}

struct vm_map_copy *
vm_map_copy_free(struct vm_map_copy *copy)
{
	if (!copy)
		return NULL;
	if (copy->first) {
		copy->last->next = copy->vm->dead_pieces;
		copy->vm->dead_pieces = copy->first;
	}
	free(copy);
	return NULL;
}

bool
vm_map_copy_reap(struct vm_machine *vm, uint32_t *steps)
{
	struct vm_map_copy_piece *piece;

	for (; *steps > 0 && (piece = vm->dead_pieces); --*steps) {
		vm->dead_pieces = piece->next;
		page_tree_drop(vm, &piece->pages);
		vm_account_give(vm, piece->account, VM_RESOURCE_PIECES);
		vm_zone_free(&vm->pieces, piece);
	}
	return vm->dead_pieces != NULL;
}

/* What is permanent is not to be replaced. */
static bool
allows(struct vm_attributes attributes, vm_prot_t access)
{
	return (attributes.protection & access) &&
	       !((access & VM_PROT_WRITE) &&
		   (attributes.flags & VM_ENTRY_PERMANENT));
}

/* Are all bytes of [first, last] mapped, with this access? */
static kern_return_t
check_access(const struct vm_map *map, uint64_t first, uint64_t last,
    vm_prot_t access)
{
	const struct vm_map_entry *entry = vm_map_lookup(map, first);
	uint64_t at = first;

	for (;; entry = vm_map_entry_next(entry)) {
		if (!entry || entry->range.start > at)
			return KERN_INVALID_ADDRESS;
		if (!allows(entry->attributes, access))
			return KERN_PROTECTION_FAILURE;
		if (entry->range.end > last)
			return KERN_SUCCESS;
		at = entry->range.end;
		vm_machine_tick(map->vm, 1);
	}
}

/* Pages of an object, for a piece. What is wired is copied. */
static bool
piece_fill(struct vm_map_copy *copy, struct vm_map_copy_piece *piece,
    const struct vm_object *object, uint64_t start, uint64_t end)
{
	struct vm_machine *vm = copy->vm;

	if (!object->upkeep) {
		piece->pages = page_tree_snapshot(vm, &object->pages);
		return true;
	}
	if (!vm_machine_has(vm, vm_object_copy_cost(vm, object, start, end)))
		return false;
	vm_object_copy_pages(vm, &piece->pages, object, start, end);
	return true;
}

/* What an entry has of a range goes to the end of the copy. */
static bool
copy_append(struct vm_map_copy *copy, const struct vm_map_entry *entry,
    struct vm_range range)
{
	struct vm_range part =
	    vm_range_common(vm_map_entry_range(entry), range);
	uint64_t offset = vm_map_entry_offset(entry, part.start);
	struct vm_map_copy_piece *last = copy->last;
	struct page_tree pages = { 0 };
	uint64_t from = 0;

	if (entry->object) {
		pages = entry->object->pages;
		from = vm_object_page(entry->object, offset);
	}
	if (last && last->pages.root == pages.root &&
	    (pages.root == 0 || last->from + last->count == from)) {
		last->count += vm_range_pages(part);
		return true;
	}
	last = piece_new(copy);
	if (!last)
		return false;
	last->from = from;
	last->count = vm_range_pages(part);
	return !entry->object || piece_fill(copy, last, entry->object, offset,
				     offset + vm_range_size(part));
}

kern_return_t
vm_map_copyin(struct vm_map *map, uint64_t address, uint64_t size,
    struct vm_map_copy **out)
{
	_cleanup_(vm_map_copy_freep) struct vm_map_copy *copy = NULL;
	const struct vm_map_entry *entry;
	struct vm_range range;
	kern_return_t kr;

	kr = check_access(map, address, address + size - 1, VM_PROT_READ);
	if (kr != KERN_SUCCESS)
		return kr;
	PROBE3(copy, map, address, size);
	copy = vm_map_copy_new(map->vm, address & VM_PAGE_MASK);
	if (!copy)
		return KERN_RESOURCE_SHORTAGE;
	copy->size = size;
	vm_range_init(&range, address, size, VM_PAGE_MASK);
	vm_map_for_each_entry(entry, map, range)
		if (!copy_append(copy, entry, range))
			return KERN_RESOURCE_SHORTAGE;
	*out = steal(&copy);
	return KERN_SUCCESS;
}

/* Finds the piece that has a page of the copy: most often the same one again,
 * or the next. NULL: the page is past the end. */
static struct vm_map_copy_piece *
find_piece(struct vm_map_copy *copy, uint64_t page)
{
	if (!copy->near || page < copy->near_page) {
		copy->near = copy->first;
		copy->near_page = 0;
	}
	while (copy->near && page - copy->near_page >= copy->near->count) {
		copy->near_page += copy->near->count;
		copy->near = copy->near->next;
	}
	return copy->near;
}

/* The same, of a page that is there. *page becomes the page of its tree. */
static const struct vm_map_copy_piece *
piece_of(struct vm_map_copy *copy, uint64_t *page)
{
	const struct vm_map_copy_piece *piece = find_piece(copy, *page);

	*page = piece->from + (*page - copy->near_page);
	return piece;
}

/* The frame of a page of the copy; 0: zeros. */
static uint32_t
copy_frame(struct vm_map_copy *copy, uint64_t page)
{
	const struct vm_map_copy_piece *piece = piece_of(copy, &page);

	return page_tree_lookup(copy->vm, &piece->pages, page);
}

/* Bytes of data that a page of the copy has: [*start, *end) in the page. */
static void
page_bytes(const struct vm_map_copy *copy, uint64_t page, uint64_t *start,
    uint64_t *end)
{
	uint64_t base = page << VM_PAGE_SHIFT;

	*start = page == 0 ? copy->offset : 0;
	*end = MIN(copy->offset + copy->size - base, (uint64_t)VM_PAGE_SIZE);
}

/*
 * Steps: the whole pages of an overwrite, cut where the entries of the map end
 * and where the pieces of the copy do, where something begins or ends to be
 * wired, and where a step would take long. In a step, pages of one tree are
 * grafted into one object; or what they hold is, if its frames are wired.
 */
struct step {
	struct vm_map *map;
	struct vm_map_entry *entry;
	const struct vm_map_copy_piece *piece;
	uint64_t address; /* of the first page */
	uint64_t end;     /* of the walk */
	uint64_t from;    /* page in the piece's tree */
	uint64_t count;   /* pages of this step */
	bool wired;
};

/* Does the step replace all that an object has? Then it may lie as the source
 * does, and share all of its nodes. */
static bool
step_is_all(const struct step *step)
{
	return step->entry->object->refs == 1 && !step->entry->object->upkeep &&
	       step->count == vm_range_pages(vm_map_entry_range(step->entry));
}

/* Pages that do not take long, up to where nodes of both sides end together if
 * they do. */
static uint64_t
step_most(const struct step *step)
{
	enum { COPIED = 64, LINKED = 16384 };
	const struct vm_map_entry *entry = step->entry;
	uint64_t to, most = LINKED;

	if (step->wired)
		return COPIED;
	if (!entry->object || step_is_all(step))
		return UINT64_MAX;
	to = vm_object_page(entry->object,
	    vm_map_entry_offset(entry, step->address));
	for (unsigned l = 1; l < PAGE_TREE_HEIGHT; l++) {
		if ((to - step->from) &
		    ((UINT64_C(1) << PAGE_TREE_BITS * l) - 1))
			break;
		most <<= PAGE_TREE_BITS;
	}
	return most - to % most;
}

static void
step_measure(struct step *step)
{
	const struct vm_map_entry *entry = step->entry;
	uint64_t end =
	    vm_map_entry_offset(entry, MIN(step->end, entry->range.end));
	uint64_t left = step->piece->from + step->piece->count - step->from;
	uint64_t offset = vm_map_entry_offset(entry, step->address);

	step->wired = vm_upkeep_wired(entry->object, offset, &end);
	step->count = MIN((end - offset) >> VM_PAGE_SHIFT, left);
	step->count = MIN(step->count, step_most(step));
}

/* The first whole page of a copy that goes to `address`. */
static bool
step_first(struct step *step, struct vm_map *map, uint64_t address,
    struct vm_map_copy *copy)
{
	uint64_t page = copy->offset > 0;

	*step = (struct step){
		.map = map,
		.address = vm_round_page(address, VM_PAGE_MASK),
		.end = vm_trunc_page(address + copy->size, VM_PAGE_MASK),
	};
	if (step->address >= step->end)
		return false;
	step->entry = vm_map_lookup(map, step->address);
	step->piece = piece_of(copy, &page);
	step->from = page;
	step_measure(step);
	return true;
}

static bool
step_next(struct step *step)
{
	vm_machine_tick(step->map->vm, step->wired ? 64 * VM_MACHINE_PAGE : 64);
	step->address += step->count << VM_PAGE_SHIFT;
	step->from += step->count;
	if (step->address >= step->end)
		return false;
	if (step->address == step->entry->range.end)
		step->entry = vm_map_entry_next(step->entry);
	if (step->from == step->piece->from + step->piece->count) {
		step->piece = step->piece->next;
		step->from = step->piece->from;
	}
	step_measure(step);
	return true;
}

/* Where the entry would begin in the piece's tree: it is to lie like that. */
static uint64_t
step_like(const struct step *step)
{
	return step->from -
	       ((step->address - step->entry->range.start) >> VM_PAGE_SHIFT);
}

/* Nothing is to be written where nothing was. */
static bool
step_is_idle(const struct step *step)
{
	return !step->entry->object && step->piece->pages.root == 0;
}

/* Frames that are wired are written in place: they are there, and nobody else
 * has them. */
static void
step_write(const struct step *step)
{
	struct vm_machine *vm = step->map->vm;
	struct vm_object *object = step->entry->object;
	uint64_t page = vm_object_page(object,
	    vm_map_entry_offset(step->entry, step->address));

	for (uint64_t i = 0; i < step->count; i++) {
		uint32_t from =
		    page_tree_lookup(vm, &step->piece->pages, step->from + i);
		uint32_t to =
		    page_tree_lookup_owned(vm, &object->pages, page + i);

		assert(to != 0);
		memcpy(vm_page_data(&vm->pages, to),
		    vm_page_data(&vm->pages, from), VM_PAGE_SIZE);
	}
}

/* Nodes, at the most. There is an object afterwards, if it takes one, and the
 * step may be a smaller one. */
static uint64_t
step_cost(struct step *step)
{
	struct vm_machine *vm = step->map->vm;
	struct page_tree target = { 0 };
	struct vm_object *object;
	uint64_t to;

	if (step_is_idle(step) || step->wired)
		return 0;
	if (!step->entry->object) {
		vm_map_entry_object(step->map, step->entry, step_like(step));
		step_measure(step);
	}
	object = step->entry->object;
	to = (step->address - step->entry->range.start) >> VM_PAGE_SHIFT;
	if (step_is_all(step)) {
		to += vm_object_phase(step_like(step), step->count);
	} else {
		target = object->pages;
		to += vm_object_page(object, step->entry->offset);
	}
	return page_tree_graft_cost(vm, &target, to, &step->piece->pages,
	    step->from, step->count);
}

static void
step_graft(const struct step *step)
{
	struct vm_machine *vm = step->map->vm;
	struct vm_object *object = step->entry->object;

	if (step_is_idle(step))
		return;
	if (step->wired) {
		step_write(step);
		return;
	}
	if (step_is_all(step)) {
		page_tree_drop(vm, &object->pages);
		object->phase = vm_object_phase(step_like(step), step->count);
		step->entry->offset = 0;
	}
	page_tree_graft(vm, &object->pages,
	    vm_object_page(object,
		vm_map_entry_offset(step->entry, step->address)),
	    &step->piece->pages, step->from, step->count);
}

/* Is there what it takes? It was reckoned with when there had been `pauses`;
 * those who share the object may have changed it since. */
static bool
step_can(struct step *step, uint64_t pauses)
{
	struct vm_machine *vm = step->map->vm;
	struct vm_reserve reserve = { 0 };

	if (vm->pauses == pauses || step_is_idle(step) ||
	    vm_object_is_alone(step->entry->object))
		return true;
	reserve.nodes = step_cost(step);
	return vm_machine_has(vm, reserve);
}

/* What a page takes that the copy has only part of: nothing, if it is wired. */
static struct vm_reserve
part_cost(const struct vm_map *map, uint64_t address)
{
	const struct vm_map_entry *entry = vm_map_lookup(map, address);
	uint64_t offset =
	    vm_map_entry_offset(entry, vm_trunc_page(address, VM_PAGE_MASK));
	uint64_t end = offset + VM_PAGE_SIZE;

	if (vm_upkeep_wired(entry->object, offset, &end))
		return (struct vm_reserve){ 0 };
	return (struct vm_reserve){
		.pages = VM_FAULT_PAGES,
		.nodes = VM_FAULT_NODES,
	};
}

/* A page that the copy has only part of: byte by byte. */
static bool
overwrite_part(struct vm_map *map, uint64_t address, struct vm_map_copy *copy,
    uint64_t page, uint64_t pauses)
{
	struct vm_page_pool *pages = &map->vm->pages;
	uint64_t at =
	    vm_trunc_page(address, VM_PAGE_MASK) + (page << VM_PAGE_SHIFT);
	struct vm_map_entry *entry = vm_map_lookup(map, at);
	uint32_t from = copy_frame(copy, page), to;
	uint64_t start, end;

	if (from == 0 && vm_fault(map, entry, at, VM_PROT_READ) == 0)
		return true;
	if (!vm_machine_still_has(map->vm, part_cost(map, at), pauses))
		return false;
	page_bytes(copy, page, &start, &end);
	to = vm_fault(map, entry, at, VM_PROT_WRITE);
	memcpy((char *)vm_page_data(pages, to) + start,
	    (char *)vm_page_data(pages, from) + start, end - start);
	return true;
}

/* Everything is there: it cannot fail, unless others have come between.
 * Upwards, for what is mapped twice is written twice: first and last come the
 * pages that are not whole. */
static bool
overwrite(struct vm_map *map, uint64_t address, struct vm_map_copy *copy,
    uint64_t pauses)
{
	uint64_t last = pages_of(copy->offset + copy->size) - 1;
	bool ragged = ((copy->offset + copy->size) & VM_PAGE_MASK) != 0;
	struct step step;

	if ((copy->offset > 0 || (last == 0 && ragged)) &&
	    !overwrite_part(map, address, copy, 0, pauses))
		return false;
	for (bool more = step_first(&step, map, address, copy); more;
	     more = step_next(&step)) {
		if (!step_can(&step, pauses))
			return false;
		step_graft(&step);
	}
	return !(last > 0 && ragged) ||
	       overwrite_part(map, address, copy, last, pauses);
}

static kern_return_t
overwrite_check(struct vm_map *map, uint64_t address, struct vm_map_copy *copy)
{
	struct vm_reserve reserve = { 0 };
	struct step step;

	if (((copy->offset | copy->size) & VM_PAGE_MASK) != 0) {
		vm_reserve_add(&reserve, part_cost(map, address));
		vm_reserve_add(&reserve,
		    part_cost(map, address + copy->size - 1));
	}
	for (bool more = step_first(&step, map, address, copy); more;
	     more = step_next(&step))
		reserve.nodes += step_cost(&step);
	return vm_machine_has(map->vm, reserve) ? KERN_SUCCESS
						: KERN_RESOURCE_SHORTAGE;
}

/* The bytes [at, at + size) of a copy, to a page. */
static void
copy_bytes(struct vm_map_copy *copy, uint64_t at, char *to, uint64_t size)
{
	while (size > 0) {
		uint64_t from = copy->offset + at;
		uint32_t frame = copy_frame(copy, from >> VM_PAGE_SHIFT);
		uint64_t inside = from & VM_PAGE_MASK;
		uint64_t n = MIN(size, VM_PAGE_SIZE - inside);

		memcpy(to,
		    (char *)vm_page_data(&copy->vm->pages, frame) + inside, n);
		at += n;
		to += n;
		size -= n;
	}
}

/* The first page from `page` of the copy on that is not of zeros; or the number
 * of its pages. */
static uint64_t
next_frame(struct vm_map_copy *copy, uint64_t page)
{
	const struct vm_map_copy_piece *piece;

	while ((piece = find_piece(copy, page))) {
		uint64_t end = piece->from + piece->count;
		uint64_t from = piece->from + (page - copy->near_page);

		from = page_tree_next(copy->vm, &piece->pages, from, end);
		page = copy->near_page + (from - piece->from);
		if (from < end)
			break;
	}
	return page;
}

static uint64_t
frames_of(const struct vm_map_copy *copy)
{
	const struct vm_map_copy_piece *piece;
	uint64_t frames = 0;

	for (piece = copy->first; piece; piece = piece->next)
		frames += page_tree_count(copy->vm, &piece->pages, piece->from,
		    piece->count);
	return frames;
}

/* One page of a copy that lies otherwise, filled from `copy`. */
static bool
realign_page(struct vm_map_copy *copy, struct vm_map_copy *to, uint64_t page)
{
	struct vm_reserve reserve = { .pages = 1, .nodes = PAGE_TREE_PATH };
	struct vm_machine *vm = copy->vm;
	uint64_t start, end;
	uint32_t frame;

	if (!vm_machine_has(vm, reserve))
		return false;
	frame = vm_frame_alloc(vm);
	page_bytes(to, page, &start, &end);
	copy_bytes(copy, (page << VM_PAGE_SHIFT) + start - to->offset,
	    (char *)vm_page_data(&vm->pages, frame) + start, end - start);
	page_tree_insert(vm, &to->first->pages, page, frame);
	return true;
}

/* The same bytes, in frames of their own, where they begin at `offset` of the
 * first page. NULL: no memory. */
static struct vm_map_copy *
realign(struct vm_map_copy *copy, uint64_t offset)
{
	_cleanup_(vm_map_copy_freep) struct vm_map_copy *to = NULL;
	uint64_t pages = pages_of(copy->offset + copy->size);
	struct vm_reserve reserve = { .pages = frames_of(copy) };
	uint64_t done = 0; /* pages of `to` */

	to = vm_map_copy_new(copy->vm, offset);
	if (!to || !piece_new(to) || !vm_machine_has(copy->vm, reserve))
		return NULL;
	to->size = copy->size;
	to->first->count = pages_of(offset + to->size);
	for (uint64_t page = next_frame(copy, 0); page < pages;
	     page = next_frame(copy, page + 1)) {
		uint64_t base = page << VM_PAGE_SHIFT;
		uint64_t start = MAX(base, copy->offset) - copy->offset;
		uint64_t end =
		    MIN(base + VM_PAGE_SIZE - copy->offset, copy->size);

		done = MAX(done, (offset + start) >> VM_PAGE_SHIFT);
		for (; done < pages_of(offset + end); done++)
			if (!realign_page(copy, to, done))
				return NULL;
		vm_machine_tick(copy->vm, VM_MACHINE_PAGE);
	}
	return steal(&to);
}

kern_return_t
vm_map_copy_overwrite(struct vm_map *map, uint64_t address,
    struct vm_map_copy *copy)
{
	_cleanup_(vm_map_copy_freep) struct vm_map_copy *aligned = NULL;
	uint64_t pauses;
	kern_return_t kr;

	kr =
	    check_access(map, address, address + copy->size - 1, VM_PROT_WRITE);
	if (kr != KERN_SUCCESS)
		return kr;
	PROBE3(paste, map, address, copy->size);
	if (copy->offset != (address & VM_PAGE_MASK)) {
		aligned = realign(copy, address & VM_PAGE_MASK);
		if (!aligned)
			return KERN_RESOURCE_SHORTAGE;
		copy = aligned;
	}
	pauses = map->vm->pauses;
	kr = overwrite_check(map, address, copy);
	if (kr == KERN_SUCCESS && !overwrite(map, address, copy, pauses))
		kr = KERN_RESOURCE_SHORTAGE;
	return kr;
}

/* Sees to so many pages at once if it can, for to ask for each takes longer than
 * to take it; or to one, if that is all there is. Returns how many. */
static uint64_t
see_to_pages(struct vm_machine *vm, uint64_t pages)
{
	struct vm_reserve all = { .pages = pages };
	struct vm_reserve one = { .pages = 1, .nodes = PAGE_TREE_PATH };
	struct vm_refusal refused = vm->refused;

	all.nodes = page_tree_own_cost(pages);
	if (pages > 1 && vm_machine_has(vm, all))
		return pages;
	vm->refused = refused;
	vm->waiting = false;
	return vm_machine_make_room(vm, one);
}

/* A frame for a page to be filled in, of those that were seen to. */
static uint32_t
room_frame(struct vm_map_copy *copy, uint64_t page)
{
	uint32_t frame = vm_frame_alloc(copy->vm);

	page_tree_insert(copy->vm, &copy->first->pages, page, frame);
	return frame;
}

/* Adds bytes to the parts; those that go on where the last one ends, to it. */
static bool
add_part(struct iovec *parts, int *used, int count, void *base, size_t size)
{
	struct iovec *last = *used > 0 ? &parts[*used - 1] : NULL;

	if (last && (char *)last->iov_base + last->iov_len == base) {
		last->iov_len += size;
		return true;
	}
	if (*used == count)
		return false;
	parts[(*used)++] = (struct iovec){ base, size };
	return true;
}

int
vm_map_copy_room(struct vm_map_copy *copy, uint64_t size, struct iovec *parts,
    int count)
{
	enum { AT_ONCE = 64 };
	uint64_t at = copy->offset + copy->size, end = at + size, seen = 0;
	struct vm_machine *vm = copy->vm;
	int used = 0;

	if (!copy->first && !piece_new(copy))
		return 0;
	while (at < end) {
		uint64_t inside = at & VM_PAGE_MASK, page = at >> VM_PAGE_SHIFT;
		uint64_t n = MIN(end - at, VM_PAGE_SIZE - inside);
		uint32_t frame =
		    page_tree_lookup(vm, &copy->first->pages, page);

		if (frame == 0 && seen == 0)
			seen = see_to_pages(vm,
			    MIN(pages_of(end) - page, (uint64_t)AT_ONCE));
		if (frame == 0 && seen-- > 0)
			frame = room_frame(copy, page);
		if (frame == 0 ||
		    !add_part(parts, &used, count,
			(char *)vm_page_data(&vm->pages, frame) + inside, n))
			break;
		at += n;
	}
	return used;
}

void
vm_map_copy_filled(struct vm_map_copy *copy, uint64_t size)
{
	copy->size += size;
	copy->first->count = pages_of(copy->offset + copy->size);
}

int
vm_map_copy_parts(struct vm_map_copy *copy, uint64_t at, uint64_t size,
    struct iovec *parts, int count)
{
	uint64_t from = copy->offset + at;
	uint64_t end = from + MIN(size, copy->size - at);
	uint64_t page = from >> VM_PAGE_SHIFT;
	const struct vm_map_copy_piece *piece;
	int used = 0;

	if (from >= end)
		return 0;
	piece = piece_of(copy, &page);
	for (; from < end; page++) {
		uint64_t inside = from & VM_PAGE_MASK;
		uint64_t n = MIN(end - from, VM_PAGE_SIZE - inside);
		uint32_t frame;

		if (page == piece->from + piece->count) {
			piece = piece->next;
			page = piece->from;
		}
		frame = page_tree_lookup(copy->vm, &piece->pages, page);
		if (!add_part(parts, &used, count,
			(char *)vm_page_data(&copy->vm->pages, frame) + inside,
			n))
			break;
		from += n;
	}
	return used;
}
