/*
 * Pages and the bounds of a simulated address space
 *
 * A task's addresses end at 80 TiB, below every address at which a Linux
 * process on a 47 or 48 bit machine has its shared objects, its stacks and what
 * it mapped. So an address in a task is never equal to a pointer that vm_read()
 * gave to the calling program, and vm_deallocate() can tell the two apart.
 */
#ifndef MACH_MACHINE_VM_PARAM_H
#define MACH_MACHINE_VM_PARAM_H

#include <mach/vm_types.h>

#define VM_MIN_ADDRESS ((vm_address_t)0x1000)
#define VM_MAX_ADDRESS ((vm_address_t)0x500000000000) /* exclusive */

#define MACH_VM_MIN_ADDRESS ((mach_vm_offset_t)0x1000)
#define MACH_VM_MAX_ADDRESS ((mach_vm_offset_t)0x500000000000) /* exclusive */

/*
 * Some headers of the system have these three names too, and <sys/user.h>
 * means by PAGE_MASK the other bits. Whoever came first is left alone: sums
 * with a task's addresses go by vm_page_size and vm_page_mask
 * (<mach/vm_page_size.h>).
 */
#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif
#ifndef PAGE_SIZE
#define PAGE_SIZE 4096
#endif
#ifndef PAGE_MASK
#define PAGE_MASK (PAGE_SIZE - 1)
#endif

#endif
