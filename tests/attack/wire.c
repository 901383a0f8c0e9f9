#include "tests/attack/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/address.h"
#include "common/cleanup.h"
#include "tests/support/transfer.h"

int
wire_connect(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	if (fd < 0)
		return -1;
	if (address_default(&address, NULL) == 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

int
wire_greet_as(uint32_t personality)
{
	struct msg_hello hello = {
		.magic = MSG_MAGIC,
		.version = MSG_VERSION,
		.personality = personality,
	};
	struct msg_welcome welcome;
	int fd = wire_connect();

	if (fd < 0)
		return -1;
	if (transfer_put(fd, &hello, sizeof(hello)) &&
	    transfer_get(fd, &welcome, sizeof(welcome)) &&
	    welcome.code == KERN_SUCCESS)
		return fd;
	close(fd);
	return -1;
}

int
wire_greet(void)
{
	return wire_greet_as(WIRE_ANY);
}

size_t
wire_pack(uint8_t *to, int id, mach_port_t port, const ProtobufCMessage *body,
    uint64_t data_size)
{
	struct msg_descriptor descriptor = {
		.type = MACH_MSG_OOL_DESCRIPTOR,
		.size = data_size,
	};
	struct msg msg = {
		.kind = MSG_REQUEST,
		.id = id,
		.remote = port,
		.local = 1,
		.descriptor_count = data_size > 0,
		.descriptors = &descriptor,
		.body_size =
		    body ? protobuf_c_message_get_packed_size(body) : 0,
	};

	msg_write_head(&msg, to);
	if (body)
		protobuf_c_message_pack(body, to + msg_head_size(&msg));
	return msg_head_size(&msg) + msg.body_size;
}

bool
wire_ask(int fd, int id, mach_port_t port, const ProtobufCMessage *body,
    uint64_t data_size)
{
	uint8_t bytes[WIRE_REQUEST];

	return transfer_put(fd, bytes,
	    wire_pack(bytes, id, port, body, data_size));
}

static bool
pass_over(int fd, uint64_t size)
{
	static uint8_t bytes[1 << 20];

	while (size > 0) {
		uint64_t n = MIN(size, sizeof(bytes));

		if (!transfer_get(fd, bytes, n))
			return false;
		size -= n;
	}
	return true;
}

bool
wire_answer(int fd, kern_return_t *code)
{
	static uint8_t bytes[128 * 1024];
	mach_msg_header_t header;
	struct msg msg;

	if (!transfer_get(fd, bytes, sizeof(header)))
		return false;
	memcpy(&header, bytes, sizeof(header));
	if (header.msgh_size < sizeof(header) ||
	    header.msgh_size > sizeof(bytes) ||
	    !transfer_get(fd, bytes + sizeof(header),
		header.msgh_size - sizeof(header)) ||
	    msg_parse(&msg, MSG_REPLY, bytes, header.msgh_size) <= 0)
		return false;
	*code = msg.code;
	return pass_over(fd, msg_data_size(&msg));
}

kern_return_t
wire_call(int fd, int id, mach_port_t port, const ProtobufCMessage *body)
{
	kern_return_t code;

	if (!wire_ask(fd, id, port, body, 0) || !wire_answer(fd, &code))
		return MIG_SERVER_DIED;
	return code;
}

const ProtobufCMessage *
body_allocate(uint64_t address, uint64_t size, int flags)
{
	static VmAllocateRequest in;

	vm_allocate_request__init(&in);
	in.address = address;
	in.size = size;
	in.flags = flags;
	return &in.base;
}

const ProtobufCMessage *
body_deallocate(uint64_t address, uint64_t size)
{
	static VmDeallocateRequest in;

	vm_deallocate_request__init(&in);
	in.address = address;
	in.size = size;
	return &in.base;
}

const ProtobufCMessage *
body_read(uint64_t address, uint64_t size)
{
	static VmReadRequest in;

	vm_read_request__init(&in);
	in.address = address;
	in.size = size;
	return &in.base;
}

const ProtobufCMessage *
body_write(uint64_t address)
{
	static VmWriteRequest in;

	vm_write_request__init(&in);
	in.address = address;
	return &in.base;
}
