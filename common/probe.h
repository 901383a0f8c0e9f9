/*
 * Probes: places where a tracer may look on, as bpftrace(8) and perf(1) do
 *
 *      bpftrace -e 'usdt:/usr/sbin/vmd:vmd:fault { @[arg2] = count(); }'
 *
 *      call     id, port, code        a call was answered
 *      fault    map, address, access  a page was found or made
 *      copy     map, address, size    memory is copied from there,
 *      paste    map, address, size    and written over what is there
 *      clip     map, address          an entry is cut in two there
 *      limit    uid, used, allowed    somebody was refused more
 *
 * One that nobody looks at is an instruction that does nothing. Without
 * <sys/sdt.h> at build there are none.
 */
#pragma once

#ifdef VMD_PROBES
#include <sys/sdt.h>
#define PROBE2(name, a, b)    DTRACE_PROBE2(vmd, name, a, b)
#define PROBE3(name, a, b, c) DTRACE_PROBE3(vmd, name, a, b, c)
#else
#define PROBE2(name, a, b)    ((void)0)
#define PROBE3(name, a, b, c) ((void)0)
#endif
