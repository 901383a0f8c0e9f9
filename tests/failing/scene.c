#include "tests/failing/scene.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/failing/stage.h"

static const char *const scene[] = {
	"host = host_self_trap 0",
	"priv = host_get_special_port host node=-1 which=2",
	/* private */
	"vm_allocate self address=100000 size=8000 flags=0",
	"vm_write self address=100000 data=8000",
	/* never written */
	"vm_allocate self address=110000 size=8000 flags=0",
	/* shared with a child, half of it */
	"vm_allocate self address=120000 size=8000 flags=0",
	"vm_write self address=120000 data=8000",
	"vm_inherit self address=120000 size=4000 new_inheritance=0",
	/* copied */
	"vm_allocate self address=130000 size=8000 flags=0",
	"vm_copy self source_address=100000 size=6000 dest_address=131000",
	/* wired */
	"vm_allocate self address=140000 size=4000 flags=0",
	"vm_write self address=140000 data=2000",
	"vm_wire priv task=self address=140000 size=4000 desired_access=3",
	/* purgeable; permanent */
	"[ox] vm_allocate self address=150000 size=4000 flags=2",
	"[ox] vm_write self address=150000 data=4000",
	"[ox] vm_allocate self address=160000 size=4000 flags=80",
	/* may be read only */
	"vm_allocate self address=170000 size=4000 flags=0",
	"vm_write self address=170000 data=4000",
	"vm_protect self address=170000 size=4000 set_maximum=0 "
	"new_protection=1",
	/* of different kinds, side by side */
	"vm_allocate self address=200000 size=8000 flags=0",
	"vm_write self address=200000 data=2000",
	"vm_inherit self address=202000 size=2000 new_inheritance=2",
	"vm_write self address=204000 data=4000",
	"vm_inherit self address=204000 size=2000 new_inheritance=0",
	"vm_wire priv task=self address=206000 size=2000 desired_access=3",

	"child = task_create self inherit_memory=1",
	"vm_write child address=101000 data=1000",
	"vm_write self address=103000 data=1000",
	"other = task_create child inherit_memory=0",
	"mach_ports_register other init_port_set=child,host",
	"entry = mach_make_memory_entry self size=8000 offset=120000 "
	"permission=3",
	"fresh = mach_make_memory_entry self size=4000 offset=0 "
	"permission=20003",
	"snap = mach_make_memory_entry self size=8000 offset=200000 "
	"permission=200003",
	"see = mach_make_memory_entry self size=6000 offset=200000 "
	"permission=400003",
	"vm_map self address=300000 size=4000 mask=0 flags=0 object=entry "
	"max_protection=3",
	"bootstrap_register bootstrap service_name=entry service_port=entry",
	"bootstrap_register bootstrap service_name=task service_port=other",
	NULL,
};

#define FUTURE "vm_wire_all priv task=self flags=2; "

