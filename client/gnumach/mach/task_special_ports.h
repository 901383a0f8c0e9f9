/* The ports that task_get_special_port knows, as GNU Mach has them. */
#ifndef GNUMACH_TASK_SPECIAL_PORTS_H
#define GNUMACH_TASK_SPECIAL_PORTS_H

#pragma GCC system_header /* for include_next */
#include_next <mach/task_special_ports.h>

#undef TASK_HOST_PORT
#undef TASK_NAME_PORT
#undef TASK_INSPECT_PORT
#undef TASK_READ_PORT
#undef TASK_ACCESS_PORT
#undef TASK_DEBUG_CONTROL_PORT
#undef TASK_RESOURCE_NOTIFY_PORT
#undef TASK_MAX_SPECIAL_PORT

#define TASK_EXCEPTION_PORT 3 /* whom it tells of its exceptions */

#define task_get_exception_port(task, port)                                    \
	(task_get_special_port((task), TASK_EXCEPTION_PORT, (port)))
#define task_set_exception_port(task, port)                                    \
	(task_set_special_port((task), TASK_EXCEPTION_PORT, (port)))

#endif
