/*
 * Messages: how one looks in memory, and what sending or receiving may answer
 *
 *      header   body     descriptors                     data ...   trailer
 *      24 bytes 4 bytes  12 or 16 bytes each             any        8 or more
 *
 * A simple message is a header and data. One with MACH_MSGH_BITS_COMPLEX set
 * has a body behind its header, which counts the descriptors of the port rights
 * and memory that travel with it. The receiver finds the trailer behind it all.
 */
#ifndef MACH_MESSAGE_H
#define MACH_MESSAGE_H

#include <stdint.h>

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/machine/vm_types.h>
#include <mach/port.h>

typedef natural_t mach_msg_timeout_t; /* milliseconds */
#define MACH_MSG_TIMEOUT_NONE ((mach_msg_timeout_t)0)

typedef unsigned int mach_msg_bits_t;
typedef natural_t mach_msg_size_t;
typedef integer_t mach_msg_id_t;
typedef unsigned int mach_msg_priority_t;
typedef natural_t mach_msg_type_size_t;
typedef natural_t mach_msg_type_number_t; /* how many of them */
typedef integer_t mach_msg_option_t;
typedef integer_t mach_msg_options_t;

#define MACH_MSG_SIZE_MAX  ((mach_msg_size_t)~0u)
#define MACH_MSG_SIZE_NULL ((mach_msg_size_t *)0)

#define MACH_MSG_PRIORITY_UNSPECIFIED ((mach_msg_priority_t)0)

/* msgh_bits: what becomes of each of the header's ports, and flags. */
#define MACH_MSGH_BITS_ZERO         0x00000000
#define MACH_MSGH_BITS_REMOTE_MASK  0x0000001f
#define MACH_MSGH_BITS_LOCAL_MASK   0x00001f00
#define MACH_MSGH_BITS_VOUCHER_MASK 0x001f0000
#define MACH_MSGH_BITS_PORTS_MASK                                              \
	(MACH_MSGH_BITS_REMOTE_MASK | MACH_MSGH_BITS_LOCAL_MASK |              \
	    MACH_MSGH_BITS_VOUCHER_MASK)
#define MACH_MSGH_BITS_COMPLEX  0x80000000U
#define MACH_MSGH_BITS_RAISEIMP 0x20000000U
#define MACH_MSGH_BITS_CIRCULAR 0x10000000U
#define MACH_MSGH_BITS_USER     0x801f1f1fU /* what a sender may set */
#define MACH_MSGH_BITS_USED     0xb01f1f1fU

#define MACH_MSGH_BITS(remote, local) ((remote) | ((local) << 8))
#define MACH_MSGH_BITS_SET_PORTS(remote, local, voucher)                       \
	(((remote)&MACH_MSGH_BITS_REMOTE_MASK) |                               \
	    (((local) << 8) & MACH_MSGH_BITS_LOCAL_MASK) |                     \
	    (((voucher) << 16) & MACH_MSGH_BITS_VOUCHER_MASK))
#define MACH_MSGH_BITS_SET(remote, local, voucher, other)                      \
	(MACH_MSGH_BITS_SET_PORTS(remote, local, voucher) |                    \
	    MACH_MSGH_BITS_OTHER(other))

#define MACH_MSGH_BITS_REMOTE(bits) ((bits)&MACH_MSGH_BITS_REMOTE_MASK)
#define MACH_MSGH_BITS_LOCAL(bits)  (((bits)&MACH_MSGH_BITS_LOCAL_MASK) >> 8)
#define MACH_MSGH_BITS_VOUCHER(bits)                                           \
	(((bits)&MACH_MSGH_BITS_VOUCHER_MASK) >> 16)
#define MACH_MSGH_BITS_PORTS(bits) ((bits)&MACH_MSGH_BITS_PORTS_MASK)
#define MACH_MSGH_BITS_OTHER(bits) ((bits) & ~MACH_MSGH_BITS_PORTS_MASK)

#define MACH_MSGH_BITS_HAS_REMOTE(bits)                                        \
	(MACH_MSGH_BITS_REMOTE(bits) != MACH_MSGH_BITS_ZERO)
