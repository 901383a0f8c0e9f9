#include "server/port_notify.h"

#include <assert.h>
#include <stdlib.h>

#include <mach/notify.h>

#include "common/cleanup.h"
#include "server/port.h"
#include "server/port_space.h"

static struct port_space *
space_to_tell(const struct port_request *request)
{
	return request->notify->receiver->space;
}

kern_return_t
port_request_new(struct port *notify, struct port_request **place)
{
	struct port_request *request = calloc(1, sizeof(*request));

	assert(!port_is_dead(notify));
	if (!request)
		return KERN_RESOURCE_SHORTAGE;
	request->notify = notify;
	LIST_INSERT_HEAD(&notify->requests, request, link);
	space_to_tell(request)->request_count++;
	port_request_send(place, MACH_NOTIFY_SEND_ONCE, 0);
	request->place = place;
	*place = request;
	return KERN_SUCCESS;
}

void
port_request_send(struct port_request **place, mach_msg_id_t id, uint32_t value)
{
	struct port_request *request = steal(place);
	struct port_space *space;

	if (!request)
		return;
	space = space_to_tell(request);
	request->place = NULL;
	request->id = id;
	request->value = value;
	TAILQ_INSERT_TAIL(&space->messages, request, message_link);
	if (space->message_came)
		space->message_came(space);
}

void
port_request_free(struct port_request *request)
{
	struct port_space *space = space_to_tell(request);

	LIST_REMOVE(request, link);
	if (request->place)
		*request->place = NULL;
	else
		TAILQ_REMOVE(&space->messages, request, message_link);
	space->request_count--;
	free(request);
}

void
port_requests_cancel(struct port *notify)
{
	while (!LIST_EMPTY(&notify->requests))
		port_request_free(LIST_FIRST(&notify->requests));
}

struct port_request *
port_space_message(const struct port_space *space)
{
	return TAILQ_FIRST(&space->messages);
}
