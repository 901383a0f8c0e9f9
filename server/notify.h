/*
 * Notifications as they are sent: the messages of notify.proto
 */
#pragma once

struct connection;
struct port_request;

/* Queues the message for the connection that has the receive right. If there is
 * no memory, the connection is lost. */
void notify_put(struct connection *connection,
    const struct port_request *message);
