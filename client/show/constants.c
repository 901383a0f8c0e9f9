#include "client/show/constants.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include <mach/mig_errors.h>
#include <servers/bootstrap_defs.h>

#include "client/show/constant_table.h"
#include "common/cleanup.h"

/*
 * Constants that mean the same kind of thing: what their names begin with, and
 * how a number of the kind is shown: as such, by its name, by the names of its
 * bits, or by the name of a purgeable state, which is but part of it.
 */
static const struct family {
	const char *prefix;
	enum meaning meaning;
	enum { NUMBERS, NAMES, BITS, STATES } shown;
} families[] = {
	{ "VM_PROT_", MEANING_PROTECTION, NUMBERS },
	{ "VM_INHERIT_", MEANING_INHERITANCE, NUMBERS },
	{ "VM_FLAGS_", MEANING_FLAGS, NUMBERS },
	{ "VM_MEMORY_", MEANING_TAG, NAMES },
	{ "VM_BEHAVIOR_", MEANING_BEHAVIOR, NAMES },
	{ "VM_SYNC_", MEANING_SYNC, BITS },
	{ "MATTR_VAL_", MEANING_ATTRIBUTE_VALUE, NAMES },
	{ "MATTR_", MEANING_ATTRIBUTE, NUMBERS },
	{ "VM_PURGABLE_", MEANING_PURGABLE, NUMBERS },
	{ "VM_PURGABLE_", MEANING_PURGABLE_STATE, STATES },
	{ "VM_VOLATILE_", MEANING_PURGABLE_STATE, NUMBERS },
	{ "VM_PROT_", MEANING_PERMISSION, NUMBERS },
	{ "MAP_MEM_", MEANING_PERMISSION, NUMBERS },
	{ "VM_WIRE_", MEANING_WIRE, NUMBERS },
	{ "VM_REGION_", MEANING_REGION, NUMBERS },
	{ "VM_PAGE_INFO_", MEANING_PAGE, NUMBERS },
	{ "VM_PAGE_QUERY_PAGE_", MEANING_DISPOSITION, BITS },
	{ "SM_", MEANING_SHARE_MODE, NAMES },
	{ "TASK_", MEANING_TASK, NUMBERS },
	{ "MACH_TASK_", MEANING_TASK, NUMBERS },
	{ "HOST_", MEANING_HOST, NUMBERS },
	{ "MACH_PORT_RIGHT_", MEANING_RIGHT, NAMES },
	{ "MACH_PORT_TYPE_", MEANING_PORT_TYPE, BITS },
	{ "MACH_MSG_TYPE_", MEANING_MESSAGE_TYPE, NAMES },
	{ "MACH_NOTIFY_", MEANING_NOTIFICATION, NAMES },
	{ "MACH_PORT_", MEANING_PORT_INFO, NUMBERS },
	{ "BOOTSTRAP_STATUS_", MEANING_STATUS, NAMES },
	{ "VMD_NAME_", MEANING_NAME_MODE, BITS },
};

static bool
is_of(const struct family *family, const char *constant)
{
	return strncmp(constant, family->prefix, strlen(family->prefix)) == 0;
}

/* --- By name ---------------------------------------------------------- */

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
		if (is_of(&families[i], name))
			return families[i].meaning;
	return MEANING_NONE;
}

static bool
has_family(enum meaning meaning)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i].meaning == meaning)
			return true;
	return false;
}

/* Of the families, those that go with the meaning. */
static int
index_in_family(const char *name, enum meaning meaning)
{
	int found = -1;

	for (size_t i = 0; i < ARRAY_SIZE(families) && found < 0; i++)
		if (families[i].meaning == meaning)
			found = index_of(families[i].prefix, name);
	return found;
}

/* False: more than one family has the name. */
static bool
index_in_any(const char *name, int *found, struct complaint *complaint)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int other = index_of(families[i].prefix, name);

		if (other >= 0 && *found >= 0 && other != *found)
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
	int found = index_in_family(name, meaning);

	if (found < 0)
		found = index_of("", name);
	if (found < 0 && !has_family(meaning) &&
	    !index_in_any(name, &found, complaint))
		return false;
	if (found < 0)
		return complain(complaint, "no constant '" WORD "'", name);
	value->number = constants[found].number;
	value->meaning = meaning_of_constant(constants[found].name);
	return true;
}

/* --- By number -------------------------------------------------------- */

/* What is behind the prefix. NULL: it has no name. */
static const char *
name_in(const struct family *family, uint64_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(constants); i++)
		if (constants[i].number == number &&
		    is_of(family, constants[i].name))
			return constants[i].name + strlen(family->prefix);
	return NULL;
}

/* The names of the bits, and what has none, with a | between. */
static void
print_bits(FILE *out, const struct family *family, uint64_t number)
{
	const char *between = "";

	for (uint64_t bit = 1; bit != 0; bit <<= 1) {
		const char *name = number & bit ? name_in(family, bit) : NULL;

		if (!name)
			continue;
		fprintf(out, "%s%s", between, name);
		between = "|";
		number &= ~bit;
	}
	if (number != 0)
		fprintf(out, "%s%#" PRIx64, between, number);
}

/* How numbers of a meaning are shown. NULL: not by name. */
static const struct family *
shown_family(enum meaning meaning)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i].meaning == meaning &&
		    families[i].shown != NUMBERS)
			return &families[i];
	return NULL;
}

