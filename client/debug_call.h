/*
 * Calls told: $VMD_DEBUG=calls
 *
 *      [1234] vm_protect(mach_task_self(), 0x10000, 0x1000, FALSE, VM_PROT_READ)
 *             = KERN_SUCCESS <0.000007>
 *
 * A line a call, on standard error: the process, the call as C has it
 * (show/c_call.h), its code and the seconds that it took.
 */
#pragma once

#include <stdint.h>
#include <time.h>

#include "client/call.h"

struct debug_call {
	struct timespec began;
	call_place *place; /* the call's own */
	void *context;
	struct call_data {
		const void *bytes;
		uint64_t size;
	} got; /* the first of the data */
};

/* Around making a call; debug_wants(DEBUG_CALLS). Until its end the call notes
 * where its data go. */
void debug_call_begin(struct debug_call *told, struct call *call);
void debug_call_end(struct debug_call *told, struct call *call,
    kern_return_t code);

/* A call that libvmd has answered itself; one that waits in a queue by the name
 * `tag`, or cannot; and the answer that was collected. */
void debug_call_settled(const struct call *call, kern_return_t code);
void debug_call_queued(const struct call *call, uint64_t tag,
    kern_return_t code);
void debug_call_collected(uint64_t tag, kern_return_t code);