#define MACH_MSGH_BITS_HAS_LOCAL(bits)                                         \
	(MACH_MSGH_BITS_LOCAL(bits) != MACH_MSGH_BITS_ZERO)
#define MACH_MSGH_BITS_HAS_VOUCHER(bits)                                       \
	(MACH_MSGH_BITS_VOUCHER(bits) != MACH_MSGH_BITS_ZERO)
#define MACH_MSGH_BITS_IS_COMPLEX(bits)                                        \
	(((bits)&MACH_MSGH_BITS_COMPLEX) != MACH_MSGH_BITS_ZERO)

/* Dispositions: what the sender does with a right. */
typedef unsigned int mach_msg_type_name_t;

#define MACH_MSG_TYPE_MOVE_RECEIVE      16
#define MACH_MSG_TYPE_MOVE_SEND         17
#define MACH_MSG_TYPE_MOVE_SEND_ONCE    18
#define MACH_MSG_TYPE_COPY_SEND         19 /* out of a send right */
#define MACH_MSG_TYPE_MAKE_SEND         20 /* out of the receive right */
#define MACH_MSG_TYPE_MAKE_SEND_ONCE    21 /* out of the receive right */
#define MACH_MSG_TYPE_COPY_RECEIVE      22 /* never valid */
#define MACH_MSG_TYPE_DISPOSE_RECEIVE   24
#define MACH_MSG_TYPE_DISPOSE_SEND      25
#define MACH_MSG_TYPE_DISPOSE_SEND_ONCE 26

/* ... and what the receiver sees of it. */
#define MACH_MSG_TYPE_PORT_NONE      0
#define MACH_MSG_TYPE_PORT_NAME      15 /* a bare number, no right */
#define MACH_MSG_TYPE_PORT_RECEIVE   MACH_MSG_TYPE_MOVE_RECEIVE
#define MACH_MSG_TYPE_PORT_SEND      MACH_MSG_TYPE_MOVE_SEND
#define MACH_MSG_TYPE_PORT_SEND_ONCE MACH_MSG_TYPE_MOVE_SEND_ONCE
#define MACH_MSG_TYPE_LAST           22

#define MACH_MSG_TYPE_POLYMORPHIC ((mach_msg_type_name_t)-1)

#define MACH_MSG_TYPE_PORT_ANY(x)                                              \
	(((x) >= MACH_MSG_TYPE_MOVE_RECEIVE) &&                                \
	    ((x) <= MACH_MSG_TYPE_MAKE_SEND_ONCE))
#define MACH_MSG_TYPE_PORT_ANY_SEND(x)                                         \
	(((x) >= MACH_MSG_TYPE_MOVE_SEND) &&                                   \
	    ((x) <= MACH_MSG_TYPE_MAKE_SEND_ONCE))
#define MACH_MSG_TYPE_PORT_ANY_RIGHT(x)                                        \
	(((x) >= MACH_MSG_TYPE_MOVE_RECEIVE) &&                                \
	    ((x) <= MACH_MSG_TYPE_MOVE_SEND_ONCE))

/* How memory out of line travels. */
typedef unsigned int mach_msg_copy_options_t;

#define MACH_MSG_PHYSICAL_COPY 0
#define MACH_MSG_VIRTUAL_COPY  1
#define MACH_MSG_ALLOCATE      2
#define MACH_MSG_OVERWRITE     3

typedef unsigned int mach_msg_descriptor_type_t;

#define MACH_MSG_PORT_DESCRIPTOR         0
#define MACH_MSG_OOL_DESCRIPTOR          1
#define MACH_MSG_OOL_PORTS_DESCRIPTOR    2
#define MACH_MSG_OOL_VOLATILE_DESCRIPTOR 3
#define MACH_MSG_GUARDED_PORT_DESCRIPTOR 4
#define MACH_MSG_DESCRIPTOR_MAX          MACH_MSG_GUARDED_PORT_DESCRIPTOR

#pragma pack(push, 4)

/* What all descriptors have in common: the kind is in the byte at 11. */
typedef struct {
	natural_t pad1;
	mach_msg_size_t pad2;
	unsigned int pad3 : 24;
	mach_msg_descriptor_type_t type : 8;
} mach_msg_type_descriptor_t;

