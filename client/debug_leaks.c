/*
 * Leaks: $VMD_DEBUG=leaks
 *
 * When the program ends with exit(3), or main() returns: what it was given and
 * has not given back. That is memory of vm_read() and its like, with the calls
 * that led to it, and references to ports. Nothing is said if nothing is left.
 */
#include <inttypes.h>

#include <mach/mach.h>

#include "client/buffer.h"
#include "client/debug.h"
#include "client/session.h"
#include "client/show/value.h"
#include "common/cleanup.h"

/* What each program has from the start, and never gives back. */
static bool
is_given(mach_port_name_t name)
{
	return name == mach_task_self_ || name == bootstrap_port;
}

static void
tell_port(mach_port_name_t name, mach_port_type_t type)
{
	struct value rights = { type, MEANING_PORT_TYPE };
	mach_port_urefs_t refs = 0;
	struct debug_line line;

	if (type & MACH_PORT_TYPE_SEND)
		mach_port_get_refs(mach_task_self(), name, MACH_PORT_RIGHT_SEND,
		    &refs);
	else if (type & MACH_PORT_TYPE_DEAD_NAME)
		mach_port_get_refs(mach_task_self(), name,
		    MACH_PORT_RIGHT_DEAD_NAME, &refs);
	debug_line_begin(&line);
	if (line.out) {
		fprintf(line.out, "leaks:   %#" PRIx32 ": ", name);
		value_print(line.out, rights);
		if (refs > 0)
			fprintf(line.out, ", %" PRIu32 " reference%s", refs,
			    refs == 1 ? "" : "s");
	}
	debug_line_end(&line);
}

static void
tell_count(size_t count)
{
	struct debug_line line;

	debug_line_begin(&line);
	if (line.out)
		fprintf(line.out,
		    "leaks: names of ports, never given back: %zu", count);
	debug_line_end(&line);
}

static void
tell_ports(void)
{
	mach_msg_type_number_t count = 0, type_count = 0;
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	size_t left = 0;

	if (mach_port_names(mach_task_self(), &names, &count, &types,
		&type_count) != KERN_SUCCESS)
		return;
	for (mach_msg_type_number_t i = 0; i < count; i++)
		left += !is_given(names[i]);
	if (left > 0)
		tell_count(left);
	for (mach_msg_type_number_t i = 0; i < count; i++)
		if (!is_given(names[i]))
			tell_port(names[i], types[i]);
	vm_deallocate(mach_task_self(), (vm_address_t)names,
	    count * sizeof(*names));
	vm_deallocate(mach_task_self(), (vm_address_t)types,
	    type_count * sizeof(*types));
}

/* A program that has made no call has nothing. */
__attribute__((destructor)) static void
tell_leaks(void)
{
	if (session_get()->state == SESSION_NONE || !debug_wants(DEBUG_LEAKS))
		return;
	debug_forget(DEBUG_CALLS);
	buffers_tell_leaks();
	tell_ports();
}
