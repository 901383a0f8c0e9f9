/* What vm_msync does with cached pages. */
#ifndef MACH_VM_SYNC_H
#define MACH_VM_SYNC_H

typedef unsigned int vm_sync_t;

#define VM_SYNC_ASYNCHRONOUS  ((vm_sync_t)0x01) /* start writing back */
#define VM_SYNC_SYNCHRONOUS   ((vm_sync_t)0x02) /* and wait for it */
#define VM_SYNC_INVALIDATE    ((vm_sync_t)0x04) /* forget what was cached */
#define VM_SYNC_KILLPAGES     ((vm_sync_t)0x08) /* without writing it back */
#define VM_SYNC_DEACTIVATE    ((vm_sync_t)0x10)
#define VM_SYNC_CONTIGUOUS    ((vm_sync_t)0x20) /* holes are an error */
#define VM_SYNC_REUSABLEPAGES ((vm_sync_t)0x40)

#endif
