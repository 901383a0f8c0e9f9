/*
 * Stubs that look: regions, and pages
 *
 * A reply has what any flavour and revision of a structure can hold; what the
 * caller has room for is filled here.
 */
#include <string.h>

#include <mach/vm_page_size.h>

#include "client/call.h"
#include "client/memory.h"
#include "client/vm_stub.h"

static struct vm_region_basic_info_64
wide_basic_info(const VmRegionBasicInfo *from)
{
	return (struct vm_region_basic_info_64){
		.protection = from->protection,
		.max_protection = from->max_protection,
		.inheritance = from->inheritance,
		.shared = from->shared,
		.reserved = from->reserved,
		.offset = from->offset,
		.behavior = from->behavior,
		.user_wired_count = (unsigned short)from->user_wired_count,
	};
}

static struct vm_region_basic_info
narrow_basic_info(const VmRegionBasicInfo *from)
{
	return (struct vm_region_basic_info){
		.protection = from->protection,
		.max_protection = from->max_protection,
		.inheritance = from->inheritance,
		.shared = from->shared,
		.reserved = from->reserved,
		.offset = (uint32_t)from->offset,
		.behavior = from->behavior,
		.user_wired_count = (unsigned short)from->user_wired_count,
	};
}

static struct vm_region_extended_info
extended_info(const VmRegionExtendedInfo *from)
{
	return (struct vm_region_extended_info){
		.protection = from->protection,
		.user_tag = from->user_tag,
		.pages_resident = from->pages_resident,
		.pages_shared_now_private = from->pages_shared_now_private,
		.pages_swapped_out = from->pages_swapped_out,
		.pages_dirtied = from->pages_dirtied,
		.ref_count = from->ref_count,
		.shadow_depth = (unsigned short)from->shadow_depth,
		.external_pager = (unsigned char)from->external_pager,
		.share_mode = (unsigned char)from->share_mode,
		.pages_reusable = from->pages_reusable,
	};
}

static struct vm_region_top_info
top_info(const VmRegionTopInfo *from)
{
	struct vm_region_top_info info;

	memset(&info, 0, sizeof(info)); /* what lies behind the last member */
	info.obj_id = from->obj_id;
	info.ref_count = from->ref_count;
	info.private_pages_resident = from->private_pages_resident;
	info.shared_pages_resident = from->shared_pages_resident;
	info.share_mode = (unsigned char)from->share_mode;
	return info;
}

/* Gives the caller so many ints of a structure. False: there is no room, which
 * the daemon is to refuse. */
static bool
put(vm_region_info_t info, mach_msg_type_number_t *count, const void *from,
    mach_msg_type_number_t ints)
{
	if (*count < ints)
		return false;
	memcpy(info, from, ints * sizeof(natural_t));
	*count = ints;
	return true;
}

static bool
put_basic_info(vm_region_flavor_t flavor, const VmRegionBasicInfo *from,
    vm_region_info_t info, mach_msg_type_number_t *count)
{
	struct vm_region_basic_info_64 wide = wide_basic_info(from);
	struct vm_region_basic_info narrow = narrow_basic_info(from);

	if (flavor == VM_REGION_BASIC_INFO)
		return put(info, count, &narrow, VM_REGION_BASIC_INFO_COUNT);
	return put(info, count, &wide, VM_REGION_BASIC_INFO_COUNT_64);
}

/* The structure that the flavour has. False: the reply has another one, or
 * there is no room. */
static bool
put_info(vm_region_flavor_t flavor, const VmRegionReply *out,
    vm_region_info_t info, mach_msg_type_number_t *count)
{
	struct vm_region_extended_info extended;
	struct vm_region_top_info top;

	switch (flavor) {
	case VM_REGION_EXTENDED_INFO:
	case VM_REGION_EXTENDED_INFO__legacy:
		if (out->info_case != VM_REGION_REPLY__INFO_EXTENDED_INFO)
			return false;
		extended = extended_info(out->extended_info);
		return put(info, count, &extended,
		    flavor == VM_REGION_EXTENDED_INFO
			? VM_REGION_EXTENDED_INFO_COUNT
			: VM_REGION_EXTENDED_INFO_COUNT__legacy);
	case VM_REGION_TOP_INFO:
		if (out->info_case != VM_REGION_REPLY__INFO_TOP_INFO)
			return false;
		top = top_info(out->top_info);
		return put(info, count, &top, VM_REGION_TOP_INFO_COUNT);
	default:
		if (out->info_case != VM_REGION_REPLY__INFO_BASIC_INFO)
			return false;
		return put_basic_info(flavor, out->basic_info, info, count);
	}
}

enum { ADDRESS, SIZE, INFO, COUNT, NAME }; /* outs of vm_region */

