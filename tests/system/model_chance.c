/*
 * The model test: operands that chance chooses
 */
#include "tests/system/model_run.h"

vm_address_t
beside(vm_address_t boundary)
{
	switch (chance(16)) {
	case 0:
		return boundary - 1;
	case 1:
		return boundary + 1;
	case 2:
		return boundary + chance(PAGE);
	default:
		return boundary;
	}
}

static const vm_address_t ends[] = {
	0,
	VM_MIN_ADDRESS,
	MODEL_END,
	UINT64_C(1) << 32,
	VM_MAX_ADDRESS - PAGE,
	VM_MAX_ADDRESS,
	-(vm_address_t)PAGE,
	-(vm_address_t)1,
};

vm_address_t
some_address(void)
{
	if (one_in(24))
		return beside(one_of(ends));
	return beside(chance(WINDOW) * PAGE);
}

vm_address_t
some_place(size_t task)
{
	vm_address_t address = some_address();

	for (int i = 0; i < 2 && !model_page_at(&tasks[task], address); i++)
		address = some_address();
	return address;
}

vm_size_t
some_size(vm_address_t address)
{
	if (one_in(48))
		return beside(one_of(ends)) - address;
	if (one_in(32))
		return beside(one_of(ends));
	if (one_in(24))
		return 0;
	if (one_in(16))
		return beside(chance(WINDOW) * PAGE);
	return beside((1 + chance(5)) * PAGE);
}

vm_address_t
some_near_address(void)
{
	return (1 + chance(WINDOW - 1)) * PAGE;
}

vm_size_t
some_small_size(void)
{
	return beside((1 + chance(5)) * PAGE);
}

vm_prot_t
some_protection(void)
{
	static const vm_prot_t usual[] = { VM_PROT_READ, VM_PROT_DEFAULT,
		VM_PROT_DEFAULT, VM_PROT_ALL, VM_PROT_NONE };

	if (one_in(24))
		return (vm_prot_t)chance(64);
	if (one_in(8))
		return (vm_prot_t)chance(8);
	return one_of(usual);
}

vm_inherit_t
some_inheritance(void)
{
	return (vm_inherit_t)chance(one_in(16) ? 8 : 3);
}

/* Nothing, alignment, something that is no alignment; or all that memory is to
 * be below. */
vm_address_t
some_mask(void)
{
	static const vm_address_t odd[] = { 0x5000, 0x5fff, 0x20000,
		~(vm_address_t)(MODEL_END - 1), -(vm_address_t)0x40000 | 0x1fff,
		-(vm_address_t)1 };

	if (!one_in(4))
		return 0;
	if (one_in(8))
		return one_of(odd);
	return ((vm_address_t)1 << chance(19)) - 1;
}

size_t
some_task(void)
{
	size_t i = chance(TASKS);

	for (size_t n = 0; n < TASKS && !tasks[i].alive && !one_in(16); n++)
		i = (i + 1) % TASKS;
	return i;
}
