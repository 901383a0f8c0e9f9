#include "server/port.h"

#include <assert.h>
#include <stdlib.h>

#include <mach/notify.h>

#include "server/port_notify.h"
#include "server/roster.h"
#include "server/port_space.h"
#include "server/registry.h"
#include "server/vm/memory_entry.h"
#include "server/vm/task.h"

enum { SETTLED_AT_ONCE = 64 };

STAILQ_HEAD(port_queue, port);

/* Those that may be had by tasks only, or by nobody. */
static struct port_queue dropped = STAILQ_HEAD_INITIALIZER(dropped);

struct port *
port_new(enum port_kind kind, struct task *task)
{
	struct port *port = calloc(1, sizeof(*port));

	if (!port)
		return NULL;
	port->kind = kind;
	port->refs = 1;
	port->task = task;
	LIST_INIT(&port->requests);
	LIST_INIT(&port->rights);
	LIST_INIT(&port->names);
	LIST_INIT(&port->holds);
	return port;
}

struct port *
port_new_entry(struct memory_entry *entry)
{
	struct port *port = port_new(PORT_MEMORY_ENTRY, NULL);

	if (port)
		port->entry = entry;
	return port;
}

void
port_ref(struct port *port)
{
	assert(port->refs < UINT32_MAX);
	port->refs++;
}

static struct port **
flavor_place(struct port *control, enum port_kind kind)
{
	assert(kind >= PORT_TASK_NAME && kind < PORT_TASK);
	return &control->flavors[kind - PORT_TASK_NAME];
}

struct port *
port_of_task(struct port *port, enum port_kind kind)
{
	struct port *control = port->control ? port->control : port;
	struct port **flavor = flavor_place(control, kind);

	assert(control->kind == PORT_TASK && !port_is_dead(control));
	if (*flavor) {
		port_ref(*flavor);
		return *flavor;
	}
	*flavor = port_new(kind, control->task);
	if (!*flavor)
		return NULL;
	task_ref(control->task);
	(*flavor)->control = control;
	return *flavor;
}

/* A lesser port goes, or dies. */
static void
leave_control(struct port *flavor)
{
	struct port *control = steal(&flavor->control);

	if (control)
		*flavor_place(control, flavor->kind) = NULL;
}

/* With the control port the others die. */
static void
destroy_flavors(struct port *control)
{
	for (unsigned i = 0; i < PORT_FLAVORS; i++)
		if (control->flavors[i])
			port_destroy(control->flavors[i]);
}

/* --- Who is still to be reached ---------------------------------------- */

/* Has anybody the port but tasks, which hold it? */
static bool
is_at_hand(const struct port *port)
{
	return port->refs > port->hold_count;
}

/* One reference less. If only tasks have it now, or nobody, that is to be
 * settled. */
static void
drop(struct port *port)
{
	port->refs--;
	if (port->receiver && !port_has_senders(port))
		port_request_send(&port->no_senders, MACH_NOTIFY_NO_SENDERS,
		    port->mscount);
	if (is_at_hand(port) || port->dropped)
		return;
	port->dropped = true;
	STAILQ_INSERT_TAIL(&dropped, port, drop_link);
}

static void
let_go(struct port_hold *hold)
{
	struct port *port = steal(&hold->port);

	if (!port)
		return;
	LIST_REMOVE(hold, link);
	port->hold_count--;
	drop(port);
}

static void
let_go_of_all(struct port *task)
{
	for (unsigned i = 0; task->held && i < PORT_HOLDS; i++)
		let_go(&task->held[i]);
}

static void
port_free(struct port *port)
{
	let_go_of_all(port);
	destroy_flavors(port);
	leave_control(port);
	roster_remove(port);
	task_unref(port->task);
	memory_entry_free(port->entry);
	free(port->held);
	free(port);
}

/* Ports looked at since somebody asked. */
static uint32_t work;

uint32_t
port_work(void)
{
	uint32_t done = work;

	work = 0;
	return done;
}

static void
see(struct port *port, struct port_queue *seen)
{
	if (port->seen)
		return;
	work++;
	port->seen = true;
	STAILQ_INSERT_TAIL(seen, port, seen_link);
}

/* Goes back from a port to those that hold it, and to those that hold them,
 * until one of them is at hand. If none is, all that were seen are lost. */
static bool
is_reached(struct port *port, struct port_queue *seen)
{
	struct port_hold *hold;

	if (is_at_hand(port))
		return true;
	see(port, seen);
	STAILQ_FOREACH(port, seen, seen_link)
	{
		LIST_FOREACH(hold, &port->holds, link) {
			if (is_at_hand(hold->holder))
				return true;
			see(hold->holder, seen);
		}
	}
	return false;
}

/* What is lost holds nothing any more: nobody has it then. */
static void
lose(struct port *port)
{
	struct port_queue seen = STAILQ_HEAD_INITIALIZER(seen);
	bool lost = !is_reached(port, &seen);

	while ((port = STAILQ_FIRST(&seen))) {
		STAILQ_REMOVE_HEAD(&seen, seen_link);
		port->seen = false;
		if (lost)
			let_go_of_all(port);
	}
}

/* Ports that are freed let go of others: one after the other, for chains may be
 * long, and not too many of them at once. */
bool
ports_reap(uint32_t *steps)
{
	static bool reaping;
	struct port *port;

	while (!reaping && *steps > 0 && (port = STAILQ_FIRST(&dropped))) {
		STAILQ_REMOVE_HEAD(&dropped, drop_link);
		port->dropped = false;
		reaping = true;
		if (port->refs == 0)
			port_free(port);
		else
			lose(port);
		reaping = false;
		*steps -= 1 + MIN(port_work(), *steps - 1);
	}
	return !STAILQ_EMPTY(&dropped);
}

static void
settle(void)
{
	uint32_t steps = SETTLED_AT_ONCE;

	ports_reap(&steps);
}

struct port *
port_unref(struct port *port)
{
	if (!port)
		return NULL;
	drop(port);
	settle();
	return NULL;
}

/* --- The rest ---------------------------------------------------------- */

void
port_destroy(struct port *port)
{
	struct task *task = port->task;

	port_ref(port);
	port_requests_cancel(port);
	port->receiver = NULL;
	while (!LIST_EMPTY(&port->rights))
		port_right_die(LIST_FIRST(&port->rights));
	while (!LIST_EMPTY(&port->names))
		registry_remove(LIST_FIRST(&port->names));
	port_request_send(&port->no_senders, MACH_NOTIFY_SEND_ONCE, 0);
	destroy_flavors(port);
	leave_control(port);
	port->task = NULL;
	roster_remove(port);
	if (task && port->kind == PORT_TASK)
		task_terminate(task);
	task_unref(task);
	let_go_of_all(port);
	drop(port);
	settle();
}

kern_return_t
port_hold(struct port *task, unsigned place, struct port *port)
{
	struct port_hold *hold;

	assert(place < PORT_HOLDS);
	if (!task->held)
		task->held = calloc(PORT_HOLDS, sizeof(*task->held));
	if (!task->held)
		return KERN_RESOURCE_SHORTAGE;
	hold = &task->held[place];
	if (port)
		port_ref(port);
	let_go(hold);
	hold->holder = task;
	hold->port = port;
	if (port) {
		port->hold_count++;
		LIST_INSERT_HEAD(&port->holds, hold, link);
	}
	settle();
	return KERN_SUCCESS;
}

bool
port_held(const struct port *task, unsigned place, struct port **port)
{
	assert(place < PORT_HOLDS);
	if (!task->held || !task->held[place].holder)
		return false;
	*port = task->held[place].port;
	return true;
}
