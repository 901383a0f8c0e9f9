#include "server/vm/vm_share.h"

#include <assert.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "server/vm/vm_machine.h"

static struct vm_share *
find_share(const struct range_tree *shares, uint64_t offset)
{
	return (struct vm_share *)range_tree_find(shares, offset);
}

static void
insert_share(struct vm_machine *vm, struct range_tree *shares, uint64_t start,
    uint64_t end, uint32_t others)
{
	struct vm_share *share = vm_zone_alloc(&vm->shares);
	struct range *next;

	assert(share);
	*share = (struct vm_share){
		.range = { .start = start, .end = end },
		.others = others,
	};
	next = range_tree_find(shares, start);
	range_tree_insert(shares, &vm->ranges, &share->range,
	    next ? next->prev : shares->last);
}

static void
remove_share(struct vm_machine *vm, struct range_tree *shares,
    struct vm_share *share)
{
	range_tree_remove(shares, &vm->ranges, &share->range);
	vm_zone_free(&vm->shares, share);
}

/* Lets no share lie across the offset. */
static void
split_at(struct vm_machine *vm, struct range_tree *shares, uint64_t offset)
{
	struct vm_share *share = find_share(shares, offset);
	uint64_t end;

	if (!share || share->range.start >= offset)
		return;
	end = share->range.end;
	range_tree_resize(shares, &share->range, share->range.start, offset);
	insert_share(vm, shares, offset, end, share->others);
}

/* Joins equal neighbours from start to end, so that there are no more shares
 * than mappings have ends. */
static void
join(struct vm_machine *vm, struct range_tree *shares, uint64_t start,
    uint64_t end)
{
	struct vm_share *share = find_share(shares, start > 0 ? start - 1 : 0);

	while (share && share->range.next && share->range.next->start <= end) {
		struct vm_share *next = (struct vm_share *)share->range.next;
		uint64_t last = next->range.end;

		if (share->range.end != next->range.start ||
		    share->others != next->others) {
			share = next;
			continue;
		}
		remove_share(vm, shares, next);
		range_tree_resize(shares, &share->range, share->range.start,
		    last);
	}
}

void
vm_share_add(struct vm_machine *vm, struct range_tree *shares, uint64_t start,
    uint64_t end)
{
	uint64_t at = start;

	split_at(vm, shares, start);
	split_at(vm, shares, end);
	while (at < end) {
		struct vm_share *share = find_share(shares, at);
		uint64_t next = share ? MIN(share->range.start, end) : end;

		if (next > at) {
			insert_share(vm, shares, at, next, 1);
		} else {
			share->others++;
			next = share->range.end;
		}
		at = next;
	}
	join(vm, shares, start, end);
}

void
vm_share_drop(struct vm_machine *vm, struct range_tree *shares, uint64_t start,
    uint64_t end, vm_share_gone *gone, void *context)
{
	uint64_t at = start;

	split_at(vm, shares, start);
	split_at(vm, shares, end);
	while (at < end) {
		struct vm_share *share = find_share(shares, at);
		uint64_t next = share ? MIN(share->range.start, end) : end;

		if (next > at) {
			gone(context, at, next);
		} else {
			next = share->range.end;
			if (--share->others == 0)
				remove_share(vm, shares, share);
		}
		at = next;
	}
	join(vm, shares, start, end);
}

/* The end of shares side by side. */
static uint64_t
end_of_row(const struct range *share, uint64_t end)
{
	while (
	    share->end < end && share->next && share->next->start == share->end)
		share = share->next;
	return share->end;
}

static uint64_t
start_of_row(const struct range *share, uint64_t start)
{
	while (share->start > start && share->prev &&
	       share->prev->end == share->start)
		share = share->prev;
	return share->start;
}

bool
vm_share_at(const struct range_tree *shares, uint64_t offset, uint64_t *start,
    uint64_t *end)
{
	const struct range *share = range_tree_find(shares, offset);
	const struct range *before = share ? share->prev : shares->last;

	if (share && share->start <= offset) {
		*start = MAX(*start, start_of_row(share, *start));
		*end = MIN(*end, end_of_row(share, *end));
		return true;
	}
	if (before)
		*start = MAX(*start, before->end);
	if (share)
		*end = MIN(*end, share->start);
	return false;
}

uint32_t
vm_share_others(const struct range_tree *shares, uint64_t offset)
{
	const struct vm_share *share = find_share(shares, offset);

	return share && share->range.start <= offset ? share->others : 0;
}

void
vm_share_clear(struct vm_machine *vm, struct range_tree *shares)
{
	while (shares->first)
		remove_share(vm, shares, (struct vm_share *)shares->first);
}
