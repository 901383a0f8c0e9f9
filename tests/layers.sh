#!/bin/sh
# Do includes run one way only?
#
#	layers.sh SOURCE-ROOT
#
#	client ──► proto, common
#	server ──► server/vm, proto, common
#	server/vm ──► common ──► libc
#
# Tests may include what they like. Prints TAP, and behind each rule that is
# broken who breaks it. Exits 1 then.
set -u
LC_ALL=C
export LC_ALL

if [ $# -ne 1 ] || [ ! -d "$1/server/vm" ]; then
	echo "usage: layers.sh SOURCE-ROOT" >&2
	exit 2
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
# shellcheck source=tests/support/tap.sh
. "${0%/*}/support/tap.sh"

# includes ROOT: "file line include" of each, in which <mach/...> has become
# <common/mach/...> or <client/mach/...>, after where it is.
includes() {
	(
		cd "$1" || exit
		find client common proto server -name '*.[ch]' -exec \
		    grep -n '^[[:space:]]*#[[:space:]]*include' /dev/null {} +
	) | sed -e 's/^\([^:]*\):\([0-9]*\):[^<"]*/\1 \2 /' \
	    -e 's/\([>"]\)[[:space:]].*$/\1/' |
	while read -r file line include; do
		path=${include#<}
		path=${path%>}
		case $include in
		"<mach/"*)
			if [ -e "$1/common/$path" ]; then
				include="<common/$path>"
			elif [ -e "$1/client/$path" ]; then
				include="<client/$path>"
			fi
			;;
		esac
		printf '%s %s %s\n' "$file" "$line" "$include"
	done
}

# only NAME FILES INCLUDES: the files include nothing else.
only() {
	holds "$1" "$(awk -v files="$2" -v includes="$3" \
	    '$1 ~ files && $3 !~ includes { print $1 ":" $2 ": " $3 }' \
	    "$work/includes")"
}

# never NAME FILES INCLUDES: the files include none of these.
never() {
	holds "$1" "$(awk -v files="$2" -v includes="$3" \
	    '$1 ~ files && $3 ~ includes { print $1 ":" $2 ": " $3 }' \
	    "$work/includes")"
}

check() {
	includes "$1" >"$work/includes"
	never "every include is understood" . '^[^<"]|^$'
	only "client includes client, proto and common" '^client/' \
	    '^("(client|proto|common)/|<)'
	only "server includes server, server/vm, proto and common" \
	    '^server/[^/]*$' '^("(server|proto|common)/|<)'
	only "server/vm includes server/vm and common" '^server/vm/' \
	    '^("(server/vm|common)/|<)'
	only "common includes common" '^common/' '^("common/|<)'
	only "proto includes proto, and what is generated beside it" '^proto/' \
	    '^("(proto/|[a-z_]*[.]pb-c[.]h")|<)'
	only "common/mach includes <mach/...> of common" \
	    '^common/(mach|servers)/' '^<(common/mach/|std[a-z]*[.]h>)'
	only "headers that are installed include such" \
	    '^client/(mach/|servers/|vmd[.]h)' \
	    '^<((client|common)/mach/|servers/|std[a-z]*[.]h>)'
	never "<mach/...> of client is for client" '^(server|common|proto)/' \
	    '^<client/'
	never "every <mach/...> is there" . '^<mach/'
	never "only server knows the loop" '^(client|common|proto|server/vm)/' \
	    '^<ev[.+]'
	never "server/vm and common know no protobuf" '^(server/vm|common)/' \
	    'protobuf|[.]pb-c[.]h'
	never "server/vm knows no sockets" '^server/vm/' \
	    '^<(sys/(socket|un)[.]h|netinet/|arpa/|netdb[.]h)'
	never "only tests know the test library" . '^<check[.]h|^"tests/'
	never "no include goes up" . '[.][.]'
}

# would_tell FILE INCLUDE: is it told of, in a tree that has it and little else?
would_tell() {
	tree=$work/tree
	rm -rf "$tree"
	mkdir -p "$tree/client/mach" "$tree/common/mach" "$tree/proto" \
	    "$tree/server/vm" "$tree/$(dirname "$1")"
	echo '#include <mach/port.h>' >"$tree/client/mach/task.h"
	echo '#include <stdint.h>' >"$tree/common/mach/port.h"
	printf '#include <stdint.h>\n# include %s /* why */\n' "$2" >"$tree/$1"
	(check "$tree") | grep -q "^# $1:2: "
}

check "$1"
if [ ! -s "$work/includes" ]; then
	echo "Bail out! no includes in $1"
	exit 1
fi
silent=
while read -r file include; do
	if ! would_tell "$file" "$include"; then
		silent="$silent$file:2: $include
"
	fi
done <<'END'
client/call.c "server/port.h"
client/vmctl/main.c "server/vm/task.h"
server/port.c "client/call.h"
server/port.h "client/vmd.h"
server/vm/task.c "server/port.h"
server/vm/task.c "proto/routine.h"
server/vm/task.c "vm_map.pb-c.h"
server/vm/task.c <ev.h>
server/vm/task.c <sys/socket.h>
server/vm/task.h <protobuf-c/protobuf-c.h>
server/vm/task.c "server/vm/../port.h"
server/task_user.c <mach/task.h>
server/task_user.c <mach/nowhere.h>
server/port.c <check.h>
common/msg.c "server/port.h"
common/msg.c "proto/routine.h"
common/msg.c <mach/task.h>
common/mach/task_info.h "common/msg.h"
common/mach/task_info.h <sys/queue.h>
proto/routine.h "common/msg.h"
client/mach/vm_map.h "client/call.h"
client/vmd.h <protobuf-c/protobuf-c.h>
client/session.c <ev.h>
client/session.c NAME_OF_HEADER
END
holds "each kind of breach would be told of" "$silent"
tap_end
