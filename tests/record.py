#!/usr/bin/env python3
"""vmctl record and replay, on daemons of the test's own.

usage: record.py VMD VMCTL QUEUE SOURCE [DISSECTOR]

Prints TAP. QUEUE is the example of that name, SOURCE the source's folder,
DISSECTOR vmd.lua, which is tested where tshark is installed.
"""
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from support import tap                       # pylint: disable=wrong-import-position

VMD, VMCTL, QUEUE, SOURCE = map(os.path.abspath, sys.argv[1:5])
DISSECTOR = os.path.abspath(sys.argv[5]) if len(sys.argv) > 5 else None
DEMO = SOURCE + "/client/examples/demo.vmd"
HELLO, MESSAGE, DATUM, END = range(4)
MORE, OWN = 1, 2


def run(*command, status=0, env=None):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120,
                          env={**os.environ, **(env or {})})
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stdout if status in (0, 1) else done.stderr


def under_daemon(*command, **options):
    """A daemon of its own, so that all begins anew."""
    return run(VMD, "--config", "none", "--log-level", "warning", "--run", *command,
               **options)


def record(name, *command, **options):
    path = os.path.join(folder, name)
    return path, under_daemon(VMCTL, "record", path, *command, **options)


def replay(path, *options, **more):
    return under_daemon(VMCTL, "replay", *options, path, **more)


def script(text):
    return VMCTL, "-c", text


class Packet:
    """One of a capture, with what Mach's header has, if it has one."""

    def __init__(self, bytes_):
        (self.version, self.what, self.direction, self.flags, self.connection,
         self.number, size, data_size, _, self.at) = struct.unpack_from("<BBBBIIIIIQ",
                                                                        bytes_)
        self.message = bytes_[32:32 + size]
        self.data = bytes_[32 + size:]
        assert len(self.data) == data_size
        if self.what == MESSAGE:
            self.bits, _, self.remote, self.local, _, self.id = \
                struct.unpack_from("<IIIIIi", self.message)

    def pack(self):
        return struct.pack("<BBBBIIIIIQ", self.version, self.what, self.direction,
                           self.flags, self.connection, self.number,
                           len(self.message), len(self.data), 0,
                           self.at) + self.message + self.data


def packets(path):
    with open(path, "rb") as file:
        bytes_ = file.read()
    assert struct.unpack_from("<IHH", bytes_) == (0xa1b23c4d, 2, 4)
    assert struct.unpack_from("<I", bytes_, 20) == (147,)
    at = 24
    times = []
    while at < len(bytes_):
        seconds, nanoseconds, size, length = struct.unpack_from("<IIII", bytes_, at)
        times.append((seconds, nanoseconds))
        assert size == length <= 256 * 1024
        yield Packet(bytes_[at + 16:at + 16 + size])
        at += 16 + size
    assert times == sorted(times)


def write(path, all_packets):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHIIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 147))
        for packet in all_packets:
            bytes_ = packet.pack()
            file.write(struct.pack("<IIII", 0, 0, len(bytes_), len(bytes_)) + bytes_)


# --- Recording -----------------------------------------------------------------


@tap.test
def the_status_is_that_of_the_command():
    for command, status in (("exit 7", 7), ("kill -9 $$", 137), ("true", 0)):
        record("status", "sh", "-c", command, status=status)
    assert "cannot run 'no-such-command'" in record("status", "no-such-command",
                                                    status=127)[1]


@tap.test
def a_command_line_that_is_wrong_and_a_daemon_that_is_not_there_are_told():
    for wrong in ((), ("file",), ("-x", "file", "true"), ("-o", "file")):
        assert "usage:" in run(VMCTL, "record", *wrong, status=2)
    assert "no daemon" in run(VMCTL, "--socket", folder + "/none", "record",
                              folder + "/kept", "true", status=3)
    assert not os.path.exists(folder + "/kept")
    assert "none/file" in under_daemon(VMCTL, "record", folder + "/none/file", "true",
                                       status=2)


@tap.test
def the_socket_is_in_a_folder_of_its_own_that_goes():
    _, said = record("folder", "sh", "-c",
                     'cd "$(dirname "$VMD_SOCKET")" && pwd && stat -c %a .',
                     env={"XDG_RUNTIME_DIR": folder})
    where, mode = said.split()
    assert where.startswith(folder) and mode == "700", said
    assert not os.path.exists(where)


