#include "server/vm/vm_machine.h"

#include <assert.h>

#include "common/cleanup.h"
#include "server/vm/vm_account.h"
#include "server/vm/vm_upkeep.h"

/* --- What calls have seen to ------------------------------------------- */

static struct vm_reserve
taken(const struct vm_machine *vm)
{
	return (struct vm_reserve){
		.pages = vm->pages.taken,
		.nodes = vm->nodes.taken,
		.entries = vm->entries.taken,
		.mappings = vm->mappings.taken,
		.pieces = vm->pieces.taken,
	};
}

/* What the call under way has seen to and not taken. */
static struct vm_reserve
hold_left(const struct vm_machine *vm)
{
	struct vm_reserve left = vm->hold.seen, now = taken(vm);

	for (unsigned i = 0; i < VM_RESOURCES; i++) {
		uint64_t since = now.of[i] - vm->hold.taken.of[i];

		left.of[i] -= MIN(left.of[i], since);
	}
	return left;
}

static void
hold(struct vm_machine *vm, struct vm_reserve reserve)
{
	struct vm_reserve left = hold_left(vm);

	for (unsigned i = 0; i < VM_RESOURCES; i++)
		reserve.of[i] = MAX(reserve.of[i], left.of[i]);
	vm->hold = (struct vm_hold){ reserve, taken(vm) };
}

void
vm_machine_begin(struct vm_machine *vm, struct vm_account *account)
{
	vm->hold = (struct vm_hold){ 0 };
	vm->account = account;
	vm->wanting = vm->waiting = vm->refused.happened = false;
}

struct vm_suspended
vm_machine_suspend(struct vm_machine *vm)
{
	struct vm_suspended suspended = { vm->account, hold_left(vm) };

	vm_reserve_add(&vm->held, suspended.left);
	if (vm->account)
		vm_reserve_add(&vm->account->held, suspended.left);
	vm_machine_begin(vm, NULL);
	return suspended;
}

void
vm_machine_resume(struct vm_machine *vm, struct vm_suspended suspended)
{
	vm->account = suspended.account;
	vm_reserve_take(&vm->held, suspended.left);
	if (vm->account)
		vm_reserve_take(&vm->account->held, suspended.left);
	vm->hold = (struct vm_hold){ suspended.left, taken(vm) };
	vm->pauses++;
}

/* --- What there is ----------------------------------------------------- */

/* But for what is held for others. */
static struct vm_reserve
left_of(const struct vm_machine *vm)
{
	struct vm_reserve left = {
		.pages = vm_page_left(&vm->pages),
		.nodes = vm_zone_left(&vm->nodes),
		.entries = vm_zone_left(&vm->entries),
		.mappings = vm_zone_left(&vm->mappings),
		.pieces = vm_zone_left(&vm->pieces),
	};

	vm_reserve_take(&left, vm->held);
	return left;
}

/* Would the account have more than it may, if it took so much of what is left?
 */
static bool
passes(const struct vm_account *account, enum vm_resource what, uint64_t more,
    uint64_t left)
{
	return account &&
	       account->used.of[what] + account->held.of[what] + more >
		   vm_account_allowed(account, what, left);
}

/* What is asked of the machine, and for whom. */
struct asked {
	struct vm_reserve reserve;
	struct vm_account *takes;   /* NULL: nobody's */
	struct vm_account *entries; /* who takes those */
};

static const struct vm_account *
taker(const struct asked *asked, enum vm_resource what)
{
	return what == VM_RESOURCE_ENTRIES ? asked->entries : asked->takes;
}

/* Of what there is too little, the first; VM_RESOURCES: of nothing. */
static enum vm_resource
lacking(const struct vm_machine *vm, const struct asked *asked)
{
	struct vm_reserve left = left_of(vm);
	enum vm_resource what;

	for (what = 0; what < VM_RESOURCES; what++) {
		uint64_t more = asked->reserve.of[what];

		if (more > 0 &&
		    (more > left.of[what] ||
			passes(taker(asked, what), what, more, left.of[what])))
			break;
	}
	return what;
}

/* Would all be there if nobody else had frames and nodes? */
static bool
is_purge_of_use(const struct vm_machine *vm, const struct asked *asked)
{
	const uint64_t all[] = { vm->pages.limit, vm->nodes.limit };
	struct asked rest = *asked;

	static_assert(VM_RESOURCE_PAGES == 0 && VM_RESOURCE_NODES == 1,
	    "the first two");
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		uint64_t own = asked->takes ? asked->takes->used.of[i] : 0;
		uint64_t more = rest.reserve.of[i];

		if (more > 0 &&
		    (more > all[i] - own ||
			passes(asked->takes, i, more, all[i] - own)))
			return false;
		rest.reserve.of[i] = 0;
	}
	return lacking(vm, &rest) == VM_RESOURCES;
}

static void
note_refusal(struct vm_machine *vm, const struct asked *asked,
    enum vm_resource what)
{
	const struct vm_account *account = taker(asked, what);
	uint64_t left = left_of(vm).of[what];

	if (!passes(account, what, asked->reserve.of[what], left))
		return;
	vm->refused = (struct vm_refusal){
		.happened = true,
		.account = account->number,
		.what = what,
		.used = account->used.of[what],
		.allowed = vm_account_allowed(account, what, left),
	};
}

bool
vm_machine_has_for(struct vm_machine *vm, struct vm_account *entries,
    struct vm_reserve reserve)
{
	enum { SLICE = 256 };
	struct asked asked = { reserve, vm->account, entries };
	enum vm_resource what = lacking(vm, &asked);
	bool more = true;

	for (int i = 0; what != VM_RESOURCES && more; i++) {
		if (vm->pause && i > 0) {
			vm->waiting = true;
			return false;
		}
		more = vm_machine_reap(vm, SLICE);
		what = lacking(vm, &asked);
	}
	if (what == VM_RESOURCES) {
		hold(vm, reserve);
		return true;
	}
	vm->wanting = is_purge_of_use(vm, &asked);
	note_refusal(vm, &asked, what);
	return false;
}

bool
vm_machine_has(struct vm_machine *vm, struct vm_reserve reserve)
{
	return vm_machine_has_for(vm, NULL, reserve);
}

bool
vm_machine_still_has(struct vm_machine *vm, struct vm_reserve reserve,
    uint64_t pauses)
{
	return vm->pauses == pauses || vm_machine_has(vm, reserve);
}

bool
vm_machine_spares_nodes(struct vm_machine *vm, uint64_t nodes)
{
	struct vm_reserve reserve = { .nodes = nodes + hold_left(vm).nodes };
	struct asked asked = { reserve, vm->account, NULL };

	return nodes == 0 || lacking(vm, &asked) == VM_RESOURCES;
}

bool
vm_machine_make_room(struct vm_machine *vm, struct vm_reserve reserve)
{
	bool has;

	while (!(has = vm_machine_has(vm, reserve))) {
		if (vm->waiting)
			vm->waiting = false;
		else if (!vm->wanting || !vm_upkeep_purge(vm))
			break;
	}
	vm->wanting = false;
	return has;
}
