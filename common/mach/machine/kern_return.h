/* kern_return_t: what every call answers. */
#ifndef MACH_MACHINE_KERN_RETURN_H
#define MACH_MACHINE_KERN_RETURN_H

typedef int kern_return_t;

#endif
