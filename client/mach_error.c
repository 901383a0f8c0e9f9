/*
 * Error codes in words
 *
 * A code names a system, a subsystem of it, and a code of that; <mach/error.h>
 * draws it. Each subsystem that has words has a table of them here, indexed by
 * the code's own constant.
 *
 * Older Mach numbered errors otherwise, and MIG still does: -303 stands for
 * code 3 of (ipc/mig). renumbered() turns those into codes of the kind above
 * before anything is looked up.
 */
#include <mach/mach_error.h>

#include <assert.h>
#include <stdint.h>
#include <stdio.h>

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/mig_errors.h>

#include "common/cleanup.h"

#define KERN(code, words) [KERN_##code] = "(os/kern) " words
#define SEND(code, words) [err_get_code(MACH_SEND_##code)] = "(ipc/send) " words
#define RCV(code, words)  [err_get_code(MACH_RCV_##code)] = "(ipc/rcv) " words
#define MIG(code, words)  [MIG_TYPE_ERROR - MIG_##code] = "(ipc/mig) " words

static const char *const kern_codes[] = {
	KERN(SUCCESS, "successful"),
	KERN(INVALID_ADDRESS, "invalid address"),
	KERN(PROTECTION_FAILURE, "protection failure"),
	KERN(NO_SPACE, "no space available"),
	KERN(INVALID_ARGUMENT, "invalid argument"),
	KERN(FAILURE, "failure"),
	KERN(RESOURCE_SHORTAGE, "resource shortage"),
	KERN(NOT_RECEIVER, "not receiver"),
	KERN(NO_ACCESS, "no access"),
	KERN(MEMORY_FAILURE, "memory failure"),
	KERN(MEMORY_ERROR, "memory error"),
	KERN(ALREADY_IN_SET, "already in set"),
	KERN(NOT_IN_SET, "not in set"),
	KERN(NAME_EXISTS, "name exists"),
	KERN(ABORTED, "aborted"),
	KERN(INVALID_NAME, "invalid name"),
	KERN(INVALID_TASK, "invalid task"),
	KERN(INVALID_RIGHT, "invalid right"),
	KERN(INVALID_VALUE, "invalid value"),
	KERN(UREFS_OVERFLOW, "urefs overflow"),
	KERN(INVALID_CAPABILITY, "invalid capability"),
	KERN(RIGHT_EXISTS, "right exists"),
	KERN(INVALID_HOST, "invalid host"),
	KERN(MEMORY_PRESENT, "memory present"),
	KERN(MEMORY_DATA_MOVED, "memory data moved"),
	KERN(MEMORY_RESTART_COPY, "memory restart copy"),
	KERN(INVALID_PROCESSOR_SET, "invalid processor set"),
	KERN(POLICY_LIMIT, "policy limit"),
	KERN(INVALID_POLICY, "invalid policy"),
	KERN(INVALID_OBJECT, "invalid object"),
	KERN(ALREADY_WAITING, "already waiting"),
	KERN(DEFAULT_SET, "default set"),
	KERN(EXCEPTION_PROTECTED, "exception protected"),
	KERN(INVALID_LEDGER, "invalid ledger"),
	KERN(INVALID_MEMORY_CONTROL, "invalid memory control"),
	KERN(INVALID_SECURITY, "invalid security"),
	KERN(NOT_DEPRESSED, "not depressed"),
	KERN(TERMINATED, "object terminated"),
	KERN(LOCK_SET_DESTROYED, "lock set destroyed"),
	KERN(LOCK_UNSTABLE, "lock unstable"),
	KERN(LOCK_OWNED, "lock owned by another"),
	KERN(LOCK_OWNED_SELF, "lock owned by self"),
	KERN(SEMAPHORE_DESTROYED, "semaphore destroyed"),
	KERN(RPC_SERVER_TERMINATED, "RPC terminated"),
	KERN(RPC_TERMINATE_ORPHAN, "terminate orphan"),
	KERN(RPC_CONTINUE_ORPHAN, "let orphan continue"),
	KERN(NOT_SUPPORTED, "service not supported"),
	KERN(NODE_DOWN, "remote node down"),
	KERN(NOT_WAITING, "thread not waiting"),
	KERN(OPERATION_TIMED_OUT, "operation timed out"),
	KERN(CODESIGN_ERROR, "code signing error"),
	KERN(POLICY_STATIC, "policy is static"),
	KERN(INSUFFICIENT_BUFFER_SIZE, "insufficient input buffer size"),
	KERN(DENIED, "denied by security policy"),
	KERN(MISSING_KC, "missing kernel collection"),
	KERN(INVALID_KC, "invalid kernel collection"),
	KERN(NOT_FOUND, "result not found"),
};

