#include "client/show/value.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>

#include "client/show/constants.h"
#include "common/cleanup.h"

/* By what the message's name begins with, if that matters, and how the field's
 * ends. The first that fits is right. */
static const struct {
	const char *message;
	const char *suffix;
	enum meaning meaning;
} meanings[] = {
	{ "VmWireAll", "flags", MEANING_WIRE },
	{ "VmMachineAttribute", "value", MEANING_ATTRIBUTE_VALUE },
	{ "VmPurgable", "control", MEANING_PURGABLE },
	{ "VmPurgable", "state", MEANING_PURGABLE_STATE },
	{ "VmRegion", "flavor", MEANING_REGION },
	{ "VmRegion", "info_count", MEANING_REGION },
	{ "VmPageInfo", "flavor", MEANING_PAGE },
	{ "VmPageInfo", "info_count", MEANING_PAGE },
	{ "VmPagesPhys", "page", MEANING_HEX },
	{ "TaskInfo", "flavor", MEANING_TASK },
	{ "TaskInfo", "info_count", MEANING_TASK },
	{ "Task", "which_port", MEANING_TASK },
	{ "TaskVmInfo", "region_count", MEANING_NONE },
	{ "TaskVmInfo", "", MEANING_HEX },
	{ "Host", "flavor", MEANING_HOST },
	{ "Host", "info_count", MEANING_HOST },
	{ "Host", "node", MEANING_HOST },
	{ "Host", "which", MEANING_HOST },
	{ "MachPort", "right", MEANING_RIGHT },
	{ "MachPort", "type", MEANING_PORT_TYPE },
	{ "MachPort", "msgid", MEANING_NOTIFICATION },
	{ "MachPort", "notify_poly", MEANING_MESSAGE_TYPE },
	{ "MachPort", "notify", MEANING_HEX },
	{ "MachPort", "previous", MEANING_HEX },
	{ "MachPort", "flavor", MEANING_PORT_INFO },
	{ "MachPort", "poly_poly", MEANING_MESSAGE_TYPE },
	{ "MachPort", "msgt_name", MEANING_MESSAGE_TYPE },
	{ "MachPort", "poly", MEANING_HEX },
	{ "MachPort", "name", MEANING_HEX },
	{ "VmSetSizeLimit", "map", MEANING_HEX },
	{ "Bootstrap", "service_active", MEANING_STATUS },
	{ "Bootstrap", "service_ports", MEANING_HEX },
	{ "VmdName", "mode", MEANING_NAME_MODE },

	{ NULL, "protection", MEANING_PROTECTION },
	{ NULL, "desired_access", MEANING_PROTECTION },
	{ NULL, "inheritance", MEANING_INHERITANCE },
	{ NULL, "sync_flags", MEANING_SYNC },
	{ NULL, "flags", MEANING_FLAGS },
	{ NULL, "tag", MEANING_TAG },
	{ NULL, "behavior", MEANING_BEHAVIOR },
	{ NULL, "attribute", MEANING_ATTRIBUTE },
	{ NULL, "permission", MEANING_PERMISSION },
	{ NULL, "share_mode", MEANING_SHARE_MODE },
	{ NULL, "disposition", MEANING_DISPOSITION },

	{ NULL, "address", MEANING_HEX },
	{ NULL, "size", MEANING_HEX },
	{ NULL, "size_max", MEANING_HEX },
	{ NULL, "offset", MEANING_HEX },
	{ NULL, "mask", MEANING_HEX },
	{ NULL, "limit", MEANING_HEX },
	{ NULL, "task", MEANING_HEX },
	{ NULL, "host", MEANING_HEX },
	{ NULL, "port", MEANING_HEX },
	{ NULL, "port_set", MEANING_HEX },
	{ NULL, "object", MEANING_HEX },
	{ NULL, "object_name", MEANING_HEX },
	{ NULL, "handle", MEANING_HEX },
	{ NULL, "parent_entry", MEANING_HEX },
};

static bool
begins_with(const char *name, const char *start)
{
	return strncmp(name, start, strlen(start)) == 0;
}

static bool
ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name), end = strlen(suffix);

	return length >= end && strcmp(name + length - end, suffix) == 0;
}

enum meaning
meaning_of(const char *message, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (ends_with(name, meanings[i].suffix) &&
		    (!meanings[i].message ||
			(message && begins_with(message, meanings[i].message))))
			return meanings[i].meaning;
	return MEANING_NONE;
}

/* As rwx, share or TRUE. False: it is none of these. */
static bool
print_picture(FILE *out, struct value value)
{
	static const char *const inheritances[] = {
		[VM_INHERIT_SHARE] = "share",
		[VM_INHERIT_COPY] = "copy",
		[VM_INHERIT_NONE] = "none",
	};
	uint64_t n = value.number;

	if (value.meaning == MEANING_PROTECTION && n <= VM_PROT_ALL)
		fprintf(out, "%c%c%c", n & VM_PROT_READ ? 'r' : '-',
		    n & VM_PROT_WRITE ? 'w' : '-',
		    n & VM_PROT_EXECUTE ? 'x' : '-');
	else if (value.meaning == MEANING_INHERITANCE &&
		 n < ARRAY_SIZE(inheritances))
		fputs(inheritances[n], out);
	else if (value.meaning == MEANING_BOOLEAN && n <= 1)
		fputs(n ? "TRUE" : "FALSE", out);
	else
		return false;
	return true;
}

static bool
is_hexadecimal(enum meaning meaning)
{
	return meaning == MEANING_HEX || meaning == MEANING_PROTECTION ||
	       meaning == MEANING_FLAGS || meaning == MEANING_PERMISSION ||
	       meaning == MEANING_INHERITANCE || meaning == MEANING_BOOLEAN;
}

static void
print_number(FILE *out, struct value value)
{
	if (is_hexadecimal(value.meaning))
		fprintf(out, "%#" PRIx64, value.number);
	else
		fprintf(out, "%" PRId64, (int64_t)value.number);
}

void
value_print(FILE *out, struct value value)
{
	if (!print_picture(out, value) && !constant_print(out, value))
		print_number(out, value);
}

void
value_print_c(FILE *out, struct value value)
{
	if (value.meaning == MEANING_BOOLEAN && value.number <= 1)
		fputs(value.number ? "TRUE" : "FALSE", out);
	else if (!constant_print_c(out, value))
		print_number(out, value);
}
