/* Stubs of the host that two subsystems have. */
#pragma once

#include <mach/host_info.h>
#include <mach/mach_types.h>

kern_return_t host_stub_statistics(int id, host_t host, host_flavor_t flavor,
    host_info_t info, mach_msg_type_number_t *info_count);
