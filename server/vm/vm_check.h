/*
 * The invariant checker
 *
 * What must hold between any two calls: entries in order, apart, aligned and
 * inside of their map; protections within their maximum; gaps right; every
 * count of references what a walk over everything counts; what each account
 * says it has; no frame, node or record lost.
 */
#pragma once

struct vm_machine;

/*
 * => frees what is dead first
 * => no copy is in transit that the machine does not know: all are in `pieces`
 * => NULL: all is well. Else what is not; the text stays until the next call
 * => takes time and memory by the size of everything
 */
const char *vm_check(struct vm_machine *vm);
