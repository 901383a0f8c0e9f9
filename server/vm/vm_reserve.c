#include "server/vm/vm_machine.h"

#include <assert.h>

#include "common/cleanup.h"
#include "server/vm/vm_account.h"
#include "server/vm/vm_upkeep.h"

/* --- What calls have seen to ------------------------------------------- */

/* What was ever taken of something. */
static uint64_t
taken_of(const struct vm_machine *vm, enum vm_resource what)
{
	switch (what) {
	case VM_RESOURCE_PAGES:
		return vm->pages.taken;
	case VM_RESOURCE_NODES:
		return vm->nodes.taken;
	case VM_RESOURCE_ENTRIES:
		return vm->entries.taken;
	case VM_RESOURCE_MAPPINGS:
		return vm->mappings.taken;
	case VM_RESOURCE_PIECES:
		return vm->pieces.taken;
	default:
		assert(false);
		return 0;
	}
}

static struct vm_reserve
taken(const struct vm_machine *vm)
{
	struct vm_reserve all;

	for (unsigned i = 0; i < VM_RESOURCES; i++)
		all.of[i] = taken_of(vm, i);
	return all;
}

/* What the call under way has seen to of something and not taken, when so much
 * has been taken ever. */
static uint64_t
rest_of(const struct vm_hold *hold, enum vm_resource what, uint64_t now)
{
	uint64_t since = now - hold->taken.of[what];

	return hold->seen.of[what] - MIN(hold->seen.of[what], since);
}

static struct vm_reserve
hold_left(const struct vm_machine *vm)
{
	struct vm_reserve left;

	for (unsigned i = 0; i < VM_RESOURCES; i++)
		left.of[i] = rest_of(&vm->hold, i, taken_of(vm, i));
	return left;
}

/* That much is seen to. */
static void
hold(struct vm_machine *vm, const struct vm_reserve *reserve,
    struct vm_account *entries)
{
	struct vm_hold *call = &vm->hold;

	for (unsigned i = 0; i < VM_RESOURCES; i++) {
		uint64_t more = reserve->of[i], now;

		if (more == 0)
			continue;
		now = taken_of(vm, i);
		call->seen.of[i] = MAX(more, rest_of(call, i, now));
		call->taken.of[i] = now;
	}
	call->account = vm->account;
	if (reserve->entries > 0)
		call->entries = entries;
}

void
vm_machine_begin(struct vm_machine *vm, struct vm_account *account)
{
	vm->hold = (struct vm_hold){ 0 };
	vm->account = account;
	vm->wanting = vm->waiting = vm->refused.happened = false;
}

/* Whose is what the call takes? NULL: nobody's. */
static struct vm_account *
taker(const struct vm_suspended *suspended, enum vm_resource what)
{
	return what == VM_RESOURCE_ENTRIES ? suspended->entries
					   : suspended->account;
}

struct vm_suspended
vm_machine_suspend(struct vm_machine *vm)
{
	struct vm_suspended suspended = {
		.account = vm->account,
		.entries = vm->hold.entries,
		.left = hold_left(vm),
	};

	vm_reserve_add(&vm->held, suspended.left);
	for (unsigned i = 0; i < VM_RESOURCES; i++) {
		struct vm_account *account = taker(&suspended, i);

		if (account)
			account->held.of[i] += suspended.left.of[i];
	}
	vm_machine_begin(vm, NULL);
	return suspended;
}

void
vm_machine_resume(struct vm_machine *vm, struct vm_suspended suspended)
{
	vm->account = suspended.account;
	vm->hold = (struct vm_hold){
		.seen = suspended.left,
		.taken = taken(vm),
		.account = suspended.account,
		.entries = suspended.entries,
	};
	vm->pauses++;
	for (unsigned i = 0; i < VM_RESOURCES; i++) {
		struct vm_account *account = taker(&suspended, i);

		vm->held.of[i] -= suspended.left.of[i];
		if (!account)
			continue;
		account->held.of[i] -= suspended.left.of[i];
		if (account->released)
			vm_account_settle(vm, account);
	}
}

/* --- What there is ----------------------------------------------------- */

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
	const struct vm_reserve *reserve;
	struct vm_account *account; /* who takes; NULL: nobody's */
	struct vm_account *entries; /* who takes those */
};

/* So much the call under way has been promised, and an account with it. */
static uint64_t
promised(const struct vm_machine *vm, const struct vm_account *account,
    enum vm_resource what)
{
	const struct vm_account *whose =
	    what == VM_RESOURCE_ENTRIES ? vm->hold.entries : vm->hold.account;

	return account == whose ? rest_of(&vm->hold, what, taken_of(vm, what))
				: 0;
}

