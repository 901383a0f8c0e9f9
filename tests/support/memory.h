/*
 * Tasks' memory, as system tests make it and look at it
 *
 * Pages are drawn as letters, one a page, and regions as text, alike neighbours
 * joined:
 *
 *      aab0.-?         10000-12000 rw-/rwx copy
 *                      12000-13000 r--/rwx share shared
 *
 * `a` is a page of that letter from end to end, `0` one of zeros, `?` holds
 * something else, `-` may not be read, and `.` is a hole.
 *
 * All is seen through <mach/mach.h>. What must succeed and does not fails the
 * test.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/mach.h>
#include <mach/vm_param.h>

enum { PAGE = 4096 };

/* Past every message's and every table's codes: what an out argument holds
 * before a call, and after one that has failed. */
#define CANARY UINT64_C(0x5afe5afe5afe5afe)

/* --- A task ------------------------------------------------------------ */

/* A child of this program's own task, with empty memory. */
task_t new_task(void);

/* A child with what it inherits of its parent's memory. */
task_t child_of(task_t parent);

void end_task(task_t task);

/* --- Its memory -------------------------------------------------------- */

/* At this address; and anywhere. */
void allocate_at(task_t task, vm_address_t address, vm_size_t size);
vm_address_t allocate(task_t task, vm_size_t size);

/* Sets the current protection; and the inheritance. */
void protect(task_t task, vm_address_t address, vm_size_t size,
    vm_prot_t protection);
void inherit(task_t task, vm_address_t address, vm_size_t size,
    vm_inherit_t inheritance);

/* Each byte is `byte`; and must be. */
void fill(task_t task, vm_address_t address, vm_size_t size, char byte);
void bytes_are(task_t task, vm_address_t address, vm_size_t size, char byte);

/* Byte i is i * i / 7 + seed; and must be. No page is like another. */
void fill_pattern(void *memory, size_t size, unsigned seed);
void write_pattern(task_t task, vm_address_t address, vm_size_t size,
    unsigned seed);
void pattern_is(task_t task, vm_address_t address, vm_size_t size,
    unsigned seed);

/* Allocates and fills the pages of a drawing: letters, `0` and `.` */
void draw(task_t task, vm_address_t address, const char *pages);

/* --- Memory with a port, and memory seen twice ------------------------- */

/* An entry of fresh memory; and of a task's, which is shared with it unless the
 * permission says otherwise. */
mem_entry_name_port_t new_entry(vm_size_t size, vm_prot_t permission);
mem_entry_name_port_t entry_of(task_t task, vm_address_t address,
    vm_size_t size, vm_prot_t permission);

/* Gives a send right up. */
void let_go(mach_port_t port);

/* Maps the start of an entry, or zeros, to be read and written. */
void map_at(task_t task, vm_address_t address, vm_size_t size,
    mem_entry_name_port_t entry);

/* vm_remap: what is at `from` is seen at `address` too; or copied there. */
void share_at(task_t task, vm_address_t address, vm_size_t size, task_t source,
    vm_address_t from);
void copy_at(task_t task, vm_address_t address, vm_size_t size, task_t source,
    vm_address_t from);

/* The host's privileged port: the tests' user is the daemon's. */
mach_port_t privileged_host(void);

/* --- How it looks ------------------------------------------------------ */

void pages_are(task_t task, vm_address_t address, const char *pages);
void regions_are(task_t task, const char *picture);

/* How often each page is wired: a digit each, and `.` for a hole. */
void wirings_are(task_t task, vm_address_t address, const char *digits);

/* The regions and all bytes that may be read, as one number. What a call that
 * fails may not change. */
uint64_t digest(task_t task);

/* --- Personalities ----------------------------------------------------- */

enum personality { OSF, XNU, GNU, PERSONALITIES };

extern const char *const personality_names[PERSONALITIES];

/*
 * Runs it in a process of its own for each, or for one; that process's calls
 * are answered by it.
 */
void in_each_personality(void (*body)(enum personality personality));
void in_personality(enum personality personality,
    void (*body)(enum personality personality));

/* Codes of a table: alike in all, or OSF's, XNU's and GNU's. */
#define ALL_SAY(code)                                                          \
	{                                                                      \
		(code), (code), (code)                                         \
	}
#define SAY(osf, xnu, gnu)                                                     \
	{                                                                      \
		(osf), (xnu), (gnu)                                            \
	}

/* Fails the test unless the code is the one of the row, with both in words. */
#define code_is(code, expected, why)                                           \
	ck_assert_msg((code) == (expected), "%s: %s instead of %s", (why),     \
	    mach_error_string(code), mach_error_string(expected))

/* The call must answer so. */
#define answers(call, expected)                                                \
	do {                                                                   \
		kern_return_t answer_ = (call);                                \
		code_is(answer_, (expected), #call);                           \
	} while (0)
#define succeeds(call) answers(call, KERN_SUCCESS)
