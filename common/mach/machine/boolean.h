/* boolean_t is signed on some machines and not on others: so it is in Mach. */
#ifndef MACH_MACHINE_BOOLEAN_H
#define MACH_MACHINE_BOOLEAN_H

#if defined(__x86_64__) || defined(__i386__)
typedef unsigned int boolean_t;
#else
typedef int boolean_t;
#endif

#endif
