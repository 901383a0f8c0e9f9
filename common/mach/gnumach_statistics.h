/* What GNU Mach's vm_statistics tells: <mach/vm_statistics.h> has the others'. */
#ifndef MACH_GNUMACH_STATISTICS_H
#define MACH_GNUMACH_STATISTICS_H

#include <mach/machine/vm_types.h>

struct gnumach_vm_statistics {
	integer_t pagesize; /* bytes; counts are pages, or times */
	integer_t free_count;
	integer_t active_count;
	integer_t inactive_count;
	integer_t wire_count;
	integer_t zero_fill_count;
	integer_t reactivations;
	integer_t pageins;
	integer_t pageouts;
	integer_t faults;
	integer_t cow_faults;
	integer_t lookups;
	integer_t hits;
};

#endif
