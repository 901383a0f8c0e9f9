/* What can go wrong between a stub and its server, and a reply that says so. */
#ifndef MACH_MIG_ERRORS_H
#define MACH_MIG_ERRORS_H

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/ndr.h>

#define MIG_TYPE_ERROR      -300 /* the reply has another shape */
#define MIG_REPLY_MISMATCH  -301 /* the reply has another id */
#define MIG_REMOTE_ERROR    -302
#define MIG_BAD_ID          -303 /* the server has no such routine */
#define MIG_BAD_ARGUMENTS   -304 /* the request has another shape */
#define MIG_NO_REPLY        -305 /* among servers: the answer comes later */
#define MIG_EXCEPTION       -306
#define MIG_ARRAY_TOO_LARGE -307
#define MIG_SERVER_DIED     -308 /* after the request, before the reply */
#define MIG_TRAILER_ERROR   -309

#pragma pack(push, 4)

typedef struct {
	mach_msg_header_t Head;
	NDR_record_t NDR;
	kern_return_t RetCode;
} mig_reply_error_t;

#pragma pack(pop)

#endif
