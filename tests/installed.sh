#!/bin/sh
# Can a program from outside use what is installed?
#
#	installed.sh BUILD SOURCE-ROOT CC CXX
#
# Installs the build into a folder of its own, compiles a Mach program against
# it with what pkg-config says, in three languages, and runs it. So it does with
# one of GNU Mach's. Prints TAP.
#
# shellcheck disable=SC2317 # the functions are called by try
set -u

if [ $# -ne 4 ] || [ ! -f "$1/build.ninja" ]; then
	echo "usage: installed.sh BUILD SOURCE-ROOT CC CXX" >&2
	exit 2
fi
build=$1
foreign=$2/tests/system/foreign
cc=$3
cxx=$4
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
root=$work/root
number=0
failed=0

# try NAME COMMAND...: is it true?
try() {
	name=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$work/said"
		failed=1
	fi
}

# A foreign program does not bring what a sanitizer needs.
if nm -D "$build/client/libvmd.so" | grep -Eq ' U __(asan|tsan|ubsan)_'; then
	echo "1..0 # SKIP it was built with a sanitizer"
	exit 0
fi

# variable NAME: what vmd.pc has under it, without the folder before it.
variable() {
	pkg-config "--variable=$1" vmd | sed "s|^$root||"
}

# The library under the names that a linker and a program look for.
has_library() {
	ls -l "$1" && [ -L "$1/libvmd.so" ] && [ -f "$1/libvmd.so" ] &&
	    [ -L "$1/libvmd.so.0" ] && [ -f "$1/libvmd.so.0" ]
}

points_at() {
	pkg-config --cflags --libs "$1" | tee "$work/flags" &&
	    grep -q -- "$2 .*-L$3 .*-lvmd" "$work/flags"
}

# The headers of a folder are those on standard input, and no others.
has_headers() {
	sort >"$work/wanted"
	(cd "$1" && find . -type f | sed 's|^\./||' | sort) >"$work/there"
	diff "$work/wanted" "$work/there"
}

has_all_headers() {
	{
		(cd "$1/common" && find mach servers -type f)
		(cd "$1/client" && find mach servers vmd.h -type f)
	} | has_headers "$2"
}

has_gnumach_headers() {
	(cd "$1/client/gnumach" && find . -type f | sed 's|^\./||') |
	has_headers "$2"
}

# compiles PACKAGE PROGRAM COMPILER LANGUAGE STANDARD: with pkg-config's flags.
compiles() {
	package=$1
	program=$2
	compiler=$3
	language=$4
	standard=$5
	# shellcheck disable=SC2046 # they are words
	"$compiler" -x "$language" "-std=$standard" -Wall -Wextra -Wpedantic \
	    -Werror -o "$work/$program-$standard" "$foreign/$program.c" \
	    -x none $(pkg-config --cflags --libs "$package")
}

# runs PROGRAM OPTION...: on a daemon of its own.
runs() {
	program=$work/$1
	shift
	LD_LIBRARY_PATH=$root$libdir \
	    "$root$prefix/bin/vmd" "$@" --run "$program" >"$work/out"
}

goes_round() {
	runs "$1" && grep -qx 'round and round: .*success.*' "$work/out"
}

try "it is installed" \
    meson install -C "$build" --destdir "$root" --no-rebuild --quiet
pc=$(find "$root" -name vmd.pc)
PKG_CONFIG_PATH=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
prefix=$(variable prefix)
libdir=$(variable libdir)
includes=$(variable includedir)

try "vmd.pc is where pkg-config looks" \
    test "$pc" = "$root$libdir/pkgconfig/vmd.pc"
try "vmd is in bin, and runs" "$root$prefix/bin/vmd" --version
try "the library is in lib, under three names" has_library "$root$libdir"
try "all headers are in include/vmd, and nothing else is" \
    has_all_headers "$2" "$root$includes/vmd"
try "pkg-config points at them" \
    points_at vmd "-I$root$includes/vmd" "$root$libdir"
try "GNU Mach's are in include/vmd-gnumach, and nothing else is" \
    has_gnumach_headers "$2" "$root$includes/vmd-gnumach"
try "pkg-config points at them first" points_at vmd-gnumach \
    "-I$root$includes/vmd-gnumach -I$root$includes/vmd" "$root$libdir"

for standard in c99 c11 c++17; do
	case $standard in
	c++*) set -- "$cxx" c++ ;;
	*) set -- "$cc" c ;;
	esac
	try "a Mach program compiles as $standard" \
	    compiles vmd ring "$@" "$standard"
	try "and runs" goes_round "ring-$standard"
	try "one of GNU Mach's compiles as $standard" \
	    compiles vmd-gnumach gnumach "$@" "$standard"
	try "and runs" runs "gnumach-$standard" --personality gnu
done
echo "1..$number"
exit "$failed"