@tap.test
def a_signal_goes_on_to_the_command():
    path = folder + "/signal"
    program = subprocess.Popen([VMD, "--config", "none", "--run", VMCTL, "record", path,
                                "sh", "-c", "trap 'exit 9' TERM; echo $PPID; "
                                "while :; do sleep 0.05; done"],
                               stdout=subprocess.PIPE, text=True)
    os.kill(int(program.stdout.readline()), signal.SIGTERM)
    assert program.wait(60) == 9


@tap.test
def every_message_is_there():
    path, said = record("all", *script(
        "a = vm_allocate $self 0 1M ANYWHERE; vm_write $self $a \"hello\"; "
        "vm_read $self $a 1M"))
    assert "address=0x1000" in said
    there = list(packets(path))
    assert [p.what for p in there[:2]] == [HELLO, HELLO]
    assert there[-1].what == END and {p.connection for p in there} == {1}
    requests = [p for p in there if p.what == MESSAGE and p.direction == 0]
    replies = [p for p in there if p.what == MESSAGE and p.direction == 1]
    assert [p.number for p in requests] == list(range(1, len(requests) + 1))
    assert [p.number for p in replies] == [p.number for p in requests]
    assert [p.id + 100 for p in requests] == [p.id for p in replies]
    assert [p.local for p in requests] == [p.remote for p in replies]
    for reply in replies:
        assert (reply.id == 9109) == bool(reply.flags & OWN)
    data = b"".join(p.data for p in there if p.direction == 1)
    assert data == b"hello" + bytes((1 << 20) - 5)


@tap.test
def data_of_any_size_go_through_and_are_kept():
    path, said = record("large", "sh", "-c", f"""
        {VMCTL} -c 'a = vm_allocate $self 0 48M ANYWHERE
            vm_write $self $a "abcdefgh"*5M
            expect-bytes $self $a "abcdefgh"*5M'
        grep VmHWM /proc/$PPID/status""")
    assert int(re.search(r"VmHWM:\s+(\d+)", said)[1]) < 16 * 1024, said
    for direction in 0, 1:
        data = b"".join(p.data for p in packets(path) if p.direction == direction)
        assert data == b"abcdefgh" * (5 << 20), len(data)
    assert "calls: 3, differences: 0" in replay(path)


CLIENT = """
import os, re, socket, struct, sys, time
def request(id_, body):
    return struct.pack("<IIIIIi", 0x1513, 24 + len(body), 0x103, 0x77, 0, id_) + body
def take(size):
    data = b""
    while len(data) < size:
        part = wire.recv(min(size - len(data), 1 << 20))
        assert part, len(data)
        data += part
    return data
def peak():
    with open(f"/proc/{os.getppid()}/status") as file:
        return int(re.search(r"VmHWM:\\s+(\\d+)", file.read())[1])
wire = socket.socket(socket.AF_UNIX)
wire.connect(os.environ["VMD_SOCKET"])
wire.sendall(struct.pack("<8I", 0x31646d76, 1, 1, 0, 0, 0, 0, 0))
"""

SLOW = CLIENT + """
size = b"\\x80\\x80\\x80\\x04"                   # 8 MiB
wire.sendall(request(3801, b"\\x08\\x00\\x10" + size + b"\\x18\\x01"))
wire.sendall(request(3805, b"\\x08\\x80\\x20\\x10" + size) * 20)
time.sleep(1)
assert peak() < 16 * 1024, peak()
assert len(take(32)) == 32
assert take(28)[24:] == bytes(4)
take(3)
for i in range(20):
    assert take(28 + 24)[-4:] == bytes(4), i
    assert take(8 << 20) == bytes(8 << 20), i
assert peak() < 16 * 1024, peak()
"""


WINDOW = CLIENT + """
allocate = request(3801, b"\\x08\\x00\\x10\\x80\\x20\\x18\\x01")
wire.sendall((request(9009, b"") + allocate) * 40 + request(9009, b""))
assert len(take(32)) == 32
for i in range(81):
    header = struct.unpack("<IIIIIi", take(24))
    code, = struct.unpack("<i", take(4))
    assert header[2] == 0x77, header
    assert header[5] == (3901 if i % 2 else 9109), (i, header)
    assert code == (0 if i % 2 else -303), (i, code)
    take(header[1] - 28)
"""


