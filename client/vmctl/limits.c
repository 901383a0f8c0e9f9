#include "client/vmctl/limits.h"

#include <inttypes.h>
#include <stdio.h>

#include "client/vmctl/json.h"
#include "client/vmd.h"

enum { LIMITS_MOST = 64 };

static void
print_user(uint32_t uid, const struct vmd_limit *limits, size_t count)
{
	printf("  uid %" PRIu32 "\n  %-18s %20s %20s\n", uid, "", "used",
	    "allowed");
	for (size_t i = 0; i < count; i++) {
		printf("  %-18s %20" PRIu64 " ", limits[i].name,
		    limits[i].used);
		if (limits[i].allowed == VMD_UNLIMITED)
			printf("%20s\n", "unlimited");
		else
			printf("%20" PRIu64 "\n", limits[i].allowed);
	}
}

static void
put_user(const struct command *command, uint32_t uid,
    const struct vmd_limit *limits, size_t count)
{
	struct json *json = json_begin(command);

	json_put_number(json, "uid", uid);
	json_open_object(json, "limits");
	for (size_t i = 0; i < count; i++) {
		json_open_object(json, limits[i].name);
		json_put_number(json, "used", limits[i].used);
		if (limits[i].allowed == VMD_UNLIMITED)
			json_put_null(json, "allowed");
		else
			json_put_number(json, "allowed", limits[i].allowed);
		json_close(json);
	}
	json_close(json);
	json_end(json);
}

bool
limits_show(struct run *run, const struct argument *argument)
{
	bool all = argument[0].given;
	struct vmd_limit limits[LIMITS_MOST];
	uint32_t uid = all ? 0 : VMD_UID_SELF;

	for (;;) {
		size_t count = LIMITS_MOST;
		kern_return_t kr = vmd_limits(&uid, limits, &count);

		if (all && kr == KERN_INVALID_ARGUMENT)
			return true;
		if (kr != KERN_SUCCESS)
			return run_fail_call(run, "vmd_limits", kr);
		if (run->json)
			put_user(run->command, uid, limits, count);
		else
			print_user(uid, limits, count);
		if (!all || ++uid == VMD_UID_SELF)
			return true;
	}
}
