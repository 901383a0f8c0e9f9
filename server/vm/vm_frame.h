/*
 * Frames of a machine
 *
 * Those of its pool (vm_page.h), each charged to the account that takes it.
 */
#pragma once

#include <stdint.h>

#include "server/vm/vm_account.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_page.h"

/* A frame that has just been taken, charged; 0 stays 0. */
static inline uint32_t
vm_frame_charge(struct vm_machine *vm, uint32_t frame)
{
	if (frame != 0)
		vm->pages.owners[frame] =
		    vm_account_charge(vm, vm->account, VM_RESOURCE_PAGES);
	return frame;
}

/* As vm_page_alloc(), vm_page_alloc_zeroed(), vm_page_copy(). */
static inline uint32_t
vm_frame_alloc(struct vm_machine *vm)
{
	return vm_frame_charge(vm, vm_page_alloc(&vm->pages));
}

static inline uint32_t
vm_frame_alloc_zeroed(struct vm_machine *vm)
{
	return vm_frame_charge(vm, vm_page_alloc_zeroed(&vm->pages));
}

static inline uint32_t
vm_frame_copy(struct vm_machine *vm, uint32_t frame)
{
	return vm_frame_charge(vm, vm_page_copy(&vm->pages, frame));
}

/* One reference less. The last one gives it back to whom it is charged to. */
static inline void
vm_frame_unref(struct vm_machine *vm, uint32_t frame)
{
	uint32_t used = vm->pages.used;

	vm_page_unref(&vm->pages, frame);
	if (vm->pages.used != used)
		vm_account_give(vm, vm->pages.owners[frame], VM_RESOURCE_PAGES);
}
