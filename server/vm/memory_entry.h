/*
 * Memory entries: memory that has a port
 *
 * What mach_make_memory_entry makes: parts of objects, held for whoever has a
 * send right to the entry, to be mapped into any task. They stay when the map
 * they came from, or the whole task, has gone.
 *
 * Source: xnu vm_named_entry.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mach/vm_prot.h>

#include "common/cleanup.h"
#include "server/vm/vm_mapping.h"

struct memory_entry {
	struct vm_mappings parts;
	uint64_t data;        /* where in its first page the memory begins */
	vm_prot_t protection; /* no mapping may have more */
	enum {
		MEMORY_ENTRY_OBJECT, /* an object, or part of one */
		MEMORY_ENTRY_SHARE,  /* parts of a map, seen with it */
		MEMORY_ENTRY_COPY,   /* as it was; each mapping has its own */
	} kind;
};

/* An empty one. NULL: no memory. */
struct memory_entry *memory_entry_new(struct vm_machine *vm);

/* Returns NULL. */
struct memory_entry *memory_entry_free(struct memory_entry *entry);

DEFINE_CLEANUP(struct memory_entry *, memory_entry_free)
