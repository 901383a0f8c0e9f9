/*
 * vmd: what Mach does not have
 *
 * A look into the daemon's machine, for tests and for the curious; and names of
 * other users. Codes that any call may answer: <mach/vm_map.h>.
 */
#ifndef VMD_H
#define VMD_H

#include <stddef.h>
#include <stdint.h>

#include <mach/mach_types.h>
#include <servers/bootstrap_defs.h>

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

/*
 * Names for ports, beside what <servers/bootstrap.h> has
 *
 * A name has an owner, a group, and a mode, which says who may look it up: as a
 * file's, and its first three bits to read alone. The owner needs
 * VMD_NAME_OWNER, others of the group VMD_NAME_GROUP, everybody else
 * VMD_NAME_OTHERS. A new name has its owner's group, and VMD_NAME_OWNER.
 *
 * Root and the daemon's own user may look up all names, and change them; others
 * only their own.
 */
#define VMD_NAME_OWNER  0400
#define VMD_NAME_GROUP  0040
#define VMD_NAME_OTHERS 0004

/* For an owner: the caller. For what may be set: it stays. */
#define VMD_SAME UINT32_MAX

struct vmd_name {
	char name[BOOTSTRAP_MAX_NAME_LEN];
	uint32_t owner; /* a uid */
	uint32_t group; /* a gid */
	uint32_t mode;
	char kind[32]; /* of port: "task", "memory entry", ... */
};

/*
 * vmd_look_up: the port that a user has given a name.
 *
 * => *port: a send right, with a user reference more
 * => BOOTSTRAP_UNKNOWN_SERVICE: there is no such name that the caller may look
 *    up
 */
kern_return_t vmd_look_up(uint32_t owner, const char *name, mach_port_t *port);

/*
 * vmd_name_set: gives a name another owner, group, or mode.
 *
 * => BOOTSTRAP_NOT_PRIVILEGED: it is another's, or is to be
 * => BOOTSTRAP_UNKNOWN_SERVICE: there is no such name
 * => BOOTSTRAP_NAME_IN_USE, BOOTSTRAP_NO_MEMORY: of the new owner, as
 *    bootstrap_register()
 * => KERN_INVALID_ARGUMENT: no such mode
 */
kern_return_t vmd_name_set(uint32_t owner, const char *name, uint32_t new_owner,
    uint32_t group, uint32_t mode);

/*
 * vmd_name_remove: the name goes; the port goes on, if somebody has it.
 *
 * => BOOTSTRAP_NOT_PRIVILEGED: it is another's
 * => BOOTSTRAP_UNKNOWN_SERVICE: there is no such name
 */
kern_return_t vmd_name_remove(uint32_t owner, const char *name);

/*
 * vmd_names: names that the caller may look up, by owners and then by bytes.
 *
 * => after: the last one that is known, which may be gone; NULL: from the start
 * => names has room for *count; *count becomes how many were told: fewer than
 *    there are, maybe, but 0 only if there are no more
 */
kern_return_t vmd_names(const struct vmd_name *after, struct vmd_name *names,
    size_t *count);

/* Something that a user may have so much of. */
struct vmd_limit {
	char name[24];    /* as vmd.conf(5) has it */
	uint64_t used;    /* bytes, or how many */
	uint64_t allowed; /* as things are; VMD_UNLIMITED: all there is */
};

#define VMD_UNLIMITED UINT64_MAX
#define VMD_UID_SELF  ((uint32_t)-1) /* the caller's */

/*
 * vmd_limits: what a user may have in the daemon, and has.
 *
 * => *uid: whose; it becomes the uid told of: the next higher one, if of this
 *    one there is nobody
 * => limits has room for *count; *count becomes how many were told
 * => KERN_NO_ACCESS: it is another's, and the caller is neither root nor the
 *    daemon's own user
 * => KERN_INVALID_ARGUMENT: nobody has this uid, nor a higher one
 */
kern_return_t vmd_limits(uint32_t *uid, struct vmd_limit *limits,
    size_t *count);

#define VMD_CALL_BODY 240 /* bytes */

