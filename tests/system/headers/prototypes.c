/*
 * Prototypes: every call has Mach's arguments, in Mach's order
 *
 * It is enough that it compiles.
 */
#include <mach/gnumach.h>
#include <mach/mach.h>
#include <mach/mach_vm.h>

/* The call, as a pointer to a function of this type. */
#define TAKES(name, ...)                                                       \
	extern kern_return_t (*const name##_takes)(__VA_ARGS__);               \
	kern_return_t (*const name##_takes)(__VA_ARGS__) = name

/* <mach/vm_map.h> */
TAKES(vm_allocate, vm_map_t, vm_address_t *, vm_size_t, int);
TAKES(vm_deallocate, vm_map_t, vm_address_t, vm_size_t);
TAKES(vm_protect, vm_map_t, vm_address_t, vm_size_t, boolean_t, vm_prot_t);
TAKES(vm_inherit, vm_map_t, vm_address_t, vm_size_t, vm_inherit_t);
TAKES(vm_read, vm_map_read_t, vm_address_t, vm_size_t, vm_offset_t *,
    mach_msg_type_number_t *);
TAKES(vm_read_list, vm_map_read_t, vm_read_entry_t, natural_t);
TAKES(vm_read_overwrite, vm_map_read_t, vm_address_t, vm_size_t, vm_address_t,
    vm_size_t *);
TAKES(vm_write, vm_map_t, vm_address_t, vm_offset_t, mach_msg_type_number_t);
TAKES(vm_copy, vm_map_t, vm_address_t, vm_size_t, vm_address_t);
TAKES(vm_region, vm_map_read_t, vm_address_t *, vm_size_t *, vm_region_flavor_t,
    vm_region_info_t, mach_msg_type_number_t *, mach_port_t *);
TAKES(vm_region_64, vm_map_read_t, vm_address_t *, vm_size_t *,
    vm_region_flavor_t, vm_region_info_t, mach_msg_type_number_t *,
    mach_port_t *);
TAKES(vm_msync, vm_map_t, vm_address_t, vm_size_t, vm_sync_t);
TAKES(vm_behavior_set, vm_map_t, vm_address_t, vm_size_t, vm_behavior_t);
TAKES(vm_map, vm_map_t, vm_address_t *, vm_size_t, vm_address_t, int,
    mem_entry_name_port_t, vm_offset_t, boolean_t, vm_prot_t, vm_prot_t,
    vm_inherit_t);
TAKES(vm_map_64, vm_map_t, vm_address_t *, vm_size_t, vm_address_t, int,
    mem_entry_name_port_t, memory_object_offset_t, boolean_t, vm_prot_t,
    vm_prot_t, vm_inherit_t);
TAKES(vm_machine_attribute, vm_map_t, vm_address_t, vm_size_t,
    vm_machine_attribute_t, vm_machine_attribute_val_t *);
TAKES(vm_remap, vm_map_t, vm_address_t *, vm_size_t, vm_address_t, int,
    vm_map_t, vm_address_t, boolean_t, vm_prot_t *, vm_prot_t *, vm_inherit_t);
TAKES(vm_remap_new, vm_map_t, vm_address_t *, vm_size_t, vm_address_t, int,
    vm_map_read_t, vm_address_t, boolean_t, vm_prot_t *, vm_prot_t *,
    vm_inherit_t);
TAKES(task_wire, vm_map_t, boolean_t);
TAKES(mach_make_memory_entry, vm_map_t, vm_size_t *, vm_offset_t, vm_prot_t,
    mem_entry_name_port_t *, mem_entry_name_port_t);
TAKES(mach_make_memory_entry_64, vm_map_t, memory_object_size_t *,
    memory_object_offset_t, vm_prot_t, mach_port_t *, mem_entry_name_port_t);
TAKES(vm_map_page_query, vm_map_t, vm_offset_t, integer_t *, integer_t *);
TAKES(vm_region_recurse, vm_map_read_t, vm_address_t *, vm_size_t *,
    natural_t *, vm_region_recurse_info_t, mach_msg_type_number_t *);
TAKES(vm_region_recurse_64, vm_map_read_t, vm_address_t *, vm_size_t *,
    natural_t *, vm_region_recurse_info_t, mach_msg_type_number_t *);
TAKES(vm_purgable_control, vm_map_t, vm_address_t, vm_purgable_t, int *);
TAKES(vm_map_exec_lockdown, vm_map_t);
TAKES(mach_vm_region_info, vm_map_read_t, vm_address_t, vm_info_region_t *,
    vm_info_object_array_t *, mach_msg_type_number_t *);
TAKES(mach_vm_region_info_64, vm_map_read_t, vm_address_t,
    vm_info_region_64_t *, vm_info_object_array_t *, mach_msg_type_number_t *);
TAKES(vm_mapped_pages_info, vm_map_read_t, page_address_array_t *,
    mach_msg_type_number_t *);

/* <mach/mach_vm.h> */
TAKES(mach_vm_allocate, vm_map_t, mach_vm_address_t *, mach_vm_size_t, int);
TAKES(mach_vm_deallocate, vm_map_t, mach_vm_address_t, mach_vm_size_t);
TAKES(mach_vm_protect, vm_map_t, mach_vm_address_t, mach_vm_size_t, boolean_t,
    vm_prot_t);
TAKES(mach_vm_inherit, vm_map_t, mach_vm_address_t, mach_vm_size_t,
    vm_inherit_t);
TAKES(mach_vm_read, vm_map_read_t, mach_vm_address_t, mach_vm_size_t,
    vm_offset_t *, mach_msg_type_number_t *);
TAKES(mach_vm_read_list, vm_map_read_t, mach_vm_read_entry_t, natural_t);
TAKES(mach_vm_read_overwrite, vm_map_read_t, mach_vm_address_t, mach_vm_size_t,
    mach_vm_address_t, mach_vm_size_t *);
TAKES(mach_vm_write, vm_map_t, mach_vm_address_t, vm_offset_t,
    mach_msg_type_number_t);
TAKES(mach_vm_copy, vm_map_t, mach_vm_address_t, mach_vm_size_t,
    mach_vm_address_t);
TAKES(mach_vm_region, vm_map_read_t, mach_vm_address_t *, mach_vm_size_t *,
    vm_region_flavor_t, vm_region_info_t, mach_msg_type_number_t *,
    mach_port_t *);
TAKES(mach_vm_msync, vm_map_t, mach_vm_address_t, mach_vm_size_t, vm_sync_t);
TAKES(mach_vm_behavior_set, vm_map_t, mach_vm_address_t, mach_vm_size_t,
    vm_behavior_t);
TAKES(mach_vm_map, vm_map_t, mach_vm_address_t *, mach_vm_size_t,
    mach_vm_offset_t, int, mem_entry_name_port_t, memory_object_offset_t,
    boolean_t, vm_prot_t, vm_prot_t, vm_inherit_t);
TAKES(mach_vm_machine_attribute, vm_map_t, mach_vm_address_t, mach_vm_size_t,
    vm_machine_attribute_t, vm_machine_attribute_val_t *);
TAKES(mach_vm_remap, vm_map_t, mach_vm_address_t *, mach_vm_size_t,
    mach_vm_offset_t, int, vm_map_t, mach_vm_address_t, boolean_t, vm_prot_t *,
    vm_prot_t *, vm_inherit_t);
TAKES(mach_vm_remap_new, vm_map_t, mach_vm_address_t *, mach_vm_size_t,
    mach_vm_offset_t, int, vm_map_read_t, mach_vm_address_t, boolean_t,
    vm_prot_t *, vm_prot_t *, vm_inherit_t);
TAKES(mach_vm_page_query, vm_map_read_t, mach_vm_offset_t, integer_t *,
    integer_t *);
TAKES(mach_vm_region_recurse, vm_map_read_t, mach_vm_address_t *,
    mach_vm_size_t *, natural_t *, vm_region_recurse_info_t,
    mach_msg_type_number_t *);
TAKES(_mach_make_memory_entry, vm_map_t, memory_object_size_t *,
    memory_object_offset_t, vm_prot_t, mem_entry_name_port_t *,
    mem_entry_name_port_t);
TAKES(mach_vm_purgable_control, vm_map_t, mach_vm_address_t, vm_purgable_t,
    int *);
TAKES(mach_vm_page_info, vm_map_read_t, mach_vm_address_t,
    vm_page_info_flavor_t, vm_page_info_t, mach_msg_type_number_t *);
TAKES(mach_vm_page_range_query, vm_map_read_t, mach_vm_offset_t, mach_vm_size_t,
    mach_vm_address_t, mach_vm_size_t *);

/* <mach/task.h> */
TAKES(task_create, task_t, ledger_array_t, mach_msg_type_number_t, boolean_t,
    task_t *);
TAKES(task_terminate, task_t);
TAKES(task_info, task_name_t, task_flavor_t, task_info_t,
    mach_msg_type_number_t *);
TAKES(task_suspend, task_t);
TAKES(task_resume, task_t);
TAKES(task_get_special_port, task_inspect_t, int, mach_port_t *);
TAKES(task_set_special_port, task_t, int, mach_port_t);
TAKES(mach_ports_register, task_t, mach_port_array_t, mach_msg_type_number_t);
TAKES(mach_ports_lookup, task_t, mach_port_array_t *, mach_msg_type_number_t *);

/* <mach/mach_port.h> */
TAKES(mach_port_deallocate, ipc_space_t, mach_port_name_t);
TAKES(mach_port_names, ipc_space_t, mach_port_name_array_t *,
    mach_msg_type_number_t *, mach_port_type_array_t *,
    mach_msg_type_number_t *);
TAKES(mach_port_type, ipc_space_t, mach_port_name_t, mach_port_type_t *);
TAKES(mach_port_destroy, ipc_space_t, mach_port_name_t);
TAKES(mach_port_get_refs, ipc_space_t, mach_port_name_t, mach_port_right_t,
    mach_port_urefs_t *);
TAKES(mach_port_mod_refs, ipc_space_t, mach_port_name_t, mach_port_right_t,
    mach_port_delta_t);
TAKES(mach_port_insert_right, ipc_space_t, mach_port_name_t, mach_port_t,
    mach_msg_type_name_t);
TAKES(mach_port_extract_right, ipc_space_t, mach_port_name_t,
    mach_msg_type_name_t, mach_port_t *, mach_msg_type_name_t *);

/* <mach/mach_host.h> */
TAKES(host_page_size, host_t, vm_size_t *);
TAKES(host_info, host_t, host_flavor_t, host_info_t, mach_msg_type_number_t *);
TAKES(host_kernel_version, host_t, kernel_version_t);
TAKES(host_statistics, host_priv_t, host_flavor_t, host_info_t,
    mach_msg_type_number_t *);
TAKES(host_statistics64, host_t, host_flavor_t, host_info64_t,
    mach_msg_type_number_t *);
TAKES(mach_memory_object_memory_entry, host_t, boolean_t, vm_size_t, vm_prot_t,
    memory_object_t, mach_port_t *);
TAKES(mach_memory_object_memory_entry_64, host_t, boolean_t,
    memory_object_size_t, vm_prot_t, memory_object_t, mach_port_t *);

/* <mach/host_priv.h> */
TAKES(host_priv_statistics, host_priv_t, host_flavor_t, host_info_t,
    mach_msg_type_number_t *);
TAKES(vm_wire, host_priv_t, vm_map_t, vm_address_t, vm_size_t, vm_prot_t);
TAKES(mach_vm_wire, host_priv_t, vm_map_t, mach_vm_address_t, mach_vm_size_t,
    vm_prot_t);
TAKES(host_get_special_port, host_priv_t, int, int, mach_port_t *);

/* <mach/gnumach.h> */
TAKES(vm_statistics, vm_map_t, struct gnumach_vm_statistics *);
TAKES(vm_cache_statistics, vm_map_t, vm_cache_statistics_data_t *);
TAKES(vm_wire_all, mach_port_t, vm_map_t, vm_wire_t);
TAKES(vm_pages_phys, mach_port_t, vm_map_t, vm_address_t, vm_size_t,
    rpc_phys_addr_array_t *, mach_msg_type_number_t *);
TAKES(vm_set_size_limit, mach_port_t, vm_map_t, vm_size_t, vm_size_t);
TAKES(vm_get_size_limit, vm_map_t, vm_size_t *, vm_size_t *);

int
main(void)
{
	return 0;
}
