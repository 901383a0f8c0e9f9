#!/bin/sh
# Can what is built be used, before it is installed?
#
#	uninstalled.sh BUILD SOURCE-ROOT CC CXX VMCTL
#
# In the environment of meson devenv, and no other: compiles a Mach program, and
# one of GNU Mach's, with what pkg-config says, and runs them; looks for the
# commands and for the manual pages. Prints TAP.
#
# shellcheck disable=SC2317 # the functions are called by try
set -u

if [ $# -lt 5 ] || [ ! -f "$1/build.ninja" ]; then
	echo "usage: uninstalled.sh BUILD SOURCE-ROOT CC CXX VMCTL" >&2
	exit 2
fi
# A foreign program does not bring what a sanitizer needs.
if nm -D "$1/client/libvmd.so" | grep -Eq ' U __(asan|tsan|ubsan)_'; then
	echo "1..0 # SKIP it was built with a sanitizer"
	exit 0
fi
if [ "${6:-}" != inside ]; then
	unset MANPATH LD_LIBRARY_PATH PKG_CONFIG_PATH VMD_SOCKET VMD_DEBUG
	exec meson devenv -C "$1" -w . "$0" "$@" inside
fi
build=$1
foreign=$2/tests/system/foreign
cc=$3
cxx=$4
vmctl=$5
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
# shellcheck source=tests/support/tap.sh
. "${0%/*}/support/tap.sh"
# is_command NAME FILE
is_command() {
	found=$(command -v "$1")
	echo "$1: $found, not $2"
	[ "$found" = "$2" ]
}

# Nothing that is installed is found first, or at all.
points_inside() {
	pkg-config --uninstalled "$1" || return 1
	for flag in $(pkg-config --cflags --libs "$1"); do
		case $flag in
		-I"$2"/* | -L"$build"/* | -lvmd) ;;
		*) echo "$flag" && return 1 ;;
		esac
	done
}

# compiles PACKAGE PROGRAM COMPILER LANGUAGE
compiles() {
	# shellcheck disable=SC2046 # they are words
	"$3" -x "$4" -Wall -Wextra -Wpedantic -Werror -o "$work/$2-$4" \
	    "$foreign/$2.c" -x none $(pkg-config --cflags --libs "$1")
}

# Each page of the tree, in the place that man expects, and nothing else. They
# come before man's own, which are still found: an empty part of the path.
has_pages() {
	case $MANPATH in
	"$build/man:") ;;
	*) echo "$MANPATH" && return 1 ;;
	esac
	(cd "$build/man" && find . ! -type d) | sort >"$work/there"
	find "$1/client" "$1/server" "$1/proto" -name '*.[1-9]' |
	sed "s|.*/||; s|^vmctl\.|${vmctl##*/}.|; s|.*\.\(.\)\$|./man\1/&|" |
	sort | diff - "$work/there" &&
	    [ -z "$(find -L "$build/man" -type l)" ]
}

# With man, if there is one.
man_finds() {
	! command -v man || man -w "$@"
}

has_protocol() {
	[ -f "$(pkg-config --variable=protodir vmd)/vm_map.proto" ]
}

try "vmd is the one that was built" is_command vmd "$build/server/vmd"
try "so is the command" \
    is_command "${vmctl##*/}" "$build/client/${vmctl##*/}"
try "every manual page is there, and nothing else is" has_pages "$2"
try "man finds them" man_finds 3 vm_copy
for package in vmd vmd-gnumach; do
	try "pkg-config points at what was built: $package" \
	    points_inside "$package" "$2"
done
try "and at the protocol" has_protocol
for language in c c++; do
	case $language in
	c++) compiler=$cxx ;;
	*) compiler=$cc ;;
	esac
	try "a Mach program compiles as $language" \
	    compiles vmd ring "$compiler" "$language"
	try "and runs" vmd --run "$work/ring-$language"
	try "one of GNU Mach's compiles as $language" \
	    compiles vmd-gnumach gnumach "$compiler" "$language"
	try "and runs" vmd --personality gnu --run "$work/gnumach-$language"
done
try "python finds its module, and that the library" \
    vmd --run python3 -c \
    'import mach; mach.vm_allocate(mach.mach_task_self(), mach.vm_page_size())'
tap_end
