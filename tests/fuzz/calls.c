/*
 * Fuzzing: calls on memory, each held against the model
 *
 *      input     personality │ record │ record │ ...
 *
 * A record is a call of the model test (tests/system/model_run.h): its bytes
 * are the chance by which that call and its operands are chosen, and behind
 * them comes what they are the seed of. The call goes through libvmd to a
 * server in this process; its code and all that it gave back are compared with
 * what the model of plain bytes says, and so is all of memory every few calls.
 * The machine is checked after each.
 *
 * The mutator puts in, takes out, repeats, moves and changes records.
 */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "server/server.h"
#include "tests/fuzz/library.h"
#include "tests/fuzz/machine.h"
#include "tests/fuzz/must.h"
#include "tests/fuzz/wire.h"
#include "tests/system/model_run.h"

enum {
	FRAMES = 4096,
	RECORD = 16,
	RECORDS_MOST = 256,
	BURST = 32, /* records put in at once, at the most */
	COMPARE_EACH = 8,
};

/* --- Chance ------------------------------------------------------------ */

static struct {
	uint8_t bytes[RECORD];
	size_t used;
	struct chance rest; /* behind the bytes */
} record;

static void
record_start(const uint8_t *bytes)
{
	uint64_t seed[RECORD / sizeof(uint64_t)];

	memcpy(record.bytes, bytes, RECORD);
	memcpy(seed, bytes, RECORD);
	record.used = 0;
	record.rest = chance_of(seed[0] ^ seed[1] * 31);
}

static uint64_t
record_take(size_t size)
{
	uint64_t value = 0;

	if (record.used + size > RECORD)
		return chance_any(&record.rest) >> 8;
	memcpy(&value, record.bytes + record.used, size);
	record.used += size;
	return value;
}

uint64_t
chance(uint64_t below)
{
	return record_take(below <= 256 ? 1 : 2) % below;
}

bool
one_in(uint64_t n)
{
	return chance(n) == 0;
}

/* What differs ends the program with _exit(), which a fuzzer takes for its own
 * end. */
void __wrap__exit(int status) __attribute__((noreturn));

void
__wrap__exit(int status)
{
	(void)status;
	abort();
}

/* --- The target -------------------------------------------------------- */

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_wire_waited = library_waited;
	library_start();
	return 0;
}

static void
play(const uint8_t *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		record_start(records + i * RECORD);
		play_call();
		machine_check(fuzz_wire_server);
		if (i % COMPARE_EACH == COMPARE_EACH - 1)
			compare_all();
	}
	compare_all();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const names[] = { "osf", "xnu", "gnu" };
	size_t count;

	if (size == 0)
		return 0;
	count = MIN((size - 1) / RECORD, (size_t)RECORDS_MOST);
	fuzz_wire_server = machine_server(FRAMES, bytes[0] & 0x80);
	MUST(play_as(names[bytes[0] % ARRAY_SIZE(names)]));
	play_start();
	play(bytes + 1, count);
	play_end();
	library_hang_up();
	machine_settle(fuzz_wire_server);
	return 0;
}

/* --- The mutator ------------------------------------------------------- */

struct records {
	size_t count;
	uint8_t bytes[RECORDS_MOST + 1][RECORD];
};

static void
records_put(struct records *to, const uint8_t *from, size_t count)
{
	count = MIN(count, RECORDS_MOST - to->count);
	if (count > 0)
		memcpy(to->bytes[to->count], from, count * RECORD);
	to->count += count;
}

static void
make_record(uint8_t *record_bytes, struct chance *chance_)
{
	for (size_t i = 0; i < RECORD; i++)
		record_bytes[i] = (uint8_t)chance_any(chance_);
}

/* Most often a few: what is wrong may take many to be seen. */
static void
put_burst(struct records *to, struct chance *chance_)
{
	uint32_t n =
	    1 + chance_below(chance_, 1 + chance_below(chance_, BURST));
	uint8_t new[RECORD];

	for (; n > 0; n--) {
		make_record(new, chance_);
		records_put(to, new, 1);
	}
}

/* One byte, or a few: at its beginning are the call and its task. */
static void
change_record(uint8_t *bytes, struct chance *chance_)
{
	for (uint32_t n = 1 + chance_below(chance_, 3); n > 0; n--) {
		uint8_t *byte = &bytes[chance_below(chance_, RECORD)];

		switch (chance_below(chance_, 4)) {
		case 0:
			*byte ^= (uint8_t)(1 << chance_below(chance_, 8));
			break;
		case 1:
			*byte = (uint8_t)(*byte + 1);
			break;
		default:
			*byte = (uint8_t)chance_any(chance_);
		}
	}
}

enum change { INSERT, CHANGE, REMOVE, REPEAT, MOVE, MANNER, CHANGES };

static void
change(struct records *to, const uint8_t *from, size_t count, enum change how,
    struct chance *chance_)
{
	size_t at = chance_below(chance_, (uint32_t)count + 1);
	size_t other = chance_below(chance_, (uint32_t)count + 1);
	uint8_t new[RECORD];

	records_put(to, from, at);
	if (how == INSERT || count == 0)
		put_burst(to, chance_);
	if (how == MOVE && other < count)
		records_put(to, from + other * RECORD, 1);
	if (at == count)
		return;
	if (how == CHANGE) {
		memcpy(new, from + at * RECORD, RECORD);
		change_record(new, chance_);
		records_put(to, new, 1);
	} else if (how != REMOVE) {
		records_put(to, from + at * RECORD, 1);
	}
	if (how == REPEAT)
		records_put(to, from + at * RECORD, 1);
	records_put(to, from + (at + 1) * RECORD, count - at - 1);
}

static size_t
records_take(const struct records *records, uint8_t manner, uint8_t *to,
    size_t room)
{
	size_t size = MIN(records->count * RECORD, room - 1);

	to[0] = manner;
	memcpy(to + 1, records->bytes, size);
	return 1 + size;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t room, unsigned seed)
{
	struct chance chance_ = chance_of(seed);
	enum change how = (enum change)chance_below(&chance_, CHANGES + 4);
	uint8_t manner = size > 0 ? bytes[0] : 0;
	struct records records = { 0 };

	if (how >= CHANGES)
		how = how % 2 ? CHANGE : INSERT;
	if (how == MANNER)
		manner = (uint8_t)chance_any(&chance_);
	change(&records, bytes + 1, size > 0 ? (size - 1) / RECORD : 0, how,
	    &chance_);
	return records_take(&records, manner, bytes, room);
}

/* The beginning of one, and the end of another. */
size_t
LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b,
    size_t b_size, uint8_t *to, size_t room, unsigned seed)
{
	struct chance chance_ = chance_of(seed);
	struct records records = { 0 };
	size_t n, at;

	if (a_size <= RECORD || b_size <= RECORD)
		return 0;
	n = chance_below(&chance_, (uint32_t)(a_size / RECORD)) + 1;
	records_put(&records, a + 1, MIN(n, (a_size - 1) / RECORD));
	n = (b_size - 1) / RECORD;
	at = chance_below(&chance_, (uint32_t)n);
	records_put(&records, b + 1 + at * RECORD, n - at);
	return records_take(&records, a[0], to, room);
}