static const char *const send_codes[] = {
	SEND(IN_PROGRESS, "send in progress"),
	SEND(INVALID_DATA, "invalid data"),
	SEND(INVALID_DEST, "invalid destination port"),
	SEND(TIMED_OUT, "timed out"),
	SEND(INVALID_VOUCHER, "invalid voucher"),
	SEND(INTERRUPTED, "interrupted"),
	SEND(MSG_TOO_SMALL, "message too small"),
	SEND(INVALID_REPLY, "invalid reply port"),
	SEND(INVALID_RIGHT, "invalid right"),
	SEND(INVALID_NOTIFY, "invalid notify port"),
	SEND(INVALID_MEMORY, "invalid memory"),
	SEND(NO_BUFFER, "no buffer"),
	SEND(TOO_LARGE, "message too large"),
	SEND(INVALID_TYPE, "invalid type"),
	SEND(INVALID_HEADER, "invalid header"),
	SEND(INVALID_TRAILER, "invalid trailer"),
	SEND(INVALID_CONTEXT, "invalid context"),
	SEND(INVALID_OPTIONS, "invalid options"),
	SEND(INVALID_RT_OOL_SIZE, "invalid size out of line"),
	SEND(NO_GRANT_DEST, "destination takes no rights"),
};

static const char *const rcv_codes[] = {
	RCV(IN_PROGRESS, "receive in progress"),
	RCV(INVALID_NAME, "invalid name"),
	RCV(TIMED_OUT, "timed out"),
	RCV(TOO_LARGE, "message too large"),
	RCV(INTERRUPTED, "interrupted"),
	RCV(PORT_CHANGED, "port changed"),
	RCV(INVALID_NOTIFY, "invalid notify port"),
	RCV(INVALID_DATA, "invalid data"),
	RCV(PORT_DIED, "port died"),
	RCV(IN_SET, "port in set"),
	RCV(HEADER_ERROR, "header error"),
	RCV(BODY_ERROR, "body error"),
	RCV(INVALID_TYPE, "invalid type"),
	RCV(SCATTER_SMALL, "scatter list too small"),
	RCV(INVALID_TRAILER, "invalid trailer"),
};

static const char *const mig_codes[] = {
	MIG(TYPE_ERROR, "reply of the wrong type"),
	MIG(REPLY_MISMATCH, "reply to another request"),
	MIG(REMOTE_ERROR, "remote error"),
	MIG(BAD_ID, "bad request id"),
	MIG(BAD_ARGUMENTS, "bad request arguments"),
	MIG(NO_REPLY, "no reply"),
	MIG(EXCEPTION, "exception in the server"),
	MIG(ARRAY_TOO_LARGE, "array too large"),
	MIG(SERVER_DIED, "server died"),
	MIG(TRAILER_ERROR, "trailer error"),
};

static_assert(ARRAY_SIZE(kern_codes) == KERN_NOT_FOUND + 1, "up to the last");
static_assert(ARRAY_SIZE(send_codes) == 0x16 + 1, "up to the last");
static_assert(ARRAY_SIZE(rcv_codes) == 0xf + 1, "up to the last");
static_assert(ARRAY_SIZE(mig_codes) == 9 + 1, "up to the last");

struct subsystem {
	const char *type;
	const char *const *codes; /* NULL where a code has no words */
	size_t code_count;
};

struct system {
	const char *unknown; /* words for a subsystem that it does not have */
	const struct subsystem *subsystems;
	size_t subsystem_count;
};

#define CODES(codes)           codes, ARRAY_SIZE(codes)
#define SUBSYSTEMS(subsystems) subsystems, ARRAY_SIZE(subsystems)

static const struct subsystem os[] = {
	{ "(os/kern)", CODES(kern_codes) },
	{ "(os/?)", NULL, 0 },
	{ "(os/?)", NULL, 0 },
	{ "(os/unix)", NULL, 0 },
};

