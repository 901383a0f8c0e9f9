/*
 * vmctl monitor: the calls of everybody, as they are made
 *
 *      12:00:00.123456 [1234] vm_allocate(0x103, [0 => 0x1000], 0x4000,
 *          VM_FLAGS_ANYWHERE) = KERN_SUCCESS <0.000004>
 *
 * The time is when the daemon began with it, and what it took is the daemon's
 * part alone.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/show/c_call.h"
#include "client/show/constants.h"
#include "client/show/message.h"
#include "client/show/routine.h"
#include "client/vmctl/capture.h"
#include "client/vmctl/json.h"
#include "client/vmctl/run.h"
#include "client/vmctl/verb.h"
#include "client/vmd.h"
#include "common/cleanup.h"
#include "common/msg.h"
#include "proto/routine.h"

enum {
	PAUSE = 50000, /* microseconds */
	MESSAGE_MOST = 64 + VMD_CALL_BODY,
};

static FILE *capture; /* NULL: calls are printed */

static volatile sig_atomic_t stopped;

static void
stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void
print_time(uint64_t microseconds)
{
	time_t seconds = (time_t)(microseconds / 1000000);
	struct tm local;
	char text[16];

	localtime_r(&seconds, &local);
	strftime(text, sizeof(text), "%H:%M:%S", &local);
	printf("%s.%06u ", text, (unsigned)(microseconds % 1000000));
}

static ProtobufCMessage *
unpack(const ProtobufCMessageDescriptor *shape, const uint8_t *body,
    uint32_t size)
{
	return protobuf_c_message_unpack(shape, NULL, size, body);
}

static void
print_json(const struct vmd_call *call, const ProtobufCMessage *in,
    const ProtobufCMessage *out)
{
	struct json *json = json_begin_verb("monitor");
	struct routine routine;

	json_put_number(json, "number", call->number);
	json_put_number(json, "began", call->began);
	json_put_number(json, "took", call->took);
	json_put_signed(json, "pid", call->pid);
	json_put_number(json, "uid", call->uid);
	json_put_signed(json, "id", call->id);
	if (routine_by_id(call->id, NULL, &routine))
		json_put_text(json, "routine", routine.name);
	json_put_number(json, "port", call->port);
	json_put_text(json, "code", code_name(call->code));
	json_put_message(json, "request", in);
	json_put_message(json, "reply", out);
	json_put_number(json, "sent", call->sent);
	json_put_number(json, "got", call->got);
	json_end(json);
}

/* Of two routines that share an id the first whose request it can be. */
static void
print_call(const struct vmd_call *call)
{
	struct c_call shown = {
		.id = call->id,
		.port = call->port,
		.self = MSG_TASK_SELF,
		.code = call->code,
		.sent = { NULL, call->sent },
		.got = { NULL, call->got },
	};
	struct routine routine;
	ProtobufCMessage *in = NULL, *out = NULL;

	if (routine_by_id(call->id, NULL, &routine)) {
		in = unpack(routine.request, call->request, call->request_size);
		if (call->code == KERN_SUCCESS)
			out = unpack(routine.reply, call->reply,
			    call->reply_size);
	}
	shown.in = in;
	shown.out = out;
	if (verb_json) {
		print_json(call, in, out);
		message_free(in);
		message_free(out);
		return;
	}
	print_time(call->began);
	printf("[%" PRId32 "] ", call->pid);
	c_call_print(stdout, &shown);
	putchar(' ');
	c_code_print(stdout, call->code);
	printf(" <%.6f>\n", (double)call->took / 1e6);
	message_free(in);
	message_free(out);
}

/* A message of the call's, without data, which nobody has. */
static void
capture_message(const struct vmd_call *call, uint64_t microseconds,
    enum capture_direction direction, struct msg *msg)
{
	const struct timespec time = {
		.tv_sec = (time_t)(microseconds / 1000000),
		.tv_nsec = (long)(microseconds % 1000000) * 1000,
	};
	uint8_t bytes[MESSAGE_MOST];
	size_t head = msg_head_size(msg);