const struct scene_call scene_calls[] = {
	/* --- vm_map, mach_vm ------------------------------------------- */
	{ "vm_region self address=100000", 0 },
	{ "vm_region self address=0 flavor=d", 0 },
	{ "vm_region self address=200000 flavor=c", 0 },
	{ "vm_region_recurse self address=120000 nesting_depth=0", 0 },
	{ "vm_map_page_query self offset=101000", 0 },
	{ "mach_vm_page_query self offset=131000", 0 },
	{ "mach_vm_page_info self address=100000", 0 },
	{ "mach_vm_page_range_query self address=200000 size=8000", 0 },
	{ "mach_vm_region_info self address=100000", KERN_FAILURE },
	{ "vm_mapped_pages_info self address=100000", KERN_FAILURE },

	{ "vm_allocate self address=400000 size=4000 flags=0", 0 },
	{ "vm_allocate self address=108000 size=4000 flags=0", 0 },
	{ "vm_allocate self address=0 size=4000 flags=1", 0 },
	{ "[ox] vm_allocate self address=400000 size=4000 flags=2", 0 },
	{ "[ox] vm_allocate self address=102000 size=4000 flags=4000", 0 },
	{ "[ox] vm_allocate self address=200000 size=8000 flags=4002", 0 },
	{ "[ox] vm_allocate self address=400000 size=4000 flags=80", 0 },
	{ "[ox] vm_allocate self address=400000 size=200000 flags=20000", 0 },
	{ FUTURE "vm_allocate self address=400000 size=4000 flags=0", 0 },
	{ FUTURE "vm_allocate self address=0 size=4000 flags=1", 0 },
	{ "[ox] " FUTURE "vm_allocate self address=400000 size=4000 flags=2",
	    0 },
	{ "[ox] " FUTURE "vm_allocate self address=400000 size=4000 flags=80",
	    0 },
	{ "[ox] " FUTURE "vm_allocate self address=102000 size=4000 flags=4000",
	    0 },

	{ "vm_deallocate self address=100000 size=8000", 0 },
	{ "vm_deallocate self address=103000 size=1000", 0 },
	{ "vm_deallocate self address=122000 size=4000", 0 },
	{ "vm_deallocate self address=141000 size=1000", 0 },
	{ "vm_deallocate self address=201000 size=6000", 0 },
	{ "vm_deallocate child address=100000 size=4000", 0 },
	{ "[ox] vm_deallocate self address=161000 size=1000", 0 },

	{ "vm_protect self address=102000 size=2000 set_maximum=0 "
	  "new_protection=1",
	    0 },
	{ "vm_protect self address=201000 size=6000 set_maximum=1 "
	  "new_protection=1",
	    0 },
	{ "[ox] vm_protect self address=102000 size=2000 set_maximum=0 "
	  "new_protection=13",
	    0 },
	{ "[ox] vm_protect self address=171000 size=2000 set_maximum=0 "
	  "new_protection=13",
	    0 },
	{ "[ox] vm_protect self address=201000 size=6000 set_maximum=0 "
	  "new_protection=13",
	    0 },
	{ "[ox] " FUTURE "vm_protect self address=102000 size=2000 "
	  "set_maximum=0 new_protection=13",
	    0 },
	{ "vm_inherit self address=102000 size=2000 new_inheritance=0", 0 },
	{ "vm_inherit self address=201000 size=6000 new_inheritance=2", 0 },

	{ "vm_read self address=100000 size=8000", 0 },
	{ "vm_read self address=200800 size=7001", 0 },
	{ "vm_read self address=140000 size=4000", 0 },
	{ "vm_read_overwrite self address=200000 size=8000", 0 },
	{ "vm_read_list self data_list=100000+3000,200800+6000,110000+1000",
	    0 },

	{ "vm_write self address=100000 data=8000", 0 },
	{ "vm_write self address=112000 data=2000", 0 },
	{ "vm_write self address=140000 data=4000", 0 },
	{ "vm_write self address=200000 data=8000", 0 },
	{ "vm_write child address=120000 data=4000", 0 },
	{ "[ox] vm_write self address=200800 data=6100", 0 },
	{ "[ox] vm_write self address=113abc data=10", 0 },
	{ "[ox] vm_write self address=100123 data=5 data_offset=123", 0 },

	{ "vm_copy self source_address=100000 size=8000 dest_address=110000",
	    0 },
	{ "vm_copy self source_address=110000 size=4000 dest_address=100000",
	    0 },
	{ "vm_copy self source_address=200000 size=8000 dest_address=100000",
	    0 },
	{ "vm_copy self source_address=100000 size=8000 dest_address=200000",
	    0 },
	{ "vm_copy self source_address=100000 size=4000 dest_address=102000",
	    0 },
	{ "vm_copy self source_address=140000 size=4000 dest_address=121000",
	    0 },
	{ "[x] vm_copy self source_address=100123 size=5001 "
	  "dest_address=200456",
	    0 },
	{ "[x] vm_copy self source_address=206800 size=1000 "
	  "dest_address=113456",
	    0 },

	{ "[ox] vm_msync self address=100000 size=8000 sync_flags=8", 0 },
	{ "[g] vm_msync self address=100000 size=0 sync_flags=0", 0 },
	{ "vm_behavior_set self address=102000 size=2000 new_behavior=1", 0 },
	{ "vm_behavior_set self address=201000 size=6000 new_behavior=2", 0 },
	{ "vm_behavior_set self address=102000 size=2000 new_behavior=6", 0 },
	{ "vm_behavior_set self address=101000 size=2000 new_behavior=c", 0 },
	{ "vm_behavior_set self address=201000 size=6000 new_behavior=c", 0 },
	{ "[ox] vm_machine_attribute self address=100000 size=8000 "
	  "attribute=1 value=6",
	    0 },

	{ "vm_map self address=400000 size=4000 mask=0 flags=0", 0 },
	{ "vm_map self address=0 size=4000 mask=ffff flags=1", 0 },
	{ "[ox] vm_map self address=400000 size=4000 mask=0 flags=2", 0 },
	{ "[ox] vm_map self address=201000 size=6000 mask=0 flags=4000", 0 },
	{ "vm_map self address=400000 size=8000 mask=0 flags=0 object=entry "
	  "max_protection=3",
	    0 },
	{ "vm_map self address=400000 size=2000 mask=0 flags=0 object=entry "
	  "max_protection=3 "
	  "offset=1000 copy=1",
	    0 },
	{ "vm_map self address=400000 size=8000 mask=0 flags=0 object=snap "
	  "max_protection=3",
	    0 },
	{ "vm_map self address=400000 size=6000 mask=0 flags=0 object=see "
	  "max_protection=3",
	    0 },
	{ "[ox] vm_map self address=102000 size=4000 mask=0 flags=4000 "
	  "object=entry "
	  "max_protection=3",
	    0 },
	{ FUTURE "vm_map self address=400000 size=4000 mask=0 flags=0", 0 },
	{ FUTURE "vm_map self address=400000 size=4000 mask=0 flags=0 "
		 "object=fresh "
		 "max_protection=3",
	    0 },
	{ FUTURE "vm_map self address=400000 size=8000 mask=0 flags=0 "
		 "object=snap "
		 "max_protection=3 copy=1",
	    0 },
	{ "[ox] " FUTURE
	  "vm_map self address=102000 size=4000 mask=0 flags=4000 "
	  "object=fresh "
	  "max_protection=3 copy=1",
	    0 },

	{ "vm_remap self target_address=400000 size=8000 mask=0 flags=0 "
	  "src_task=self src_address=200000 copy=0",
	    0 },
	{ "vm_remap self target_address=400000 size=8000 mask=0 flags=0 "
	  "src_task=child src_address=100000 copy=1",
	    0 },
	{ "vm_remap self target_address=400000 size=5000 mask=0 flags=1 "
	  "src_task=self src_address=201000 copy=1",
	    0 },
	{ "vm_remap self target_address=101000 size=3000 mask=0 flags=4000 "
	  "src_task=self src_address=204000 copy=0",
	    0 },
	{ FUTURE "vm_remap self target_address=101000 size=3000 mask=0 "
		 "flags=4000 src_task=self src_address=112000 copy=1",
	    0 },
	{ "vm_remap_new self target_address=400000 size=4000 mask=0 flags=1 "
	  "src_task=self src_address=120000 copy=0 cur_protection=3 "
	  "max_protection=3",
	    0 },

	{ "mach_make_memory_entry self size=8000 offset=100000 permission=3",
	    0 },
	{ "mach_make_memory_entry self size=8000 offset=200000 "
	  "permission=400003",
	    0 },
	{ "mach_make_memory_entry self size=8000 offset=200000 "
	  "permission=200003",
	    0 },
	{ "mach_make_memory_entry self size=4000 offset=0 permission=20003",
	    0 },
	{ "mach_make_memory_entry self size=4000 offset=0 permission=60003",
	    0 },
	{ "mach_make_memory_entry self size=2000 offset=1000 permission=3 "
	  "parent_entry=entry",
	    0 },
	{ "mach_make_memory_entry self size=8000 offset=120000 "
	  "permission=80003 "
	  "parent_entry=entry",
	    0 },
	{ "mach_make_memory_entry self size=2000 offset=0 permission=10003 "
	  "parent_entry=entry",
	    0 },

	{ "[ox] vm_purgable_control self address=150000 control=0 state=1", 0 },
	{ "[ox] vm_purgable_control self address=150000 control=0 state=2", 0 },
	{ "[ox] vm_purgable_control self address=150000 control=1 state=0", 0 },
	{ "vm_purgable_control self address=0 control=2 state=0", 0 },
	{ "vm_map_exec_lockdown self", 0 },
	{ "task_wire self must_wire=1", KERN_NOT_SUPPORTED },

	/* --- task ------------------------------------------------------ */
	{ "task_create self inherit_memory=1", 0 },
	{ "task_create child inherit_memory=1", 0 },
	{ "task_create other inherit_memory=0", 0 },
	{ "task_terminate child", 0 },
	{ "mach_ports_register child init_port_set=other,host", 0 },
	{ "task_terminate child; "
	  "mach_ports_register self init_port_set=child,other",
	    0 },
	{ "mach_ports_lookup other", 0 },
	{ "third = task_create self inherit_memory=0; "
	  "mach_ports_register third init_port_set=other,child,host; "
	  "mach_ports_lookup third",
	    0 },
	{ "mach_ports_lookup self", 0 },
	{ "task_info self flavor=14", 0 },
	{ "task_info self flavor=16", 0 },
	{ "task_suspend child", 0 },
	{ "task_suspend child; task_resume child", 0 },
	{ "task_get_special_port child which_port=1", 0 },
	{ "[ox] task_get_special_port child which_port=2", 0 },
	{ "task_get_special_port child which_port=4", 0 },
	{ "[ox] task_get_special_port child which_port=3", 0 },
	{ "[ox] task_get_special_port child which_port=6", 0 },
	{ "task_set_special_port child which_port=4 special_port=other", 0 },
	{ "task_terminate other; "
	  "task_set_special_port child which_port=4 special_port=other",
	    0 },

	/* --- mach_port ------------------------------------------------- */
	{ "mach_port_names self", 0 },
	{ "mach_port_type self name=child", 0 },
	{ "mach_port_get_refs self name=child right=0", 0 },
	{ "mach_port_mod_refs self name=child right=0 delta=5", 0 },
	{ "mach_port_mod_refs self name=child right=0 delta=-1", 0 },
	{ "mach_port_deallocate self name=snap", 0 },
	{ "mach_port_destroy self name=see", 0 },
	{ "mach_port_insert_right self name=child poly=child poly_poly=13", 0 },
	{ "mach_port_insert_right self name=77703 poly=snap poly_poly=11", 0 },
	{ "mach_port_extract_right self name=child msgt_name=13", 0 },
	{ "mach_port_allocate self right=1", 0 },
	{ "mach_port_allocate self right=4", 0 },
	{ "mach_port_allocate_name self right=1 name=77703", 0 },
	{ "mach_port_rename self old_name=child new_name=77703", 0 },
	{ "box = mach_port_allocate self right=1; "
	  "mach_port_insert_right self name=box poly=box poly_poly=14",
	    0 },
	{ "box = mach_port_allocate self right=1; "
	  "mach_port_get_attributes self name=box flavor=2",
	    0 },
	{ "box = mach_port_allocate self right=1; "
	  "mach_port_request_notification self name=child msgid=48 sync=0 "
	  "notify=box notify_poly=15",
	    0 },
	{ "box = mach_port_allocate self right=1; task_terminate child; "
	  "mach_port_request_notification self name=child msgid=48 sync=1 "
	  "notify=box notify_poly=15",
	    0 },
	{ "box = mach_port_allocate self right=1; "
	  "mach_port_request_notification self name=box msgid=46 sync=0 "
	  "notify=box notify_poly=15",
	    0 },

	/* --- host ------------------------------------------------------ */
	{ "host_info host flavor=1", 0 },
	{ "host_kernel_version host", 0 },
	{ "host_page_size host", 0 },
	{ "host_statistics host", 0 },
	{ "mach_memory_object_memory_entry host internal=1 size=4000 "
	  "permission=3",
	    0 },
	{ "host_priv_statistics priv", 0 },
	{ "host_get_special_port host node=-1 which=1", 0 },
	{ "mach_port_destroy self name=priv; "
	  "host_get_special_port host node=-1 which=2",
	    0 },
	{ "vm_wire priv task=self address=102000 size=4000 desired_access=1",
	    0 },
	{ "vm_wire priv task=self address=201000 size=6000 desired_access=1",
	    0 },
	{ "vm_wire priv task=child address=100000 size=8000 desired_access=1",
	    0 },
	{ "vm_wire priv task=self address=141000 size=1000 desired_access=0",
	    0 },

	/* --- bootstrap ------------------------------------------------- */
	{ "bootstrap_register bootstrap service_name=new service_port=child",
	    0 },
	{ "bootstrap_register bootstrap service_name=1 service_port=child; "
	  "bootstrap_register bootstrap service_name=2 service_port=child; "
	  "bootstrap_register bootstrap service_name=3 service_port=child; "
	  "bootstrap_register bootstrap service_name=4 service_port=child; "
	  "bootstrap_register bootstrap service_name=5 service_port=child; "
	  "bootstrap_register bootstrap service_name=6 service_port=child; "
	  "bootstrap_register bootstrap service_name=7 service_port=child",
	    0 },
	{ "bootstrap_register bootstrap service_name=entry service_port=0; "
	  "bootstrap_register bootstrap service_name=task service_port=0; "
	  "bootstrap_register bootstrap service_name=new service_port=child",
	    0 },
	{ "bootstrap_register bootstrap service_name=entry service_port=0", 0 },
	{ "bootstrap_look_up bootstrap service_name=entry", 0 },
	{ "mach_port_destroy self name=entry; "
	  "bootstrap_look_up bootstrap service_name=entry",
	    0 },
	{ "mach_port_destroy self name=entry; "
	  "mach_port_destroy self name=other; "
	  "bootstrap_look_up_array bootstrap service_names=task,none,entry",
	    0 },
	{ "bootstrap_status bootstrap service_name=task", 0 },
	{ "bootstrap_check_in bootstrap service_name=new", 0 },
	{ "bootstrap_register bootstrap service_name=entry service_port=0; "
	  "bootstrap_register bootstrap service_name=task service_port=0; "
	  "bootstrap_check_in bootstrap service_name=new",
	    0 },
	{ "bootstrap_info bootstrap", 0 },

	/* --- gnumach --------------------------------------------------- */
	{ "vm_statistics self", 0 },
	{ "vm_cache_statistics self", 0 },
	{ "vm_wire_all priv task=self flags=1", 0 },
	{ "vm_wire_all priv task=child flags=3", 0 },
	{ FUTURE "vm_wire_all priv task=self flags=0", 0 },
	{ "vm_pages_phys priv task=self address=100000 size=8000", 0 },
	{ "vm_set_size_limit host map=self current_limit=10000000 "
	  "max_limit=20000000",
	    0 },
	{ "vm_get_size_limit self", 0 },

	/* --- vmd ------------------------------------------------------- */
	{ "host_self_trap 0", 0 },
	{ "mach_port_destroy self name=host; host_self_trap 0", 0 },
	{ "vmd_statistics 0", 0 },
	{ "vmd_pages self address=100000 size=8000", 0 },
	{ "vmd_check 0", 0 },
	{ "mach_port_destroy self name=entry; vmd_look_up 0 name=entry", 0 },
	{ "vmd_name_set 0 name=entry new_owner=1234 group=5 mode=20", 0 },
	{ "vmd_name_remove 0 name=entry", 0 },
	{ "vmd_names 0", 0 },
	{ "vmd_limits 0", 0 },
	{ "vmd_tasks 0", 0 },
	{ "vmd_task_read 0 number=first-task", 0 },
	{ "vmd_counters 0", 0 },
	{ "vmd_monitor 0", 0 },
	{ "vmd_window 0", 0 },
	{ "vmd_window 0; vmd_window_next 0 rest=1 window_at=0 window_room=1000",
	    KERN_INVALID_NAME },
	{ NULL, 0 },
};

