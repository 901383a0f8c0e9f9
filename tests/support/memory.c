#include "tests/support/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"

const char *const personality_names[] = { "osf", "xnu", "gnu" };

/* --- A task ------------------------------------------------------------ */

task_t
new_task(void)
{
	task_t task = MACH_PORT_NULL;

	succeeds(task_create(mach_task_self(), NULL, 0, FALSE, &task));
	return task;
}

task_t
child_of(task_t parent)
{
	task_t task = MACH_PORT_NULL;

	succeeds(task_create(parent, NULL, 0, TRUE, &task));
	return task;
}

void
end_task(task_t task)
{
	succeeds(task_terminate(task));
	succeeds(mach_port_deallocate(mach_task_self(), task));
}

/* --- Its memory -------------------------------------------------------- */

void
allocate_at(task_t task, vm_address_t address, vm_size_t size)
{
	succeeds(vm_allocate(task, &address, size, VM_FLAGS_FIXED));
}

vm_address_t
allocate(task_t task, vm_size_t size)
{
	vm_address_t address = 0;

	succeeds(vm_allocate(task, &address, size, VM_FLAGS_ANYWHERE));
	return address;
}

void
protect(task_t task, vm_address_t address, vm_size_t size, vm_prot_t protection)
{
	succeeds(vm_protect(task, address, size, FALSE, protection));
}

void
inherit(task_t task, vm_address_t address, vm_size_t size,
    vm_inherit_t inheritance)
{
	succeeds(vm_inherit(task, address, size, inheritance));
}

/* vm_write, which takes 32 bits of size. */
static void
write_all(task_t task, vm_address_t address, const void *bytes, vm_size_t size)
{
	succeeds(vm_write(task, address, (vm_offset_t)bytes,
	    (mach_msg_type_number_t)size));
}

static void *
new_bytes(vm_size_t size)
{
	void *bytes = aligned_alloc(PAGE, (size + PAGE - 1) / PAGE * PAGE);

	ck_assert_ptr_nonnull(bytes);
	return bytes;
}

static uint8_t *
read_all(task_t task, vm_address_t address, vm_size_t size)
{
	uint8_t *bytes = new_bytes(size);
	vm_size_t count = 0;

	succeeds(vm_read_overwrite(task, address, size, (vm_address_t)bytes,
	    &count));
	ck_assert_uint_eq(count, size);
	return bytes;
}

void
fill(task_t task, vm_address_t address, vm_size_t size, char byte)
{
	_cleanup_(freep) void *bytes = new_bytes(size);

	memset(bytes, byte, size);
	write_all(task, address, bytes, size);
}

/* Check takes note of each assertion: of each byte would be too many. */
void
bytes_are(task_t task, vm_address_t address, vm_size_t size, char byte)
{
	_cleanup_(freep) uint8_t *bytes = read_all(task, address, size);

	for (vm_size_t i = 0; i < size; i++)
		if (bytes[i] != (uint8_t)byte)
			ck_abort_msg("at %#zx there is %#x instead of %#x",
			    address + i, bytes[i], (uint8_t)byte);
}

static uint8_t
pattern(size_t i, unsigned seed)
{
	return (uint8_t)(i * i / 7 + i / 251 + seed);
}

void
fill_pattern(void *memory, size_t size, unsigned seed)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)memory)[i] = pattern(i, seed);
}

void
write_pattern(task_t task, vm_address_t address, vm_size_t size, unsigned seed)
{
	_cleanup_(freep) void *bytes = new_bytes(size);

	fill_pattern(bytes, size, seed);
	write_all(task, address, bytes, size);
}

void
pattern_is(task_t task, vm_address_t address, vm_size_t size, unsigned seed)
{
	_cleanup_(freep) uint8_t *bytes = read_all(task, address, size);

	for (vm_size_t i = 0; i < size; i++)
		if (bytes[i] != pattern(i, seed))
			ck_abort_msg("byte %zu of the pattern is %#x instead "
				     "of %#x",
			    i, bytes[i], pattern(i, seed));
}

void
draw(task_t task, vm_address_t address, const char *pages)
{
	for (; *pages != '\0'; pages++, address += PAGE) {
		if (*pages == '.')
			continue;
		allocate_at(task, address, PAGE);
		if (*pages != '0')
			fill(task, address, PAGE, *pages);
	}
}

