/*
 * How an error code is made up
 *
 *      31      26 25          14 13             0
 *      [ system ][  subsystem   ][     code     ]
 *
 * A kern_return_t of the kernel's is system 0, subsystem 0, so it is its code.
 */
#ifndef MACH_ERROR_H
#define MACH_ERROR_H

#include <mach/kern_return.h>

typedef kern_return_t mach_error_t;
typedef mach_error_t (*mach_error_fn_t)(void);

#define err_none        ((mach_error_t)0)
#define ERR_SUCCESS     ((mach_error_t)0)
#define ERR_ROUTINE_NIL ((mach_error_fn_t)0)

#define err_system(x) ((int)(((unsigned int)(x)&0x3f) << 26))
#define err_sub(x)    (((x)&0xfff) << 14)

#define err_get_system(err) (((err) >> 26) & 0x3f)
#define err_get_sub(err)    (((err) >> 14) & 0xfff)
#define err_get_code(err)   ((err)&0x3fff)

#define system_emask (err_system(0x3f))
#define sub_emask    (err_sub(0xfff))
#define code_emask   (0x3fff)

#define err_kern       err_system(0x0)
#define err_us         err_system(0x1) /* libraries */
#define err_server     err_system(0x2)
#define err_ipc        err_system(0x3) /* old IPC */
#define err_mach_ipc   err_system(0x4) /* mach_msg, and MIG's */
#define err_dipc       err_system(0x7)
#define err_vm         err_system(0x8)
#define err_local      err_system(0x3e) /* anybody's own */
#define err_ipc_compat err_system(0x3f)

#define err_max_system 0x3f

/* An errno, as an error code. */
#define unix_err(code) (err_kern | err_sub(3) | (code))

#endif
