#!/bin/sh
# Runs the scripts of a folder, each under a daemon of its own, and compares
# what they print, and their exit status, with what is recorded.
#
#	scripts.sh VMD VMCTL FOLDER
#
# NAME.vmd goes with NAME.expected, which has both what is printed and what is
# complained of. Lines of a script may say how it is to be run:
#
#	#: personality=gnu
#	#: options=--keep-going
#	#: status=1
#
# Prints TAP, and exits 1 if one differs. To record what a script prints now,
# set RECORD=1: read the difference before it is kept.
set -u

if [ $# -ne 3 ]; then
	echo "usage: scripts.sh VMD VMCTL FOLDER" >&2
	exit 2
fi

absolute() {
	case $1 in
	/*) echo "$1" ;;
	*) echo "$PWD/$1" ;;
	esac
}

vmd=$(absolute "$1")
vmctl=$(absolute "$2")
cd "$3" || exit 2
unset VMD_SOCKET VMD_PERSONALITY VMD_PAGE_SIZE VMD_DEBUG VMD_INJECT

printed=$(mktemp) || exit 2
trap 'rm -f "$printed"' EXIT

# setting NAME SCRIPT: what the script says about it, or nothing
setting() {
	sed -n "s/^#: $1=//p" "$2"
}

# run SCRIPT: its status
run() {
	options=$(setting options "$1")
	personality=$(setting personality "$1")
	# shellcheck disable=SC2086 # options are words
	"$vmd" --log-level warning --check --run \
	    "$vmctl" ${personality:+--personality "$personality"} $options \
	    "$1" </dev/null >"$printed" 2>&1
}

count=0
failed=0
for script in *.vmd; do
	name=${script%.vmd}
	count=$((count + 1))
	run "$script"
	status=$?
	sed -i "s/^${vmctl##*/}: /vmctl: /" "$printed"
	wanted=$(setting status "$script")
	if [ -n "${RECORD:-}" ]; then
		cp "$printed" "$name.expected"
	fi
	if [ "$status" -eq "${wanted:-0}" ] &&
	    cmp -s "$name.expected" "$printed"; then
		echo "ok $count - $name"
		continue
	fi
	failed=$((failed + 1))
	echo "not ok $count - $name"
	echo "# status $status, expected ${wanted:-0}"
	diff -u "$name.expected" "$printed" | sed 's/^/# /'
done
echo "1..$count"
[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