/* A port right. */
typedef struct {
	mach_port_t name;
	mach_msg_size_t pad1;
	unsigned int pad2 : 16;
	mach_msg_type_name_t disposition : 8;
	mach_msg_descriptor_type_t type : 8;
} mach_msg_port_descriptor_t;

/* Memory. */
typedef struct {
	void *address;
#if UINTPTR_MAX == 0xffffffffu
	mach_msg_size_t size;
#endif
	boolean_t deallocate : 8; /* the sender's, once it is sent */
	mach_msg_copy_options_t copy : 8;
	unsigned int pad1 : 8;
	mach_msg_descriptor_type_t type : 8;
#if UINTPTR_MAX != 0xffffffffu
	mach_msg_size_t size; /* bytes */
#endif
} mach_msg_ool_descriptor_t;

/* An array of names of ports. */
typedef struct {
	void *address;
#if UINTPTR_MAX == 0xffffffffu
	mach_msg_size_t count;
#endif
	boolean_t deallocate : 8;
	mach_msg_copy_options_t copy : 8;
	mach_msg_type_name_t disposition : 8;
	mach_msg_descriptor_type_t type : 8;
#if UINTPTR_MAX != 0xffffffffu
	mach_msg_size_t count;
#endif
} mach_msg_ool_ports_descriptor_t;

/* Where memory is 64 bits, an array of these is no array of descriptors. */
typedef union {
	mach_msg_port_descriptor_t port;
	mach_msg_ool_descriptor_t out_of_line;
	mach_msg_ool_ports_descriptor_t ool_ports;
	mach_msg_type_descriptor_t type;
} mach_msg_descriptor_t;

typedef struct {
	mach_msg_size_t msgh_descriptor_count;
} mach_msg_body_t;

typedef struct {
	mach_msg_bits_t msgh_bits;
	mach_msg_size_t msgh_size; /* bytes, all but the trailer */
	mach_port_t msgh_remote_port;
	mach_port_t msgh_local_port; /* for the reply */
	mach_port_name_t msgh_voucher_port;
	mach_msg_id_t msgh_id;
} mach_msg_header_t;

#define msgh_reserved msgh_voucher_port

typedef struct {
	mach_msg_header_t header;
	mach_msg_body_t body;
} mach_msg_base_t;

#define MACH_MSG_NULL            ((mach_msg_header_t *)0)
#define MACH_MSG_BODY_NULL       ((mach_msg_body_t *)0)
#define MACH_MSG_DESCRIPTOR_NULL ((mach_msg_descriptor_t *)0)

typedef unsigned int mach_msg_trailer_type_t;
typedef unsigned int mach_msg_trailer_size_t;

#define MACH_MSG_TRAILER_FORMAT_0 0

typedef struct {
	mach_msg_trailer_type_t msgh_trailer_type;
	mach_msg_trailer_size_t msgh_trailer_size;
} mach_msg_trailer_t;

typedef struct {
	mach_msg_trailer_type_t msgh_trailer_type;
	mach_msg_trailer_size_t msgh_trailer_size;
	mach_port_seqno_t msgh_seqno;
} mach_msg_seqno_trailer_t;

typedef struct {
	unsigned int val[2];
} security_token_t;

typedef struct {
	mach_msg_trailer_type_t msgh_trailer_type;
	mach_msg_trailer_size_t msgh_trailer_size;
	mach_port_seqno_t msgh_seqno;
	security_token_t msgh_sender;
} mach_msg_security_trailer_t;

typedef mach_msg_security_trailer_t mach_msg_format_0_trailer_t;

#define MACH_MSG_TRAILER_MINIMUM_SIZE  sizeof(mach_msg_trailer_t)
#define MACH_MSG_TRAILER_FORMAT_0_SIZE sizeof(mach_msg_format_0_trailer_t)

typedef struct {
	mach_msg_header_t header;
} mach_msg_empty_send_t;

typedef struct {
	mach_msg_header_t header;
	mach_msg_trailer_t trailer;
} mach_msg_empty_rcv_t;

typedef union {
	mach_msg_empty_send_t send;
	mach_msg_empty_rcv_t rcv;
} mach_msg_empty_t;

#pragma pack(pop)

