/* Error codes in words. */
#ifndef MACH_MACH_ERROR_H
#define MACH_MACH_ERROR_H

#include <mach/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * mach_error_string: what a code means: "(os/kern) invalid address".
 *
 * => any number will do: what is not known is called so
 * => the text is constant, whatever its type; nobody frees it
 *
 * Source: xnu libsyscall/mach/mach_error_string.c.
 */
char *mach_error_string(mach_error_t error_value);

/*
 * mach_error: prints `text`, a space and the code's meaning on stderr.
 *
 * => a code that is not known is printed with its type, and in hexadecimal
 *
 * Source: xnu libsyscall/mach/mach_error.c.
 */
void mach_error(const char *text, mach_error_t error_value);

/*
 * mach_error_type: where a code comes from: "(os/kern)", "(ipc/send)",
 * "(ipc/rcv)", "(ipc/mig)" ...; "(?/?)" if that is not known.
 *
 * => the text is constant, as above
 *
 * Source: xnu libsyscall/mach/mach_error_string.c.
 */
char *mach_error_type(mach_error_t error_value);

#ifdef __cplusplus
}
#endif

#endif
