#!/bin/sh
#
# usage: recorded.sh VMD REPLAY FOLDER
#
# Replays the recorded scripts of FOLDER with the program REPLAY, each on a
# daemon of its own under the gnu personality, and compares the answers. Prints
# TAP.

set -u

vmd=$1
replay=$2
folder=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
number=0
failed=0

for script in "$folder"/*.script; do
	name=$(basename "$script" .script)
	number=$((number + 1))
	if ! "$vmd" --check --personality gnu --run "$replay" "$script" \
	    >"$work/answers"; then
		echo "not ok $number - $name: the replay failed"
		failed=1
		continue
	fi
	awk -f "$folder/compare.awk" -v script="$name" -v number="$number" \
	    "$folder/exceptions" "$folder/$name.answers" "$work/answers" ||
		failed=1
done

# No answers to compare with: it is enough to come back with some.
for script in "$folder"/deadly/*.script; do
	name=$(basename "$script" .script)
	number=$((number + 1))
	if timeout 20 "$vmd" --check --personality gnu --run "$replay" \
	    "$script" >"$work/answers" &&
	    [ "$(wc -l <"$work/answers")" = "$(wc -l <"$script")" ]; then
		echo "ok $number - $name: survived"
	else
		echo "not ok $number - $name: not survived"
		failed=1
	fi
done

echo "1..$number"
exit $failed
