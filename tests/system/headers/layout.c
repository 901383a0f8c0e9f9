/*
 * What a compiled program takes from the headers
 *
 * Sizes, places of members and values are promises: programs, the wire and the
 * daemon count on them. This file compiles, or one of them is broken.
 */
#include <mach/mach.h>
#include <mach/mach_param.h>
#include <mach/mach_vm.h>
#include <mach/notify.h>
#include <mach/vm_param.h>
#include <mach/vm_task.h>
#include <mach/vm_wire.h>

#include <assert.h>
#include <stddef.h>

#define SIZE(type, bytes) static_assert(sizeof(type) == (bytes), #type)
#define SIGNED(type)      static_assert((type)-1 < (type)0, #type)
#define UNSIGNED(type)    static_assert((type)-1 > (type)0, #type)
#define AT(type, member, offset)                                               \
	static_assert(offsetof(struct type, member) == (offset),               \
	    #type "." #member)
#define VALUE(name, value) static_assert((name) == (value), #name)

/* A structure that is given and taken as so many 32-bit words. */
#define WORDS(type, words, count)                                              \
	static_assert(sizeof(struct type) == 4 * (words), #type);              \
	static_assert((count) == (words), #count)

/* Scalars. */
SIZE(natural_t, 4);
SIZE(integer_t, 4);
SIZE(boolean_t, 4);
SIZE(kern_return_t, 4);
SIZE(mach_error_t, 4);
SIZE(mach_msg_return_t, 4);
SIZE(mach_msg_type_number_t, 4);
SIZE(mach_port_t, 4);
SIZE(mach_port_name_t, 4);
SIZE(task_t, 4);
SIZE(vm_map_t, 4);
SIZE(vm_task_t, 4);
SIZE(host_t, 4);
SIZE(mem_entry_name_port_t, 4);
SIZE(memory_object_t, 4);
SIZE(vm_prot_t, 4);
SIZE(vm_inherit_t, 4);
SIZE(vm_sync_t, 4);
SIZE(vm_behavior_t, 4);
SIZE(vm_purgable_t, 4);
SIZE(vm_machine_attribute_t, 4);
SIZE(vm_machine_attribute_val_t, 4);
SIZE(vm_region_flavor_t, 4);
SIZE(task_flavor_t, 4);
SIZE(host_flavor_t, 4);
SIZE(vm32_object_id_t, 4);
SIZE(vm_offset_t, sizeof(void *));
SIZE(vm_address_t, sizeof(void *));
SIZE(vm_size_t, sizeof(void *));
SIZE(pointer_t, sizeof(void *));
SIZE(mach_vm_address_t, 8);
SIZE(mach_vm_offset_t, 8);
SIZE(mach_vm_size_t, 8);
SIZE(vm_map_offset_t, 8);
SIZE(vm_map_address_t, 8);
SIZE(vm_map_size_t, 8);
SIZE(vm_object_id_t, 8);
SIZE(memory_object_offset_t, 8);
SIZE(memory_object_size_t, 8);
SIZE(time_value_t, 8);

SIGNED(integer_t);
SIGNED(kern_return_t);
SIGNED(vm_prot_t);
SIGNED(vm_behavior_t);
SIGNED(vm_purgable_t);
UNSIGNED(natural_t);
UNSIGNED(mach_port_t);
UNSIGNED(vm_inherit_t);
UNSIGNED(vm_sync_t);
UNSIGNED(vm_address_t);
UNSIGNED(vm_size_t);
#if defined(__x86_64__)
UNSIGNED(boolean_t);
#elif defined(__aarch64__)
SIGNED(boolean_t);
#endif

/* vm_region. */
WORDS(vm_region_basic_info_64, 9, VM_REGION_BASIC_INFO_COUNT_64);
AT(vm_region_basic_info_64, protection, 0);
AT(vm_region_basic_info_64, max_protection, 4);
AT(vm_region_basic_info_64, inheritance, 8);
AT(vm_region_basic_info_64, shared, 12);
AT(vm_region_basic_info_64, reserved, 16);
AT(vm_region_basic_info_64, offset, 20);
AT(vm_region_basic_info_64, behavior, 28);
AT(vm_region_basic_info_64, user_wired_count, 32);

WORDS(vm_region_basic_info, 8, VM_REGION_BASIC_INFO_COUNT);
AT(vm_region_basic_info, protection, 0);
AT(vm_region_basic_info, max_protection, 4);
AT(vm_region_basic_info, inheritance, 8);
AT(vm_region_basic_info, shared, 12);
AT(vm_region_basic_info, reserved, 16);
AT(vm_region_basic_info, offset, 20);
AT(vm_region_basic_info, behavior, 24);
AT(vm_region_basic_info, user_wired_count, 28);

WORDS(vm_region_extended_info, 9, VM_REGION_EXTENDED_INFO_COUNT);
AT(vm_region_extended_info, protection, 0);
AT(vm_region_extended_info, user_tag, 4);
AT(vm_region_extended_info, pages_resident, 8);
AT(vm_region_extended_info, pages_shared_now_private, 12);
AT(vm_region_extended_info, pages_swapped_out, 16);
AT(vm_region_extended_info, pages_dirtied, 20);
AT(vm_region_extended_info, ref_count, 24);
AT(vm_region_extended_info, shadow_depth, 28);
AT(vm_region_extended_info, external_pager, 30);
AT(vm_region_extended_info, share_mode, 31);
AT(vm_region_extended_info, pages_reusable, 32);
VALUE(VM_REGION_EXTENDED_INFO_COUNT__legacy, 8);

WORDS(vm_region_top_info, 5, VM_REGION_TOP_INFO_COUNT);
AT(vm_region_top_info, obj_id, 0);
AT(vm_region_top_info, ref_count, 4);
AT(vm_region_top_info, private_pages_resident, 8);
AT(vm_region_top_info, shared_pages_resident, 12);
AT(vm_region_top_info, share_mode, 16);

WORDS(vm_region_submap_info, 15, VM_REGION_SUBMAP_INFO_COUNT);
AT(vm_region_submap_info, protection, 0);
AT(vm_region_submap_info, max_protection, 4);
AT(vm_region_submap_info, inheritance, 8);
AT(vm_region_submap_info, offset, 12);
AT(vm_region_submap_info, user_tag, 16);
AT(vm_region_submap_info, pages_resident, 20);
AT(vm_region_submap_info, pages_shared_now_private, 24);
AT(vm_region_submap_info, pages_swapped_out, 28);
AT(vm_region_submap_info, pages_dirtied, 32);
AT(vm_region_submap_info, ref_count, 36);
AT(vm_region_submap_info, shadow_depth, 40);
AT(vm_region_submap_info, external_pager, 42);
AT(vm_region_submap_info, share_mode, 43);
AT(vm_region_submap_info, is_submap, 44);
AT(vm_region_submap_info, behavior, 48);
AT(vm_region_submap_info, object_id, 52);
AT(vm_region_submap_info, user_wired_count, 56);

WORDS(vm_region_submap_info_64, 19, VM_REGION_SUBMAP_INFO_COUNT_64);
AT(vm_region_submap_info_64, protection, 0);
AT(vm_region_submap_info_64, max_protection, 4);
AT(vm_region_submap_info_64, inheritance, 8);
AT(vm_region_submap_info_64, offset, 12);
AT(vm_region_submap_info_64, user_tag, 20);
AT(vm_region_submap_info_64, pages_resident, 24);
AT(vm_region_submap_info_64, pages_shared_now_private, 28);
AT(vm_region_submap_info_64, pages_swapped_out, 32);
AT(vm_region_submap_info_64, pages_dirtied, 36);
AT(vm_region_submap_info_64, ref_count, 40);
AT(vm_region_submap_info_64, shadow_depth, 44);
AT(vm_region_submap_info_64, external_pager, 46);
AT(vm_region_submap_info_64, share_mode, 47);
AT(vm_region_submap_info_64, is_submap, 48);
AT(vm_region_submap_info_64, behavior, 52);
AT(vm_region_submap_info_64, object_id, 56);
AT(vm_region_submap_info_64, user_wired_count, 60);
AT(vm_region_submap_info_64, pages_reusable, 64);
AT(vm_region_submap_info_64, object_id_full, 68);
VALUE(VM_REGION_SUBMAP_INFO_V0_SIZE, 64);
VALUE(VM_REGION_SUBMAP_INFO_V1_SIZE, 68);
VALUE(VM_REGION_SUBMAP_INFO_V2_SIZE, 76);
VALUE(VM_REGION_SUBMAP_INFO_V0_COUNT_64, 16);
VALUE(VM_REGION_SUBMAP_INFO_V1_COUNT_64, 17);
VALUE(VM_REGION_SUBMAP_INFO_V2_COUNT_64, 19);

WORDS(vm_region_submap_short_info_64, 12, VM_REGION_SUBMAP_SHORT_INFO_COUNT_64);
AT(vm_region_submap_short_info_64, protection, 0);
AT(vm_region_submap_short_info_64, max_protection, 4);
AT(vm_region_submap_short_info_64, inheritance, 8);
AT(vm_region_submap_short_info_64, offset, 12);
AT(vm_region_submap_short_info_64, user_tag, 20);
AT(vm_region_submap_short_info_64, ref_count, 24);
AT(vm_region_submap_short_info_64, shadow_depth, 28);
AT(vm_region_submap_short_info_64, external_pager, 30);
AT(vm_region_submap_short_info_64, share_mode, 31);
AT(vm_region_submap_short_info_64, is_submap, 32);
AT(vm_region_submap_short_info_64, behavior, 36);
AT(vm_region_submap_short_info_64, object_id, 40);
AT(vm_region_submap_short_info_64, user_wired_count, 44);

WORDS(vm_page_info_basic, 8, VM_PAGE_INFO_BASIC_COUNT);
AT(vm_page_info_basic, disposition, 0);
AT(vm_page_info_basic, ref_count, 4);
AT(vm_page_info_basic, object_id, 8);
AT(vm_page_info_basic, offset, 16);
AT(vm_page_info_basic, depth, 24);

SIZE(vm_read_entry_t, 256 * 2 * sizeof(void *));
SIZE(mach_vm_read_entry_t, 256 * 16);

/* host_info, host_statistics. */
WORDS(vm_statistics, 15, HOST_VM_INFO_COUNT);
AT(vm_statistics, free_count, 0);
AT(vm_statistics, active_count, 4);
AT(vm_statistics, inactive_count, 8);
AT(vm_statistics, wire_count, 12);
AT(vm_statistics, zero_fill_count, 16);
AT(vm_statistics, reactivations, 20);
AT(vm_statistics, pageins, 24);
AT(vm_statistics, pageouts, 28);
AT(vm_statistics, faults, 32);
AT(vm_statistics, cow_faults, 36);
AT(vm_statistics, lookups, 40);
AT(vm_statistics, hits, 44);
AT(vm_statistics, purgeable_count, 48);
AT(vm_statistics, purges, 52);
AT(vm_statistics, speculative_count, 56);
VALUE(HOST_VM_INFO_REV0_COUNT, 12);
VALUE(HOST_VM_INFO_REV1_COUNT, 14);
VALUE(HOST_VM_INFO_REV2_COUNT, 15);

WORDS(vm_statistics64, 38, HOST_VM_INFO64_COUNT);
AT(vm_statistics64, free_count, 0);
AT(vm_statistics64, active_count, 4);
AT(vm_statistics64, inactive_count, 8);
AT(vm_statistics64, wire_count, 12);
AT(vm_statistics64, zero_fill_count, 16);
AT(vm_statistics64, reactivations, 24);
AT(vm_statistics64, pageins, 32);
AT(vm_statistics64, pageouts, 40);
AT(vm_statistics64, faults, 48);
AT(vm_statistics64, cow_faults, 56);
AT(vm_statistics64, lookups, 64);
AT(vm_statistics64, hits, 72);
AT(vm_statistics64, purges, 80);
AT(vm_statistics64, purgeable_count, 88);
AT(vm_statistics64, speculative_count, 92);
AT(vm_statistics64, decompressions, 96);
AT(vm_statistics64, compressions, 104);
AT(vm_statistics64, swapins, 112);
AT(vm_statistics64, swapouts, 120);
AT(vm_statistics64, compressor_page_count, 128);
AT(vm_statistics64, throttled_count, 132);
AT(vm_statistics64, external_page_count, 136);
AT(vm_statistics64, internal_page_count, 140);
AT(vm_statistics64, total_uncompressed_pages_in_compressor, 144);
VALUE(HOST_VM_INFO64_REV0_COUNT, 24);
VALUE(HOST_VM_INFO64_REV1_COUNT, 38);

WORDS(host_basic_info, 12, HOST_BASIC_INFO_COUNT);
AT(host_basic_info, max_cpus, 0);
AT(host_basic_info, avail_cpus, 4);
AT(host_basic_info, memory_size, 8);
AT(host_basic_info, cpu_type, 12);
AT(host_basic_info, cpu_subtype, 16);
AT(host_basic_info, cpu_threadtype, 20);
AT(host_basic_info, physical_cpu, 24);
AT(host_basic_info, physical_cpu_max, 28);
AT(host_basic_info, logical_cpu, 32);
AT(host_basic_info, logical_cpu_max, 36);
AT(host_basic_info, max_mem, 40);

/* task_info. */
WORDS(task_basic_info_32, 8, TASK_BASIC_INFO_32_COUNT);
AT(task_basic_info_32, suspend_count, 0);
AT(task_basic_info_32, virtual_size, 4);
AT(task_basic_info_32, resident_size, 8);
AT(task_basic_info_32, user_time, 12);
AT(task_basic_info_32, system_time, 20);
AT(task_basic_info_32, policy, 28);

WORDS(task_basic_info_64, 10, TASK_BASIC_INFO_64_COUNT);
AT(task_basic_info_64, suspend_count, 0);
AT(task_basic_info_64, virtual_size, 4);
AT(task_basic_info_64, resident_size, 12);
AT(task_basic_info_64, user_time, 20);
AT(task_basic_info_64, system_time, 28);
AT(task_basic_info_64, policy, 36);

WORDS(task_basic_info_64_2, 10, TASK_BASIC_INFO_64_2_COUNT);
AT(task_basic_info_64_2, virtual_size, 4);
AT(task_basic_info_64_2, policy, 36);

#if UINTPTR_MAX > 0xffffffffu
VALUE(TASK_BASIC_INFO, TASK_BASIC_INFO_64);
WORDS(task_basic_info, 10, TASK_BASIC_INFO_COUNT);
AT(task_basic_info, suspend_count, 0);
AT(task_basic_info, virtual_size, 4);
AT(task_basic_info, resident_size, 12);
AT(task_basic_info, user_time, 20);
AT(task_basic_info, system_time, 28);
AT(task_basic_info, policy, 36);
#endif

WORDS(mach_task_basic_info, 12, MACH_TASK_BASIC_INFO_COUNT);
AT(mach_task_basic_info, virtual_size, 0);
AT(mach_task_basic_info, resident_size, 8);
AT(mach_task_basic_info, resident_size_max, 16);
AT(mach_task_basic_info, user_time, 24);
AT(mach_task_basic_info, system_time, 32);
AT(mach_task_basic_info, policy, 40);
AT(mach_task_basic_info, suspend_count, 44);

WORDS(task_events_info, 8, TASK_EVENTS_INFO_COUNT);
AT(task_events_info, faults, 0);
AT(task_events_info, pageins, 4);
AT(task_events_info, cow_faults, 8);
AT(task_events_info, messages_sent, 12);
AT(task_events_info, messages_received, 16);
AT(task_events_info, syscalls_mach, 20);
AT(task_events_info, syscalls_unix, 24);
AT(task_events_info, csw, 28);

WORDS(task_vm_info, 93, TASK_VM_INFO_COUNT);
AT(task_vm_info, virtual_size, 0);
AT(task_vm_info, region_count, 8);
AT(task_vm_info, page_size, 12);
AT(task_vm_info, resident_size, 16);
AT(task_vm_info, resident_size_peak, 24);
AT(task_vm_info, device, 32);
AT(task_vm_info, internal, 48);
AT(task_vm_info, external, 64);
AT(task_vm_info, reusable, 80);
AT(task_vm_info, purgeable_volatile_pmap, 96);
AT(task_vm_info, compressed, 120);
/* Each version ends where the next begins. */
AT(task_vm_info, phys_footprint, 4 * TASK_VM_INFO_REV0_COUNT);
AT(task_vm_info, min_address, 4 * TASK_VM_INFO_REV1_COUNT);
AT(task_vm_info, ledger_phys_footprint_peak, 4 * TASK_VM_INFO_REV2_COUNT);
AT(task_vm_info, limit_bytes_remaining, 4 * TASK_VM_INFO_REV3_COUNT);
AT(task_vm_info, decompressions, 4 * TASK_VM_INFO_REV4_COUNT);
AT(task_vm_info, ledger_swapins, 4 * TASK_VM_INFO_REV5_COUNT);
AT(task_vm_info, ledger_tag_neural_nofootprint_total,
    4 * TASK_VM_INFO_REV6_COUNT);
VALUE(TASK_VM_INFO_REV0_COUNT, 36);
VALUE(TASK_VM_INFO_REV1_COUNT, 38);
VALUE(TASK_VM_INFO_REV2_COUNT, 42);
VALUE(TASK_VM_INFO_REV3_COUNT, 84);
VALUE(TASK_VM_INFO_REV4_COUNT, 86);
VALUE(TASK_VM_INFO_REV5_COUNT, 87);
VALUE(TASK_VM_INFO_REV6_COUNT, 89);
VALUE(TASK_VM_INFO_REV7_COUNT, 93);

/* Messages. */
SIZE(mach_msg_header_t, 24);
static_assert(offsetof(mach_msg_header_t, msgh_bits) == 0, "msgh_bits");
static_assert(offsetof(mach_msg_header_t, msgh_size) == 4, "msgh_size");
static_assert(offsetof(mach_msg_header_t, msgh_remote_port) == 8, "remote");
static_assert(offsetof(mach_msg_header_t, msgh_local_port) == 12, "local");
static_assert(offsetof(mach_msg_header_t, msgh_voucher_port) == 16, "voucher");
static_assert(offsetof(mach_msg_header_t, msgh_id) == 20, "msgh_id");
SIZE(mach_msg_body_t, 4);
SIZE(mach_msg_base_t, 28);
SIZE(mach_msg_type_descriptor_t, 12);
SIZE(mach_msg_port_descriptor_t, 12);
SIZE(mach_msg_ool_descriptor_t, sizeof(void *) + 8);
SIZE(mach_msg_ool_ports_descriptor_t, sizeof(void *) + 8);
SIZE(mach_msg_trailer_t, 8);
SIZE(mach_msg_format_0_trailer_t, 20);
SIZE(NDR_record_t, 8);
SIZE(mig_reply_error_t, 36);
static_assert(offsetof(mig_reply_error_t, RetCode) == 32, "RetCode");
SIZE(mach_dead_name_notification_t, 56);
SIZE(mach_port_destroyed_notification_t, 60);
SIZE(mach_port_status_t, 40);

/* Return codes. */
VALUE(KERN_SUCCESS, 0);
VALUE(KERN_INVALID_ADDRESS, 1);
VALUE(KERN_PROTECTION_FAILURE, 2);
VALUE(KERN_NO_SPACE, 3);
VALUE(KERN_INVALID_ARGUMENT, 4);
VALUE(KERN_FAILURE, 5);
VALUE(KERN_RESOURCE_SHORTAGE, 6);
VALUE(KERN_NOT_RECEIVER, 7);
VALUE(KERN_NO_ACCESS, 8);
VALUE(KERN_MEMORY_FAILURE, 9);
VALUE(KERN_MEMORY_ERROR, 10);
VALUE(KERN_NAME_EXISTS, 13);
VALUE(KERN_ABORTED, 14);
VALUE(KERN_INVALID_NAME, 15);
VALUE(KERN_INVALID_TASK, 16);
VALUE(KERN_INVALID_RIGHT, 17);
VALUE(KERN_INVALID_VALUE, 18);
VALUE(KERN_UREFS_OVERFLOW, 19);
VALUE(KERN_INVALID_CAPABILITY, 20);
VALUE(KERN_INVALID_HOST, 22);
VALUE(KERN_INVALID_OBJECT, 29);
VALUE(KERN_TERMINATED, 37);
VALUE(KERN_NOT_SUPPORTED, 46);
VALUE(KERN_NOT_FOUND, 56);
VALUE(KERN_RETURN_MAX, 0x100);
VALUE(MACH_SEND_INVALID_DEST, 268435459);
VALUE(MACH_SEND_INVALID_MEMORY, err_mach_ipc | err_sub(0) | 0xc);
VALUE(MACH_RCV_INVALID_NAME, err_mach_ipc | err_sub(1) | 2);
VALUE(MACH_RCV_BODY_ERROR, 0x1000400c);
VALUE(MIG_TYPE_ERROR, -300);
VALUE(MIG_REPLY_MISMATCH, -301);
VALUE(MIG_BAD_ID, -303);
VALUE(MIG_BAD_ARGUMENTS, -304);
VALUE(MIG_NO_REPLY, -305);
VALUE(MIG_ARRAY_TOO_LARGE, -307);
VALUE(MIG_SERVER_DIED, -308);
VALUE(MIG_TRAILER_ERROR, -309);

/* Memory. */
VALUE(VM_PROT_NONE, 0);
VALUE(VM_PROT_READ, 1);
VALUE(VM_PROT_WRITE, 2);
VALUE(VM_PROT_EXECUTE, 4);
VALUE(VM_PROT_DEFAULT, 3);
VALUE(VM_PROT_ALL, 7);
VALUE(VM_PROT_COPY, 0x10);
VALUE(VM_PROT_IS_MASK, 0x40);
VALUE(VM_PROT_NO_CHANGE, 0x01000000);
VALUE(VM_INHERIT_SHARE, 0);
VALUE(VM_INHERIT_COPY, 1);
VALUE(VM_INHERIT_NONE, 2);
VALUE(VM_INHERIT_DONATE_COPY, 3);
VALUE(VM_INHERIT_DEFAULT, VM_INHERIT_COPY);
VALUE(VM_FLAGS_FIXED, FALSE);
VALUE(VM_FLAGS_ANYWHERE, TRUE);
VALUE(VM_FLAGS_OVERWRITE, 0x4000);
VALUE(VM_FLAGS_SUPERPAGE_SIZE_2MB, 0x20000);
VALUE(VM_FLAGS_USER_ALLOCATE, 0xff07509fu);
VALUE(VM_FLAGS_USER_MAP, 0xff97509fu);
VALUE(VM_FLAGS_USER_REMAP, 0x00104069u);
VALUE(VM_MAKE_TAG(VM_MEMORY_MALLOC), 0x01000000);
VALUE((unsigned int)VM_MAKE_TAG(VM_MEMORY_APPLICATION_SPECIFIC_1), 0xf0000000u);
VALUE(VM_BEHAVIOR_LAST_VALID, 12);
VALUE(VM_SYNC_REUSABLEPAGES, 0x40);
VALUE(VM_PURGABLE_ALL_MASKS, 0x13773);
VALUE(MAP_MEM_FLAGS_USER, 0xffe000);
VALUE(SM_COW, 1);
VALUE(SM_TRUESHARED, 5);
VALUE(SM_LARGE_PAGE, 8);
VALUE(VM_REGION_BASIC_INFO_64, 9);
VALUE(VM_REGION_BASIC_INFO, 10);
VALUE(VM_REGION_TOP_INFO, 12);
VALUE(VM_REGION_EXTENDED_INFO, 13);
VALUE(VM_MAP_ENTRY_MAX, 256);

VALUE(VM_MIN_ADDRESS, 0x1000);
VALUE(VM_MAX_ADDRESS, (vm_address_t)80 << 40);
VALUE(MACH_VM_MIN_ADDRESS, VM_MIN_ADDRESS);
VALUE(MACH_VM_MAX_ADDRESS, VM_MAX_ADDRESS);

/* Tasks, hosts, ports. */
VALUE(TASK_EVENTS_INFO, 2);
VALUE(TASK_BASIC_INFO_32, 4);
VALUE(TASK_BASIC_INFO_64, 5);
VALUE(MACH_TASK_BASIC_INFO, 20);
VALUE(TASK_VM_INFO, 22);
VALUE(HOST_BASIC_INFO, 1);
VALUE(HOST_VM_INFO, 2);
VALUE(HOST_VM_INFO64, 4);
VALUE(TASK_KERNEL_PORT, 1);
VALUE(TASK_BOOTSTRAP_PORT, 4);
VALUE(TASK_PORT_REGISTER_MAX, 3);
VALUE(MACH_PORT_NULL, 0);
VALUE(MACH_PORT_DEAD, 0xffffffffu);
VALUE(MACH_PORT_TYPE_SEND, 0x10000);
VALUE(MACH_PORT_TYPE_DEAD_NAME, 0x100000);
VALUE(MACH_PORT_TYPE_DNREQUEST, 0x80000000u);
VALUE(MACH_NOTIFY_PORT_DELETED, 65);
VALUE(MACH_NOTIFY_NO_SENDERS, 70);
VALUE(MACH_NOTIFY_SEND_ONCE, 71);
VALUE(MACH_NOTIFY_DEAD_NAME, 72);
VALUE(MACH_MSGH_BITS_USER, MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS_PORTS_MASK);
VALUE(MACH_MSG_TYPE_COPY_SEND, 19);
VALUE(MACH_MSG_TYPE_PORT_SEND, 17);
VALUE(MACH_MSG_OOL_DESCRIPTOR, 1);

int
main(void)
{
	return 0;
}
