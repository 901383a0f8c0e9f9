#include "server/vm/memory_entry.h"

#include <stdlib.h>

struct memory_entry *
memory_entry_new(struct vm_machine *vm)
{
	struct memory_entry *entry = calloc(1, sizeof(*entry));

	if (entry)
		entry->parts.vm = vm;
	return entry;
}

struct memory_entry *
memory_entry_free(struct memory_entry *entry)
{
	if (!entry)
		return NULL;
	vm_mappings_clear(&entry->parts);
	free(entry);
	return NULL;
}