static const struct subsystem server[] = {
	{ "(server/netname)", NULL, 0 },
	{ "(server/env_mgr)", NULL, 0 },
	{ "(server/execd)", NULL, 0 },
};

static const struct subsystem old_ipc[] = {
	{ "(ipc/send)", NULL, 0 },
	{ "(ipc/rcv)", NULL, 0 },
};

static const struct subsystem mach_ipc[] = {
	{ "(ipc/send)", CODES(send_codes) },
	{ "(ipc/rcv)", CODES(rcv_codes) },
	{ "(ipc/mig)", CODES(mig_codes) },
};

static const struct system systems[] = {
	[err_get_system(err_kern)] = { "(os/?) unknown subsystem",
	    SUBSYSTEMS(os) },
	[err_get_system(err_us)] = { "(us/?) unknown subsystem", NULL, 0 },
	[err_get_system(err_server)] = { "(server/?) unknown subsystem",
	    SUBSYSTEMS(server) },
	[err_get_system(err_ipc)] = { "(ipc/?) unknown subsystem",
	    SUBSYSTEMS(old_ipc) },
	[err_get_system(err_mach_ipc)] = { "(ipc/?) unknown subsystem",
	    SUBSYSTEMS(mach_ipc) },
};

static_assert(ARRAY_SIZE(systems) == 4 + 1, "mach_ipc is the last");

/* Ranges of a hundred numbers each, from `first` on, up or down. */
static const struct {
	int first;
	int step;
	mach_error_t subsystem;
} old_numbers[] = {
	{ -100, -1, err_ipc | err_sub(0) },
	{ -200, -1, err_ipc | err_sub(1) },
	{ MIG_TYPE_ERROR, -1, err_mach_ipc | err_sub(2) },
	{ 1000, 1, err_server | err_sub(0) },
	{ 1600, 1, err_server | err_sub(1) },
	{ 27600, 1, err_server | err_sub(2) },
};

static mach_error_t
renumbered(mach_error_t error)
{
	int64_t code;

	for (size_t i = 0; i < ARRAY_SIZE(old_numbers); i++) {
		code = ((int64_t)error - old_numbers[i].first) *
		       old_numbers[i].step;
		if (code >= 0 && code < 100)
			return old_numbers[i].subsystem | (mach_error_t)code;
	}
	return error;
}

/* NULL: there is none. The same goes for the next two. */
static const struct system *
system_of(mach_error_t error)
{
	size_t index = (size_t)err_get_system(error);

	return index < ARRAY_SIZE(systems) ? &systems[index] : NULL;
}

static const struct subsystem *
subsystem_of(mach_error_t error)
{
	const struct system *system = system_of(error);
	size_t index = (size_t)err_get_sub(error);

	if (!system || index >= system->subsystem_count)
		return NULL;
	return &system->subsystems[index];
}

static const char *
words_of(mach_error_t error)
{
	const struct subsystem *subsystem = subsystem_of(error);
	size_t index = (size_t)err_get_code(error);

	if (!subsystem || index >= subsystem->code_count)
		return NULL;
	return subsystem->codes[index];
}

static const char *
words_for_unknown(mach_error_t error)
{
	if (!system_of(error))
		return "(?/?) unknown error system";
	if (!subsystem_of(error))
		return system_of(error)->unknown;
	return "unknown error code";
}

char *
mach_error_string(mach_error_t error_value)
{
	mach_error_t error = renumbered(error_value);
	const char *words = words_of(error);

	return (char *)(uintptr_t)(words ? words : words_for_unknown(error));
}

char *
mach_error_type(mach_error_t error_value)
{
	const struct subsystem *subsystem =
	    subsystem_of(renumbered(error_value));

	return (char *)(uintptr_t)(subsystem ? subsystem->type : "(?/?)");
}

/* No colon after `text`: callers of Mach's mach_error bring their own. */
void
mach_error(const char *text, mach_error_t error_value)
{
	char *words = mach_error_string(error_value);

	if (words_of(renumbered(error_value)))
		fprintf(stderr, "%s %s\n", text, words);
	else
		fprintf(stderr, "%s %s %s (%x)\n", text,
		    mach_error_type(error_value), words,
		    (unsigned int)error_value);
}