/* A task that somebody has, anywhere in the daemon. */
struct vmd_task {
	uint64_t number; /* of the task: given once */
	uint64_t parent; /* a number; 0: it was not made by task_create() */
	int32_t pid;     /* of the process that made it; 0: unknown */
	uint32_t uid;
	char personality[8];
	mach_vm_size_t virtual_size; /* bytes */
	uint64_t entries;            /* of its map */
	uint64_t calls;              /* that were made on it */
	uint64_t faults;
	uint64_t zero_fills; /* of those */
	uint64_t cow_faults; /* of those */
};

/*
 * vmd_tasks: all tasks, by their numbers. vmd_task_read: a read port of one.
 *
 * => number: from this one on; 0: the first
 * => tasks has room for *count; *count becomes how many were told: fewer than
 *    there are, maybe, but 0 only if there are no more
 * => KERN_NO_ACCESS: the caller is neither root nor the daemon's own user
 * => KERN_INVALID_ARGUMENT: no task has this number, or it has ended
 */
kern_return_t vmd_tasks(uint64_t number, struct vmd_task *tasks, size_t *count);
kern_return_t vmd_task_read(uint64_t number, task_read_t *task);

/* What the daemon has done since it began. */
struct vmd_counters {
	uint64_t faults;
	uint64_t zero_fills; /* of those */
	uint64_t cow_faults; /* of those */
	uint64_t purges;     /* pages */
};

/* ... and how often a routine was called, by the id of its message. */
struct vmd_routine_count {
	int id;
	uint64_t calls;
	uint64_t failed; /* of those */
};

/*
 * => routines has room for *count; *count becomes how many were told
 */
kern_return_t vmd_counters(struct vmd_counters *counters,
    struct vmd_routine_count *routines, size_t *count);

/* A call that was answered. */
struct vmd_call {
	uint64_t number; /* of calls that were watched, one more each */
	uint64_t began;  /* microseconds since 1970 */
	uint64_t took;   /* microseconds */
	int32_t pid;     /* whose it was; 0: unknown */
	uint32_t uid;
	int id;           /* of its message */
	mach_port_t port; /* as the one who called names it */
	kern_return_t code;
	uint64_t sent; /* bytes of data */
	uint64_t got;
	uint32_t request_size; /* of the bodies, as vmd-protocol(7) has them; */
	uint32_t reply_size;   /* of one that is long: 0 */
	uint8_t request[VMD_CALL_BODY];
	uint8_t reply[VMD_CALL_BODY];
};

/*
 * vmd_monitor: the last calls of everybody, but for this one.
 *
 * => *number: from this one on; 0: none; it becomes the number of the next one,
 *    to be asked for. A gap says that some were missed: 1,024 are kept, and for
 *    seconds only if nobody asks
 * => calls has room for *count; *count becomes how many were told
 * => KERN_NO_ACCESS: the caller is neither root nor the daemon's own user
 */
kern_return_t vmd_monitor(uint64_t *number, struct vmd_call *calls,
    size_t *count);

/*
 * Queues of calls
 *
 * A call that is queued is not waited for: it is sent with others, and what
 * becomes of it is collected later. All are done in the order in which they were
 * queued, as if each had been made alone, and each has a result; one that fails
 * does not keep the others from being done.
 *
 * What a call reads, its arguments and the data of vm_write(), it reads when it
 * is queued. Where it writes, its out arguments and the data of
 * vm_read_overwrite(), it may write until its result is collected, and what is
 * there before means nothing; a call that fails writes nothing.
 *
 * A queue is for one thread at a time. Other threads may call meanwhile, and
 * have queues of their own; between queues there is no order.
 *
 * A queue is of the process that made it: in a child of fork() it can be
 * destroyed, and all else answers MACH_SEND_INVALID_DEST.
 */
typedef struct vmd_queue vmd_queue_t;

/* How many calls may be queued and not collected. */
#define VMD_QUEUE_MOST 131072

struct vmd_result {
	uint64_t tag; /* of the call */
	kern_return_t code;
};

/* => NULL: no memory */
vmd_queue_t *vmd_queue_create(void);

/* Waits for what was sent, and drops what was not. */
void vmd_queue_destroy(vmd_queue_t *queue);

/*
 * vmd_queue_flush: sends what is queued. Much of it is sent before already.
 *
 * => does not wait for answers, unless the daemon takes no more requests before
 *    it is rid of some
 * => whatever it answers, every call has its result
 */