/* --- Memory with a port, and memory seen twice ------------------------- */

static mem_entry_name_port_t
make_entry(task_t task, vm_address_t address, vm_size_t size,
    vm_prot_t permission)
{
	mem_entry_name_port_t entry = MACH_PORT_NULL;

	succeeds(mach_make_memory_entry(task, &size, address, permission,
	    &entry, MACH_PORT_NULL));
	ck_assert_uint_ne(entry, MACH_PORT_NULL);
	return entry;
}

mem_entry_name_port_t
new_entry(vm_size_t size, vm_prot_t permission)
{
	return make_entry(mach_task_self(), 0, size,
	    permission | MAP_MEM_NAMED_CREATE);
}

mem_entry_name_port_t
entry_of(task_t task, vm_address_t address, vm_size_t size,
    vm_prot_t permission)
{
	return make_entry(task, address, size, permission);
}

void
let_go(mach_port_t port)
{
	succeeds(mach_port_deallocate(mach_task_self(), port));
}

void
map_at(task_t task, vm_address_t address, vm_size_t size,
    mem_entry_name_port_t entry)
{
	succeeds(vm_map(task, &address, size, 0, VM_FLAGS_FIXED, entry, 0,
	    FALSE, VM_PROT_DEFAULT, VM_PROT_DEFAULT, VM_INHERIT_COPY));
}

static void
remap_at(task_t task, vm_address_t address, vm_size_t size, task_t source,
    vm_address_t from, boolean_t copy)
{
	vm_prot_t current, maximum;

	succeeds(vm_remap(task, &address, size, 0, VM_FLAGS_FIXED, source, from,
	    copy, &current, &maximum, VM_INHERIT_COPY));
}

void
share_at(task_t task, vm_address_t address, vm_size_t size, task_t source,
    vm_address_t from)
{
	remap_at(task, address, size, source, from, FALSE);
}

void
copy_at(task_t task, vm_address_t address, vm_size_t size, task_t source,
    vm_address_t from)
{
	remap_at(task, address, size, source, from, TRUE);
}

mach_port_t
privileged_host(void)
{
	mach_port_t port = MACH_PORT_NULL;

	succeeds(host_get_host_priv_port(mach_host_self(), &port));
	return port;
}

/* --- How it looks ------------------------------------------------------ */

struct region {
	vm_address_t start;
	vm_address_t end;
	struct vm_region_basic_info_64 info;
};

/* The region at or above an address. False: there is none. */
static bool
find_region(task_t task, vm_address_t address, struct region *region)
{
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	vm_size_t size = 0;
	mach_port_t object;
	kern_return_t kr;

	kr = vm_region_64(task, &address, &size, VM_REGION_BASIC_INFO_64,
	    (vm_region_info_t)&region->info, &count, &object);
	if (kr == KERN_INVALID_ADDRESS || kr == KERN_NO_SPACE)
		return false;
	code_is(kr, KERN_SUCCESS, "vm_region_64");
	ck_assert_uint_gt(size, 0);
	region->start = address;
	region->end = address + size;
	return true;
}

static bool
look_alike(const struct region *a, const struct region *b)
{
	return a->info.protection == b->info.protection &&
	       a->info.max_protection == b->info.max_protection &&
	       a->info.inheritance == b->info.inheritance &&
	       a->info.shared == b->info.shared;
}

/* The same, but with all that follow and look alike. */
static bool
find_joined(task_t task, vm_address_t address, struct region *region)
{
	struct region next;

	if (!find_region(task, address, region))
		return false;
	while (find_region(task, region->end, &next) &&
	       next.start == region->end && look_alike(region, &next))
		region->end = next.end;
	return true;
}

static char
letter_of(const uint8_t *page)
{
	for (size_t i = 1; i < PAGE; i++)
		if (page[i] != page[0])
			return '?';
	if (page[0] == 0)
		return '0';
	return page[0] >= 'a' && page[0] <= 'z' ? (char)page[0] : '?';
}

