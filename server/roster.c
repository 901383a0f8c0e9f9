#include "server/roster.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "server/port.h"

static TAILQ_HEAD(, roster_entry) roster = TAILQ_HEAD_INITIALIZER(roster);
static uint64_t last_number;

bool
roster_add(struct port *task, const struct port *parent, uid_t uid, pid_t pid)
{
	struct roster_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return false;
	*entry = (struct roster_entry){
		.port = task,
		.number = ++last_number,
		.parent =
		    parent && parent->on_roster ? parent->on_roster->number : 0,
		.uid = uid,
		.pid = pid,
	};
	task->on_roster = entry;
	TAILQ_INSERT_TAIL(&roster, entry, link);
	return true;
}

void
roster_remove(struct port *task)
{
	struct roster_entry *entry = steal(&task->on_roster);

	if (!entry)
		return;
	TAILQ_REMOVE(&roster, entry, link);
	free(entry);
}

const struct roster_entry *
roster_from(uint64_t number)
{
	const struct roster_entry *entry;

	TAILQ_FOREACH(entry, &roster, link)
		if (entry->number >= number)
			return entry;
	return NULL;
}