/* What nobody has taken of something. */
static uint64_t
free_of(const struct vm_machine *vm, enum vm_resource what)
{
	switch (what) {
	case VM_RESOURCE_PAGES:
		return vm_page_left(&vm->pages);
	case VM_RESOURCE_NODES:
		return vm_zone_left(&vm->nodes);
	case VM_RESOURCE_ENTRIES:
		return vm_zone_left(&vm->entries);
	case VM_RESOURCE_MAPPINGS:
		return vm_zone_left(&vm->mappings);
	case VM_RESOURCE_PIECES:
		return vm_zone_left(&vm->pieces);
	default:
		assert(false);
		return 0;
	}
}

/* Is there too little of something, part of which is held for others? */
static bool
lacks(const struct vm_machine *vm, const struct vm_account *account,
    enum vm_resource what, uint64_t more)
{
	uint64_t held = vm->held.of[what], free;

	if (more == 0)
		return false;
	free = free_of(vm, what);
	return more + held > free ||
	       (passes(account, what, more, free - held) &&
		   more > promised(vm, account, what));
}

/* Who would take it? */
static const struct vm_account *
asks(const struct asked *asked, enum vm_resource what)
{
	return what == VM_RESOURCE_ENTRIES ? asked->entries : asked->account;
}

/* Of what there is too little, the first; VM_RESOURCES: of nothing. */
static enum vm_resource
lacking(const struct vm_machine *vm, const struct asked *asked)
{
	enum vm_resource what = 0;

	while (what < VM_RESOURCES &&
	       !lacks(vm, asks(asked, what), what, asked->reserve->of[what]))
		what++;
	return what;
}

/* Would all be there if nobody had frames and nodes, and the limits let it? */
static bool
is_purge_of_use(const struct vm_machine *vm, const struct asked *asked)
{
	const uint64_t all[] = { vm->pages.limit, vm->nodes.limit };
	const struct vm_account *account = asked->account;
	struct vm_reserve rest = *asked->reserve;
	struct asked others = { &rest, asked->account, asked->entries };

	static_assert(VM_RESOURCE_PAGES == 0 && VM_RESOURCE_NODES == 1,
	    "the first two");
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		uint64_t own = account ? account->used.of[i] : 0;
		uint64_t held = vm->held.of[i], more = rest.of[i];

		if (more > 0 &&
		    (more + held > all[i] ||
			passes(account, i, more, all[i] - own - held)))
			return false;
		rest.of[i] = 0;
	}
	return lacking(vm, &others) == VM_RESOURCES;
}

/* What there is of something, but for what is held for others. */
static uint64_t
left_of(const struct vm_machine *vm, enum vm_resource what)
{
	return free_of(vm, what) - vm->held.of[what];
}

/* If it is a limit that refuses, and not the machine. */
static void
note_refusal(struct vm_machine *vm, const struct asked *asked,
    enum vm_resource what)
{
	const struct vm_account *account = asks(asked, what);
	uint64_t left = left_of(vm, what);

	if (!passes(account, what, asked->reserve->of[what], left))
		return;
	vm->refused = (struct vm_refusal){
		.happened = true,
		.account = account->number,
		.what = what,
		.used = account->used.of[what] + account->held.of[what],
		.allowed = vm_account_allowed(account, what, left),
	};
}

/* Frees what is dead until there is enough. */
static bool
reap_for(struct vm_machine *vm, const struct asked *asked)
{
	enum { SLICE = 256 };
	enum vm_resource what;
	bool more = true;

	for (int i = 0; (what = lacking(vm, asked)) != VM_RESOURCES && more;
	     i++) {
		if (vm->pause && i > 0) {
			vm->waiting = true;
			return false;
		}
		more = vm_machine_reap(vm, SLICE);
	}
	if (what == VM_RESOURCES)
		return true;
	vm->wanting = is_purge_of_use(vm, asked);
	note_refusal(vm, asked, what);
	return false;
}

bool
vm_machine_has_for(struct vm_machine *vm, struct vm_account *entries,
    struct vm_reserve reserve)
{
	struct asked asked = { &reserve, vm->account, entries };

	if (lacking(vm, &asked) != VM_RESOURCES && !reap_for(vm, &asked))
		return false;
	hold(vm, &reserve, entries);
	return true;
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
	const struct vm_account *account = vm->account;
	uint64_t all = hold_left(vm).nodes, left, own;

	if (nodes == 0)
		return true;
	own = promised(vm, account, VM_RESOURCE_NODES);
	left = left_of(vm, VM_RESOURCE_NODES);
	return nodes + all <= left && !passes(account, VM_RESOURCE_NODES,
					  nodes + own, left - (all - own));
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
