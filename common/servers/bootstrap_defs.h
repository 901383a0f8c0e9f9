/*
 * Names for ports, as Mach's bootstrap server keeps them: types and codes
 *
 * The calls are in <servers/bootstrap.h>.
 */
#ifndef SERVERS_BOOTSTRAP_DEFS_H
#define SERVERS_BOOTSTRAP_DEFS_H

#include <mach/boolean.h>
#include <mach/kern_return.h>

/* Bytes of a name, with the NUL that ends it. */
#define BOOTSTRAP_MAX_NAME_LEN 128
#define BOOTSTRAP_MAX_CMD_LEN  512

/* Names that are looked up at once. */
#define BOOTSTRAP_MAX_LOOKUP_COUNT 20

typedef char name_t[BOOTSTRAP_MAX_NAME_LEN];
typedef char cmd_t[BOOTSTRAP_MAX_CMD_LEN];
typedef name_t *name_array_t;
typedef boolean_t *bool_array_t;
typedef int bootstrap_status_t;
typedef bootstrap_status_t *bootstrap_status_array_t;

#define BOOTSTRAP_STATUS_INACTIVE  0
#define BOOTSTRAP_STATUS_ACTIVE    1
#define BOOTSTRAP_STATUS_ON_DEMAND 2

#define BOOTSTRAP_SUCCESS         KERN_SUCCESS
#define BOOTSTRAP_NOT_PRIVILEGED  1100
#define BOOTSTRAP_NAME_IN_USE     1101
#define BOOTSTRAP_UNKNOWN_SERVICE 1102
#define BOOTSTRAP_SERVICE_ACTIVE  1103
#define BOOTSTRAP_BAD_COUNT       1104
#define BOOTSTRAP_NO_MEMORY       1105

#endif
