#include "client/vmctl/constants.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <mach/boolean.h>
#include <mach/mach_types.h>
#include <mach/mig_errors.h>
#include <mach/vm_param.h>

#include "common/cleanup.h"

#define CONSTANT(name)                                                         \
	{                                                                      \
#name, (uint64_t)(name)                                        \
	}

static const struct {
	const char *name;
	uint64_t number;
} constants[] = {
	CONSTANT(VM_PROT_NONE),
	CONSTANT(VM_PROT_READ),
	CONSTANT(VM_PROT_WRITE),
	CONSTANT(VM_PROT_EXECUTE),
	CONSTANT(VM_PROT_DEFAULT),
	CONSTANT(VM_PROT_ALL),
	CONSTANT(VM_PROT_NO_CHANGE),
	CONSTANT(VM_PROT_COPY),
	CONSTANT(VM_PROT_IS_MASK),

	CONSTANT(VM_INHERIT_SHARE),
	CONSTANT(VM_INHERIT_COPY),
	CONSTANT(VM_INHERIT_NONE),
	CONSTANT(VM_INHERIT_DONATE_COPY),
	CONSTANT(VM_INHERIT_DEFAULT),

	CONSTANT(VM_FLAGS_FIXED),
	CONSTANT(VM_FLAGS_ANYWHERE),
	CONSTANT(VM_FLAGS_PURGABLE),
	CONSTANT(VM_FLAGS_4GB_CHUNK),
	CONSTANT(VM_FLAGS_RANDOM_ADDR),
	CONSTANT(VM_FLAGS_NO_CACHE),
	CONSTANT(VM_FLAGS_RESILIENT_CODESIGN),
	CONSTANT(VM_FLAGS_RESILIENT_MEDIA),
	CONSTANT(VM_FLAGS_PERMANENT),
	CONSTANT(VM_FLAGS_TPRO),
	CONSTANT(VM_FLAGS_OVERWRITE),
	CONSTANT(VM_FLAGS_RETURN_DATA_ADDR),
	CONSTANT(VM_FLAGS_RETURN_4K_DATA_ADDR),
	CONSTANT(VM_FLAGS_SUPERPAGE_SIZE_ANY),
	CONSTANT(VM_FLAGS_SUPERPAGE_SIZE_2MB),

	CONSTANT(VM_BEHAVIOR_DEFAULT),
	CONSTANT(VM_BEHAVIOR_RANDOM),
	CONSTANT(VM_BEHAVIOR_SEQUENTIAL),
	CONSTANT(VM_BEHAVIOR_RSEQNTL),
	CONSTANT(VM_BEHAVIOR_WILLNEED),
	CONSTANT(VM_BEHAVIOR_DONTNEED),
	CONSTANT(VM_BEHAVIOR_FREE),
	CONSTANT(VM_BEHAVIOR_ZERO_WIRED_PAGES),
	CONSTANT(VM_BEHAVIOR_REUSABLE),
	CONSTANT(VM_BEHAVIOR_REUSE),
	CONSTANT(VM_BEHAVIOR_CAN_REUSE),
	CONSTANT(VM_BEHAVIOR_PAGEOUT),
	CONSTANT(VM_BEHAVIOR_ZERO),

	CONSTANT(VM_REGION_BASIC_INFO),
	CONSTANT(VM_REGION_BASIC_INFO_64),
	CONSTANT(VM_REGION_EXTENDED_INFO),
	CONSTANT(VM_REGION_TOP_INFO),
	CONSTANT(VM_REGION_BASIC_INFO_COUNT),
	CONSTANT(VM_REGION_BASIC_INFO_COUNT_64),
	CONSTANT(VM_MAP_ENTRY_MAX),

	CONSTANT(TASK_BASIC_INFO),
	CONSTANT(TASK_BASIC_INFO_32),
	CONSTANT(TASK_BASIC2_INFO_32),
	CONSTANT(TASK_BASIC_INFO_64),
	CONSTANT(TASK_BASIC_INFO_64_2),
	CONSTANT(MACH_TASK_BASIC_INFO),
	CONSTANT(TASK_BASIC_INFO_32_COUNT),
	CONSTANT(TASK_BASIC_INFO_64_COUNT),
	CONSTANT(MACH_TASK_BASIC_INFO_COUNT),

	CONSTANT(MACH_PORT_NULL),
	CONSTANT(MACH_PORT_DEAD),
	CONSTANT(VM_MIN_ADDRESS),
	CONSTANT(VM_MAX_ADDRESS),
	CONSTANT(TRUE),
	CONSTANT(FALSE),
};