const char *
constant_name(struct value value)
{
	const struct family *family = shown_family(value.meaning);

	return family ? name_in(family, value.number) : NULL;
}

bool
constant_print(FILE *out, struct value value)
{
	const struct family *family = shown_family(value.meaning);
	uint64_t number = value.number, rest = 0;
	const char *name;

	if (!family)
		return false;
	if (family->shown == BITS && number != 0) {
		print_bits(out, family, number);
		return true;
	}
	if (family->shown == STATES)
		rest = number & ~(uint64_t)VM_PURGABLE_STATE_MASK;
	name = name_in(family, number - rest);
	if (name)
		fputs(name, out);
	if (name && rest != 0)
		fprintf(out, "|%#" PRIx64, rest);
	return name != NULL;
}

/* --- All of them ------------------------------------------------------ */

const char *
constants_prefix(enum meaning meaning)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i].meaning == meaning)
			return families[i].prefix;
	return NULL;
}

void
constants_each(enum meaning meaning,
    void (*take)(void *context, const char *whole, const char *name),
    void *context)
{
	for (size_t i = 0; i < ARRAY_SIZE(constants); i++) {
		const char *whole = constants[i].name;

		for (size_t j = 0; j < ARRAY_SIZE(families); j++) {
			if (!is_of(&families[j], whole))
				continue;
			if (families[j].meaning != meaning)
				continue;
			take(context, whole,
			    whole + strlen(families[j].prefix));
			break;
		}
	}
}

/* --- In C ------------------------------------------------------------- */

/* How numbers of a meaning are written. Of those that are not here, it is shown
 * whether they have names at all: others stand for several things. */
static const struct {
	enum meaning meaning;
	bool bits;
} written[] = {
	{ MEANING_PROTECTION, true },
	{ MEANING_INHERITANCE, false },
	{ MEANING_FLAGS, true },
	{ MEANING_ATTRIBUTE, false },
	{ MEANING_PURGABLE, false },
	{ MEANING_PERMISSION, true },
	{ MEANING_WIRE, true },
	{ MEANING_REGION, false },
	{ MEANING_PAGE, false },
};

/* NULL: there is none. */
static const char *
whole_name(enum meaning meaning, uint64_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const char *name = families[i].meaning == meaning
				       ? name_in(&families[i], number)
				       : NULL;

		if (name)
			return name - strlen(families[i].prefix);
	}
	return NULL;
}

static void
print_whole_bits(FILE *out, enum meaning meaning, uint64_t number)
{
	const char *between = "";

	for (uint64_t bit = 1; bit != 0; bit <<= 1) {
		const char *name =
		    number & bit ? whole_name(meaning, bit) : NULL;

		if (!name)
			continue;
		fprintf(out, "%s%s", between, name);
		between = "|";
		number &= ~bit;
	}
	if (number != 0)
		fprintf(out, "%s%#" PRIx64, between, number);
}

/* What is in the flags' upper byte. Returns the others. */
static uint64_t
print_tag(FILE *out, uint64_t flags)
{
	uint64_t tag = (flags & VM_FLAGS_ALIAS_MASK) >> 24;
	const char *name = whole_name(MEANING_TAG, tag);

	if (tag == 0)
		return flags;
	if (name)
		fprintf(out, "VM_MAKE_TAG(%s)", name);
	else
		fprintf(out, "VM_MAKE_TAG(%" PRIu64 ")", tag);
	flags &= ~(uint64_t)VM_FLAGS_ALIAS_MASK;
	if (flags != 0)
		fputc('|', out);
	return flags;
}

bool
constant_print_c(FILE *out, struct value value)
{
	const struct family *family = shown_family(value.meaning);
	bool named = family != NULL, bits = named && family->shown == BITS;
	uint64_t number = value.number;
	const char *name;

	for (size_t i = 0; i < ARRAY_SIZE(written) && !named; i++) {
		named = written[i].meaning == value.meaning;
		bits = written[i].bits;
	}
	if (!named)
		return false;
	name = bits && number != 0 ? NULL : whole_name(value.meaning, number);
	if (!name && !bits)
		return false;
	if (name)
		fputs(name, out);
	else if (number == 0)
		fputc('0', out);
	else if (value.meaning != MEANING_FLAGS ||
		 (number = print_tag(out, (uint32_t)number)) != 0)
		print_whole_bits(out, value.meaning, number);
	return true;
}

/* --- Codes ------------------------------------------------------------ */

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

	CODE(BOOTSTRAP_NOT_PRIVILEGED),
	CODE(BOOTSTRAP_NAME_IN_USE),
	CODE(BOOTSTRAP_UNKNOWN_SERVICE),
	CODE(BOOTSTRAP_SERVICE_ACTIVE),
	CODE(BOOTSTRAP_BAD_COUNT),
	CODE(BOOTSTRAP_NO_MEMORY),
};

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

const char *
code_at(size_t i, kern_return_t *code)
{
	if (i >= ARRAY_SIZE(codes))
		return NULL;
	*code = codes[i].code;
	return codes[i].name;
}

const char *
constant_at(size_t i, uint64_t *number)
{
	if (i >= ARRAY_SIZE(constants))
		return NULL;
	*number = constants[i].number;
	return constants[i].name;
}