static kern_return_t
finish_region(struct call_outs *outs, const ProtobufCMessage *reply)
{
	const VmRegionReply *out = (const VmRegionReply *)reply;
	vm_address_t *address = outs->to[ADDRESS];
	vm_size_t *size = outs->to[SIZE];
	mach_msg_type_number_t *info_count = outs->to[COUNT];
	mach_msg_type_number_t count = (mach_msg_type_number_t)outs->size;
	mach_port_t *object_name = outs->to[NAME];

	if (!put_info(outs->flavor, out, outs->to[INFO], &count))
		return MIG_TYPE_ERROR;
	*info_count = count;
	*address = out->address;
	*size = out->size;
	*object_name = out->object_name;
	return KERN_SUCCESS;
}

kern_return_t
vm_stub_region(const struct via *via, int id, bool wide, vm_map_t task,
    vm_address_t *address, vm_size_t *size, vm_region_flavor_t flavor,
    vm_region_info_t info, mach_msg_type_number_t *info_count,
    mach_port_t *object_name)
{
	static const struct call_routine routine = {
		.reply = &vm_region_reply__descriptor,
		.finish = finish_region,
	};
	struct call_outs outs = {
		.to = { address, size, info, info_count, object_name },
		.size = *info_count,
		.flavor = wide && flavor == VM_REGION_BASIC_INFO
			      ? VM_REGION_BASIC_INFO_64
			      : flavor,
	};
	VmRegionRequest in = VM_REGION_REQUEST__INIT;
	struct call call = { .id = id, .port = task, .in = &in.base };

	in.address = *address;
	in.has_flavor = in.has_info_count = true;
	in.flavor = outs.flavor;
	in.info_count = *info_count;

	return call_routine(via, &routine, &call, &outs);
}

/* --- vm_region_recurse ------------------------------------------------- */

CALL(vm_region_recurse, VmRegionRecurse)

/* What the three structures have in common, and what two of them. */
#define SHORT_INFO(from)                                                       \
	.protection = (from)->protection,                                      \
	.max_protection = (from)->max_protection,                              \
	.inheritance = (from)->inheritance, .user_tag = (from)->user_tag,      \
	.ref_count = (from)->ref_count,                                        \
	.shadow_depth = (unsigned short)(from)->shadow_depth,                  \
	.external_pager = (unsigned char)(from)->external_pager,               \
	.share_mode = (unsigned char)(from)->share_mode,                       \
	.is_submap = (from)->is_submap, .behavior = (from)->behavior,          \
	.object_id = (vm32_object_id_t)(from)->object_id,                      \
	.user_wired_count = (unsigned short)(from)->user_wired_count
#define PAGES_INFO(from)                                                       \
	.pages_resident = (from)->pages_resident,                              \
	.pages_shared_now_private = (from)->pages_shared_now_private,          \
	.pages_swapped_out = (from)->pages_swapped_out,                        \
	.pages_dirtied = (from)->pages_dirtied

static struct vm_region_submap_info
narrow_submap_info(const VmRegionSubmapInfo *from)
{
	return (struct vm_region_submap_info){
		SHORT_INFO(from),
		PAGES_INFO(from),
		.offset = (uint32_t)from->offset,
	};
}

static struct vm_region_submap_info_64
wide_submap_info(const VmRegionSubmapInfo *from)
{
	return (struct vm_region_submap_info_64){
		SHORT_INFO(from),
		PAGES_INFO(from),
		.offset = from->offset,
		.pages_reusable = from->pages_reusable,
		.object_id_full = from->object_id,
	};
}

static struct vm_region_submap_short_info_64
short_submap_info(const VmRegionSubmapInfo *from)
{
	return (struct vm_region_submap_short_info_64){
		SHORT_INFO(from),
		.offset = from->offset,
	};
}

/* The largest revision that there is room for. */
static bool
put_wide_submap_info(const VmRegionSubmapInfo *from, vm_region_info_t info,
    mach_msg_type_number_t *count)
{
	static const mach_msg_type_number_t revisions[] = {
		VM_REGION_SUBMAP_INFO_V2_COUNT_64,
		VM_REGION_SUBMAP_INFO_V1_COUNT_64,
		VM_REGION_SUBMAP_INFO_V0_COUNT_64,
	};
	struct vm_region_submap_short_info_64 small = short_submap_info(from);
	struct vm_region_submap_info_64 wide = wide_submap_info(from);

	for (size_t i = 0; i < ARRAY_SIZE(revisions); i++)
		if (put(info, count, &wide, revisions[i]))
			return true;
	return put(info, count, &small, VM_REGION_SUBMAP_SHORT_INFO_COUNT_64);
}

static bool
put_narrow_submap_info(const VmRegionSubmapInfo *from, vm_region_info_t info,
    mach_msg_type_number_t *count)
{
	struct vm_region_submap_info narrow = narrow_submap_info(from);

	return put(info, count, &narrow, VM_REGION_SUBMAP_INFO_COUNT);
}

