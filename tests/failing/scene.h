/*
 * The scene that calls are made in, and the calls: at least one for every
 * routine, with arguments that succeed
 */
#pragma once

#include <stdbool.h>

#include <mach/kern_return.h>

#include <protobuf-c/protobuf-c.h>

/*
 * A call, behind what it needs beside the scene: lines of stage.h, apart by
 * `; `. One that begins with letters in brackets is for those personalities.
 * The routine's name stands for all that are alike, whose first one it is:
 * vm_map for vm_map, vm_map_64 and mach_vm_map.
 */
struct scene_call {
	const char *lines;
	kern_return_t code; /* that it answers if nothing is lacking */
};

extern const struct scene_call scene_calls[];

/*
 * Opens a stage, and plays the scene: a task with memory that is private, never
 * written, shared with a child, copied, wired, purgeable, permanent, and in
 * pieces of different kinds; memory entries; ports; a space of names in which
 * the next one needs room.
 */
void scene_open(char personality);

/* Opens one, and plays what comes before the call, too. Returns the call's own
 * line. */
const char *scene_prepare(const struct scene_call *call, char personality);

/* Does a call stand for a routine? */
bool scene_call_is(const struct scene_call *call,
    const ProtobufCMethodDescriptor *method);
