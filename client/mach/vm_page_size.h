/*
 * The page, and rounding to it
 *
 * trunc_page() and round_page() are for vm_address_t, the mach_vm_ ones for
 * mach_vm_address_t. Rounding up past the last page gives 0.
 */
#ifndef MACH_VM_PAGE_SIZE_H
#define MACH_VM_PAGE_SIZE_H

#include <mach/mach_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of simulated memory: bytes, bytes - 1, log2 of bytes. */
extern vm_size_t vm_page_size;
extern vm_size_t vm_page_mask;
extern int vm_page_shift;

/* Of the kernel's own memory: the same. */
extern vm_size_t vm_kernel_page_size;
extern vm_size_t vm_kernel_page_mask;
extern int vm_kernel_page_shift;

#ifdef __cplusplus
}
#endif

#define trunc_page(x) ((x) & ~(mach_vm_offset_t)vm_page_mask)
#define round_page(x) trunc_page((x) + (mach_vm_offset_t)vm_page_mask)

#define mach_vm_trunc_page(x) trunc_page((mach_vm_offset_t)(x))
#define mach_vm_round_page(x) round_page((mach_vm_offset_t)(x))

#define trunc_page_kernel(x) ((x) & ~(mach_vm_offset_t)vm_kernel_page_mask)
#define round_page_kernel(x)                                                   \
	trunc_page_kernel((x) + (mach_vm_offset_t)vm_kernel_page_mask)

#endif
