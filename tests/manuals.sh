#!/bin/sh
# Do the manual pages name every routine, and nothing that there is not?
#
#	manuals.sh LIBRARY SOURCE-ROOT VMD VMCTL
#
# Pages are held against the library and its headers, and by mandoc, if there is
# one. Those of the daemon and of the command are held against what these say of
# themselves. Prints TAP, and behind each promise that is broken by what. Exits 1
# then.
set -u
LC_ALL=C
export LC_ALL

if [ $# -ne 4 ] || [ ! -f "$1" ] || [ ! -d "$2/client/man" ]; then
	echo "usage: manuals.sh LIBRARY SOURCE-ROOT VMD VMCTL" >&2
	exit 2
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
# shellcheck source=tests/support/tap.sh
. "${0%/*}/support/tap.sh"

# --- What there is ------------------------------------------------------

# Functions and variables, as a program names them.
exported() {
	nm -D --defined-only "$1" |
	awk '$2 != "A" { sub(/@.*/, "", $3); sub(/_$/, "", $3); print $3 }' |
	sort -u
}

headers() {
	find "$1/common/mach" "$1/common/servers" "$1/client" -name '*.h' ! -path '*/vmctl/*'
}

constants() {
	headers "$1" | xargs sed -n \
	    's/^[[:space:]]*#[[:space:]]*define[[:space:]]*\([A-Za-z0-9_]*\).*/\1/p' |
	sort -u
}

# One way to write a prototype.
alike() {
	sed -e 's/[[:space:]]*\([*,();]\)[[:space:]]*/\1/g' \
	    -e 's/[[:space:]][[:space:]]*/ /g' -e 's/^ //; s/ $//' \
	    -e 's/^extern //' | sort -u
}

# The prototypes of headers, one a line, without comments and directives.
declared() {
	headers "$1" | xargs -n 1 awk -f "${0%/*}/support/statements.awk" | alike
}

# --- What pages say -----------------------------------------------------

# in_section SECTION: of the pages on standard input, "page line..." of it.
in_section() {
	awk -v section="$1" '
	$2 == ".Sh" { here = $0; sub(/^[^ ]* .Sh /, "", here); next }
	here == section'
}

# All lines of all pages of a folder, each behind the page's name.
lines() {
	awk '{ name = FILENAME; sub(/.*[/]/, "", name); print name, $0 }' "$1"/*.3
}

# "page name" of each routine that a page is about.
names() {
	lines "$1" | in_section NAME |
	awk '$2 == ".Nm" { print $1, $3 }' | sort -u
}

# "page word" of each word that looks like a constant.
words() {
	lines "$1" | awk '
	$2 ~ /^[.](Bl|Dd|Dt|Ev|Os|Xr|\\")/ || $0 ~ /[.]It Ev / { next }
	{
		page = $1
		$1 = ""
		gsub(/[$][A-Z_]*/, " ")
		gsub(/[A-Z][A-Z_]*=/, " ")
		gsub(/[^A-Za-z0-9_]+/, " ")
		for (i = 1; i <= NF; i++)
			if ($i ~ /^[A-Z][A-Z0-9]*_[A-Za-z0-9_]*$/)
				print page, $i
	}' | sort -u
}

