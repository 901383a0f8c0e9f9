#include "client/vmctl/capture.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/msg.h"

enum {
	LINK_USER0 = 147,
	PACKET_MAX = 256 * 1024, /* bytes, as readers take them */
};

struct pcap_begin {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy; /* 0 */
	uint32_t length_max;
	uint32_t link;
};

struct pcap_packet {
	uint32_t seconds;
	uint32_t nanoseconds;
	uint32_t size;   /* in the file */
	uint32_t length; /* in truth */
};

static_assert(sizeof(struct pcap_begin) == 24, "libpcap's");
static_assert(sizeof(struct pcap_packet) == 16, "libpcap's");
static_assert(sizeof(struct capture_head) == 32, "vmd.lua reads it");
static_assert(sizeof(struct capture_head) + CAPTURE_DATA + MSG_BODY_MAX +
		      (MSG_DESCRIPTORS_MAX + 3) * 16 <
		  PACKET_MAX,
    "any message and some data");

static const struct pcap_begin begin = {
	.magic = 0xa1b23c4d, /* times are in nanoseconds */
	.major = 2,
	.minor = 4,
	.length_max = PACKET_MAX,
	.link = LINK_USER0,
};

/* --- Writing ---------------------------------------------------------- */

void
capture_begin(FILE *file)
{
	fwrite(&begin, sizeof(begin), 1, file);
}

void
capture_write(FILE *file, const struct capture_head *head, const void *message,
    const void *data)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	capture_write_at(file, &now, head, message, data);
}

void
capture_write_at(FILE *file, const struct timespec *time,
    const struct capture_head *head, const void *message, const void *data)
{
	uint32_t size = (uint32_t)sizeof(*head) + head->size + head->data_size;
	const struct pcap_packet packet = {
		.seconds = (uint32_t)time->tv_sec,
		.nanoseconds = (uint32_t)time->tv_nsec,
		.size = size,
		.length = size,
	};

	fwrite(&packet, sizeof(packet), 1, file);
	fwrite(head, sizeof(*head), 1, file);
	if (head->size > 0)
		fwrite(message, head->size, 1, file);
	if (head->data_size > 0)
		fwrite(data, head->data_size, 1, file);
}

/* --- Reading ---------------------------------------------------------- */

static const char *
check_begin(const struct capture *capture)
{
	struct pcap_begin there;

	if (capture->size < sizeof(there))
		return "it is no capture: it is too short";
	memcpy(&there, capture->bytes, sizeof(there));
	if (there.magic != begin.magic || there.major != begin.major)
		return "it is no capture";
	if (there.link != begin.link)
		return "it is a capture of something else";
	return NULL;
}

static const char *
map_file(struct capture *capture, int fd)
{
	struct stat status;
	void *bytes;

	if (fstat(fd, &status) < 0)
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return "it is no file";
	if (status.st_size == 0)
		return "it is empty";
	bytes =
	    mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return strerror(errno);
	*capture = (struct capture){
		.bytes = bytes,
		.size = (uint64_t)status.st_size,
		.at = sizeof(struct pcap_begin),
	};
	return NULL;
}

const char *
capture_open(struct capture *capture, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *why = fd < 0 ? strerror(errno) : map_file(capture, fd);

	if (fd >= 0)
		close(fd);
	if (why)
		return why;
	why = check_begin(capture);
	if (why)
		capture_close(capture);
	return why;
}

void
capture_close(struct capture *capture)
{
	munmap((void *)(uintptr_t)capture->bytes, (size_t)capture->size);
	capture->bytes = NULL;
}

/* The head, with sizes that fit into a packet of a size. */
static bool
head_is_right(const struct capture_head *head, uint32_t size)
{
	return head->what <= CAPTURE_END &&
	       head->direction <= CAPTURE_FROM_DAEMON &&
	       (head->flags & ~(CAPTURE_MORE | CAPTURE_OWN)) == 0 &&
	       head->connection > 0 && head->reserved == 0 &&
	       (uint64_t)head->size + head->data_size == size - sizeof(*head);
}

/* NULL: nothing is wrong with it, and it is there as a whole. */
static const char *
packet_complaint(const struct pcap_packet *there, uint64_t left)
{
	if (there->size > PACKET_MAX ||
	    there->size < sizeof(struct capture_head))
		return "this is no packet of a capture of vmd's";
	if (there->size != there->length)
		return "this packet was cut off when it was captured";
	if (left < there->size)
		return "it ends in the middle of a packet";
	return NULL;
}

static const char *
read_packet(const uint8_t *from, uint64_t left, struct pcap_packet *there,
    struct capture_packet *packet)
{
	const char *why;

	if (left < sizeof(*there))
		return "it ends in the middle of a packet";
	memcpy(there, from, sizeof(*there));
	why = packet_complaint(there, left - sizeof(*there));
	if (why)
		return why;
	from += sizeof(*there);
	memcpy(&packet->head, from, sizeof(packet->head));
	if (packet->head.version != CAPTURE_VERSION)
		return "this packet is of another version";
	if (!head_is_right(&packet->head, there->size))
		return "this packet is damaged";
	packet->message = from + sizeof(packet->head);
	packet->data = packet->message + packet->head.size;
	return NULL;
}

bool
capture_next(struct capture *capture, struct capture_packet *packet,
    const char **why)
{
	uint64_t left = capture->size - capture->at;
	struct pcap_packet there;

	*why = NULL;
	if (left == 0)
		return false;
	*why = read_packet(capture->bytes + capture->at, left, &there, packet);
	if (*why)
		return false;
	capture->at += sizeof(there) + there.size;
	return true;
}
