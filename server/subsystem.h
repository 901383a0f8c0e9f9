/*
 * Subsystems: what there is to be asked, and of whom
 *
 * Each of their routines has a line in a table, made once out of the services'
 * descriptors, and of what Mach says of the subsystem and of some routines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>

#include "server/port.h"
#include "server/request.h"

struct routine {
	ProtobufCService *service;
	const ProtobufCMethodDescriptor *method;
	unsigned index; /* in the service */

	enum port_kind kind;      /* whom it is for */
	enum port_kind look;      /* which lesser port of a task will do, if
				     it only looks; else PORT_NONE */
	kern_return_t other_kind; /* the answer if it is for somebody else */
	bool takes_data;
	struct routine_count *count;
};

struct routine_count {
	uint64_t calls;
	uint64_t failed; /* of those */
};

/* Makes the table. Once is enough. */
void subsystems_init(void);

/* The registry's ids are host_priv's, too. Is it one of those? */
bool subsystem_may_be_registry(int id);

/* The i'th of all; NULL: there are no more. *id: its id. */
const struct routine *subsystem_routine_at(size_t i, int *id);

/*
 * The routine with an id.
 *
 * => registry: it is for the registry
 * => NULL: there is none
 */
const struct routine *subsystem_routine(int id, bool registry);