# "page prototype" of each synopsis.
synopses() {
	lines "$1" | in_section SYNOPSIS | awk '
	{
		page = $1
		sub(/^[^ ]* /, "")
		text = $0
		sub(/^[^ ]* ?/, "", text)
		gsub(/"/, "", text)
	}
	/^[.]Ft/ { type = text }
	/^[.]Fo/ { name = text; between = ""; arguments = "" }
	/^[.]Fa/ { arguments = arguments between text; between = ", " }
	/^[.]Fc/ { print page, type " " name "(" arguments ")" }'
}

# "page parameter", of what SECTIONS call so.
parameters() {
	lines "$1" | awk -v inside="$2" '
	$2 == ".Sh" { here = $3 == "SYNOPSIS"; next }
	$2 == ".Fa" && here == inside {
		text = $0
		sub(/^[^ ]* .Fa /, "", text)
		gsub(/"/, "", text)
		sub(/[ ][.,;:()]+$/, "", text)
		sub(/.*[ *]/, "", text)
		print $1, text
	}' | sort -u
}

# "page section" of each that a page is to have, and has not; and of each
# personality that it does not speak of.
missing_parts() {
	for page in "$1"/*.3; do
		for section in NAME SYNOPSIS DESCRIPTION "RETURN VALUES" \
		    DIFFERENCES "SEE ALSO"; do
			grep -qx "[.]Sh $section" "$page" ||
			    echo "$(basename "$page") $section"
		done
		for personality in osf xnu gnu; do
			grep -qx "[.]It Sy $personality" "$page" ||
			    echo "$(basename "$page") $personality"
		done
	done
}

# "page title" of each that is not called like its file.
wrong_titles() {
	lines "$1" | awk '$2 == ".Dt" && tolower($3) "." $4 != $1 {
		print $1, $3 "(" $4 ")" }'
}

# "page other" of each reference to a page of section 3 that there is not.
dangling() {
	names "$1" | awk '{ print $2 }' >"$work/titles"
	for page in "$1"/*.3; do
		basename "$page" .3
	done >>"$work/titles"
	lines "$1" | awk -v titles="$work/titles" '
	BEGIN { while ((getline title < titles) > 0) known[title] = 1 }
	{
		for (i = 2; i + 2 <= NF; i++)
			if ($i ~ /^[.]?Xr$/ && $(i + 2) == 3 &&
			    !known[$(i + 1)])
				print $1, $(i + 1)
	}'
}

# --- One against the other ----------------------------------------------

# lacking LIST COLUMN: lines of standard input that are not in the list, from the
# column on.
lacking() {
	awk -v list="$1" -v column="$2" '
	BEGIN { while ((getline line < list) > 0) known[line] = 1 }
	{
		rest = $0
		for (i = 1; i < column; i++) sub(/^[^ ]* /, "", rest)
		if (!known[rest]) print
	}'
}

# A prefix will do, if it is the prefix of something.
lacking_constants() {
	lacking "$work/constants" 2 |
	while read -r page word; do
		case $word in
		*_)
			grep -q "^$word" "$work/constants" && continue
			;;
		esac
		echo "$page $word"
	done
}

# lint NAME FOLDER SECTION
lint() {
	if command -v mandoc >/dev/null; then
		holds "$1" "$(cd "$2" && mandoc -Tlint -Wwarning ./*."$3" 2>&1)"
	else
		skip "$1" "mandoc is not installed"
	fi
}

# --- The daemon's own ---------------------------------------------------

# The options that --help has, and those that a page has.
options_told() {
	sed -n 's/^  --/--/p' | sed 's/, --/\n--/' | sed 's/[ ,].*//' | sort -u
}

options_of() {
	sed -n 's/^[.]It Fl Fl \([a-z-]*\).*/--\1/p' "$1" | sort -u
}

# check_daemon FOLDER: its pages, against the program's words.
check_daemon() {
	lint "every page of the daemon's is clean" "$1" 8
	options_of "$1/vmd.8" >"$work/options"
	holds "vmd.8 has each option that there is, and no other" \
	    "$(diff "$work/options_told" "$work/options")"
}

# --- The command's own --------------------------------------------------

# The options of --help, long and short, and those of a page.
flags_told() {
	sed -n 's/^  \(-.*\)/\1/p' | sed 's/  .*//; s/, /\n/g' | sed 's/ .*//' |
	sort -u
}

flags_of() {
	sed -n 's/^[.]It \(Fl .*\)/\1/p' "$1" |
	sed 's/ , /\n/g' | sed 's/^Fl Fl \([^ ]*\).*/--\1/; s/^Fl \([^ ]*\).*/-\1/' |
	sort -u
}

# The verbs that there are, with their arguments; and those of a page.
plain() {
	tr -d '[]' | tr '[:upper:]' '[:lower:]' |
	sed 's/ *| */|/g; s/ *[.][.][.]//g; s/  */ /g; s/ $//' | sort -u
}

verbs_told() {
	"$1" help | awk '/^  [a-z]/ { print $1 }' | while read -r verb; do
		"$1" help "$verb" | sed -n 's/^usage: [^ ]* .options. //p'
	done | plain
}

verbs_of() {
	awk '/^[.]It Xo$/ { inside = 1; text = ".It"; next }
	/^[.]Xc$/ { inside = 0; print text; next }
	inside { sub(/^[.](Op |Ar )?/, ""); gsub(/ [|] /, "|"); text = text " " $0 }
	!inside' "$1" |
	sed -n '/^[.]Sh VERBS/,/^[.]Sh [^V]/s/^[.]It Cm //p' |
	sed 's/\<Fl Fl /--/g; s/\<Fl /-/g' |
	sed 's/ \(Ar\|Op\|Cm\|Oo\|Oc\|Ns\)\>//g' | plain
}

# vmctl's own commands, with their operands; and those of a page.
commands_told() {
	sed -n 's/^  \([a-z]\)/\1/p' | tr -d '[]' | sort -u
}

commands_of() {
	sed -n 's/^[.]It Ic //p' "$1" | sed 's/ \(Ar\|Op\|Li\)\>//g' | sort -u
}

# check_command FOLDER: its pages, against the program's words.
check_command() {
	lint "the page of the command's is clean" "$1" 1
	lint "the page of its scripts is clean" "$1" 5
	flags_of "$1/vmctl.1" >"$work/flags"
	holds "vmctl.1 has each option that there is, and no other" \
	    "$(diff "$work/flags_told" "$work/flags")"
	verbs_of "$1/vmctl.1" >"$work/verbs"
	holds "vmctl.1 has each verb that there is, and no other" \
	    "$(diff "$work/verbs_told" "$work/verbs")"
	commands_of "$1/vmd-script.5" >"$work/commands"
	holds "vmd-script.5 has each command that there is, and no other" \
	    "$(diff "$work/commands_told" "$work/commands")"
}

# --- The configuration file ---------------------------------------------

# "limit value" of each, as the daemon has them at first.
limits_at_first() {
	tr '\n' ' ' <"$1/limit.c" |
	sed 's/.*kinds\[\] = {//; s/};.*//; s/\[LIMIT/\n[LIMIT/g' |
	sed -n 's/^.*{ "\([a-z-]*\)".*"\([^"]*\)" }.*/\1 \2/p' | sort
}

# The same, as the page and the example have it.
limits_of_page() {
	sed -n 's/^[.]It Ic \([a-z-]*\) Li = \(.*\)/\1 \2/p' "$1" | sort
}

limits_of_example() {
	sed -n 's/^\([a-z-]*\) = \([^[:space:]]*\).*/\1 \2/p' "$1" | sort
}

# check_config FOLDER: the page of the file, and the example.
check_config() {
	limits_at_first "$1" >"$work/limits"
	limits_of_page "$1/vmd.conf.5" >"$work/limits_of_page"
	limits_of_example "$1/vmd.conf" >"$work/limits_of_example"
	if command -v mandoc >/dev/null; then
		holds "the file's page is clean" \
		    "$(cd "$1" && mandoc -Tlint -Wwarning vmd.conf.5 2>&1)"
	fi
	holds "each limit is told by the page, as it is at first" \
	    "$(diff "$work/limits" "$work/limits_of_page")"
	holds "each limit is in the example, as it is at first" \
	    "$(diff "$work/limits" "$work/limits_of_example")"
	holds "there are limits" \
	    "$(grep -qx 'tasks 16384' "$work/limits" || echo none)"
}

# check FOLDER: its pages, against the lists.
check() {
	names "$1" >"$work/names"
	awk '{ print $2 }' "$work/names" >"$work/named"
	parameters "$1" 1 >"$work/parameters"

	lint "every page is clean" "$1" 3
	holds "every routine is named by a page" \
	    "$(lacking "$work/named" 1 <"$work/exported")"
	holds "every name of a page is a routine's, or a macro's" \
	    "$(lacking "$work/callable" 2 <"$work/names" |
	    awk '$1 != $2 ".3"')"
	holds "no routine is named by two pages" \
	    "$(sort "$work/named" | uniq -d)"
	holds "every code and constant is a header's" \
	    "$(words "$1" | lacking_constants)"
	holds "every synopsis is a header's" \
	    "$(synopses "$1" | alike | lacking "$work/declared" 2)"
	holds "every argument is one of the synopsis" \
	    "$(parameters "$1" 0 | lacking "$work/parameters" 1)"
	holds "every page has its parts" "$(missing_parts "$1")"
	holds "every page has its file's title" "$(wrong_titles "$1")"
	holds "every page referred to is there" "$(dangling "$1")"
}

# would_tell PAGE CHANGE TEXT: if sed changes a page so, is the text told of?
would_tell() {
	rm -rf "$work/pages"
	mkdir "$work/pages"
	cp "$pages"/*.3 "$daemon"/*.8 "$command"/*.[15] "$work/pages"
	sed "$2" "$work/pages/$1" >"$work/changed"
	mv "$work/changed" "$work/pages/$1"
	case $1 in
	*.8) (check_daemon "$work/pages") ;;
	*.1 | *.5) (check_command "$work/pages") ;;
	*) (check "$work/pages") ;;
	esac | grep '^#' | grep -qF -e "$3"
}

pages=$2/client/man
daemon=$2/server
command=$2/client/vmctl
vmd=$3
vmctl=$4
# What GNU Mach spells otherwise has the page of its Mach name.
exported "$1" | grep -v "^gnumach_" >"$work/exported"
constants "$2" >"$work/constants"
declared "$2" >"$work/declared"
cat "$work/exported" "$work/constants" >"$work/callable"
"$vmd" --help | options_told >"$work/options_told"
"$vmctl" --help | flags_told >"$work/flags_told"
verbs_told "$vmctl" >"$work/verbs_told"
"$vmctl" -c help | commands_told >"$work/commands_told"
check "$pages"
check_command "$command"
lint "the page of the protocol is clean" "$2/proto" 7
check_daemon "$daemon"
check_config "$2/server"
if [ ! -s "$work/names" ] || ! grep -qx vm_copy "$work/exported" ||
    ! grep -q '[ (]vm_copy(' "$work/declared" ||
    ! grep -qx 'help verb' "$work/verbs_told" ||
    ! grep -qx 'map task' "$work/commands_told"; then
	echo "Bail out! nothing to compare"
	exit 1
fi
silent=
while IFS='|' read -r page change text; do
	if ! would_tell "$page" "$change" "$text"; then
		silent="$silent$page: $change
"
	fi
done <<'END'
vm_copy.3|/^.Nm vm_copy/d|vm_copy
vm_copy.3|s/^.Nm vm_copy/.Nm vm_kopy/|vm_copy.3 vm_kopy
vm_copy.3|s/^.Nm vm_copy/.Nm vm_read/|vm_read
vm_copy.3|s/KERN_SUCCESS/KERN_GOOD/|vm_copy.3 KERN_GOOD
vm_copy.3|s/^.Fa "vm_size_t size"/.Fa "vm_size_t n"/|kern_return_t vm_copy(
vm_copy.3|$s/^/.Fa count\n/|vm_copy.3 count
vm_copy.3|s/^.Sh DIFFERENCES/.Sh DIFFERENT/|vm_copy.3 DIFFERENCES
vm_copy.3|s/^.It Sy gnu/.It Sy hurd/|vm_copy.3 gnu
vm_copy.3|s/^.Dt VM_COPY/.Dt VM_KOPY/|vm_copy.3 VM_KOPY(3)
vm_copy.3|s/^.Xr vm_read 3/.Xr vm_reed 3/|vm_copy.3 vm_reed
vmd.8|/^.It Fl Fl allow-swap/d|--allow-swap
vmd.8|s/^.It Fl Fl allow-swap/.It Fl Fl forbid-swap/|--forbid-swap
vmctl.1|/^.It Fl Fl personality/d|--personality
vmctl.1|s/^.It Fl k /.It Fl q /|-q
vmctl.1|/^.It Cm help/d|help verb
vmd-script.5|s/^.It Ic map Ar task/.It Ic map Ar host/|map host
vmd-script.5|/^.It Ic names/d|names
END
holds "each kind of breach would be told of" "$silent"
tap_end
