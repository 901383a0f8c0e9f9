#!/bin/sh
# Can a program from outside use what is installed?
#
#	installed.sh BUILD SOURCE-ROOT CC CXX VMCTL UNITS
#
# Installs the build into a folder of its own, and looks whether all is there and
# nothing else is; UNITS is where vmd.service goes. Compiles a Mach program
# against it with what pkg-config says, in three languages, and runs it. So it
# does with one of GNU Mach's. Prints TAP.
#
# shellcheck disable=SC2317 # the functions are called by try
set -u

if [ $# -ne 6 ] || [ ! -f "$1/build.ninja" ]; then
	echo "usage: installed.sh BUILD SOURCE-ROOT CC CXX VMCTL UNITS" >&2
	exit 2
fi
build=$1
foreign=$2/tests/system/foreign
cc=$3
cxx=$4
vmctl=${5##*/}
units=$6
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
# shellcheck source=tests/support/tap.sh
. "${0%/*}/support/tap.sh"
root=$work/root
# A foreign program does not bring what a sanitizer needs.
if nm -D "$build/client/libvmd.so" | grep -Eq ' U __(asan|tsan|ubsan)_'; then
	echo "1..0 # SKIP it was built with a sanitizer"
	exit 0
fi

# variable NAME: what vmd.pc has under it, without the folder before it.
variable() {
	pkg-config "--variable=$1" vmd | sed "s|^$root||"
}

# Where Debian's python looks for packages.
packages() {
	if [ "$prefix" = /usr ]; then
		echo /usr/lib/python3/dist-packages
	else
		python3 -c 'import sys; print("%s/lib/python%d.%d/dist-packages" %
		    (sys.argv[1], *sys.version_info[:2]))' "$prefix"
	fi
}

# All that is to be there, one a line, from the root on. Headers, manual pages
# and the protocol are those of the tree.
wanted() {
	packages=$(packages)
	cat <<-END
		$prefix/bin/vmd
		$prefix/bin/$vmctl
		$libdir/libvmd.so
		$libdir/libvmd.so.0
		$libdir/libvmd.so.0.1.0
		$libdir/pkgconfig/vmd.pc
		$libdir/pkgconfig/vmd-gnumach.pc
		$units/vmd.service
		$units/vmd.socket
		$datadir/doc/vmd/vmd.conf
		$packages/mach.py
		$packages/mach_constants.py
		$datadir/bash-completion/completions/$vmctl
		$datadir/fish/vendor_completions.d/$vmctl.fish
		$datadir/zsh/site-functions/_$vmctl
		$datadir/vmd/wireshark/vmd.lua
	END
	files "$1/client" vmd.h "$includes/vmd"
	for folder in common client; do
		files "$1/$folder/mach" '*' "$includes/vmd/mach"
		files "$1/$folder/servers" '*' "$includes/vmd/servers"
	done
	files "$1/client/examples" '*.c' "$datadir/doc/vmd/examples"
	files "$1/client/examples" demo.vmd "$datadir/doc/vmd/examples"
	files "$1/client/examples/tutorial" '*' "$datadir/doc/vmd/examples/tutorial"
	files "$1/client/gnumach" '*' "$includes/vmd-gnumach"
	files "$1/proto" '*.proto' "$protos"
	for section in 1 3 5 7 8; do
		for folder in client/man client/vmctl server proto; do
			files "$1/$folder" "*.$section" \
			    "$mandir/man$section" | called
		done
	done
}

# files FOLDER PATTERN INSTALLED: its files, as they are called there.
files() {
	(cd "$1" && find . -type f -name "$2") | sed "s|^\.|$3|"
}

called() {
	sed "s|/vmctl\(\.[0-9]\)\$|/$vmctl\1|"
}

has_exactly() {
	(cd "$root" && find . ! -type d) | sed 's|^\.||' | sort >"$work/there"
	wanted "$1" | sort | diff - "$work/there"
}

# Of a system, not of a folder of somebody's own.
is_found_by_systemd() {
	case $prefix in
	/usr | /usr/local) ;;
	*) return 0 ;;
	esac
	! command -v systemd-analyze ||
	    systemd-analyze --system unit-paths | grep -x "$units"
}

starts_what_is_installed() {
	grep -x "ExecStart=$prefix/bin/vmd" "$root$units/vmd.service"
}

# It must not matter that the folder of the build is gone.
knows_no_build() {
	! grep -rIlF "$build" "$root" &&
	    ! readelf -d "$root$prefix"/bin/* "$root$libdir/libvmd.so" |
	    grep -E 'R(UN)?PATH'
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
datadir=$(variable datadir)
mandir=$datadir/man
protos=$(variable protodir)

try "vmd.pc is where pkg-config looks" \
    test "$pc" = "$root$libdir/pkgconfig/vmd.pc"
try "all is in its place, and nothing else is there" has_exactly "$2"
try "the units are where systemd looks" is_found_by_systemd
try "the service is of what is installed" starts_what_is_installed
try "nothing knows where it was built" knows_no_build
try "vmd is in bin, and runs" "$root$prefix/bin/vmd" --version
try "the library is in lib, under three names" has_library "$root$libdir"
try "pkg-config points at library and headers" \
    points_at vmd "-I$root$includes/vmd" "$root$libdir"
try "and at GNU Mach's first" points_at vmd-gnumach \
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
tap_end
