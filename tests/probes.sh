#!/bin/sh
#
# usage: probes.sh SOURCE-ROOT VMD
#
# Has the daemon the probes that common/probe.h and vmd(8) tell of, with as many
# arguments? Prints TAP; skips all if it was built without any.

set -u

root=$1
vmd=$2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/support/tap.sh
. "${0%/*}/support/tap.sh"

readelf -n "$vmd" | awk '
/Provider: vmd/ { here = 1 }
here && /Name:/ { name = $2 }
here && /Arguments:/ { print name, NF - 1; here = 0 }' |
sort -u >"$work/there"
if [ ! -s "$work/there" ]; then
	echo "1..0 # SKIP built without probes"
	exit 0
fi

sed -n 's/^ \*      \([a-z]*\)  *\([a-z]*\(, [a-z]*\)*\)  .*/\1 \2/p' \
    "$root/common/probe.h" | awk '{ print $1, NF - 1 }' | sort -u >"$work/told"
holds "each probe that the header tells of is there, with its arguments" \
    "$(diff "$work/told" "$work/there" || :)"
sed -n '/^[.]Sh PROBES/,/^[.]Sh [^P]/s/^[.]It Li \([a-z]*\) Pq \(.*\)/\1 \2/p' \
    "$root/server/vmd.8" | awk '{ print $1, NF - 1 }' | sort -u >"$work/page"
holds "each is told by the page, with its arguments" \
    "$(diff "$work/page" "$work/there" || :)"
tap_end
