#include "client/debug_call.h"

#include <inttypes.h>
#include <stdio.h>

#include <mach/mach_init.h>

#include "client/debug.h"
#include "client/show/c_call.h"
#include "client/show/constants.h"

static void
print_call(const struct debug_line *line, const struct call *call,
    kern_return_t code, const struct call_data *got)
{
	struct c_call shown = {
		.id = call->id,
		.port = call->port,
		.self = mach_task_self_,
		.in = call->in,
		.sent = { call->data, call->data_size },
		.code = code,
		.out = code == KERN_SUCCESS ? call->message : NULL,
	};

	if (got && code == KERN_SUCCESS)
		shown.got = (struct c_data){ got->bytes, got->size };
	if (code == MACH_SEND_INVALID_MEMORY)
		shown.sent.bytes = NULL;
	c_call_print(line->out, &shown);
}

/* --- Calls ------------------------------------------------------------ */

static kern_return_t
place(void *context, uint32_t i, uint64_t size, uint32_t offset, void **to)
{
	struct debug_call *told = context;
	kern_return_t kr = told->place(told->context, i, size, offset, to);

	if (kr == KERN_SUCCESS && i == 0)
		told->got = (struct call_data){ *to, size };
	return kr;
}

void
debug_call_begin(struct debug_call *told, struct call *call)
{
	*told = (struct debug_call){
		.place = call->place,
		.context = call->context,
	};
	if (call->place) {
		call->place = place;
		call->context = told;
	}
	clock_gettime(CLOCK_MONOTONIC, &told->began);
}

static double
seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began->tv_sec) +
	       (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

void
debug_call_end(struct debug_call *told, struct call *call, kern_return_t code)
{
	double seconds = seconds_since(&told->began);
	struct debug_line line;

	call->place = told->place;
	call->context = told->context;
	debug_line_begin(&line);
	if (line.out) {
		print_call(&line, call, code, &told->got);
		fputc(' ', line.out);
		c_code_print(line.out, code);
		fprintf(line.out, " <%.6f>", seconds);
	}
	debug_line_end(&line);
}

static void
tell(const struct call *call, kern_return_t code, const char *how, uint64_t tag)
{
	struct debug_line line;

	debug_line_begin(&line);
	if (line.out) {
		print_call(&line, call, code, NULL);
		fputc(' ', line.out);
		if (how && code == KERN_SUCCESS)
			fprintf(line.out, "%s %" PRIu64, how, tag);
		else
			c_code_print(line.out, code);
	}
	debug_line_end(&line);
}

void
debug_call_settled(const struct call *call, kern_return_t code)
{
	tell(call, code, NULL, 0);
}

void
debug_call_queued(const struct call *call, uint64_t tag, kern_return_t code)
{
	tell(call, code, "queued as", tag);
}

void
debug_call_collected(uint64_t tag, kern_return_t code)
{
	struct debug_line line;

	debug_line_begin(&line);
	if (line.out) {
		fprintf(line.out, "collected %" PRIu64 " ", tag);
		c_code_print(line.out, code);
	}
	debug_line_end(&line);
}
