#include "server/vm/vm_claim.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_share.h"
#include "server/vm/vm_upkeep.h"

bool
vm_claims_add(struct vm_claims *claims, const struct vm_object *object,
    uint64_t start, uint64_t end)
{
	enum { ROOM_FIRST = 64 };
	size_t room = MAX(claims->room * 2, (size_t)ROOM_FIRST);
	struct vm_claim_end *ends = claims->ends;

	if (claims->count == claims->room) {
		ends = realloc(ends, room * sizeof(*ends));
		if (!ends)
			return false;
		claims->ends = ends;
		claims->room = room;
	}
	ends[claims->count++] = (struct vm_claim_end){ object, start, 1 };
	ends[claims->count++] = (struct vm_claim_end){ object, end, -1 };
	return true;
}

void
vm_claims_free(struct vm_claims *claims)
{
	free(claims->ends);
	*claims = (struct vm_claims){ 0 };
}

static int
compare_ends(const void *a, const void *b)
{
	const struct vm_claim_end *x = a, *y = b;

	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Does the tree say that so many mappings beside `first` have all of [start,
 * end)? */
static bool
says(const struct range_tree *tree, uint64_t start, uint64_t end, int others)
{
	const struct vm_share *share =
	    (const struct vm_share *)range_tree_find(tree, start);

	if (others <= 0)
		return !share || share->range.start >= end;
	return share && share->range.start <= start &&
	       share->range.end >= end && share->others == (uint32_t)others;
}

static bool
object_says(const struct vm_object *object, bool wires, uint64_t start,
    uint64_t end, int depth)
{
	static const struct range_tree none;

	if (!wires)
		return says(&object->shares, start, end, depth - 1);
	return says(object->upkeep ? &object->upkeep->wires : &none, start, end,
	    depth);
}

const struct vm_object *
vm_claims_compare(struct vm_claims *claims, bool wires)
{
	const struct vm_claim_end *end = claims->ends;
	int depth = 0;

	if (claims->count == 0)
		return NULL;
	qsort(claims->ends, claims->count, sizeof(*claims->ends), compare_ends);
	for (size_t i = 0; i + 1 < claims->count; i++, end++) {
		depth += end->change;
		if (end[1].object == end->object &&
		    end[1].offset > end->offset &&
		    !object_says(end->object, wires, end->offset, end[1].offset,
			depth))
			return end->object;
	}
	return NULL;
}
