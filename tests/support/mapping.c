#include "tests/support/mapping.h"

#include <mach/mach_vm.h>

#include "tests/support/memory.h"
#include "tests/support/test.h"

const struct asked zeros = {
	.size = PAGE,
	.current = VM_PROT_DEFAULT,
	.maximum = VM_PROT_ALL,
	.inheritance = VM_INHERIT_COPY,
};

kern_return_t
classic(task_t where, vm_address_t *address, const struct asked *a)
{
	return vm_map(where, address, a->size, a->mask, a->flags, a->object,
	    a->offset, a->copy, a->current, a->maximum, a->inheritance);
}

kern_return_t
with_64(task_t where, vm_address_t *address, const struct asked *a)
{
	return vm_map_64(where, address, a->size, a->mask, a->flags, a->object,
	    a->offset, a->copy, a->current, a->maximum, a->inheritance);
}

kern_return_t
wide(task_t where, vm_address_t *address, const struct asked *a)
{
	mach_vm_address_t at = *address;
	kern_return_t kr;

	kr = mach_vm_map(where, &at, a->size, a->mask, a->flags, a->object,
	    a->offset, a->copy, a->current, a->maximum, a->inheritance);
	*address = at;
	return kr;
}

spelling *const spellings[SPELLINGS] = { classic, with_64, wide };

void
all_say(task_t task, vm_address_t address, const struct asked *asked,
    kern_return_t code, const char *why)
{
	for (size_t i = 0; i < SPELLINGS; i++) {
		uint64_t before = digest(task);
		vm_address_t at = address;

		code_is(spellings[i](task, &at, asked), code, why);
		if (code == KERN_SUCCESS) {
			succeeds(vm_deallocate(task, at, asked->size));
			continue;
		}
		ck_assert_uint_eq(at, address);
		ck_assert_uint_eq(digest(task), before);
	}
}
