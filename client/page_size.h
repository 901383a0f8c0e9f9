/*
 * The size of a page of the program's own task, in bytes: $VMD_PAGE_SIZE
 *
 * What it is made of, and what the daemon tells of, are frames of 4 KiB:
 * vm_kernel_page_size.
 */
#pragma once

#include <stdint.h>

enum { PAGE_SIZE_MOST = 64 * 1024 };

/* 0: whatever the daemon's is; UINT32_MAX: it is none. */
uint32_t page_size_wanted(void);

/* What the daemon says it is: vm_page_size and its like. A power of two. */
void page_size_set(uint32_t size);
