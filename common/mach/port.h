/*
 * Ports, and the rights a task has to them
 *
 * A name is a small number by which one task knows a port, as a file descriptor
 * is for a process. mach_port_t says that a right comes with the name,
 * mach_port_name_t that it is the bare number.
 */
#ifndef MACH_PORT_H
#define MACH_PORT_H

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>

typedef natural_t mach_port_name_t;
typedef mach_port_name_t *mach_port_name_array_t;

typedef natural_t mach_port_t;
typedef mach_port_t *mach_port_array_t;

#define MACH_PORT_NULL 0                       /* no port */
#define MACH_PORT_DEAD ((mach_port_name_t)~0u) /* there was one; it died */
#define MACH_PORT_VALID(name)                                                  \
	(((name) != MACH_PORT_NULL) && ((name) != MACH_PORT_DEAD))

/* A right, as calls take it. */
typedef natural_t mach_port_right_t;

#define MACH_PORT_RIGHT_SEND      ((mach_port_right_t)0)
#define MACH_PORT_RIGHT_RECEIVE   ((mach_port_right_t)1)
#define MACH_PORT_RIGHT_SEND_ONCE ((mach_port_right_t)2)
#define MACH_PORT_RIGHT_PORT_SET  ((mach_port_right_t)3)
#define MACH_PORT_RIGHT_DEAD_NAME ((mach_port_right_t)4)
#define MACH_PORT_RIGHT_LABELH    ((mach_port_right_t)5) /* not in use */
#define MACH_PORT_RIGHT_NUMBER    ((mach_port_right_t)6)

/* The rights a name stands for, as calls report them: a bit each. */
typedef natural_t mach_port_type_t;
typedef mach_port_type_t *mach_port_type_array_t;

#define MACH_PORT_TYPE(right)                                                  \
	((mach_port_type_t)((mach_port_type_t)1 << ((right) + 16u)))
#define MACH_PORT_TYPE_NONE      ((mach_port_type_t)0)
#define MACH_PORT_TYPE_SEND      MACH_PORT_TYPE(MACH_PORT_RIGHT_SEND)
#define MACH_PORT_TYPE_RECEIVE   MACH_PORT_TYPE(MACH_PORT_RIGHT_RECEIVE)
#define MACH_PORT_TYPE_SEND_ONCE MACH_PORT_TYPE(MACH_PORT_RIGHT_SEND_ONCE)
#define MACH_PORT_TYPE_PORT_SET  MACH_PORT_TYPE(MACH_PORT_RIGHT_PORT_SET)
#define MACH_PORT_TYPE_DEAD_NAME MACH_PORT_TYPE(MACH_PORT_RIGHT_DEAD_NAME)
#define MACH_PORT_TYPE_LABELH    MACH_PORT_TYPE(MACH_PORT_RIGHT_LABELH)

#define MACH_PORT_TYPE_SEND_RECEIVE                                            \
	(MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_RECEIVE)
#define MACH_PORT_TYPE_SEND_RIGHTS                                             \
	(MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_SEND_ONCE)
#define MACH_PORT_TYPE_PORT_RIGHTS                                             \
	(MACH_PORT_TYPE_SEND_RIGHTS | MACH_PORT_TYPE_RECEIVE)
#define MACH_PORT_TYPE_PORT_OR_DEAD                                            \
	(MACH_PORT_TYPE_PORT_RIGHTS | MACH_PORT_TYPE_DEAD_NAME)
#define MACH_PORT_TYPE_ALL_RIGHTS                                              \
	(MACH_PORT_TYPE_PORT_OR_DEAD | MACH_PORT_TYPE_PORT_SET)

/* No rights: somebody waits to be told about the name. */
#define MACH_PORT_TYPE_DNREQUEST         0x80000000
#define MACH_PORT_TYPE_SPREQUEST         0x40000000
#define MACH_PORT_TYPE_SPREQUEST_DELAYED 0x20000000

typedef natural_t mach_port_urefs_t;    /* user references to a right */
typedef integer_t mach_port_delta_t;    /* a change of them */
typedef natural_t mach_port_seqno_t;    /* of a message */
typedef natural_t mach_port_mscount_t;  /* make-send count */
typedef natural_t mach_port_msgcount_t; /* messages */
typedef natural_t mach_port_rights_t;   /* rights */
typedef unsigned int mach_port_srights_t;

#define MACH_PORT_SRIGHTS_NONE    0
#define MACH_PORT_SRIGHTS_PRESENT 1

typedef int mach_port_flavor_t;
typedef integer_t *mach_port_info_t;

#define MACH_PORT_LIMITS_INFO     1
#define MACH_PORT_RECEIVE_STATUS  2
#define MACH_PORT_DNREQUESTS_SIZE 3

#define MACH_PORT_QLIMIT_ZERO    (0)
#define MACH_PORT_QLIMIT_BASIC   (5)
#define MACH_PORT_QLIMIT_SMALL   (16)
#define MACH_PORT_QLIMIT_LARGE   (1024)
#define MACH_PORT_QLIMIT_MIN     MACH_PORT_QLIMIT_ZERO
#define MACH_PORT_QLIMIT_DEFAULT MACH_PORT_QLIMIT_BASIC
#define MACH_PORT_QLIMIT_MAX     MACH_PORT_QLIMIT_LARGE

typedef struct mach_port_limits {
	mach_port_msgcount_t mpl_qlimit;
} mach_port_limits_t;

typedef struct mach_port_status {
	mach_port_rights_t mps_pset;       /* port sets that it is in */
	mach_port_seqno_t mps_seqno;       /* of the next message */
	mach_port_mscount_t mps_mscount;   /* make-send count */
	mach_port_msgcount_t mps_qlimit;   /* messages that may wait */
	mach_port_msgcount_t mps_msgcount; /* messages that do */
	mach_port_rights_t mps_sorights;   /* send-once rights */
	boolean_t mps_srights;             /* is there a send right? */
	boolean_t mps_pdrequest;           /* port-destroyed asked for? */
	boolean_t mps_nsrequest;           /* no-senders asked for? */
	natural_t mps_flags;
} mach_port_status_t;

#define MACH_PORT_LIMITS_INFO_COUNT                                            \
	((natural_t)(sizeof(mach_port_limits_t) / sizeof(natural_t)))
#define MACH_PORT_RECEIVE_STATUS_COUNT                                         \
	((natural_t)(sizeof(mach_port_status_t) / sizeof(natural_t)))
#define MACH_PORT_DNREQUESTS_SIZE_COUNT 1

#endif
