/*
 * The model: vm_read, vm_write, vm_copy
 */
#include <string.h>

#include "common/cleanup.h"
#include "tests/support/model_inside.h"

static kern_return_t
check_access(struct model_task *task, vm_address_t address, vm_size_t size,
    vm_prot_t access)
{
	kern_return_t kr;

	if (wraps_rounded(address, size))
		return KERN_INVALID_ADDRESS;
	kr = model_check(task, address, address + size, access);
	if (kr == KERN_PROTECTION_FAILURE && task->rules->small_says_address &&
	    size < 2 * MODEL_PAGE)
		return KERN_INVALID_ADDRESS;
	return kr;
}

/* Of a range that is all there. */
static void
move(struct model_task *task, vm_address_t address, uint8_t *bytes,
    vm_size_t size, bool to_task)
{
	while (size > 0) {
		size_t offset = address % MODEL_PAGE;
		size_t n = MIN(size, MODEL_PAGE - offset);
		uint8_t *at =
		    model_page_at(task, address)->storage->bytes + offset;

		memcpy(to_task ? at : bytes, to_task ? bytes : at, n);
		address += n;
		bytes += n;
		size -= n;
	}
}

kern_return_t
model_read_overwrite(struct model_task *task, vm_address_t address,
    vm_size_t size, uint8_t *bytes)
{
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (size == 0)
		return KERN_SUCCESS;
	kr = check_access(task, address, size, VM_PROT_READ);
	if (kr == KERN_SUCCESS)
		move(task, address, bytes, size, false);
	return kr;
}

kern_return_t
model_read(struct model_task *task, vm_address_t address, vm_size_t size,
    uint8_t *bytes)
{
	if (task->alive && task->rules->read_is_limited && size > UINT32_MAX)
		return KERN_INVALID_ARGUMENT;
	return model_read_overwrite(task, address, size, bytes);
}

vm_size_t
model_read_offset(const struct model_task *task, vm_address_t address,
    vm_size_t size)
{
	bool kept = task->rules->read_keeps_offset || size >= 2 * MODEL_PAGE;

	return kept ? address % MODEL_PAGE : 0;
}

kern_return_t
model_write(struct model_task *task, vm_address_t address, const uint8_t *bytes,
    vm_size_t size, bool aligned)
{
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (size == 0)
		return KERN_SUCCESS;
	if (task->rules->write_whole_pages &&
	    (!aligned || (address | size) % MODEL_PAGE != 0))
		return KERN_INVALID_ARGUMENT;
	kr = check_access(task, address, size, VM_PROT_WRITE);
	if (kr == KERN_SUCCESS)
		move(task, address, (uint8_t *)(uintptr_t)bytes, size, true);
	return kr;
}

/* They are no longer as they were allocated. */
static void
mark_copied(struct model_task *task, vm_address_t address, vm_size_t size)
{
	struct model_page *page;

	for (page = slot(task, down(address));
	     page < slot(task, up(address + size)); page++)
		if (page->storage)
			page->storage->plain = false;
}

kern_return_t
model_copy(struct model_task *task, vm_address_t source, vm_size_t size,
    vm_address_t destination)
{
	static uint8_t bytes[MODEL_PAGES * MODEL_PAGE];
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (size == 0)
		return KERN_SUCCESS;
	kr = model_read_overwrite(task, source, size, bytes);
	if (kr != KERN_SUCCESS)
		return kr;
	if (task->rules->copy_whole_pages &&
	    (source | size | destination) % MODEL_PAGE != 0)
		return KERN_INVALID_ARGUMENT;
	kr = check_access(task, destination, size, VM_PROT_WRITE);
	if (kr != KERN_SUCCESS)
		return kr;
	move(task, destination, bytes, size, true);
	mark_copied(task, source, size);
	mark_copied(task, destination, size);
	return KERN_SUCCESS;
}