/* What a name may come without, and what the number means then. */
static const struct {
	const char *prefix;
	enum meaning meaning;
} families[] = {
	{ "VM_PROT_", MEANING_PROTECTION },
	{ "VM_INHERIT_", MEANING_INHERITANCE },
	{ "VM_FLAGS_", MEANING_FLAGS },
};

#define CODE(name)                                                             \
	{                                                                      \
#name, (kern_return_t)(name)                                   \
	}

static const struct {
	const char *name;
	kern_return_t code;
} codes[] = {
	CODE(KERN_SUCCESS),
	CODE(KERN_INVALID_ADDRESS),
	CODE(KERN_PROTECTION_FAILURE),
	CODE(KERN_NO_SPACE),
	CODE(KERN_INVALID_ARGUMENT),
	CODE(KERN_FAILURE),
	CODE(KERN_RESOURCE_SHORTAGE),
	CODE(KERN_NOT_RECEIVER),
	CODE(KERN_NO_ACCESS),
	CODE(KERN_MEMORY_FAILURE),
	CODE(KERN_MEMORY_ERROR),
	CODE(KERN_ALREADY_IN_SET),
	CODE(KERN_NOT_IN_SET),
	CODE(KERN_NAME_EXISTS),
	CODE(KERN_ABORTED),
	CODE(KERN_INVALID_NAME),
	CODE(KERN_INVALID_TASK),
	CODE(KERN_INVALID_RIGHT),
	CODE(KERN_INVALID_VALUE),
	CODE(KERN_UREFS_OVERFLOW),
	CODE(KERN_INVALID_CAPABILITY),
	CODE(KERN_RIGHT_EXISTS),
	CODE(KERN_INVALID_HOST),
	CODE(KERN_MEMORY_PRESENT),
	CODE(KERN_MEMORY_DATA_MOVED),
	CODE(KERN_MEMORY_RESTART_COPY),
	CODE(KERN_INVALID_PROCESSOR_SET),
	CODE(KERN_POLICY_LIMIT),
	CODE(KERN_INVALID_POLICY),
	CODE(KERN_INVALID_OBJECT),
	CODE(KERN_ALREADY_WAITING),
	CODE(KERN_DEFAULT_SET),
	CODE(KERN_EXCEPTION_PROTECTED),
	CODE(KERN_INVALID_LEDGER),
	CODE(KERN_INVALID_MEMORY_CONTROL),
	CODE(KERN_INVALID_SECURITY),
	CODE(KERN_NOT_DEPRESSED),
	CODE(KERN_TERMINATED),
	CODE(KERN_LOCK_SET_DESTROYED),
	CODE(KERN_LOCK_UNSTABLE),
	CODE(KERN_LOCK_OWNED),
	CODE(KERN_LOCK_OWNED_SELF),
	CODE(KERN_SEMAPHORE_DESTROYED),
	CODE(KERN_RPC_SERVER_TERMINATED),
	CODE(KERN_RPC_TERMINATE_ORPHAN),
	CODE(KERN_RPC_CONTINUE_ORPHAN),
	CODE(KERN_NOT_SUPPORTED),
	CODE(KERN_NODE_DOWN),
	CODE(KERN_NOT_WAITING),
	CODE(KERN_OPERATION_TIMED_OUT),
	CODE(KERN_CODESIGN_ERROR),
	CODE(KERN_POLICY_STATIC),
	CODE(KERN_INSUFFICIENT_BUFFER_SIZE),
	CODE(KERN_DENIED),
	CODE(KERN_MISSING_KC),
	CODE(KERN_INVALID_KC),
	CODE(KERN_NOT_FOUND),

	CODE(MACH_SEND_IN_PROGRESS),
	CODE(MACH_SEND_INVALID_DATA),
	CODE(MACH_SEND_INVALID_DEST),
	CODE(MACH_SEND_TIMED_OUT),
	CODE(MACH_SEND_INVALID_VOUCHER),
	CODE(MACH_SEND_INTERRUPTED),
	CODE(MACH_SEND_MSG_TOO_SMALL),
	CODE(MACH_SEND_INVALID_REPLY),
	CODE(MACH_SEND_INVALID_RIGHT),
	CODE(MACH_SEND_INVALID_NOTIFY),
	CODE(MACH_SEND_INVALID_MEMORY),
	CODE(MACH_SEND_NO_BUFFER),
	CODE(MACH_SEND_TOO_LARGE),
	CODE(MACH_SEND_INVALID_TYPE),
	CODE(MACH_SEND_INVALID_HEADER),
	CODE(MACH_SEND_INVALID_TRAILER),
	CODE(MACH_SEND_INVALID_CONTEXT),
	CODE(MACH_SEND_INVALID_OPTIONS),
	CODE(MACH_SEND_INVALID_RT_OOL_SIZE),
	CODE(MACH_SEND_NO_GRANT_DEST),

	CODE(MACH_RCV_IN_PROGRESS),
	CODE(MACH_RCV_INVALID_NAME),
	CODE(MACH_RCV_TIMED_OUT),
	CODE(MACH_RCV_TOO_LARGE),
	CODE(MACH_RCV_INTERRUPTED),
	CODE(MACH_RCV_PORT_CHANGED),
	CODE(MACH_RCV_INVALID_NOTIFY),
	CODE(MACH_RCV_INVALID_DATA),
	CODE(MACH_RCV_PORT_DIED),
	CODE(MACH_RCV_IN_SET),
	CODE(MACH_RCV_HEADER_ERROR),
	CODE(MACH_RCV_BODY_ERROR),
	CODE(MACH_RCV_INVALID_TYPE),
	CODE(MACH_RCV_SCATTER_SMALL),
	CODE(MACH_RCV_INVALID_TRAILER),

	CODE(MIG_TYPE_ERROR),
	CODE(MIG_REPLY_MISMATCH),
	CODE(MIG_REMOTE_ERROR),
	CODE(MIG_BAD_ID),
	CODE(MIG_BAD_ARGUMENTS),
	CODE(MIG_NO_REPLY),
	CODE(MIG_EXCEPTION),
	CODE(MIG_ARRAY_TOO_LARGE),
	CODE(MIG_SERVER_DIED),
	CODE(MIG_TRAILER_ERROR),
};

