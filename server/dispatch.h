/*
 * From a message to its routine
 */
#pragma once

struct call;
struct connection;
struct msg;

/*
 * Serves a request: finds whom it is for, what it asks and what with, has it
 * done, and queues the reply. What is wrong with it before its routine sees it
 * is decided here, in Mach's order: the destination, the id, the arguments.
 */
void dispatch(struct call *call);

/* Answers one that there is no memory to serve: KERN_RESOURCE_SHORTAGE. */
void dispatch_refuse(struct connection *connection, const struct msg *msg);
