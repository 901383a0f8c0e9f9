#!/bin/sh
# Do shells take what vmctl tells them, and complete its words?
#
#	completions.sh VMCTL [BASH ZSH FISH]
#
# The files are those that are to be installed. Shells that are not there are
# passed over. Prints TAP, and exits 1 if something is not so.
#
# shellcheck disable=SC2016 # the dollars are of other shells
set -u
LC_ALL=C
export LC_ALL

if [ $# -lt 1 ] || [ ! -x "$1" ]; then
	echo "usage: completions.sh VMCTL [BASH ZSH FISH]" >&2
	exit 2
fi
case $1 in
/*) vmctl=$1 ;;
*) vmctl=$PWD/$1 ;;
esac
name=$(basename "$vmctl")
shift
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
# shellcheck source=tests/support/tap.sh
. "${0%/*}/support/tap.sh"
# --- What there is ------------------------------------------------------

options() {
	"$vmctl" --help | sed -n 's/^  \(-.*\)/\1/p' |
	sed 's/  .*//; s/, /\n/g' | sed 's/ .*//'
}

verbs() {
	"$vmctl" help | awk '/^  [a-z]/ { print $1 }'
}

commands() {
	"$vmctl" -c 'help; list' |
	sed -n 's/^\(  \|[0-9]*  \)\([a-z_][a-z0-9_-]*\).*/\2/p'
}

# Options as a shell is told of them.
options_for() {
	case $1 in
	fish) options | sed 's/^--/-l /; s/^-\([^l]\)/-s \1/' ;;
	*) options ;;
	esac
}

# Those of the lines that a file has not.
lacking() {
	while read -r word; do
		grep -qwF -e "$word" "$1" || echo "$word"
	done
}

# --- In the shells ------------------------------------------------------

# in_bash WORD...: how the last is completed
in_bash() {
	bash -c '
	name=$1
	. "$2"
	shift 2
	COMP_WORDS=("$name" "$@")
	COMP_CWORD=$#
	function=$(complete -p "$name")
	function=${function#*-F }
	"${function%% *}" "$name" "${!#}" "" 2>&1
	printf "%s\n" "${COMPREPLY[@]}"
	' bash "$name" "$work/bash" "$@" | sort
}

# in_fish LINE: how its end is completed
in_fish() {
	fish -N -c 'source $argv[1]; complete -C $argv[2]' "$work/fish" "$1" |
	sed 's/\t.*//' | sort
}

lines() {
	printf '%s\n' "$@" | sort
}

check_bash() {
	if ! command -v bash >/dev/null; then
		skip "bash completes" "there is no such shell here"
		return
	fi
	cd "$work" || exit 2
	same "bash completes a verb" "completion" "$(in_bash comp)"
	same "bash completes an option" "--socket" "$(in_bash -k --so)"
	same "bash completes a file" "file" "$(in_bash fil)"
	same "bash completes a socket" "file" "$(in_bash --socket = fil)"
	same "bash completes a personality" "gnu" "$(in_bash --personality g)"
	same "bash completes all of them" "$(lines osf xnu gnu)" \
	    "$(in_bash --personality =)"
	same "bash completes a verb behind options" "help" \
	    "$(in_bash --socket = /x -k hel)"
	same "bash completes a verb's words" "$(lines bash zsh fish)" \
	    "$(in_bash completion "")"
	same "bash completes a verb that is told of" "$(verbs | sort)" \
	    "$(in_bash help "")"
	same "bash completes each command" "$(commands | sort)" "$(in_bash -c "'")"
	same "bash completes a routine, and what it takes" \
	    "$(lines vm_copy 'vm_copy task source_address size dest_address')" \
	    "$(in_bash -c "'vm_cop")"
	same "bash completes a routine in a text" \
	    "$(lines 'map $self; r = vm_read' 'map $self; r = vm_read_list' \
	        'map $self; r = vm_read_overwrite')" \
	    "$(in_bash -c '"map $self; r = vm_rea')"
	cd "$OLDPWD" || exit 2
}

check_fish() {
	if ! command -v fish >/dev/null; then
		skip "fish completes" "there is no such shell here"
		return
	fi
	HOME=$work
	export HOME
	cd "$work" || exit 2
	same "fish completes a verb" "completion" "$(in_fish "$name comp")"
	same "fish completes an option" "--socket" "$(in_fish "$name -k --so")"
	same "fish completes a personality" "gnu" \
	    "$(in_fish "$name --personality g")"
	same "fish completes a verb behind options" "help" \
	    "$(in_fish "$name --socket /x -k hel")"
	same "fish completes a verb's words" "$(lines bash zsh fish)" \
	    "$(in_fish "$name completion ")"
	same "fish completes each command" "$(commands | sort)" \
	    "$(in_fish "$name -c '" | grep -v '^-' | sort)"
	same "fish completes a routine in a text" 'a = vm_allocate' \
	    "$(in_fish "$name -c 'a = vm_alloc")"
	cd "$OLDPWD" || exit 2
}

# check SHELL [FILE]
check() {
	"$vmctl" completion "$1" >"$work/$1"
	if [ -n "${2:-}" ]; then
		same "what is installed for $1 is what it prints" "" \
		    "$(cmp "$work/$1" "$2" 2>&1)"
	fi
	if command -v "$1" >/dev/null; then
		same "$1 takes it" "" "$("$1" -n "$work/$1" 2>&1)"
	else
		skip "$1 takes it" "there is no such shell here"
	fi
	same "$1 is told of each option" "" "$(options_for "$1" | lacking "$work/$1")"
	same "$1 is told of each verb" "" "$(verbs | lacking "$work/$1")"
	same "$1 is told of each command" "" "$(commands | lacking "$work/$1")"
}

echo >"$work/file"
same "there is something to tell" "" \
    "$(printf -- '--socket help map vm_copy' | tr ' ' '\n' | while read -r word; do
	{ options; verbs; commands; } | grep -qx -e "$word" || echo "$word"
    done)"
check bash "${1:-}"
check zsh "${2:-}"
check fish "${3:-}"
check_bash
check_fish

# Under another name it is another command's.
ln -s "$vmctl" "$work/mach-vm"
vmctl=$work/mach-vm
name=mach-vm
check bash
check zsh
check fish
check_bash
check_fish
tap_end