static char
letter_at(task_t task, vm_address_t address)
{
	_cleanup_(freep) uint8_t *page = NULL;
	struct region region;

	if (!find_region(task, address, &region) || region.start > address)
		return '.';
	if ((region.info.protection & VM_PROT_READ) == 0)
		return '-';
	page = read_all(task, address, PAGE);
	return letter_of(page);
}

void
pages_are(task_t task, vm_address_t address, const char *pages)
{
	_cleanup_(freep) char *seen = strdup(pages);

	for (size_t i = 0; pages[i] != '\0'; i++)
		seen[i] = letter_at(task, address + i * PAGE);
	ck_assert_str_eq(seen, pages);
}

static void
print_protection(FILE *out, vm_prot_t protection)
{
	fputc(protection & VM_PROT_READ ? 'r' : '-', out);
	fputc(protection & VM_PROT_WRITE ? 'w' : '-', out);
	fputc(protection & VM_PROT_EXECUTE ? 'x' : '-', out);
	if (protection & ~VM_PROT_ALL)
		fprintf(out, "+%#x", (unsigned)(protection & ~VM_PROT_ALL));
}

static void
print_region(FILE *out, const struct region *region)
{
	static const char *const inheritances[] = { "share", "copy", "none" };

	ck_assert_uint_lt(region->info.inheritance, ARRAY_SIZE(inheritances));
	fprintf(out, "%zx-%zx ", region->start, region->end);
	print_protection(out, region->info.protection);
	fputc('/', out);
	print_protection(out, region->info.max_protection);
	fprintf(out, " %s%s", inheritances[region->info.inheritance],
	    region->info.shared ? " shared" : "");
}

void
regions_are(task_t task, const char *picture)
{
	_cleanup_(freep) char *seen = NULL;
	struct region region = { .end = 0 };
	size_t size;
	FILE *out = open_memstream(&seen, &size);

	ck_assert_ptr_nonnull(out);
	while (find_joined(task, region.end, &region)) {
		if (ftell(out) > 0)
			fputc('\n', out);
		print_region(out, &region);
	}
	fclose(out);
	ck_assert_str_eq(seen, picture);
}

void
wirings_are(task_t task, vm_address_t address, const char *digits)
{
	_cleanup_(freep) char *seen = strdup(digits);
	struct region region;

	for (size_t i = 0; digits[i] != '\0'; i++) {
		vm_address_t at = address + i * PAGE;

		seen[i] = '.';
		if (find_region(task, at, &region) && region.start <= at)
			seen[i] = (char)('0' + region.info.user_wired_count);
	}
	ck_assert_str_eq(seen, digits);
}

static uint64_t
mix(uint64_t sum, const void *bytes, size_t size)
{
	const uint8_t *byte = bytes;

	while (size-- > 0)
		sum = (sum ^ *byte++) * UINT64_C(0x100000001b3);
	return sum;
}

static uint64_t
digest_region(task_t task, uint64_t sum, const struct region *region)
{
	_cleanup_(freep) uint8_t *bytes = NULL;
	vm_size_t size = region->end - region->start;
	uint64_t words[] = { region->start, region->end,
		(uint64_t)region->info.protection,
		(uint64_t)region->info.max_protection, region->info.inheritance,
		region->info.shared };

	sum = mix(sum, words, sizeof(words));
	if ((region->info.protection & VM_PROT_READ) == 0)
		return sum;
	bytes = read_all(task, region->start, size);
	return mix(sum, bytes, size);
}

uint64_t
digest(task_t task)
{
	struct region region = { .end = 0 };
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	while (find_joined(task, region.end, &region))
		sum = digest_region(task, sum, &region);
	return sum;
}

/* --- Personalities ----------------------------------------------------- */

void
in_personality(enum personality personality,
    void (*body)(enum personality personality))
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		setenv("VMD_PERSONALITY", personality_names[personality], 1);
		body(personality);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
		fprintf(stderr, "# as %s\n", personality_names[personality]);
	ck_assert_msg(WIFEXITED(status), "%s: ended with status %#x",
	    personality_names[personality], (unsigned)status);
	if (WEXITSTATUS(status) != EXIT_SUCCESS)
		_exit(EXIT_FAILURE);
}

void
in_each_personality(void (*body)(enum personality personality))
{
	for (enum personality p = 0; p < PERSONALITIES; p++)
		in_personality(p, body);
}
