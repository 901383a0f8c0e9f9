/*
 * Accounts: who has what of the machine
 *
 * Everything that tasks' memory is made of is charged to somebody: frames,
 * nodes of page trees, entries, mappings and pieces. Who takes is vm->account;
 * of entries, it is whose map it is. What was taken remembers its account by
 * number, and is given back to that one, whoever gives it back: frames travel
 * with copies into other tasks, and may outlive the one they are charged to.
 *
 *      vm->account ──► account 3   used    pages 512   nodes 40 ...
 *                                  limit   pages 512   nodes -- ...
 *      owners[]   0    3    3    0 ...                  of frames
 *
 * An account may have limits, and what would pass one is refused as if there
 * were no more. One that is fair has at most half of what is free and its own
 * together, so that whoever comes later always finds something:
 *
 *      |== own ==|............... free ...............|  others  |
 *      |---------- allowed -----|
 *
 * Number 0 is nobody's account: of those who say no other. It has no limits.
 *
 * Source: the share of what is left, not of the whole, is an idea of
 * dbus-broker's quotas.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/vm/vm_machine.h"

#define VM_ACCOUNT_NO_LIMIT UINT64_MAX

struct vm_account {
	uint16_t number;
	bool fair;     /* its maker sets it, and the limits */
	bool released; /* its maker has no more use for it */
	uint32_t maps; /* whose entries are charged to it */
	struct vm_reserve used;
	struct vm_reserve held;  /* for calls that have paused */
	struct vm_reserve limit; /* VM_ACCOUNT_NO_LIMIT, at first */
};

/*
 * An account that has nothing, and may have all. There are 65,535 at the most.
 *
 * => NULL: none is left
 */
struct vm_account *vm_account_new(struct vm_machine *vm);

/*
 * Its maker has no more use for it. The record goes when all that is charged to
 * it has been given back, which may be now.
 *
 * => it is not vm->account, nor that of a call that has paused. Returns NULL
 */
struct vm_account *vm_account_release(struct vm_machine *vm,
    struct vm_account *account);

/* For vm_machine_init(): nobody's account. */
void vm_account_init_nobody(struct vm_machine *vm);

/*
 * How much of something the account may have in all, of which `left` is free.
 * It may be less than what it has.
 */
uint64_t vm_account_allowed(const struct vm_account *account,
    enum vm_resource what, uint64_t left);

/* One map more, or less, that entries are charged to; NULL: of nobody's. */
void vm_account_hold(struct vm_account *account);
void vm_account_drop(struct vm_machine *vm, struct vm_account *account);

/* Frees a record that was released, if nothing is charged to it. For
 * vm_account_give(). */
void vm_account_settle(struct vm_machine *vm, struct vm_account *account);

/* "frames", "nodes": as a log has it. */
const char *vm_resource_name(enum vm_resource what);

/* inline helpers */

/* => number: of an account there is, or 0 */
static inline struct vm_account *
vm_account_at(const struct vm_machine *vm, uint16_t number)
{
	return (struct vm_account *)vm_zone_at(&vm->accounts, number);
}

/* Charges one to an account; NULL: to nobody's. Returns its number, for what
 * was taken to remember. */
static inline uint16_t
vm_account_charge(struct vm_machine *vm, struct vm_account *account,
    enum vm_resource what)
{
	if (!account)
		account = vm_account_at(vm, 0);
	account->used.of[what]++;
	return account->number;
}

/* One that was charged has been given back. */
static inline void
vm_account_give(struct vm_machine *vm, uint16_t number, enum vm_resource what)
{
	struct vm_account *account = vm_account_at(vm, number);

	assert(account->used.of[what] > 0);
	account->used.of[what]--;
	if (account->released)
		vm_account_settle(vm, account);
}
