/*
 * What the parts of the model share
 *
 * Ranges are as the routines take them: `start` is the first page's, `end` that
 * behind the last. slot() maps both to the array of pages, and what lies
 * outside of it to its ends.
 */
#pragma once

#include "tests/support/model.h"

/* How the personalities differ. Codes that are KERN_SUCCESS: nothing is done,
 * and that is no failure. */
struct model_rules {
	const char *name;
	vm_address_t lowest; /* address of a map */

	/* vm_allocate, vm_map */
	bool any_flag_is_anywhere;
	bool map_from_hint;
	bool map_to_maximum;  /* the current protection is clamped to it */
	bool map_whole_parts; /* of maps, that an entry shares or copied */
	vm_prot_t map_bits;   /* beyond VM_PROT_ALL */
	kern_return_t map_wraps;
	kern_return_t no_object;

	/* vm_deallocate, vm_protect, vm_inherit */
	bool ranges_are_modulo; /* 2^64: no range at all, or a strange one */
	bool deallocate_holes;
	bool deallocate_inside_only; /* beyond the map: nothing, and succeed */
	bool protect_holes;
	bool inherit_holes;
	vm_prot_t protect_copies; /* this bit, in vm_protect */
	vm_prot_t protect_keeps;  /* this bit, beyond VM_PROT_ALL */

	/* vm_read, vm_write, vm_copy */
	bool read_is_limited; /* to less than 4 GiB, whatever is there */
	bool read_keeps_offset;
	bool write_whole_pages;
	bool copy_whole_pages;
	bool small_says_address; /* whatever the matter is */

	/* vm_wire, vm_msync, memory entries */
	bool wire_is_for_all; /* not only for who has the privileged port */
	bool wire_nests;
	kern_return_t wire_hole;
	kern_return_t wire_protection;
	bool no_msync; /* but of nothing, modulo 2^64 */
	bool entries_end_early;

	kern_return_t no_region;
};

/* --- Numbers ----------------------------------------------------------- */

static inline vm_address_t
down(vm_address_t address)
{
	return address & ~(vm_address_t)(MODEL_PAGE - 1);
}

/* 0, past the last page. */
static inline vm_address_t
up(vm_address_t address)
{
	return down(address + MODEL_PAGE - 1);
}

static inline bool
wraps(vm_address_t address, vm_size_t size)
{
	return address + size < address;
}

/* ... or does once its end is rounded up. */
static inline bool
wraps_rounded(vm_address_t address, vm_size_t size)
{
	return wraps(address, size) || (size > 0 && up(address + size) == 0);
}

/* Has `have` all bits of `want`? */
static inline bool
permits(vm_prot_t have, vm_prot_t want)
{
	return (want & ~have) == 0;
}

/* --- Pages ------------------------------------------------------------- */

LIST_HEAD(model_storages, model_storage);
extern struct model_storages model_storages; /* all there are */

/* NULL: zeros. One holder has it. */
struct model_storage *model_storage_new(const uint8_t *bytes);

/* The same for one holder more; and for one less, NULL is nobody's. */
struct model_storage *model_storage_hold(struct model_storage *storage);
void model_storage_drop(struct model_storage *storage);

/* A page of its own, with the same bytes, which nobody may purge. */
struct model_storage *model_storage_copy(struct model_storage *storage);

/* Memory that may be purged: with no page yet. */
struct model_purgable *model_purgable_new(void);
void model_storage_make_purgable(struct model_storage *storage,
    struct model_purgable *purgable);

void model_page_remove(struct model_page *page);

/* The place of an address that is a page's, or of the nearest there is. */
struct model_page *slot(struct model_task *task, vm_address_t address);

/* --- Ranges ------------------------------------------------------------ */

/* Pages that bytes are in; from end on they are none. */
struct range {
	vm_address_t start;
	vm_address_t end;
};

/* What a routine says of a range that wraps around, of one whose last page
 * does, and of one that is not inside the map. */
struct range_rule {
	kern_return_t wraps;
	kern_return_t rounded;
	kern_return_t outside;
};

/* The range.
 * => false: the call does no more, and answers *kr */
bool model_take_range(vm_address_t address, vm_size_t size,
    const struct range_rule *rule, struct range *range, kern_return_t *kr);

bool model_is_inside(const struct model_task *task, struct range range);

/* In the order of addresses, the first thing that is wrong: a hole, or a page
 * that may not be accessed so. */
kern_return_t model_check(struct model_task *task, vm_address_t start,
    vm_address_t end, vm_prot_t access);

/* --- Places ------------------------------------------------------------ */

/* Where memory is to be. */
struct model_place {
	vm_address_t address; /* where, or from where on; becomes where it is */
	vm_size_t size;       /* whole pages */
	vm_address_t mask;
	bool anywhere;
	bool overwrite;
	bool counts; /* the task's limit holds */
};

/* Finds it; nothing changes. */
kern_return_t model_find_place(struct model_task *task,
    struct model_place *place);

/*
 * Puts pages there, in place of what there is.
 *
 * => pages: as many as there are in the place; their storage passes to the task
 * => true: it goes on behind what is modelled, and has left the model
 */
bool model_enter(struct model_task *task, const struct model_place *place,
    const struct model_page *pages);

/* ... zeros, in pages like `like`. */
bool model_enter_zeros(struct model_task *task, const struct model_place *place,
    const struct model_page *like, struct model_purgable *purgable);
