#include "server/vm/vm_account.h"

#include <string.h>

#include "common/cleanup.h"

static void
init(struct vm_account *account, uint16_t number)
{
	*account = (struct vm_account){ .number = number };
	for (unsigned i = 0; i < VM_RESOURCES; i++)
		account->limit.of[i] = VM_ACCOUNT_NO_LIMIT;
}

/* The record that a zone never gives out. */
void
vm_account_init_nobody(struct vm_machine *vm)
{
	init(vm_account_at(vm, 0), 0);
}

struct vm_account *
vm_account_new(struct vm_machine *vm)
{
	uint32_t number = vm_zone_take(&vm->accounts);

	if (number == 0)
		return NULL;
	init(vm_account_at(vm, (uint16_t)number), (uint16_t)number);
	return vm_account_at(vm, (uint16_t)number);
}

void
vm_account_settle(struct vm_machine *vm, struct vm_account *account)
{
	uint64_t used = account->maps;

	for (unsigned i = 0; i < VM_RESOURCES; i++)
		used += account->used.of[i] + account->held.of[i];
	if (account->released && used == 0)
		vm_zone_give(&vm->accounts, account->number);
}

struct vm_account *
vm_account_release(struct vm_machine *vm, struct vm_account *account)
{
	assert(account->number != 0 && !account->released);
	assert(vm->account != account);

	account->released = true;
	vm_account_settle(vm, account);
	return NULL;
}

void
vm_account_hold(struct vm_account *account)
{
	if (account)
		account->maps++;
}

void
vm_account_drop(struct vm_machine *vm, struct vm_account *account)
{
	if (!account)
		return;
	assert(account->maps > 0);
	account->maps--;
	vm_account_settle(vm, account);
}

uint64_t
vm_account_allowed(const struct vm_account *account, enum vm_resource what,
    uint64_t left)
{
	uint64_t own = account->used.of[what] + account->held.of[what];
	uint64_t share = (own + left) / 2;

	return account->fair ? MIN(account->limit.of[what], share)
			     : account->limit.of[what];
}

const char *
vm_resource_name(enum vm_resource what)
{
	static const char *const names[] = {
		[VM_RESOURCE_PAGES] = "frames",
		[VM_RESOURCE_NODES] = "nodes",
		[VM_RESOURCE_ENTRIES] = "entries",
		[VM_RESOURCE_MAPPINGS] = "mappings",
		[VM_RESOURCE_PIECES] = "pieces",
	};

	static_assert(ARRAY_SIZE(names) == VM_RESOURCES, "a name for each");
	assert(what < VM_RESOURCES);
	return names[what];
}