	msg_write_head(msg, bytes);
	if (msg->body_size > 0)
		memcpy(bytes + head, msg->body, msg->body_size);
	capture_write_at(capture, &time,
	    &(struct capture_head){
		.version = CAPTURE_VERSION,
		.what = CAPTURE_MESSAGE,
		.direction = (uint8_t)direction,
		.connection = (uint32_t)call->pid,
		.number = (uint32_t)call->number,
		.size = (uint32_t)(head + msg->body_size),
	    },
	    bytes, NULL);
}

static void
capture_call(const struct vmd_call *call)
{
	struct msg request = {
		.kind = MSG_REQUEST,
		.id = call->id,
		.remote = call->port,
		.local = 1,
		.body_size = call->request_size,
		.body = call->request,
	};
	struct msg reply = {
		.kind = MSG_REPLY,
		.id = call->id + MIG_REPLY_DELTA,
		.remote = 1,
		.code = call->code,
		.body_size = call->code == KERN_SUCCESS ? call->reply_size : 0,
		.body = call->reply,
	};

	capture_message(call, call->began, CAPTURE_TO_DAEMON, &request);
	capture_message(call, call->began + call->took, CAPTURE_FROM_DAEMON,
	    &reply);
}

static void
print_calls(const struct vmd_call *calls, size_t count, uint64_t *next)
{
	for (size_t i = 0; i < count; i++) {
		if (!verb_json && !capture && *next != 0 &&
		    calls[i].number > *next)
			printf("... %" PRIu64 " calls were missed\n",
			    calls[i].number - *next);
		if (capture)
			capture_call(&calls[i]);
		else
			print_call(&calls[i]);
		*next = calls[i].number + 1;
	}
	fflush(capture ? capture : stdout);
}

static int
watch(const struct verb *verb, uint64_t most)
{
	static struct vmd_call calls[64];
	uint64_t number = 0, next = 0, seen = 0;

	while (!stopped && (most == 0 || seen < most)) {
		size_t count = ARRAY_SIZE(calls);
		kern_return_t kr = vmd_monitor(&number, calls, &count);

		if (kr != KERN_SUCCESS)
			return verb_failed(verb, kr);
		if (next == 0)
			next = number;
		if (most != 0)
			count = MIN(count, (size_t)(most - seen));
		print_calls(calls, count, &next);
		seen += count;
		if (count == 0)
			usleep(PAUSE);
	}
	return EXIT_SUCCESS;
}

/* All that was told must have got into it. */
static bool
close_capture(void)
{
	bool written = !ferror(capture);

	written = fclose(capture) == 0 && written;
	if (!written)
		fprintf(stderr, "%s monitor: cannot write the capture\n",
		    program_invocation_short_name);
	return written;
}

int
verb_monitor(const struct verb *verb, int argc, char **argv)
{
	static const struct option names[] = {
		{ "count", required_argument, NULL, 'n' },
		{ "pcap", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long most = 0;
	const char *path = NULL;
	char *end = NULL;
	int status;
	int key;

	optind = 0;
	while ((key = getopt_long(argc, argv, ":n:", names, NULL)) != -1) {
		if (key == 'p') {
			path = optarg;
			continue;
		}
		if (key != 'n')
			return verb_misused(verb, "%s: no such option",
			    argv[optind - 1]);
		most = strtoul(optarg, &end, 10);
		if (*end != '\0' || most == 0)
			return verb_misused(verb, "'%s' is no count", optarg);
	}
	if (optind < argc)
		return verb_misused(verb, "'%s': no argument is wanted",
		    argv[optind]);
	if (path && !(capture = fopen(path, "we"))) {
		fprintf(stderr, "%s monitor: cannot write '%s': %s\n",
		    program_invocation_short_name, path, strerror(errno));
		return EXIT_UNEXPECTED;
	}
	if (capture)
		capture_begin(capture);
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	status = watch(verb, most);
	return capture && !close_capture() ? EXIT_UNEXPECTED : status;
}