@tap.test
def a_window_is_refused_in_its_turn():
    path, _ = record("window", sys.executable, "-c", WINDOW)
    there = [p for p in packets(path) if p.what == MESSAGE]
    for direction, window, allocate in (0, 9009, 3801), (1, 9109, 3901):
        ids = [(p.number, p.id, p.flags) for p in there if p.direction == direction]
        assert ids[:3] == [(1, window, OWN), (2, allocate, 0), (3, window, OWN)], ids[:3]
    assert replay(path) == "calls: 40, differences: 0\n"


@tap.test
def who_does_not_read_is_not_read_from():
    record("slow", sys.executable, "-c", SLOW)


# --- Replaying -----------------------------------------------------------------


@tap.test
def the_demonstration_replays_without_a_difference():
    path, said = record("demo", VMCTL, DEMO, env={"VMD_PERSONALITY": "osf"})
    assert said.endswith("done: all was as expected\n")
    assert re.fullmatch(r"calls: \d\d\d, differences: 0\n", replay(path))
    assert ", differences: 0\n" in replay(path, "--personality", "osf")


@tap.test
def under_another_personality_the_differences_are_told():
    path, _ = record("demo", VMCTL, DEMO)
    told = replay(path, "--personality", "gnu", status=1).splitlines()
    line = r"1\.\d+ \w+ task=0x\w+ .*: (.*: )?recorded .*, now .*"
    assert len(told) > 5
    assert all(re.fullmatch(line, one) for one in told[:-1]), told
    assert told[-1].endswith(f", differences: {len(told) - 1}"), told[-1]
    assert replay(path, env={"VMD_PERSONALITY": "gnu"}, status=1).splitlines() == told


@tap.test
def differences_are_told_as_json():
    path, _ = record("json", *script(
        "vm_protect $self 0 4K FALSE r-- expect INVALID_ADDRESS"))
    told = run(VMD, "--config", "none", "--log-level", "warning", "--run", VMCTL,
               "--json", "replay", "--personality", "gnu", path, status=1)
    assert [json.loads(line) for line in told.splitlines()] == [
        {"verb": "replay", "connection": 1, "number": 1,
         "what": "vm_protect task=0x103 address=0 size=0x1000 set_maximum=FALSE "
                 "new_protection=r--",
         "difference": "recorded KERN_INVALID_ADDRESS, now KERN_SUCCESS"},
        {"verb": "replay", "calls": 1, "differences": 1}], told


@tap.test
def a_code_a_field_and_data_that_differ_are_told():
    path, _ = record("differs", *script(
        'vm_protect $self 0 4K FALSE r-- expect INVALID_ADDRESS; '
        'a = vm_allocate $self 0 4K ANYWHERE; vm_write $self $a "cat"; '
        'vm_read $self $a 3; vm_region_64 $self $a 9'))
    told = replay(path, "--personality", "gnu", status=1)
    assert ("1.1 vm_protect task=0x103 address=0 size=0x1000 set_maximum=FALSE "
            "new_protection=r--: recorded KERN_INVALID_ADDRESS, now KERN_SUCCESS\n") in told
    changed = list(packets(path))
    for packet in changed:
        packet.data = packet.data.replace(b"cat", b"cow")
        if packet.what == MESSAGE and packet.direction and packet.id == 3924:
            packet.message = packet.message.replace(b"\x10\x80\x20", b"\x10\x80\x40")
    write(path, changed)
    for packet in changed:       # as it was asked first
        if not packet.direction:
            packet.data = packet.data.replace(b"cow", b"cat")
    write(path, changed)
    told = replay(path, status=1)
    assert ": data: recorded 0x6f at byte 1, now 0x61, and 1 others\n" in told, told
    assert ": size: recorded 0x2000, now 0x1000\n" in told, told
    assert told.endswith(", differences: 2\n"), told


@tap.test
def the_queue_example_replays():
    path, _ = record("queue", QUEUE)
    assert ", differences: 0\n" in replay(path)
    assert "now KERN_INVALID_ARGUMENT" in replay(path, "--personality", "gnu", status=1)


@tap.test
def connections_at_the_same_time_are_told_apart():
    path, _ = record("two", "sh", "-c",
                     f"{VMCTL} {DEMO} >/dev/null & {VMCTL} {DEMO} >/dev/null && wait")
    there = list(packets(path))
    assert {p.connection for p in there} == {1, 2}
    assert [p.connection for p in there if p.what == END].count(1) == 1
    assert ", differences: 0\n" in replay(path)
    told = replay(path, "--personality", "gnu", status=1)
    assert re.search(r"^1\.", told, re.M) and re.search(r"^2\.", told, re.M)


