#!/usr/bin/env python3
"""What vmctl --json prints, on the daemon of the environment.

usage: json_lines.py VMCTL PROTO-FOLDER

Prints TAP.
"""
import glob
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from support import tap                       # pylint: disable=wrong-import-position

VMCTL, PROTO = sys.argv[1:3]


def lines(text, *options, status=0):
    """What a script prints, each line understood."""
    done = subprocess.run([VMCTL, "--json", *options, "-c", text], timeout=60,
                          capture_output=True, text=True)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def fields(message):
    """Of a message of the .proto files: the names."""
    for path in glob.glob(os.path.join(PROTO, "*.proto")):
        with open(path, encoding="utf-8") as file:
            body = re.search(r"^message %s \{(.*?)^\}" % message, file.read(),
                             re.S | re.M)
        if body:
            return re.findall(r"^ +[\w. ]*?(\w+) = \d+", body[1], re.M)
    raise AssertionError(message)


@tap.test
def a_call_is_a_line():
    assert lines("a = vm_allocate $self 0 64K ANYWHERE\nvm_write $self $a \"hi\"\n"
                 "vm_read $self $a 2") == [
        {"line": 1, "command": "vm_allocate", "code": "KERN_SUCCESS",
         "reply": {"address": 0x1000}, "data": []},
        {"line": 2, "command": "vm_write", "code": "KERN_SUCCESS", "reply": {},
         "data": []},
        {"line": 3, "command": "vm_read", "code": "KERN_SUCCESS", "reply": {},
         "data": ["6869"]}]


@tap.test
def members_are_called_like_the_fields():
    region = lines("vm_allocate $self 0 64K ANYWHERE\nvm_region $self 0")[1]["reply"]
    named = fields("VmRegionReply") + fields("VmRegionBasicInfo")
    assert {"address", "size", "protection", "shared"} <= set(region), region
    assert set(region) <= set(named), (region, named)
    assert region["address"] == 0x1000 and region["protection"] == 3, region
    assert region["shared"] is False, region


@tap.test
def a_code_that_is_expected_is_a_reply():
    assert lines("vm_protect $self 0 4K FALSE r-- expect INVALID_ADDRESS") == [
        {"line": 1, "command": "vm_protect", "code": "KERN_INVALID_ADDRESS",
         "reply": {}, "data": []}]


@tap.test
def what_was_not_expected_is_in_its_line():
    assert lines("vm_protect $self 0 4K FALSE r--", status=1) == [
        {"line": 1, "command": "vm_protect", "code": "KERN_INVALID_ADDRESS",
         "expected": "KERN_SUCCESS", "reply": {}, "data": []}]
    assert lines("expect-region $self 0 4K rw-/rwx copy", status=1) == [
        {"line": 1, "command": "expect-region",
         "error": "expected 0-0x1000 rw-/rwx copy, got no region"}]


@tap.test
def numbers_are_integers_as_long_as_they_have_63_bits():
    assert lines("print 0x7fffffffffffffff 0x8000000000000000 -1 \"t\"") == [
        {"line": 1, "command": "print", "values": [
            (1 << 63) - 1, str(1 << 63), str((1 << 64) - 1), "t"]}]
    assert lines("print \"\\xff\\x00\"")[0]["values"] == [{"hex": "ff00"}]


@tap.test
def commands_of_its_own_are_lines():
    got = lines("vm_allocate $self 0 64K ANYWHERE; vm_write $self 0x1000 \"hi\";"
                "map $self; pages $self 0x1000 8K; show $self 0x1000 2; limits;"
                "names; receive $bootstrap; list; echo a $null",
                "--keep-going", status=1)
    by_name = {line["command"]: line for line in got}
    assert by_name["map"]["regions"] == [{
        "address": 0x1000, "size": 0x10000, "protection": 3, "max_protection": 7,
        "inheritance": by_name["map"]["regions"][0]["inheritance"],
        "shared": False, "user_wired_count": 0, "user_tag": 0,
        "share_mode": by_name["map"]["regions"][0]["share_mode"],
        "pages_resident": 1}], by_name["map"]
    pages = by_name["pages"]["pages"]
    assert [page["refs"] for page in pages] == [1, 0], pages
    assert pages[0]["frame"] > 0 and pages[1]["frame"] == 0, pages
    assert by_name["show"]["data"] == ["6869"]
    assert by_name["limits"]["uid"] == os.getuid()
    assert all(set(limit) == {"used", "allowed"}
               for limit in by_name["limits"]["limits"].values())
    assert isinstance(by_name["names"]["names"], list)
    assert "error" in by_name["receive"]
    routines = {r["name"]: r for r in by_name["list"]["routines"]}
    assert routines["vm_copy"]["parameters"] == [
        "task", "source_address", "size", "dest_address"]
    assert by_name["echo"]["values"] == ["a", 0]


@tap.test
def a_message_is_a_line():
    got = lines("p = mach_port_allocate $self RECEIVE\nreceive $p")
    assert got[1] == {"line": 2, "command": "receive", "notification": None}, got


sys.exit(1 if tap.run() else 0)
