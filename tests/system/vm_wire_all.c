/* vm_wire_all: all of a task is wired, and all that it will map; task_wire,
 * which is not supported. */
#include "tests/support/test.h"

#include <mach/gnumach.h>
#include <mach/vm_wire.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define NONE VM_PROT_NONE

enum { FRAMES = 4096 };

static mach_port_t host;
static task_t task;

void
test_setup(void)
{
	daemon_start("--check", "--memory", "16M", NULL);
	host = privileged_host();
	task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

/* Pages of the machine that are wired. */
static void
wired_pages_are(natural_t pages)
{
	mach_msg_type_number_t count = HOST_VM_INFO_COUNT;
	vm_statistics_data_t info;

	succeeds(
	    host_statistics(host, HOST_VM_INFO, (host_info_t)&info, &count));
	ck_assert_uint_eq(info.wire_count, pages);
}

TEST(task_wire_is_not_supported)
{
	draw(task, 0x10000, "a");
	answers(task_wire(task, TRUE), KERN_NOT_SUPPORTED);
	answers(task_wire(task, FALSE), KERN_NOT_SUPPORTED);
	wirings_are(task, 0x10000, "0");
}

static void
all_is_judged(enum personality personality)
{
	mach_port_t priv = privileged_host();

	(void)personality;
	task = new_task();
	draw(task, 0x10000, "a");
	answers(vm_wire_all(mach_host_self(), task, VM_WIRE_ALL),
	    KERN_INVALID_HOST);
	answers(vm_wire_all(task, MACH_PORT_NULL, 4), KERN_INVALID_HOST);
	answers(vm_wire_all(MACH_PORT_NULL, task, VM_WIRE_ALL),
	    MACH_SEND_INVALID_DEST);
	answers(vm_wire_all(priv, MACH_PORT_NULL, 4), KERN_INVALID_TASK);
	answers(vm_wire_all(priv, priv, 1), KERN_INVALID_TASK);
	answers(vm_wire_all(priv, task, 4), KERN_INVALID_ARGUMENT);
	answers(vm_wire_all(priv, task, -1), KERN_INVALID_ARGUMENT);
	allocate_at(task, 0x11000, PAGE);
	wirings_are(task, 0x10000, "00");
}

TEST(vm_wire_all_judges_the_host_the_task_and_the_flags_in_turn)
{
	in_each_personality(all_is_judged);
}

static void
all_is_wired(enum personality personality)
{
	vm_address_t at = 0x14000;
	vm_prot_t cur, max;

	(void)personality;
	host = privileged_host();
	task = new_task();
	draw(task, 0x10000, "a.c");
	protect(task, 0x12000, PAGE, NONE);
	succeeds(vm_wire_all(host, task, VM_WIRE_CURRENT));
	wirings_are(task, 0x10000, "1.1");
	draw(task, 0x11000, "b");
	wirings_are(task, 0x10000, "101");
	succeeds(vm_wire_all(host, task, VM_WIRE_FUTURE));
	allocate_at(task, 0x13000, PAGE);
	map_at(task, 0x15000, PAGE, MACH_PORT_NULL);
	succeeds(vm_remap(task, &at, PAGE, 0, VM_FLAGS_FIXED, task, 0x10000,
	    TRUE, &cur, &max, VM_INHERIT_COPY));
	wirings_are(task, 0x10000, "101111");
	pages_are(task, 0x13000, "0a0");
	wired_pages_are(5);
	succeeds(vm_wire_all(host, task, VM_WIRE_NONE));
	draw(task, 0x16000, "d");
	wirings_are(task, 0x10000, "0000000");
	wired_pages_are(0);
	succeeds(vm_wire_all(host, task, VM_WIRE_ALL));
	draw(task, 0x17000, "e");
	wirings_are(task, 0x10000, "11111111");
	end_task(task);
}

TEST(vm_wire_all_wires_what_there_is_and_what_is_to_come)
{
	in_each_personality(all_is_wired);
}

TEST(what_is_to_come_needs_its_frames_at_once)
{
	vm_address_t at = 0x100000;

	succeeds(vm_wire_all(host, task, VM_WIRE_FUTURE));
	answers(vm_allocate(task, &at, (FRAMES + 1) * PAGE, VM_FLAGS_FIXED),
	    KERN_RESOURCE_SHORTAGE);
	regions_are(task, "");
	succeeds(vm_allocate(task, &at, 100 * PAGE, VM_FLAGS_FIXED));
	wired_pages_are(100);
}