@tap.test
def names_and_places_may_be_others_now():
    path, _ = record("names", *script(
        "child = task_create $self TRUE; a = vm_allocate $child 0 16K ANYWHERE; "
        'vm_write $child $a+0x1000 "x"; vm_copy $child $a+0x1000 4K $a+0x2000; '
        "vm_region_64 $child $a 9; grandchild = task_create $child TRUE; "
        "vm_read $grandchild $a+0x2000 1; vm_deallocate $child $a 16K; "
        "mach_port_deallocate $self $child"))
    there = list(packets(path))
    child = next(struct.unpack_from("<H", p.message, 29)[0] for p in there
                 if p.what == MESSAGE and p.id == 3500)
    name = (child & 0x7f) | (child >> 1 & 0x3f80)
    other = name + 0x800
    for p in there:
        if p.what != MESSAGE:
            continue
        at = 28 if p.direction else 24
        body = p.message[at:]
        for start in b"\x08", b"\x18":      # 0x1000 + n to 0x21000 + n
            for n in 0x20, 0x40, 0x60:
                body = body.replace(start + bytes([0x80, n]),
                                    start + bytes([0x80, 0x80 | n, 0x08]))
        if p.id in (3500, 3206):
            body = body.replace(struct.pack("<H", child),
                                bytes([other & 0x7f | 0x80, other >> 7]))
        p.message = p.message[:at] + body
        p.message = p.message[:4] + struct.pack("<I", len(p.message)) + p.message[8:]
        if p.direction == 0 and p.remote == name:
            p.message = p.message[:8] + struct.pack("<I", other) + p.message[12:]
    write(path, there)
    assert replay(path) == "calls: 9, differences: 0\n"


@tap.test
def notices_are_waited_for():
    path, _ = record("notice", *script(
        "port = mach_port_allocate $self RECEIVE; child = task_create $self FALSE; "
        "mach_port_request_notification $self $child DEAD_NAME 0 $port MAKE_SEND_ONCE; "
        "task_terminate $child; task_info $self 20"))
    there = list(packets(path))
    notices = [p for p in there if p.what == MESSAGE and p.bits == 0x1200]
    assert [p.id for p in notices] == [72] and notices[0].number == 0
    assert ", differences: 0\n" in replay(path)
    without = [p for p in there if p.what != MESSAGE or p.bits != 0x1200]
    write(path, without)
    assert "1 notice mach_notify_dead_name: none was recorded\n" in replay(path, status=1)
    first = next(i for i, p in enumerate(there) if p.what == MESSAGE and p.direction)
    write(path, there[:first + 1] + notices + [p for p in there[first + 1:]])
    assert "1 notice mach_notify_dead_name: none came now\n" in replay(path, status=1)


@tap.test
def what_is_no_whole_capture_is_refused():
    path, _ = record("cut", *script("vm_allocate $self 0 4K ANYWHERE; "
                                    'vm_write $self 0x1000 "x"*300K expect INVALID_ADDRESS'))
    with open(path, "rb") as file:
        whole = file.read()
    cuts = [0, 1, 23, 24 + 16 + 32 + 31] + random.sample(range(25, len(whole)), 30)
    at = 24
    while at < len(whole):
        cuts.append(at)
        at += 16 + struct.unpack_from("<I", whole, at + 8)[0]
    for cut in cuts:
        if cut == 24:
            continue            # of no connection
        with open(path, "wb") as file:
            file.write(whole[:cut])
        said = run(VMCTL, "replay", path, status=2)
        assert re.search("it is empty|too short|byte [0-9]+: it ends in the middle|"
                         "ends before connection 1 does", said), (cut, said)
    for text in b"#!/bin/sh\n" * 10, b"\xd4\xc3\xb2\xa1" + bytes(40):
        with open(path, "wb") as file:
            file.write(text)
        assert "it is no capture" in run(VMCTL, "replay", path, status=2)
    assert "No such file" in run(VMCTL, "replay", folder + "/none", status=2)
    assert "usage:" in run(VMCTL, "replay", "--personality", "vms", path, status=2)


@tap.test
def a_damaged_capture_does_no_harm():
    path, _ = record("hurt", VMCTL, DEMO)
    with open(path, "rb") as file:
        whole = file.read()
    dice = random.Random(1)
    told = set()
    for _ in range(60):
        hurt = bytearray(whole)
        for _ in range(dice.randrange(1, 4)):
            hurt[dice.randrange(24, len(hurt))] = dice.randrange(256)
        with open(path, "wb") as file:
            file.write(hurt)
        done = subprocess.run([VMD, "--config", "none", "--run", VMCTL, "replay", path],
                              capture_output=True, timeout=60)
        told.add(done.returncode)
    assert told <= {0, 1, 2, 3}, told
    assert 2 in told