void
scene_open(char personality)
{
	stage_open(personality);
	stage_play(scene, personality);
	while (stage_connection()->space.free != 0)
		stage_succeeds("task_create other inherit_memory=0");
}

const char *
scene_prepare(const struct scene_call *call, char personality)
{
	const char *line, *end;
	char text[512];

	scene_open(personality);
	line = stage_line(call->lines, personality);
	for (; (end = strstr(line, "; ")); line = end + 2) {
		snprintf(text, sizeof(text), "%.*s", (int)(end - line), line);
		stage_succeeds(text);
	}
	return line;
}

/* The name without what says only which of several likes it is. */
static size_t
bare_name(const char **name)
{
	size_t size;

	*name += **name == '_';
	if (strncmp(*name, "mach_", 5) == 0)
		*name += 5;
	size = strcspn(*name, " ");
	if (size > 2 && strncmp(*name + size - 2, "64", 2) == 0)
		size -= 2;
	if ((*name)[size - 1] == '_')
		size--;
	return size;
}

bool
scene_call_is(const struct scene_call *call,
    const ProtobufCMethodDescriptor *method)
{
	const char *line = call->lines, *name = method->name;
	const char *last = strrchr(line, ';');
	size_t size, bare;

	if (last)
		line = last + 2;
	else if (line[0] == '[')
		line = strchr(line, ']') + 2;
	size = bare_name(&line);
	bare = bare_name(&name);
	return size == bare && strncmp(line, name, size) == 0;
}
