/*
 * The model test: wiring, purging, behaviour, vm_msync
 */
#include <mach/host_priv.h>
#include <mach/mach_vm.h>

#include "tests/system/model_run.h"

/* --- vm_wire ----------------------------------------------------------- */

/* It is nowhere said what comes of memory that is wired and may be purged. */
static bool
has_purgable(size_t i, vm_address_t address, vm_size_t size)
{
	for (size_t p = 0; p < MODEL_PAGES; p++) {
		const struct model_storage *storage = tasks[i].pages[p].storage;

		if (storage && storage->purgable && p * PAGE < address + size &&
		    (p + 1) * PAGE > address)
			return true;
	}
	return false;
}

static vm_prot_t
some_access(void)
{
	static const vm_prot_t usual[] = { VM_PROT_NONE, VM_PROT_NONE,
		VM_PROT_READ, VM_PROT_READ, VM_PROT_DEFAULT, VM_PROT_EXECUTE };

	return one_in(24) ? (vm_prot_t)chance(32) : one_of(usual);
}

void
call_wire(void)
{
	size_t i = some_task();
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address);
	vm_prot_t access = some_access();
	bool privileged = !one_in(is_gnu ? 2 : 12);
	host_t host = privileged ? privileged_host : mach_host_self();
	kern_return_t code;

	if (has_purgable(i, address, size))
		return;
	/* A plain port: whose rules are asked, of a task that is none; and is
	 * what is too large refused for that? */
	if (!privileged && (!tasks[i].alive || size > MODEL_END))
		return;
	tell("vm_wire(%s, t%zu, %#zx, %#zx, %#x)",
	    privileged ? "priv" : "mach_host_self()", i, address, size,
	    (unsigned)access);
	code =
	    (one_in(2) ? vm_wire(host, ports[i], address, size, access)
		       : mach_vm_wire(host, ports[i], address, size, access));
	judge(i, code,
	    model_wire(&tasks[i], privileged, address, size, access));
}

/* --- vm_purgable_control ----------------------------------------------- */

static vm_address_t
some_purgable_place(size_t i)
{
	vm_address_t address = some_address();

	for (int n = 0; n < 12; n++) {
		const struct model_page *page =
		    model_page_at(&tasks[i], address);

		if (page && page->storage->purgable)
			break;
		address = some_address();
	}
	return address;
}

static int
some_state(void)
{
	static const int more[] = { VM_VOLATILE_GROUP_1,
		VM_PURGABLE_BEHAVIOR_LIFO, VM_VOLATILE_MAKE_FIRST_IN_GROUP,
		VM_PURGABLE_ORDERING_OBSOLETE };
	static const int wrong[] = { 0x4, 0x8, 0x80, 0x800, 0x4000, 0x20000 };
	int state = (int)chance(one_in(12) ? 4 : 3);

	if (one_in(8))
		state |= one_of(more);
	if (one_in(16))
		state |= one_of(wrong);
	return state;
}

void
call_purgable_control(void)
{
	static const vm_purgable_t controls[] = { VM_PURGABLE_SET_STATE,
		VM_PURGABLE_SET_STATE, VM_PURGABLE_SET_STATE,
		VM_PURGABLE_GET_STATE, VM_PURGABLE_GET_STATE };
	size_t i = some_task();
	vm_address_t address = some_purgable_place(i);
	vm_purgable_t control =
	    one_in(8) ? (vm_purgable_t)chance(6) - 1 : one_of(controls);
	int given = some_state(), seen = given, expected = given;
	kern_return_t kr, code;

	tell("vm_purgable_control(t%zu, %#zx, %d, &(%#x))", i, address, control,
	    (unsigned)given);
	kr = model_purgable_control(&tasks[i], address, control, &expected);
	code =
	    one_in(2)
		? vm_purgable_control(ports[i], address, control, &seen)
		: mach_vm_purgable_control(ports[i], address, control, &seen);
	judge(i, code, kr);
	if (kr != KERN_SUCCESS)
		agree("the state", seen, given);
	else if (control != VM_PURGABLE_PURGE_ALL)
		agree("the state", seen & VM_PURGABLE_STATE_MASK, expected);
}

/* --- vm_behavior_set, vm_msync ----------------------------------------- */

/* Of those that have no effect, or one that is known. */
static vm_behavior_t
some_behavior(void)
{
	static const vm_behavior_t known[] = { VM_BEHAVIOR_DEFAULT,
		VM_BEHAVIOR_DEFAULT, VM_BEHAVIOR_RANDOM, VM_BEHAVIOR_SEQUENTIAL,
		VM_BEHAVIOR_RSEQNTL, VM_BEHAVIOR_WILLNEED, VM_BEHAVIOR_DONTNEED,
		VM_BEHAVIOR_FREE, VM_BEHAVIOR_FREE, VM_BEHAVIOR_PAGEOUT,
		VM_BEHAVIOR_ZERO, VM_BEHAVIOR_ZERO };

	return one_in(24) ? -1 + 14 * (vm_behavior_t)chance(2) : one_of(known);
}

void
call_behavior_set(void)
{
	size_t i = some_task();
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address);
	vm_behavior_t behavior = some_behavior();
	bool may_refuse = behavior == VM_BEHAVIOR_ZERO &&
			  model_may_refuse_to_zero(&tasks[i], address, size);
	kern_return_t kr, code;

	tell("vm_behavior_set(t%zu, %#zx, %#zx, %d)", i, address, size,
	    behavior);
	code = one_in(2)
		   ? vm_behavior_set(ports[i], address, size, behavior)
		   : mach_vm_behavior_set(ports[i], address, size, behavior);
	if (may_refuse && code == KERN_NO_ACCESS)
		kr = code;
	else
		kr = model_behavior_set(&tasks[i], address, size, behavior);
	settle(i);
	judge(i, code, kr);
}

void
call_msync(void)
{
	static const vm_sync_t usual[] = { 0, VM_SYNC_SYNCHRONOUS,
		VM_SYNC_ASYNCHRONOUS, VM_SYNC_SYNCHRONOUS | VM_SYNC_INVALIDATE,
		VM_SYNC_CONTIGUOUS, VM_SYNC_CONTIGUOUS | VM_SYNC_DEACTIVATE,
		VM_SYNC_KILLPAGES, VM_SYNC_KILLPAGES | VM_SYNC_CONTIGUOUS,
		VM_SYNC_SYNCHRONOUS | VM_SYNC_ASYNCHRONOUS };
	size_t i = some_task();
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address);
	vm_sync_t flags = one_of(usual);
	kern_return_t code, kr;

	if (is_gnu)
		flags &= ~VM_SYNC_SYNCHRONOUS;
	tell("vm_msync(t%zu, %#zx, %#zx, %#x)", i, address, size, flags);
	code = one_in(2) ? vm_msync(ports[i], address, size, flags)
			 : mach_vm_msync(ports[i], address, size, flags);
	kr = model_msync(&tasks[i], address, size, flags);
	settle(i);
	judge(i, code, kr);
}