kern_return_t
vm_stub_region_recurse(int id, bool wide, vm_map_t task, vm_address_t *address,
    vm_size_t *size, natural_t *nesting_depth, vm_region_recurse_info_t info,
    mach_msg_type_number_t *info_count)
{
	_cleanup_(vm_region_recurse_freep) VmRegionRecurseReply *out = NULL;
	VmRegionRecurseRequest in = VM_REGION_RECURSE_REQUEST__INIT;
	struct call call = { .id = id, .port = task };
	kern_return_t kr;

	in.address = *address;
	in.has_nesting_depth = in.has_info_count = true;
	in.nesting_depth = *nesting_depth;
	in.info_count = *info_count;

	kr = call_vm_region_recurse(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	if (!(wide ? put_wide_submap_info : put_narrow_submap_info)(out->info,
		info, info_count))
		return MIG_TYPE_ERROR;
	*address = out->address;
	*size = out->size;
	*nesting_depth = out->nesting_depth;
	return KERN_SUCCESS;
}

/* --- Pages ------------------------------------------------------------- */

CALL(vm_map_page_query, VmMapPageQuery)

kern_return_t
vm_stub_page_query(int id, vm_map_t task, vm_offset_t offset,
    integer_t *disposition, integer_t *ref_count)
{
	_cleanup_(vm_map_page_query_freep) VmMapPageQueryReply *out = NULL;
	VmMapPageQueryRequest in = VM_MAP_PAGE_QUERY_REQUEST__INIT;
	struct call call = { .id = id, .port = task };
	kern_return_t kr;

	in.offset = offset;

	kr = call_vm_map_page_query(&call, &in, &out);
	if (kr == KERN_SUCCESS) {
		*disposition = out->disposition;
		*ref_count = out->ref_count;
	}
	return kr;
}

CALL(vm_page_info, VmPageInfo)

kern_return_t
vm_stub_page_info(int id, vm_map_t task, vm_address_t address,
    vm_page_info_flavor_t flavor, vm_page_info_t info,
    mach_msg_type_number_t *info_count)
{
	_cleanup_(vm_page_info_freep) VmPageInfoReply *out = NULL;
	VmPageInfoRequest in = VM_PAGE_INFO_REQUEST__INIT;
	struct call call = { .id = id, .port = task };
	struct vm_page_info_basic basic = { 0 };
	kern_return_t kr;

	in.address = address;
	in.has_flavor = in.has_info_count = true;
	in.flavor = flavor;
	in.info_count = *info_count;

	kr = call_vm_page_info(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	basic.disposition = out->disposition;
	basic.ref_count = out->ref_count;
	basic.object_id = out->object_id;
	basic.offset = out->offset;
	basic.depth = out->depth;
	put(info, info_count, &basic,
	    MIN(*info_count, VM_PAGE_INFO_BASIC_COUNT));
	return KERN_SUCCESS;
}

CALL(vm_page_range_query, VmPageRangeQuery)

/* One part of a query. */
static kern_return_t
query_part(int id, vm_map_t task, struct vm_stub_pages *pages)
{
	_cleanup_(vm_page_range_query_freep) VmPageRangeQueryReply *out = NULL;
	VmPageRangeQueryRequest in = VM_PAGE_RANGE_QUERY_REQUEST__INIT;
	struct call call = { .id = id, .port = task };
	kern_return_t kr;

	in.address = pages->address;
	in.size = pages->size;
	in.has_dispositions_count = true;
	in.dispositions_count = (uint32_t)MIN(pages->room, UINT32_MAX);

	kr = call_vm_page_range_query(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	if (out->n_disposition > pages->room)
		return MIG_TYPE_ERROR;
	pages->told = out->n_disposition;
	if (pages->told == 0)
		return KERN_SUCCESS;
	if (!memory_is_writable(pages->dispositions, pages->told * sizeof(int)))
		return KERN_INVALID_ADDRESS;
	memcpy(pages->dispositions, out->disposition,
	    pages->told * sizeof(int));
	return KERN_SUCCESS;
}

/* Goes on behind what was told. False: that was all. */
static bool
next_part(struct vm_stub_pages *pages)
{
	vm_size_t bytes = vm_kernel_page_size * pages->told -
			  (pages->address & vm_kernel_page_mask);

	pages->room -= pages->told;
	pages->dispositions += pages->told;
	if (pages->told == 0 || pages->room == 0 || bytes >= pages->size)
		return false;
	pages->address += bytes;
	pages->size -= bytes;
	return true;
}

kern_return_t
vm_stub_page_range_query(int id, vm_map_t task, vm_address_t address,
    vm_size_t size, vm_address_t dispositions, vm_size_t *count)
{
	struct vm_stub_pages pages = {
		.address = address,
		.size = size,
		.dispositions = (int *)dispositions,
		.room = *count,
	};
	kern_return_t kr;

	if (!MACH_PORT_VALID(task))
		return MACH_SEND_INVALID_DEST;
	if (*count > SIZE_MAX / sizeof(int))
		return KERN_INVALID_ARGUMENT;
	do {
		kr = query_part(id, task, &pages);
	} while (kr == KERN_SUCCESS && next_part(&pages));
	if (kr == KERN_SUCCESS)
		*count -= pages.room;
	return kr;
}
