#include "client/inject.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mach/vm_page_size.h>

#include "client/call.h"
#include "client/show/complaint.h"
#include "client/show/constants.h"
#include "client/show/message.h"
#include "client/show/routine.h"
#include "common/cleanup.h"

enum { RULES_MOST = 64 };

struct rule {
	char name[64]; /* of a routine; `*`: any; "": by its page */
	uint64_t page; /* an address in it */
	uint64_t nth;  /* the first that is meant; 0: all */
	bool on;       /* and all behind it */
	uint64_t seen;
	kern_return_t code; /* KERN_SUCCESS: it is late, and that is all */
	unsigned delay;     /* milliseconds */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rule rules[RULES_MOST];
static size_t rule_count;

/* --- Rules ------------------------------------------------------------ */

/* Behind the `=`. */
static bool
parse_what(const char *text, struct rule *rule, struct complaint *complaint)
{
	static const char delay[] = "delay:";
	char *end;

	if (strncmp(text, delay, strlen(delay)) != 0)
		return code_find(text, &rule->code) ||
		       complain(complaint, "no code '" WORD "'", text);
	text += strlen(delay);
	rule->delay = (unsigned)strtoul(text, &end, 10);
	return (end > text && *end == '\0') ||
	       complain(complaint, "'" WORD "' are no milliseconds", text);
}

/* #3, #3+ or nothing. */
static bool
parse_nth(const char *text, struct rule *rule, struct complaint *complaint)
{
	char *end;

	if (*text == '\0')
		return true;
	rule->nth = strtoull(text + 1, &end, 10);
	rule->on = *end == '+';
	return (*text == '#' && rule->nth > 0 &&
		   strcmp(end, rule->on ? "+" : "") == 0) ||
	       complain(complaint, "'" WORD "': which one? #3, or #3+", text);
}

static bool
parse_whom(const char *text, struct rule *rule, struct complaint *complaint)
{
	size_t length = strcspn(text, "#");
	struct routine routine;
	char *end;

	if (*text == '@') {
		rule->page = strtoull(text + 1, &end, 0);
		if (end == text + 1)
			return complain(complaint, "'" WORD "' is no address",
			    text);
		return parse_nth(end, rule, complaint);
	}
	snprintf(rule->name, sizeof(rule->name), "%.*s", (int)length, text);
	if (strcmp(rule->name, "*") != 0 && !routine_find(rule->name, &routine))
		return complain(complaint, "no routine '" WORD "'", rule->name);
	return parse_nth(text + length, rule, complaint);
}

static bool
parse(const char *text, struct rule *rule, struct complaint *complaint)
{
	char whom[96];
	const char *what = strchr(text, '=');

	*rule = (struct rule){ .code = KERN_SUCCESS };
	if (!what || (size_t)(what - text) >= sizeof(whom))
		return complain(complaint,
		    "'" WORD "' is no rule: ROUTINE[#NTH[+]]=CODE", text);
	snprintf(whom, sizeof(whom), "%.*s", (int)(what - text), text);
	return parse_whom(whom, rule, complaint) &&
	       parse_what(what + 1, rule, complaint);
}

bool
inject_check(const char *text, struct complaint *complaint)
{
	struct rule rule;

	return parse(text, &rule, complaint);
}

static void
read_rules(void)
{
	const char *asked = secure_getenv("VMD_INJECT");
	_cleanup_(freep) char *text = asked ? strdup(asked) : NULL;
	char *rest = NULL, *rule;
	struct complaint complaint;

	for (rule = text ? strtok_r(text, ";", &rest) : NULL; rule;
	     rule = strtok_r(NULL, ";", &rest)) {
		if (rule_count == RULES_MOST)
			fprintf(stderr,
			    "libvmd: VMD_INJECT: %d rules at most\n",
			    RULES_MOST);
		else if (!parse(rule, &rules[rule_count], &complaint))
			fprintf(stderr, "libvmd: VMD_INJECT: %s\n",
			    complaint.text);
		else
			rule_count++;
	}
}

bool
inject_wants(void)
{
	pthread_once(&once, read_rules);
	return rule_count > 0;
}

/* --- Calls ------------------------------------------------------------ */

/* Does it read or write memory, beside looking at the map? */
static bool
touches_memory(const char *name)
{
	static const char *const names[] = { "vm_read", "vm_read_overwrite",
		"vm_write", "vm_copy" };
	static const char mach[] = "mach_";

	if (strncmp(name, mach, strlen(mach)) == 0)
		name += strlen(mach);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static uint64_t
field(const ProtobufCMessage *message, const char *name, uint64_t otherwise)
{
	const ProtobufCFieldDescriptor *found =
	    protobuf_c_message_descriptor_get_field_by_name(message->descriptor,
		name);

	return found && field_kind(found) == FIELD_NUMBER &&
		       message_has(message, found)
		   ? message_number(message, found, 0).number
		   : otherwise;
}

/* Is the page of the address one of these bytes'? */
static bool
has_page(uint64_t start, uint64_t size, uint64_t address)
{
	uint64_t first = start & ~vm_page_mask;
	uint64_t last = (start + size - 1) & ~vm_page_mask;

	return size > 0 && first <= (address & ~vm_page_mask) &&
	       (address & ~vm_page_mask) <= last;
}

static bool
is_of_page(const struct call *call, uint64_t address)
{
	static const char *const starts[] = { "address", "source_address",
		"dest_address" };
	uint64_t size = field(call->in, "size", call->data_size);

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (has_page(field(call->in, starts[i], 0), size, address))
			return true;
	return false;
}

static bool
fits(const struct rule *rule, const struct call *call,
    const struct routine *routine)
{
	if (rule->name[0] == '\0')
		return touches_memory(routine->name) &&
		       is_of_page(call, rule->page);
	return strcmp(rule->name, "*") == 0 ||
	       strcmp(rule->name, routine->name) == 0;
}

/* It fits: is it this one's turn? */
static bool
counts(struct rule *rule)
{
	rule->seen++;
	return rule->nth == 0 || rule->seen == rule->nth ||
	       (rule->on && rule->seen > rule->nth);
}

static const struct rule *
find_rule(const struct call *call)
{
	const struct rule *found = NULL;
	struct routine routine;

	if (!routine_by_id(call->id, call->in->descriptor, &routine))
		return NULL;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < rule_count; i++)
		if (fits(&rules[i], call, &routine) && counts(&rules[i]) &&
		    !found)
			found = &rules[i];
	pthread_mutex_unlock(&lock);
	return found;
}

bool
inject_fails(const struct call *call, kern_return_t *code)
{
	const struct rule *rule = find_rule(call);
	struct timespec wait;

	if (!rule)
		return false;
	wait = (struct timespec){
		.tv_sec = rule->delay / 1000,
		.tv_nsec = rule->delay % 1000 * 1000000L,
	};
	while (rule->delay > 0 && nanosleep(&wait, &wait) < 0)
		continue;
	*code = rule->code;
	return rule->code != KERN_SUCCESS;
}
