#!/bin/sh
# Does the library export what its headers declare, and nothing else?
#
#	symbols.sh LIBRARY SOURCE-ROOT
#
# Prints TAP, and the names that are on one side only. Exits 1 if there are any.
set -u
LC_ALL=C
export LC_ALL

if [ $# -ne 2 ] || [ ! -f "$1" ] || [ ! -d "$2/client/mach" ]; then
	echo "usage: symbols.sh LIBRARY SOURCE-ROOT" >&2
	exit 2
fi
library=$1
root=$2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
# shellcheck source=tests/support/tap.sh
. "${0%/*}/support/tap.sh"

# Functions and variables, without the version's own name.
exported() {
	nm -D --defined-only "$1" |
	awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u
}

# What is declared: a name before a parenthesis, or the last one behind extern.
declared() {
	for header in "$1"/client/mach/*.h "$1"/client/servers/*.h \
	    "$1"/client/vmd.h; do
		awk -f "${0%/*}/support/statements.awk" "$header"
	done | awk '
	/^ ?typedef |[{]/ { next }
	/[(]/ { sub(/ ?[(].*/, ""); sub(/.*[ *]/, ""); print; next }
	/^ ?extern / { sub(/.*[ *]/, ""); print }' >"$work/names"
	# What GNU Mach spells otherwise is looked for under another name.
	cat "$1"/client/gnumach/mach/*.h |
	sed -n 's/.*__asm__("\([a-z_]*\)").*/\1/p' >>"$work/names"
	sort -u "$work/names"
}

# The routines that are served, and that a program calls under their own names:
# a trap is called by another, notices nobody calls, and windows the library.
served() {
	sed -n 's/^ *rpc \([a-z_0-9]*\) (\([A-Za-z0-9]*\)).*/\1 \2/p' \
	    "$1"/proto/*.proto |
	awk '$2 != "Absent" && $1 !~ /_trap$|^mach_notify_|^vmd_window/ { print $1 }' |
	sort -u
}

exported "$library" >"$work/exported"
declared "$root" >"$work/declared"
served "$root" >"$work/served"

for list in exported declared served; do
	grep -qx vm_copy "$work/$list" || echo "vm_copy is not $list"
done >"$work/missing"
holds "there are names to compare" "$(cat "$work/missing")"
holds "what is exported is declared" \
    "$(comm -23 "$work/exported" "$work/declared")"
holds "what is declared is exported" \
    "$(comm -13 "$work/exported" "$work/declared")"
holds "what is exported has the name of a call, or is vmd's" \
    "$(grep -Ev '^(vm|_?mach|gnumach|task|host|bootstrap|vmd)_' "$work/exported")"
holds "each routine that is served is exported" \
    "$(comm -13 "$work/exported" "$work/served")"
soname=$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
wrong=
[ "$soname" = libvmd.so.0 ] || wrong="it is '$soname'"
holds "the library's soname is libvmd.so.0" "$wrong"
tap_end