@tap.test
def a_daemon_that_is_not_there_is_told():
    path, _ = record("alone", *script("vm_allocate $self 0 4K ANYWHERE"))
    assert "there is no daemon" in run(VMCTL, "--socket", folder + "/none", "replay",
                                       path, status=3)


@tap.test
def all_fields_that_are_ports_are_known():
    with open(SOURCE + "/client/vmctl/translation.c") as file:
        known = set(re.findall(r'^\t\{ (?:NULL|"MachPort"|"MachNotify"), "(\w+)" },',
                               file.read(), re.M))
    marked = set()
    for name in os.listdir(SOURCE + "/proto"):
        if name.endswith(".proto"):
            with open(f"{SOURCE}/proto/{name}") as file:
                marked |= set(re.findall(r"uint32 (\w+) = .*; +// (?:a port|ports)\b",
                                         file.read()))
    assert len(marked) > 10 and marked <= known, marked - known


# --- Wireshark -----------------------------------------------------------------


def tshark(path, *options):
    if not DISSECTOR or not shutil.which("tshark"):
        raise tap.Skipped("no tshark")
    return run("tshark", "-X", "lua_script:" + DISSECTOR, "-r", path, *options)


@tap.test
def wireshark_shows_calls_by_name_with_their_fields():
    path, _ = record("shark", *script(
        'a = vm_allocate $self 0 4K ANYWHERE; vm_write $self $a "hello"; '
        "vm_protect $self 0 4K FALSE r-- expect INVALID_ADDRESS; "
        "port = mach_port_allocate $self RECEIVE; child = task_create $self FALSE; "
        "mach_port_request_notification $self $child DEAD_NAME 0 $port MAKE_SEND_ONCE; "
        "task_terminate $child"))
    said = tshark(path, "-Tfields", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info")
    for line in ("1 hello", "1 welcome",
                 "1.1 vm_allocate address=0x0 size=0x1000 flags=0x1",
                 "1.1 vm_allocate = KERN_SUCCESS address=0x1000",
                 "1.2 vm_write address=0x1000, 5 bytes of data",
                 "1.2 vm_write = KERN_SUCCESS",
                 "1.3 vm_protect = KERN_INVALID_ADDRESS",
                 "1 notice mach_notify_dead_name name=0x", "1 end"):
        assert "vmd\t" + line in said, (line, said)


@tap.test
def wireshark_pairs_requests_and_replies():
    path, _ = record("pairs", "sh", "-c", f"{VMCTL} {DEMO} >/dev/null & "
                     f"{VMCTL} -c 'lookup = bootstrap_look_up $bootstrap \"none\" "
                     "expect BOOTSTRAP_UNKNOWN_SERVICE'; wait")
    said = tshark(path, "-2", "-Tfields", *(word for name in (
        "frame.number", "vmd.connection", "vmd.number", "vmd.request", "vmd.reply",
        "vmd.routine", "vmd.time") for word in ("-e", name)))
    rows = {row[0]: row[1:] for row in (line.split("\t") for line in said.splitlines())}
    calls = [(number, row) for number, row in rows.items() if row[3]]
    assert len(calls) > 100
    for number, row in calls:
        reply = rows[row[3]]
        assert reply[:2] == row[:2] and reply[2] == number and reply[4] == row[4]
        assert float(reply[5]) >= 0, reply
    assert any(row[4] == "bootstrap_look_up" for _, row in calls)


@tap.test
def wireshark_survives_what_is_damaged():
    path, _ = record("torn", VMCTL, DEMO)
    there = list(packets(path))
    dice = random.Random(2)
    for packet in there:
        message = bytearray(packet.message)
        for _ in range(dice.randrange(3) if message else 0):
            message[dice.randrange(len(message))] = dice.randrange(256)
        packet.message = bytes(message[:dice.randrange(len(message) + 1)]
                               if dice.randrange(2) else message)
    write(path, there)
    said = tshark(path, "-V")
    assert "too short" in said and "Lua Error" not in said


with tempfile.TemporaryDirectory(prefix="vmd-record-") as folder:
    failures = tap.run()
sys.exit(1 if failures else 0)
