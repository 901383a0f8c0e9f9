#include <mach/vm_behavior.h>

#include "server/vm/personality.h"
#include "server/vm/vm_fault.h"
#include "server/vm/vm_map_copy.h"
#include "tests/bench/bench.h"
#include "tests/bench/machine.h"

static void
must(kern_return_t kr, const char *what)
{
	if (kr != KERN_SUCCESS)
		bench_fail("%s: %d", what, kr);
}

void
machine_start(struct machine *machine, uint64_t bytes)
{
	bench_must(vm_machine_init(&machine->vm, bytes, 0) == 0, "a machine");
	must(task_new(&machine->vm, &personality_osf, &machine->task),
	    "task_new");
	machine->map = machine->task->map;
	machine_begin(machine);
}

void
machine_stop(struct machine *machine)
{
	machine->task = task_unref(machine->task);
	vm_machine_deinit(&machine->vm);
}

void
machine_begin(struct machine *machine)
{
	vm_machine_begin(&machine->vm, NULL);
}

void
machine_reap(struct machine *machine)
{
	while (vm_machine_reap(&machine->vm, UINT32_MAX))
		continue;
}

void
machine_allocate(struct machine *machine, uint64_t address, uint64_t size,
    vm_prot_t protection)
{
	struct vm_attributes attributes = {
		.protection = (uint8_t)protection,
		.max_protection = VM_PROT_ALL,
		.inheritance = VM_INHERIT_COPY,
	};

	machine_begin(machine);
	must(vm_map_enter(machine->map, &address, size, VM_MAP_FIXED,
		 attributes),
	    "vm_map_enter");
}

void
machine_deallocate(struct machine *machine, uint64_t address, uint64_t size)
{
	struct vm_range range = { address, address + size };

	machine_begin(machine);
	must(vm_map_remove(machine->map, range, VM_MAP_HOLES_REFUSE),
	    "vm_map_remove");
}

uint32_t
machine_touch(struct machine *machine, uint64_t address)
{
	struct vm_reserve reserve = {
		.pages = VM_FAULT_PAGES,
		.nodes = VM_FAULT_NODES,
	};

	machine_begin(machine);
	if (!vm_machine_has(&machine->vm, reserve))
		bench_fail("no frame is left");
	return vm_fault(machine->map, vm_map_lookup(machine->map, address),
	    address, VM_PROT_WRITE);
}

void
machine_copy(struct machine *machine, uint64_t from, uint64_t size, uint64_t to)
{
	_cleanup_(vm_map_copy_freep) struct vm_map_copy *copy = NULL;

	machine_begin(machine);
	must(vm_map_copyin(machine->map, from, size, &copy), "vm_map_copyin");
	must(vm_map_copy_overwrite(machine->map, to, copy),
	    "vm_map_copy_overwrite");
}
