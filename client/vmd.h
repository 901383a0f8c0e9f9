/*
 * vmd: what Mach does not have
 *
 * A look into the daemon's machine, for tests and for the curious. Codes that
 * any call may answer: <mach/vm_map.h>.
 */
#ifndef VMD_H
#define VMD_H

#include <stddef.h>
#include <stdint.h>

#include <mach/mach_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the daemon's memory is made of, now. */
struct vmd_statistics {
	uint64_t page_size; /* bytes of a frame */
	uint64_t pages;     /* frames that there may be */
	uint64_t pages_used;
	uint64_t nodes_used;   /* nodes of page trees */
	uint64_t entries_used; /* of all tasks' maps */
	uint64_t objects_used;
	uint64_t tasks;
	uint64_t connections; /* this program's included */
	uint64_t longest; /* microseconds that anything took which others had to
				 wait for, since the privileged last asked */
};

kern_return_t vmd_statistics(struct vmd_statistics *statistics);

/* A page, as the machine has it. */
struct vmd_page {
	uint32_t frame; /* 0: none; pages of one frame share it */
	uint32_t
	    refs; /* how many places have it, at least; 1: this one alone */
};

/*
 * vmd_pages: which frames back a range.
 *
 * => pages has room for *count; *count becomes how many were told: all pages
 *    that the range touches, or fewer
 * => KERN_INVALID_ARGUMENT: the range is empty, or wraps around
 * => KERN_INVALID_TASK: the port is no task's
 */
kern_return_t vmd_pages(task_t task, mach_vm_address_t address,
    mach_vm_size_t size, struct vmd_page *pages, size_t *count);

/*
 * vmd_check: does everything hold in the daemon that must hold between two
 * calls?
 *
 * => everybody waits meanwhile
 * => KERN_SUCCESS: it does
 * => KERN_NO_ACCESS: the caller is neither root nor the daemon's own user
 * => KERN_FAILURE: it does not; up to size - 1 bytes of what is wrong are in
 *    complaint
 */
kern_return_t vmd_check(char *complaint, size_t size);

#ifdef __cplusplus
}
#endif

#endif
