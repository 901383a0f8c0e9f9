/* Protection of memory; two wishes have GNU Mach's values. */
#ifndef GNUMACH_VM_PROT_H
#define GNUMACH_VM_PROT_H

#pragma GCC system_header /* for include_next */
#include_next <mach/vm_prot.h>

#undef VM_PROT_NO_CHANGE
#undef VM_PROT_COPY
#undef VM_PROT_WANTS_COPY

#define VM_PROT_NO_CHANGE ((vm_prot_t)0x08)
#define VM_PROT_NOTIFY    ((vm_prot_t)0x10) /* to the pager, no protection */

#endif
