/*
 * The host: the routines of mach_host.proto and host_priv.proto
 */
#include "server/connection.h"
#include "server/request.h"
#include "server/vm/vm_page.h"

ROUTINE(MachHost, host_page_size, HostPageSize)
{
	out->out_page_size = VM_PAGE_SIZE;
	return KERN_SUCCESS;
}

ABSENT(MachHost, host_info)
ABSENT(MachHost, host_kernel_version)
ABSENT(MachHost, mach_memory_object_memory_entry)
ABSENT(MachHost, host_processor_info)
ABSENT(MachHost, host_get_io_main)
ABSENT(MachHost, host_get_clock_service)
ABSENT(MachHost, kmod_get_info)
ABSENT(MachHost, skip_208)
ABSENT(MachHost, host_virtual_physical_table_info)
ABSENT(MachHost, skip_210)
ABSENT(MachHost, skip_211)
ABSENT(MachHost, skip_212)
ABSENT(MachHost, processor_set_default)
ABSENT(MachHost, processor_set_create)
ABSENT(MachHost, mach_memory_object_memory_entry_64)
ABSENT(MachHost, host_statistics)
ABSENT(MachHost, host_request_notification)
ABSENT(MachHost, host_lockgroup_info)
ABSENT(MachHost, host_statistics64)

MachHost_Service mach_host_service = MACH_HOST__INIT(serve_);

ABSENT(HostPriv, host_get_boot_info)
ABSENT(HostPriv, host_reboot)
ABSENT(HostPriv, host_priv_statistics)
ABSENT(HostPriv, host_default_memory_manager)
ABSENT(HostPriv, vm_wire)
ABSENT(HostPriv, thread_wire)
ABSENT(HostPriv, vm_allocate_cpm)
ABSENT(HostPriv, host_processors)
ABSENT(HostPriv, skip_408)
ABSENT(HostPriv, skip_409)
ABSENT(HostPriv, skip_410)
ABSENT(HostPriv, skip_411)
ABSENT(HostPriv, host_get_special_port)
ABSENT(HostPriv, host_set_special_port)
ABSENT(HostPriv, host_set_exception_ports)
ABSENT(HostPriv, host_get_exception_ports)
ABSENT(HostPriv, host_swap_exception_ports)
ABSENT(HostPriv, skip_417)
ABSENT(HostPriv, mach_vm_wire)

HostPriv_Service host_priv_service = HOST_PRIV__INIT(serve_);