kern_return_t vmd_queue_flush(vmd_queue_t *queue);

/*
 * vmd_queue_collect: sends what is queued, and waits for results: for as many
 * as there is room for, or for all.
 *
 * => *collected: how many, of the calls queued first
 * => a code is what the call itself would have answered. MIG_SERVER_DIED: the
 *    daemon went away, and may have done it. MACH_SEND_INVALID_DEST: it has not.
 */
kern_return_t vmd_queue_collect(vmd_queue_t *queue, struct vmd_result *results,
    size_t count, size_t *collected);

/* How many calls are queued and not collected. */
size_t vmd_queue_count(const vmd_queue_t *queue);

/*
 * Calls to be queued: those of <mach/vm_map.h> of the same name, with the same
 * arguments. mach_vm_copy() does what vm_copy() does, and so on.
 *
 * => tag: comes back with the result
 * => KERN_SUCCESS: it is queued
 * => MACH_SEND_NO_BUFFER: VMD_QUEUE_MOST are, or there is no memory
 */
kern_return_t vmd_queue_vm_allocate(vmd_queue_t *queue, uint64_t tag,
    vm_map_t task, vm_address_t *address, vm_size_t size, int flags);
kern_return_t vmd_queue_vm_deallocate(vmd_queue_t *queue, uint64_t tag,
    vm_map_t task, vm_address_t address, vm_size_t size);
kern_return_t vmd_queue_vm_protect(vmd_queue_t *queue, uint64_t tag,
    vm_map_t task, vm_address_t address, vm_size_t size, boolean_t set_maximum,
    vm_prot_t new_protection);
kern_return_t vmd_queue_vm_inherit(vmd_queue_t *queue, uint64_t tag,
    vm_map_t task, vm_address_t address, vm_size_t size,
    vm_inherit_t new_inheritance);
kern_return_t vmd_queue_vm_copy(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t source_address, vm_size_t size, vm_address_t dest_address);
kern_return_t vmd_queue_vm_write(vmd_queue_t *queue, uint64_t tag,
    vm_map_t task, vm_address_t address, vm_offset_t data,
    mach_msg_type_number_t data_count);
kern_return_t vmd_queue_vm_read_overwrite(vmd_queue_t *queue, uint64_t tag,
    vm_map_read_t task, vm_address_t address, vm_size_t size, vm_address_t data,
    vm_size_t *outsize);
kern_return_t vmd_queue_vm_region(vmd_queue_t *queue, uint64_t tag,
    vm_map_read_t task, vm_address_t *address, vm_size_t *size,
    vm_region_flavor_t flavor, vm_region_info_t info,
    mach_msg_type_number_t *info_count, mach_port_t *object_name);
kern_return_t vmd_queue_vm_region_64(vmd_queue_t *queue, uint64_t tag,
    vm_map_read_t task, vm_address_t *address, vm_size_t *size,
    vm_region_flavor_t flavor, vm_region_info_t info,
    mach_msg_type_number_t *info_count, mach_port_t *object_name);
kern_return_t vmd_queue_vm_remap(vmd_queue_t *queue, uint64_t tag,
    vm_map_t task, vm_address_t *target_address, vm_size_t size,
    vm_address_t mask, int flags, vm_map_t src_task, vm_address_t src_address,
    boolean_t copy, vm_prot_t *cur_protection, vm_prot_t *max_protection,
    vm_inherit_t inheritance);
kern_return_t vmd_queue_vm_map(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t *address, vm_size_t size, vm_address_t mask, int flags,
    mem_entry_name_port_t object, vm_offset_t offset, boolean_t copy,
    vm_prot_t cur_protection, vm_prot_t max_protection,
    vm_inherit_t inheritance);
kern_return_t vmd_queue_vm_msync(vmd_queue_t *queue, uint64_t tag,
    vm_map_t task, vm_address_t address, vm_size_t size, vm_sync_t sync_flags);
kern_return_t vmd_queue_vm_behavior_set(vmd_queue_t *queue, uint64_t tag,
    vm_map_t task, vm_address_t address, vm_size_t size,
    vm_behavior_t new_behavior);

#ifdef __cplusplus
}
#endif

#endif
