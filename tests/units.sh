#!/bin/sh
# Are the units for the service manager in order?
#
#	units.sh VMD FOLDER SOURCE-ROOT
#
# Asks systemd-analyze about vmd.service and vmd.socket of the folder: are they
# understood, and how exposed is the service? Prints TAP.
#
# shellcheck disable=SC2317 # the functions are called by try
set -u
LC_ALL=C
export LC_ALL

if [ $# -ne 3 ] || [ ! -f "$2/vmd.service" ] || [ ! -f "$2/vmd.socket" ]; then
	echo "usage: units.sh VMD FOLDER SOURCE-ROOT" >&2
	exit 2
fi
if ! command -v systemd-analyze >/dev/null; then
	echo "1..0 # SKIP systemd-analyze is not installed"
	exit 0
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
# shellcheck source=tests/support/tap.sh
. "${0%/*}/support/tap.sh"
SYSTEMD_UNIT_PATH=$work:
export SYSTEMD_UNIT_PATH
case $1 in
/*) vmd=$1 ;;
*) vmd=$PWD/$1 ;;
esac

# As it will be when the daemon is installed: verify looks for the program.
sed "s|^ExecStart=[^ ]*|ExecStart=$vmd|" "$2/vmd.service" >"$work/vmd.service"
cp "$2/vmd.socket" "$work"

# Is it understood, without a word?
understood() {
	told=$(systemd-analyze verify --man=no "$@" 2>&1)
	[ "$?:$told" = "0:" ] || { echo "$told" && false; }
}

# What the service does not give up, as systemd-analyze has it.
kept() {
	systemd-analyze security --offline=true --no-pager "$1" |
	awk '$1 == "-" { print $2 }'
}

# What cannot be given up: limits are lowered at the start; programs of the
# system are where they are; notifications go to a socket; clients are known by
# their user ids; and the clock comes with the devices' list.
keeps_as_little_as_can_be() {
	kept "$1" | sort >"$work/kept"
	printf '%s\n' DeviceAllow= PrivateUsers= \
	    RestrictAddressFamilies=~AF_UNIX RootDirectory=/RootImage= \
	    "SystemCallFilter=~@resources" | diff - "$work/kept"
}

is_safe() {
	systemd-analyze security --offline=true --no-pager --threshold=10 "$1"
}

# Without the lines of that option: must be told of.
needs() {
	mkdir "$work/less"
	grep -v "^$1=" "$work/vmd.service" >"$work/less/vmd.service"
	! keeps_as_little_as_can_be "$work/less/vmd.service"
	needed=$?
	rm -r "$work/less"
	return "$needed"
}

try "the units are understood" \
    understood "$work/vmd.service" "$work/vmd.socket"
try "the service is exposed to less than 1 in 10" is_safe "$work/vmd.service"
try "it keeps what it needs" keeps_as_little_as_can_be "$work/vmd.service"
for option in DynamicUser CapabilityBoundingSet ProtectHome \
    PrivateDevices PrivateNetwork IPAddressDeny RestrictAddressFamilies \
    ProtectClock ProtectHostname ProtectKernelLogs ProtectKernelModules \
    ProtectKernelTunables ProtectControlGroups ProtectProc ProcSubset \
    MemoryDenyWriteExecute RestrictNamespaces RestrictRealtime UMask \
    LockPersonality SystemCallFilter SystemCallArchitectures; do
	try "and would keep more without $option" needs "$option"
done
try "the socket is where root's programs look for it" grep -q \
    "\"$(sed -n 's/^ListenStream=//p' "$2/vmd.socket")\"" \
    "$3/common/address.c"
try "the program is the one that is installed" \
    grep -q '^ExecStart=/.*/bin/vmd$' "$2/vmd.service"
tap_end