#define round_msg(x)                                                           \
	(((mach_msg_size_t)(x) + sizeof(natural_t) - 1) &                      \
	    ~(sizeof(natural_t) - 1))

/* Options. */
#define MACH_MSG_OPTION_NONE    0x00000000
#define MACH_SEND_MSG           0x00000001
#define MACH_RCV_MSG            0x00000002
#define MACH_RCV_LARGE          0x00000004 /* too large: say so, and keep it */
#define MACH_RCV_LARGE_IDENTITY 0x00000008
#define MACH_SEND_TIMEOUT       0x00000010
#define MACH_SEND_OVERRIDE      0x00000020
#define MACH_SEND_INTERRUPT     0x00000040
#define MACH_SEND_NOTIFY        0x00000080
#define MACH_RCV_TIMEOUT        0x00000100
#define MACH_RCV_NOTIFY         0x00000200
#define MACH_RCV_INTERRUPT      0x00000400
#define MACH_RCV_VOUCHER        0x00000800
#define MACH_SEND_ALWAYS        0x00010000
#define MACH_SEND_TRAILER       0x00020000

/* What mach_msg answers: system 4 of <mach/error.h>, subsystem 0 (sending) or 1
 * (receiving). A stub passes them on among its kernel codes. */
typedef kern_return_t mach_msg_return_t;

#define MACH_MSG_SUCCESS 0x00000000

/* Set in some codes besides: what there was too little of. */
#define MACH_MSG_MASK       0x00003e00
#define MACH_MSG_IPC_SPACE  0x00002000 /* names in the task */
#define MACH_MSG_VM_SPACE   0x00001000 /* addresses in the task */
#define MACH_MSG_IPC_KERNEL 0x00000800 /* the kernel's memory, for a right */
#define MACH_MSG_VM_KERNEL  0x00000400 /* the kernel's memory, for memory */

#define MACH_SEND_IN_PROGRESS         0x10000001
#define MACH_SEND_INVALID_DATA        0x10000002
#define MACH_SEND_INVALID_DEST        0x10000003 /* the port is null or dead */
#define MACH_SEND_TIMED_OUT           0x10000004
#define MACH_SEND_INVALID_VOUCHER     0x10000005
#define MACH_SEND_INTERRUPTED         0x10000007
#define MACH_SEND_MSG_TOO_SMALL       0x10000008
#define MACH_SEND_INVALID_REPLY       0x10000009
#define MACH_SEND_INVALID_RIGHT       0x1000000a
#define MACH_SEND_INVALID_NOTIFY      0x1000000b
#define MACH_SEND_INVALID_MEMORY      0x1000000c /* cannot be read */
#define MACH_SEND_NO_BUFFER           0x1000000d
#define MACH_SEND_TOO_LARGE           0x1000000e
#define MACH_SEND_INVALID_TYPE        0x1000000f
#define MACH_SEND_INVALID_HEADER      0x10000010
#define MACH_SEND_INVALID_TRAILER     0x10000011
#define MACH_SEND_INVALID_CONTEXT     0x10000012
#define MACH_SEND_INVALID_OPTIONS     0x10000013
#define MACH_SEND_INVALID_RT_OOL_SIZE 0x10000015
#define MACH_SEND_NO_GRANT_DEST       0x10000016

#define MACH_RCV_IN_PROGRESS     0x10004001
#define MACH_RCV_INVALID_NAME    0x10004002
#define MACH_RCV_TIMED_OUT       0x10004003
#define MACH_RCV_TOO_LARGE       0x10004004
#define MACH_RCV_INTERRUPTED     0x10004005
#define MACH_RCV_PORT_CHANGED    0x10004006
#define MACH_RCV_INVALID_NOTIFY  0x10004007
#define MACH_RCV_INVALID_DATA    0x10004008
#define MACH_RCV_PORT_DIED       0x10004009
#define MACH_RCV_IN_SET          0x1000400a
#define MACH_RCV_HEADER_ERROR    0x1000400b
#define MACH_RCV_BODY_ERROR      0x1000400c
#define MACH_RCV_INVALID_TYPE    0x1000400d
#define MACH_RCV_SCATTER_SMALL   0x1000400e
#define MACH_RCV_INVALID_TRAILER 0x1000400f

#endif
