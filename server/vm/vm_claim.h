/*
 * Claims: who maps what of which object, counted anew
 *
 * For vm_check(): every entry and mapping lays claim to a part of an object.
 * Laid side by side they must give the shares that the object keeps of them
 * (vm_share.h); and the claims of wired entries, its wires.
 *
 *      claims   |-----------|
 *                    |-----------|
 *      depth      1     2     1         shares: [2 - 1 others]
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm_object;

/* One end of a claim. */
struct vm_claim_end {
	const struct vm_object *object;
	uint64_t offset;
	int change; /* of the depth: 1 or -1 */
};

struct vm_claims {
	struct vm_claim_end *ends;
	size_t count;
	size_t room;
};

/* False: no memory. */
bool vm_claims_add(struct vm_claims *claims, const struct vm_object *object,
    uint64_t start, uint64_t end);

/*
 * Do the claims give the shares of all their objects; or, if `wires`, their
 * wires? Sorts the claims.
 *
 * => the first object of which that is not so; NULL: of all it is
 */
const struct vm_object *vm_claims_compare(struct vm_claims *claims, bool wires);

/* Forgets all. */
void vm_claims_free(struct vm_claims *claims);
