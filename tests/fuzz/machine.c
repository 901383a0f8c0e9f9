#include "tests/fuzz/machine.h"

#include <stdlib.h>
#include <sys/eventfd.h>

#include "common/log.h"
#include "server/server.h"
#include "server/user_check.h"
#include "server/vm/personality.h"
#include "server/vm/vm_check.h"
#include "tests/fuzz/must.h"
#include "tests/fuzz/wire.h"

enum { TURNS = 100000 };

/* Nobody connects too fast; nobody is remembered for long. */
static uint64_t
next_second(void)
{
	static uint64_t nanoseconds;

	return nanoseconds += 1000000000;
}

struct server *
machine_server(uint64_t pages, bool pauses)
{
	static struct server server;

	if (!server.loop) {
		log_set_level(LOG_ERROR);
		/* Nobody will ever come this way. */
		MUST(server_init(&server, pages * VM_PAGE_SIZE, eventfd(0, 0),
			 &personality_osf) == 0);
	}
	server.users.clock = next_second;
	server_set_slice(&server, pauses ? 0 : UINT32_MAX);
	return &server;
}

void
machine_check(struct server *server)
{
	const char *complaint = vm_check(&server->vm);

	if (!complaint)
		complaint = registry_check(&server->registry);
	if (!complaint)
		complaint = users_check(server);
	if (complaint)
		log_error("%s", complaint);
	MUST(!complaint);
}

void
machine_settle(struct server *server)
{
	struct vm_machine *vm = &server->vm;

	for (int i = 0; fuzz_wire_turn(server); i++)
		MUST(i < TURNS);
	/* Names keep ports when those who gave them have gone. */
	MUST(!registry_check(&server->registry));
	registry_deinit(&server->registry);
	MUST(registry_init(&server->registry));
	for (int i = 0; fuzz_wire_turn(server); i++)
		MUST(i < TURNS);
	while (vm_machine_reap(vm, UINT32_MAX))
		continue;
	MUST(TAILQ_EMPTY(&server->told) && TAILQ_EMPTY(&server->slow));
	MUST(LIST_EMPTY(&server->connections) && LIST_EMPTY(&server->gone));
	MUST(server->connection_count == 0 && TAILQ_EMPTY(&server->busy));
	MUST(!server->call && server->paused == 0 && server->waiting == 0);
	fuzz_wire_forget();
	machine_check(server);
	MUST(LIST_EMPTY(&vm->maps) && LIST_EMPTY(&vm->dead_maps));
	MUST(vm->entries.used == 0 && vm->objects.used == 0);
	MUST(vm->pieces.used == 0 && vm->mappings.used == 0);
	MUST(vm->shares.used == 0 && vm->ranges.used == 0);
	MUST(vm->nodes.used == 0 && vm->pages.used == 0);
}
