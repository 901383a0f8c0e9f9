#include "client/vmctl/names.h"

#include <inttypes.h>
#include <stdio.h>

#include "client/vmctl/json.h"
#include "client/vmd.h"
#include "common/cleanup.h"

/* As ls(1) shows a file's; only reading there is. */
static void
print_mode(uint32_t mode)
{
	static const uint32_t bits[] = { VMD_NAME_OWNER, VMD_NAME_GROUP,
		VMD_NAME_OTHERS };

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		printf("%s", mode & bits[i] ? "r--" : "---");
}

static void
print_name(const struct vmd_name *name)
{
	printf("%10" PRIu32 " %10" PRIu32 "  ", name->owner, name->group);
	print_mode(name->mode);
	printf("  %-15s \"%s\"\n", name->kind, name->name);
}

static void
put_name(struct json *json, const struct vmd_name *name)
{
	json_open_object(json, NULL);
	json_put_number(json, "owner", name->owner);
	json_put_number(json, "group", name->group);
	json_put_number(json, "mode", name->mode);
	json_put_text(json, "kind", name->kind);
	json_put_text(json, "name", name->name);
	json_close(json);
}

/* NULL: there is no line. */
static void
end_names(struct json *json)
{
	if (!json)
		return;
	json_close(json);
	json_end(json);
}

bool
names_show(struct run *run, const struct argument *argument)
{
	enum { AT_ONCE = 256 };
	static struct vmd_name names[AT_ONCE];
	struct vmd_name last, *after = NULL;
	struct json *json = NULL;
	size_t count;

	(void)argument;
	do {
		kern_return_t kr;

		count = AT_ONCE;
		kr = vmd_names(after, names, &count);
		if (kr != KERN_SUCCESS) {
			end_names(json);
			return run_fail_call(run, "vmd_names", kr);
		}
		if (run->json && !json) {
			json = json_begin(run->command);
			json_open_list(json, "names");
		}
		for (size_t i = 0; json && i < count; i++)
			put_name(json, &names[i]);
		if (!json && !after && count > 0)
			puts("     owner      group  mode       port"
			     "            name");
		for (size_t i = 0; !json && i < count; i++)
			print_name(&names[i]);
		if (count > 0)
			last = names[count - 1];
		after = &last;
	} while (count > 0);
	end_names(json);
	return true;
}
