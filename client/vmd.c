#include "client/vmd.h"

#include <stdio.h>

#include "client/call.h"

CALL(vmd_statistics, VmdStatistics)

kern_return_t
vmd_statistics(struct vmd_statistics *statistics)
{
	_cleanup_(vmd_statistics_freep) VmdStatisticsReply *out = NULL;
	VmdStatisticsRequest in = VMD_STATISTICS_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_statistics), .portless = true };
	kern_return_t kr;

	kr = call_vmd_statistics(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*statistics = (struct vmd_statistics){
			.page_size = out->page_size,
			.pages = out->pages,
			.pages_used = out->pages_used,
			.nodes_used = out->nodes_used,
			.entries_used = out->entries_used,
			.objects_used = out->objects_used,
			.tasks = out->tasks,
			.connections = out->connections,
			.longest = out->longest,
		};
	return kr;
}

CALL(vmd_pages, VmdPages)

kern_return_t
vmd_pages(task_t task, mach_vm_address_t address, mach_vm_size_t size,
    struct vmd_page *pages, size_t *count)
{
	_cleanup_(vmd_pages_freep) VmdPagesReply *out = NULL;
	VmdPagesRequest in = VMD_PAGES_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_pages), .port = task };
	kern_return_t kr;

	in.address = address;
	in.size = size;

	kr = call_vmd_pages(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	*count = MIN(*count, MIN(out->n_frame, out->n_refs));
	for (size_t i = 0; i < *count; i++)
		pages[i] = (struct vmd_page){ out->frame[i], out->refs[i] };
	return KERN_SUCCESS;
}

CALL(vmd_check, VmdCheck)

kern_return_t
vmd_check(char *complaint, size_t size)
{
	_cleanup_(vmd_check_freep) VmdCheckReply *out = NULL;
	VmdCheckRequest in = VMD_CHECK_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_check), .portless = true };
	kern_return_t kr;

	kr = call_vmd_check(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	if (size > 0)
		snprintf(complaint, size, "%s", out->complaint);
	return out->complaint[0] == '\0' ? KERN_SUCCESS : KERN_FAILURE;
}
