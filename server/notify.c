#include "server/notify.h"

#include "common/msg.h"
#include "proto/routine.h"
#include "server/connection.h"
#include "server/port_notify.h"

static void
put(struct connection *connection, const struct port_request *message,
    const ProtobufCMessage *body)
{
	struct msg msg = {
		.kind = MSG_NOTICE,
		.id = message->id,
		.local = message->notify->receiver->name,
		.body_size = protobuf_c_message_get_packed_size(body),
	};
	size_t head = msg_head_size(&msg);
	uint8_t *to = connection_put(connection, head + msg.body_size);

	if (!to)
		return;
	msg_write_head(&msg, to);
	protobuf_c_message_pack(body, to + head);
}

void
notify_put(struct connection *connection, const struct port_request *message)
{
	MachNotifyPortDeletedRequest deleted =
	    MACH_NOTIFY_PORT_DELETED_REQUEST__INIT;
	MachNotifyNoSendersRequest senders =
	    MACH_NOTIFY_NO_SENDERS_REQUEST__INIT;
	MachNotifySendOnceRequest once = MACH_NOTIFY_SEND_ONCE_REQUEST__INIT;
	MachNotifyDeadNameRequest dead = MACH_NOTIFY_DEAD_NAME_REQUEST__INIT;

	deleted.name = senders.mscount = dead.name = message->value;
	switch (message->id) {
	case NOTIFY_ID(mach_notify_port_deleted):
		put(connection, message, &deleted.base);
		break;
	case NOTIFY_ID(mach_notify_no_senders):
		put(connection, message, &senders.base);
		break;
	case NOTIFY_ID(mach_notify_dead_name):
		put(connection, message, &dead.base);
		break;
	default:
		put(connection, message, &once.base);
	}
}
