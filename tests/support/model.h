/*
 * A model of Mach's memory
 *
 * What each call does, said as plainly as can be: a task is an array of pages,
 * a page has bytes of its own or in common with others, and a copy is a copy of
 * bytes. There are no objects, no entries, nothing lazy and nothing shared for
 * the time being. Rules of the personalities are the columns of a table.
 *
 * It knows the MODEL_PAGES lowest pages of a task; nothing else may be mapped.
 *
 * Functions change the model as the call would change the task, and return what
 * it would answer. They are pure otherwise: what fails changes nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/mach.h>
#include <mach/vm_param.h>

enum {
	MODEL_PAGE = 4096,
	MODEL_PAGES = 128,
};

#define MODEL_END ((vm_address_t)MODEL_PAGES * MODEL_PAGE)

/* Bytes of one page, or of several that share them. */
struct model_storage {
	unsigned pages; /* that have it, of all tasks */
	uint8_t bytes[MODEL_PAGE];
};

struct model_page {
	struct model_storage *storage; /* NULL: a hole */
	vm_prot_t protection;
	vm_prot_t max_protection;
	vm_inherit_t inheritance;
};

struct model_rules;

struct model_task {
	bool alive;
	const struct model_rules *rules;
	struct model_page pages[MODEL_PAGES];
};

/* By name; NULL: there is none such. */
const struct model_rules *model_rules_of(const char *personality);

/* An empty task, and the end of one. */
void model_task_start(struct model_task *task, const struct model_rules *rules);
void model_task_end(struct model_task *task);

/* The page that an address is in. NULL: a hole. */
struct model_page *model_page_at(struct model_task *task, vm_address_t address);

bool model_page_is_shared(const struct model_page *page);

vm_size_t model_size(const struct model_task *task);

/*
 * => *address: where it is, if `exact`; with less of a rule, where the lowest
 *    gap would be
 * => *outside: it goes on behind what is modelled; nothing is there in the
 *    model, and the caller sees to it that nothing is in the task
 */
kern_return_t model_allocate(struct model_task *task, vm_address_t *address,
    vm_size_t size, int flags, bool *exact, bool *outside);

/* What an allocation that the model had no exact place for has got. False: it
 * is not free there, or not the start of a page. */
bool model_allocate_at(struct model_task *task, vm_address_t address,
    vm_size_t size, bool *outside);

kern_return_t model_deallocate(struct model_task *task, vm_address_t address,
    vm_size_t size);
kern_return_t model_protect(struct model_task *task, vm_address_t address,
    vm_size_t size, bool set_maximum, vm_prot_t protection);
kern_return_t model_inherit(struct model_task *task, vm_address_t address,
    vm_size_t size, vm_inherit_t inheritance);

/* vm_read, and vm_read_overwrite. On KERN_SUCCESS the bytes are in `bytes`,
 * which has room for all that is modelled. */
kern_return_t model_read(struct model_task *task, vm_address_t address,
    vm_size_t size, uint8_t *bytes);
kern_return_t model_read_overwrite(struct model_task *task,
    vm_address_t address, vm_size_t size, uint8_t *bytes);

/* => offset in its page of the byte at which vm_read puts the first */
vm_size_t model_read_offset(const struct model_task *task, vm_address_t address,
    vm_size_t size);

/* => aligned: the caller's bytes are at the start of a page */
kern_return_t model_write(struct model_task *task, vm_address_t address,
    const uint8_t *bytes, vm_size_t size, bool aligned);
kern_return_t model_copy(struct model_task *task, vm_address_t source,
    vm_size_t size, vm_address_t destination);

/* => *address: of the first page of memory at or above it */
kern_return_t model_region(struct model_task *task, vm_address_t *address);

kern_return_t model_create(struct model_task *parent, bool inherit,
    struct model_task *child);
