# TAP, for tests that are scripts
#
#	. tests/support/tap.sh
#
# Each of these is a test, that has a line; what is wrong stands behind it.
# shellcheck shell=sh

number=0
failed=0

# tap IS_GOOD NAME: a line. What is wrong comes on standard input.
tap() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
		return
	fi
	echo "not ok $number - $2"
	sed 's/^/# /'
	failed=1
}

# try NAME COMMAND...: the command must succeed.
try() {
	name=$1
	shift
	said=$("$@" 2>&1)
	tap "$?" "$name" <<END
$said
END
}

# holds NAME OFFENDERS: there must be none.
holds() {
	[ -z "$2" ]
	tap "$?" "$1" <<END
$2
END
}

# same NAME WANTED GOT
same() {
	[ "$2" = "$3" ]
	tap "$?" "$1" <<END
expected:
$2
got:
$3
END
}

# skip NAME WHY
skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# The last line, and the exit status.
tap_end() {
	echo "1..$number"
	exit "$failed"
}
