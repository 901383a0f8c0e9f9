"""Tests that are functions, named as sentences, and told as TAP.

    sys.dont_write_bytecode = True     # the source's folder stays as it is
    from support import tap

    @tap.test
    def what_is_promised():
        assert ...

    sys.exit(1 if tap.run() else 0)
"""
import sys
import traceback

tests = []


class Skipped(Exception):
    """Something that the test needs is not there."""


def test(function):
    tests.append(function)
    return function


def _tell(what, number, function, more=""):
    name = function.__name__.replace("_", " ")
    print(f"{what} {number} - {name}{more}", flush=True)


def run(after=lambda: None):
    """Runs all, each with what is to be done after it. Returns how many failed."""
    failed = 0
    print(f"1..{len(tests)}")
    for number, function in enumerate(tests, 1):
        try:
            function()
            _tell("ok", number, function)
        except Skipped as reason:
            _tell("ok", number, function, f" # SKIP {reason}")
        except Exception:                     # pylint: disable=broad-except
            failed += 1
            _tell("not ok", number, function)
            print("# " + traceback.format_exc().rstrip().replace("\n", "\n# "), flush=True)
        after()
    sys.stdout.flush()
    return failed
