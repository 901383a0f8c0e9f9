# usage: awk -f compare.awk -v script=NAME EXCEPTIONS RECORDED REPLAYED
#
# Compares recorded answers with replayed ones, line by line. What a caller may
# rely on must be equal: of regions, alike neighbours are taken as one; which
# object backs a region, and at which offset, is not told. A line that differs
# must be among the exceptions of its script, and one that is must differ.
#
# Prints a line of TAP, with what is wrong as comments.

FILENAME == ARGV[1] {
	if ($1 == script)
		reason[$2] = $3
	next
}

FILENAME == ARGV[2] {
	recorded[FNR] = $0
	lines = FNR
	next
}

# The part of an answer that counts.
function answer(line,    at) {
	at = index(line, " -> ")
	line = substr(line, at + 4)
	if (call ~ /^regions / && line !~ /\| same$/)
		sub(/.* \| /, "", line)
	sub(/ \| same$/, "", line)
	sub(/ offset .*/, "", line)
	# Where alike neighbours meet, a single region may end anywhere.
	if (call ~ /^vm_region /)
		sub(/SUCCESS [^ ]*/, "SUCCESS", line)
	return line
}

function complain(text) {
	if (++complaints <= 10)
		told = told "# line " FNR ": " text "\n"
}

{
	call = recorded[FNR]
	if (index(call, " -> ") == 0 && index($0, " -> ") == 0)
		next
	calls++
	real = answer(call)
	mine = answer($0)
	if (real == mine && FNR in reason)
		complain("an exception (" reason[FNR] ") that is none: " call)
	if (real == mine)
		next
	if (FNR in reason) {
		excepted++
		by[reason[FNR]]++
		next
	}
	sub(/ -> .*/, "", call)
	complain(call "\n#   recorded: " real "\n#   replayed: " mine)
}

END {
	if (FNR != lines)
		complain(lines " lines recorded, " FNR " replayed")
	for (r in by)
		list = list " " r " " by[r]
	printf "%sok %d - %s: %d recorded calls, %d excepted%s\n%s",
	    complaints ? "not " : "", number, script, calls, excepted,
	    list ? " (" substr(list, 2) ")" : "", told
	exit complaints > 0
}
