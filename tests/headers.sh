#!/bin/sh
# Does every installed header stand alone? Each <mach/...>, <mach...> and
# <servers/...> of the folders given is compiled by itself, included twice, in the languages that
# programs are in.
#
#	headers.sh CC CXX INCLUDE...
#
# Prints what a compiler says of those that fail, and exits 1; else how many
# passed.
set -u

if [ $# -lt 3 ]; then
	echo "usage: headers.sh CC CXX INCLUDE..." >&2
	exit 2
fi
cc=$1
cxx=$2
shift 2

for folder do
	if [ ! -d "$folder/mach" ]; then
		echo "$folder has no folder mach" >&2
		exit 2
	fi
	shift
	set -- "$@" "-I$folder"
done

# compiles HEADER LANGUAGE STANDARD COMPILER -I...
# A line of our own: a header of macros only would leave nothing to translate.
compiles() {
	header=$1
	language=$2
	standard=$3
	compiler=$4
	shift 4
	printf '#include <%s>\n#include <%s>\ntypedef int nothing;\n' \
	    "$header" "$header" |
	    "$compiler" -x "$language" "-std=$standard" -Wall -Wextra \
	        -Wpedantic -Werror -fsyntax-only "$@" -
}

headers=$(
	for flag do
		(cd "${flag#-I}" && find . \( -path './mach*' -o -path './servers/*' \) \
		    -name '*.h')
	done | sed 's|^\./||' | sort -u
)
passed=0
failed=0
while read -r header; do
	[ -n "$header" ] || continue
	if compiles "$header" c c99 "$cc" "$@" &&
	    compiles "$header" c c11 "$cc" "$@" &&
	    compiles "$header" c++ c++11 "$cxx" "$@" &&
	    compiles "$header" c++ c++17 "$cxx" "$@"; then
		passed=$((passed + 1))
	else
		echo "failed: <$header>"
		failed=$((failed + 1))
	fi
done <<END
$headers
END

if [ "$failed" -gt 0 ] || [ "$passed" -eq 0 ]; then
	echo "$failed headers failed, $passed passed"
	exit 1
fi
echo "$passed headers passed"