/* -1: there is none. */
static int
index_of(const char *prefix, const char *name)
{
	size_t length = strlen(prefix);

	for (size_t i = 0; i < ARRAY_SIZE(constants); i++)
		if (strncmp(constants[i].name, prefix, length) == 0 &&
		    strcasecmp(constants[i].name + length, name) == 0)
			return (int)i;
	return -1;
}

static enum meaning
meaning_of_constant(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (strncmp(name, families[i].prefix,
			strlen(families[i].prefix)) == 0)
			return families[i].meaning;
	return MEANING_NONE;
}

/* Of the families, the one that goes with the meaning. */
static int
index_in_family(const char *name, enum meaning meaning)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i].meaning == meaning)
			return index_of(families[i].prefix, name);
	return -1;
}

/* False: more than one family has the name. */
static bool
index_in_any(const char *name, int *found, struct complaint *complaint)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int other = index_of(families[i].prefix, name);

		if (other >= 0 && *found >= 0)
			return complain(complaint,
			    "'" WORD "' may be %s or %s: say which", name,
			    constants[*found].name, constants[other].name);
		*found = MAX(*found, other);
	}
	return true;
}

bool
constant_find(const char *name, enum meaning meaning, struct value *value,
    struct complaint *complaint)
{
	int found = index_of("", name);

	if (found < 0)
		found = index_in_family(name, meaning);
	if (found < 0 && !index_in_any(name, &found, complaint))
		return false;
	if (found < 0)
		return complain(complaint, "no constant '" WORD "'", name);
	value->number = constants[found].number;
	value->meaning = meaning_of_constant(constants[found].name);
	return true;
}

bool
code_find(const char *name, kern_return_t *code)
{
	static const char kern[] = "KERN_";

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		const char *whole = codes[i].name;

		if (strcasecmp(whole, name) != 0 &&
		    (strncmp(whole, kern, strlen(kern)) != 0 ||
			strcasecmp(whole + strlen(kern), name) != 0))
			continue;
		*code = codes[i].code;
		return true;
	}
	return false;
}

const char *
code_name(kern_return_t code)
{
	static char number[16];

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return codes[i].name;
	snprintf(number, sizeof(number), code < 0 ? "%d" : "%#x", code);
	return number;
}
