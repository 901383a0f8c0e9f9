#!/usr/bin/python3
"""The wire, as proto/README.md has it, spoken without libvmd.

    protoc --proto_path=proto --python_out=FOLDER proto/*.proto
    vmd --run /usr/bin/python3 tests/wire.py FOLDER

Prints TAP. Exits with 1 if anything is not as promised.
"""

import collections
import os
import pathlib
import re
import socket
import struct
import sys

if len(sys.argv) != 2 or "VMD_SOCKET" not in os.environ:
    sys.exit("usage: vmd --run /usr/bin/python3 wire.py FOLDER")
sys.dont_write_bytecode = True
sys.path.insert(1, sys.argv[1])

import bootstrap_pb2  # noqa: E402
import gnumach_pb2  # noqa: E402
import host_priv_pb2  # noqa: E402
import mach_host_pb2  # noqa: E402
import mach_port_pb2  # noqa: E402
import mach_vm_pb2  # noqa: E402
import notify_pb2  # noqa: E402
import task_pb2  # noqa: E402
import vm_map_pb2  # noqa: E402
import vmd_pb2  # noqa: E402
from support import tap  # noqa: E402

README = pathlib.Path(__file__).resolve().parent.parent / "proto/README.md"

SUBSYSTEMS = [
    (200, mach_host_pb2, "MachHost"),
    (400, host_priv_pb2, "HostPriv"),
    (400, bootstrap_pb2, "Bootstrap"),
    (2030, gnumach_pb2, "Mach"),
    (3200, mach_port_pb2, "MachPort"),
    (3400, task_pb2, "Task"),
    (3800, vm_map_pb2, "VmMap"),
    (4200, gnumach_pb2, "Gnumach"),
    (4800, mach_vm_pb2, "MachVm"),
    (9000, vmd_pb2, "Vmd"),
]

MAGIC = 0x31646D76
HELLO = struct.Struct("<8I")
WELCOME = struct.Struct("<2Ii3IQ")
HEADER = struct.Struct("<5Ii")
BLOCK = struct.Struct("<2I")
DESCRIPTOR = struct.Struct("<2IQ")

REQUEST, REPLY, NOTICE, COMPLEX = 0x1513, 0x12, 0x1200, 0x80000000
TASK_SELF = 0x103
BOOTSTRAP = 0x203
PAGE = 4096

SUCCESS = 0
INVALID_ADDRESS = 1
INVALID_ARGUMENT = 4
INVALID_TASK = 16
NOT_SUPPORTED = 46
INVALID_DEST = 0x10000003
BAD_ID = -303
BAD_ARGUMENTS = -304


def find_routines():
    """Each routine's id, which is its place in its service, and messages."""
    messages = {}
    for _, module, _ in SUBSYSTEMS:
        messages.update(vars(module))
    return {
        method.name: (base + method.index,
                      messages[method.input_type.name],
                      messages[method.output_type.name])
        for base, module, name in SUBSYSTEMS
        for method in module.DESCRIPTOR.services_by_name[name].methods}


ROUTINES = find_routines()

Reply = collections.namedtuple("Reply", "id token code body data offsets")


def frame(id_, port, token, body=b"", data=b"", offset=0):
    """A request."""
    bits, block = REQUEST, b""
    if data:
        bits |= COMPLEX
        block = BLOCK.pack(1, 0) + DESCRIPTOR.pack(1, offset, len(data))
    size = HEADER.size + len(block) + len(body)
    return (HEADER.pack(bits, size, port, token, 0, id_) + block + body + data)


class Client:
    """A connection."""

    def __init__(self, version=1, personality=0, page_size=0, magic=MAGIC):
        self.token = 0
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(60)
        self.socket.connect(os.environ["VMD_SOCKET"])
        self.send(HELLO.pack(magic, version, personality, page_size,
                             0, 0, 0, 0))

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, size):
        """So many bytes; None: the daemon has hung up."""
        data = bytearray()
        while len(data) < size:
            try:
                part = self.socket.recv(size - len(data))
            except (ConnectionResetError, BrokenPipeError):
                part = b""
            if not part:
                return None
            data += part
        return bytes(data)

    def is_at_end(self):
        return self.receive(1) is None

    def welcome(self):
        return WELCOME.unpack(self.receive(WELCOME.size))

    def reply(self):
        """The next reply: every field that has one value only is checked."""
        header = self.receive(HEADER.size)
        bits, size, remote, local, voucher, id_ = HEADER.unpack(header)
        assert (bits & ~COMPLEX, local, voucher) == (REPLY, 0, 0), header.hex()
        rest = self.receive(size - HEADER.size)
        descriptors = []
        if bits & COMPLEX:
            count, reserved = BLOCK.unpack_from(rest)
            assert 1 <= count <= 256 and reserved == 0
            end = BLOCK.size + count * DESCRIPTOR.size
            descriptors = list(DESCRIPTOR.iter_unpack(rest[BLOCK.size:end]))
            rest = rest[end:]
        assert all(type_ == 1 for type_, _, _ in descriptors)
        code, = struct.unpack_from("<i", rest)
        return Reply(id_, remote, code, rest[4:],
                     [self.receive(size) for _, _, size in descriptors],
                     [offset for _, offset, _ in descriptors])

    def notice(self):
        """The next message, which answers nothing: for whom, id and body."""
        header = self.receive(HEADER.size)
        bits, size, remote, local, voucher, id_ = HEADER.unpack(header)
        assert (bits, remote, voucher) == (NOTICE, 0, 0), header.hex()
        return local, id_, self.receive(size - HEADER.size)

    def ask(self, id_, port=TASK_SELF, body=b"", data=b"", offset=0):
        """A request and its reply, whatever they are."""
        self.token += 1
        self.send(frame(id_, port, self.token, body, data, offset))
        reply = self.reply()
        assert (reply.token, reply.id) == (self.token, id_ + 100), reply
        if reply.code != SUCCESS:
            assert not reply.body and not reply.data, reply
        return reply

    def call(self, name, /, port=TASK_SELF, data=b"", lies_at=0, **fields):
        """Calls a routine by name: its code, its results, its data."""
        id_, request, results = ROUTINES[name]
        body = request(**fields).SerializeToString()
        reply = self.ask(id_, port, body, data, lies_at)
        out = None
        if reply.code == SUCCESS:
            out = results.FromString(reply.body)
        return reply.code, out, reply.data

    def do(self, name, /, port=TASK_SELF, data=b"", lies_at=0, **fields):
        """The same of a call that succeeds."""
        code, out, parts = self.call(name, port, data, lies_at, **fields)
        assert code == SUCCESS, f"{name}: {code}"
        return out, parts

    def allocate(self, size):
        out, _ = self.do("vm_allocate", address=0, size=size, flags=1)
        return out.address

    def write(self, address, data, port=TASK_SELF):
        self.do("vm_write", port, data, address % PAGE, address=address)

    def read(self, address, size, port=TASK_SELF):
        _, (data,) = self.do("vm_read", port, address=address, size=size)
        return data


def new_client():
    """A client that has been welcomed, of the personality osf."""
    client = Client(personality=1)
    assert client.welcome()[2] == SUCCESS
    return client


def some(size, seed=1):
    """Bytes of which no two pages are alike."""
    step = 2 * seed + 1
    return b"".join(struct.pack("<Q", i * step) for i in range(size // 8))


# What is promised: the name of a function says it.


@tap.test
def a_hello_is_answered():
    magic, version, code, personality, page_size, body, data = \
        Client().welcome()
    assert (magic, version, code) == (MAGIC, 1, SUCCESS)
    assert personality in (1, 2, 3)
    assert (page_size, body, data) == (PAGE, 65536, 0xFFFFFFFF)


@tap.test
def a_hello_may_choose_a_personality():
    for number in 1, 2, 3:
        welcome = Client(personality=number, page_size=PAGE).welcome()
        assert (welcome[2], welcome[3]) == (SUCCESS, number)


@tap.test
def another_version_is_refused_and_the_right_one_named():
    client = Client(version=2)
    magic, version, code = client.welcome()[:3]
    assert (magic, version, code) == (MAGIC, 1, NOT_SUPPORTED)
    assert client.is_at_end()


@tap.test
def an_unknown_personality_or_page_size_is_refused():
    for hello in {"personality": 4}, {"page_size": 8192}:
        client = Client(**hello)
        assert client.welcome()[2] == INVALID_ARGUMENT
        assert client.is_at_end()


@tap.test
def what_is_no_hello_gets_no_answer():
    assert Client(magic=0x20544547).is_at_end()


@tap.test
def the_hello_and_the_first_request_may_go_together():
    client = Client()
    client.send(frame(9001, 0, 77))
    assert client.welcome()[2] == SUCCESS
    reply = client.reply()
    assert (reply.id, reply.token, reply.code) == (9101, 77, SUCCESS)


@tap.test
def fresh_memory_reads_as_zeros():
    client = new_client()
    address = client.allocate(2 * PAGE)
    assert address % PAGE == 0
    assert client.read(address, 2 * PAGE) == bytes(2 * PAGE)


@tap.test
def data_behind_the_body_are_written_and_read_back():
    client = new_client()
    address = client.allocate(4 * PAGE)
    client.write(address + 100, some(2 * PAGE))
    assert client.read(address + 100, 2 * PAGE) == some(2 * PAGE)
    assert client.read(address, 100) == bytes(100)


@tap.test
def the_offset_in_a_descriptor_changes_nothing_but_the_work():
    client = new_client()
    address = client.allocate(4 * PAGE)
    for offset in 0, 1, 100, PAGE - 1, 0xFFFFFFFF:
        data = some(2 * PAGE, offset)
        client.do("vm_write", data=data, lies_at=offset, address=address + 100)
        assert client.read(address + 100, len(data)) == data


@tap.test
def the_offset_of_a_reply_is_that_of_the_address_from_two_pages_on():
    client = new_client()
    address = client.allocate(4 * PAGE)
    request = ROUTINES["vm_read"][1]
    for size, offset in (2 * PAGE - 1, 0), (2 * PAGE, 9):
        body = request(address=address + 9, size=size).SerializeToString()
        reply = client.ask(3805, body=body)
        assert reply.offsets == [offset]


@tap.test
def a_copy_is_made_and_stays_what_it_was():
    client = new_client()
    source, to = client.allocate(2 * PAGE), client.allocate(2 * PAGE)
    client.write(source, some(2 * PAGE))
    client.do("vm_copy", source_address=source, size=2 * PAGE,
              dest_address=to)
    client.write(source, b"something else")
    assert client.read(to, 2 * PAGE) == some(2 * PAGE)


@tap.test
def reading_over_tells_how_much():
    client = new_client()
    address = client.allocate(PAGE)
    out, (data,) = client.do("vm_read_overwrite", address=address + 5,
                             size=300)
    assert (out.outsize, data) == (300, bytes(300))


@tap.test
def a_failed_call_is_its_code_in_the_frame_and_no_body():
    client = new_client()
    client.send(frame(3805, TASK_SELF, 5, b"\x08\x80\x20\x10\x80\x20"))
    head = client.receive(28)
    assert HEADER.unpack(head[:24]) == (REPLY, 28, 5, 0, 0, 3905)
    assert struct.unpack("<i", head[24:]) == (INVALID_ADDRESS,)


@tap.test
def the_destination_is_judged_before_the_id_and_that_before_the_body():
    client = new_client()
    host = client.do("host_self_trap", port=0)[0].host
    rows = [
        # id, port, body, data, code
        (1, 0, b"", b"", INVALID_DEST),
        (1, TASK_SELF, b"", b"", BAD_ID),
        (1, host, b"", b"", BAD_ID),
        (3820, 0x999, b"", b"", INVALID_DEST),
        (3820, host, b"", b"", INVALID_ARGUMENT),
        (3820, TASK_SELF, b"\xff", b"data", BAD_ID),
        (3820, TASK_SELF, b"", b"", BAD_ID),
        (3808, host, b"", b"", INVALID_ARGUMENT),
        (3808, TASK_SELF, b"", b"", BAD_ARGUMENTS),
        (3808, TASK_SELF, b"\x08\x01\x10\x00\x18\x01", b"data", BAD_ARGUMENTS),
        (3808, TASK_SELF, b"\x08\x01\x10\x00\x18\x01", b"", SUCCESS),
        (3206, host, b"", b"", INVALID_TASK),
        (3400, host, b"", b"", INVALID_TASK),
        (202, TASK_SELF, b"", b"", INVALID_ARGUMENT),
        (400, host, b"", b"", BAD_ID),
        (400, TASK_SELF, b"", b"", 22),
        (403, BOOTSTRAP, b"", b"", BAD_ARGUMENTS),
        (402, BOOTSTRAP, b"", b"", BAD_ARGUMENTS),
        (403, host, b"", b"", BAD_ID),
        (404, TASK_SELF, b"", b"", 22),
        (400, BOOTSTRAP, b"", b"", BAD_ID),
        (412, BOOTSTRAP, b"", b"", BAD_ID),
        (418, BOOTSTRAP, b"", b"", BAD_ID),
        (3808, BOOTSTRAP, b"", b"", INVALID_ARGUMENT),
        (9001, 0x999, b"", b"", SUCCESS),
        (9002, 0, b"", b"", INVALID_DEST),
        (9002, host, b"", b"", INVALID_TASK),
        (9999, 0, b"", b"", INVALID_DEST),
        (9999, TASK_SELF, b"", b"", BAD_ID),
    ]
    for id_, port, body, data, code in rows:
        reply = client.ask(id_, port, body, data)
        assert reply.code == code, (id_, hex(port), reply.code, code)


@tap.test
def a_field_that_is_not_known_is_passed_over():
    client = new_client()
    id_, request, _ = ROUTINES["vm_copy"]
    body = request(source_address=0, size=0, dest_address=0)
    more = b"\xf8\x3f\x2a"  # field 1023, 42
    assert client.ask(id_, body=body.SerializeToString() + more).code == 0


@tap.test
def ranges_that_are_read_at_once_come_one_behind_the_other():
    client = new_client()
    address = client.allocate(16 * PAGE)
    client.write(address, some(16 * PAGE))
    ranges = [(address, PAGE), (address, 0), (0x10, 8),
              (address + 5, 3), (address + 7 * PAGE, 4 * PAGE)]
    out, data = client.do("vm_read_list", data_list=[
        vm_map_pb2.VmReadEntry(address=a, size=n) for a, n in ranges])
    assert list(out.size) == [PAGE, 0, 0, 3, 4 * PAGE]
    there = some(16 * PAGE)
    assert data == [there[:PAGE], there[5:8], there[7 * PAGE:11 * PAGE]]


@tap.test
def a_reply_has_up_to_256_descriptors():
    client = new_client()
    address = client.allocate(PAGE)
    entry = vm_map_pb2.VmReadEntry(address=address, size=1)
    assert len(client.do("vm_read_list", data_list=[entry] * 256)[1]) == 256
    assert client.call("vm_read_list", data_list=[entry] * 257)[0] == \
        INVALID_ARGUMENT


@tap.test
def requests_in_one_write_are_answered_in_order():
    client = new_client()
    address = client.allocate(PAGE)
    write = vm_map_pb2.VmWriteRequest(address=address).SerializeToString()
    read = vm_map_pb2.VmReadRequest(address=address, size=4)
    client.send(frame(3807, TASK_SELF, 900, write, b"abcd") +
                frame(3805, TASK_SELF, 7, read.SerializeToString()))
    first, second = client.reply(), client.reply()
    assert (first.id, first.token, first.code) == (3907, 900, SUCCESS)
    assert (second.id, second.token, second.data) == (3905, 7, [b"abcd"])


@tap.test
def a_request_may_come_byte_by_byte():
    client = new_client()
    address = client.allocate(PAGE)
    write = vm_map_pb2.VmWriteRequest(address=address).SerializeToString()
    for byte in frame(3807, TASK_SELF, 3, write, b"slowly", 0):
        client.send(bytes([byte]))
    assert client.reply().code == SUCCESS
    assert client.read(address, 6) == b"slowly"


@tap.test
def a_region_is_told():
    client = new_client()
    client.do("vm_allocate", address=0x40000, size=3 * PAGE, flags=0)
    client.do("vm_protect", address=0x40000, size=3 * PAGE,
              set_maximum=False, new_protection=1)
    out, _ = client.do("vm_region_64", address=0x1000)
    assert (out.address, out.size, out.object_name) == (0x40000, 3 * PAGE, 0)
    assert out.WhichOneof("info") == "basic_info"
    info = out.basic_info
    assert (info.protection, info.max_protection, info.inheritance) == \
        (1, 7, 1)
    assert client.call("vm_region", address=0x43000)[0] == INVALID_ADDRESS


@tap.test
def a_child_inherits_what_it_is_to():
    client = new_client()
    share, copy, none = (client.allocate(PAGE) for _ in range(3))
    for inheritance, address in enumerate((share, copy, none)):
        client.write(address, b"parent")
        client.do("vm_inherit", address=address, size=PAGE,
                  new_inheritance=inheritance)
    child = client.do("task_create", inherit_memory=True)[0].child_task
    client.write(share, b"shared", child)
    client.write(copy, b"child ", child)
    assert client.read(share, 6) == b"shared"
    assert client.read(copy, 6) == b"parent"
    assert client.call("vm_read", child, address=none, size=6)[0] == \
        INVALID_ADDRESS
    client.do("task_terminate", child)
    assert client.call("vm_read", child, address=copy, size=6)[0] == \
        INVALID_DEST


@tap.test
def a_right_that_comes_again_has_the_same_name():
    client = new_client()
    names = {client.do("host_self_trap", port=0)[0].host for _ in range(3)}
    assert len(names) == 1
    host = names.pop()
    out, _ = client.do("host_page_size", host)
    assert out.out_page_size == PAGE
    for _ in range(3):
        client.do("mach_port_deallocate", name=host)
    assert client.call("host_page_size", host)[0] == INVALID_DEST


@tap.test
def a_port_that_was_registered_is_found_on_another_connection():
    client, other = new_client(), new_client()
    address = client.allocate(PAGE)
    client.do("bootstrap_register", BOOTSTRAP, service_name="Ä".encode(),
              service_port=TASK_SELF)
    task = other.do("bootstrap_look_up", BOOTSTRAP,
                    service_name="Ä".encode())[0].service_port
    assert task not in (0, TASK_SELF)
    other.write(address, b"from another", task)
    assert client.read(address, 12) == b"from another"
    client.do("bootstrap_register", BOOTSTRAP, service_name="Ä".encode(),
              service_port=0)
    assert other.call("bootstrap_status", BOOTSTRAP,
                      service_name="Ä".encode())[0] == 1102


@tap.test
def a_name_is_text():
    client = new_client()
    for name, code in {b"": 4, b"a" * 127: 1102, b"a" * 128: 4, b"a\0": 4,
                       b"\x1b[2J": 4, b"\xc3\x28": 4}.items():
        assert client.call("bootstrap_look_up", BOOTSTRAP,
                           service_name=name)[0] == code, name


@tap.test
def twenty_names_are_looked_up_at_once():
    client = new_client()
    out, _ = client.do("bootstrap_look_up_array", BOOTSTRAP,
                       service_names=[b"a"] * 20)
    assert (list(out.service_ports), out.all_services_known) == \
        ([0] * 20, False)
    assert client.call("bootstrap_look_up_array", BOOTSTRAP,
                       service_names=[b"a"] * 21)[0] == 1104


@tap.test
def megabytes_go_both_ways():
    client = new_client()
    size = 4 << 20
    address = client.allocate(size)
    client.write(address, some(size))
    assert client.read(address, size) == some(size)
    client.write(address + 3, some(size // 2, 5))
    assert client.read(address + 3, size // 2) == some(size // 2, 5)


@tap.test
def what_is_no_frame_costs_the_connection():
    good = frame(9001, 0, 1)
    block = struct.pack("<2I", 2, 0) + DESCRIPTOR.pack(1, 0, 1) * 2
    rows = {
        "bits": struct.pack("<I", REPLY) + good[4:],
        "a size below the header's": HEADER.pack(REQUEST, 23, 0, 1, 0, 9001),
        "a voucher": HEADER.pack(REQUEST, 24, 0, 1, 1, 9001),
        "a body of 64 KiB and 1": frame(3808, TASK_SELF, 1, bytes(65537)),
        "no descriptor": HEADER.pack(REQUEST | COMPLEX, 32, 0, 1, 0, 9001) +
                         BLOCK.pack(0, 0),
        "two of them": HEADER.pack(REQUEST | COMPLEX, 64, 0, 1, 0, 9001) +
                       block + b"ab",
        "one of ports": HEADER.pack(REQUEST | COMPLEX, 48, 0, 1, 0, 9001) +
                        BLOCK.pack(1, 0) + DESCRIPTOR.pack(0, 0, 1) + b"a",
        "4 GiB of data": HEADER.pack(REQUEST | COMPLEX, 48, 0, 1, 0, 9001) +
                         BLOCK.pack(1, 0) + DESCRIPTOR.pack(1, 0, 1 << 32),
    }
    for what, wrong in rows.items():
        client = new_client()
        try:
            client.send(wrong)
        except (ConnectionResetError, BrokenPipeError):
            pass
        assert client.is_at_end(), what


@tap.test
def the_largest_body_is_taken():
    client = new_client()
    body = b"\x08\x00\x10\x00\x18\x00"
    body += b"\xfa\x3f\xf5\xff\x03" + bytes(65525)  # field 1023, of bytes
    assert len(body) == 65536
    assert client.ask(3808, body=body).code == SUCCESS


@tap.test
def a_notice_comes_between_replies():
    client = new_client()
    box = client.do("mach_port_allocate", right=1)[0].name
    task = client.do("task_create", inherit_memory=False)[0].child_task
    out, _ = client.do("mach_port_request_notification", name=task, msgid=72,
                       sync=0, notify=box, notify_poly=21)
    assert out.previous == 0
    client.do("task_terminate", port=task)
    local, id_, body = client.notice()
    notice = notify_pb2.MachNotifyDeadNameRequest.FromString(body)
    assert (local, id_, notice.name) == (box, 72, task)
    client.do("mach_port_request_notification", name=box, msgid=70,
              sync=0, notify=box, notify_poly=21)
    local, id_, body = client.notice()
    notice = notify_pb2.MachNotifyNoSendersRequest.FromString(body)
    assert (local, id_, notice.mscount) == (box, 70, 0)
    client.do("vmd_check", port=0)


@tap.test
def the_table_of_notices_is_the_service():
    methods = notify_pb2.DESCRIPTOR.services_by_name["Notify"].methods
    table = README.read_text("utf-8").split("\n## Notices")[1].split("\n## ")
    rows = re.findall(r"(?m)^\| (\d+) \| `(\w+)` ", table[0])
    sent = {(str(64 + method.index), method.name) for method in methods
            if method.input_type.name != "Absent"}
    assert set(rows) == sent, set(rows) ^ sent


@tap.test
def a_request_may_have_no_token():
    client = new_client()
    client.send(frame(9001, 0, 0))
    assert client.reply().token == 0


def readme_bytes(title):
    """The bytes of an example: what stands behind the offsets."""
    text = README.read_text("utf-8").split(title)[1].split("```")[1]
    lines = re.findall(r"(?m)^ *\d+  ((?:[0-9a-f]{2} ?)+)", text)
    return bytes.fromhex("".join(lines))


@tap.test
def the_examples_of_the_readme_are_what_happens():
    client = new_client()
    client.do("vm_allocate", address=0x10000, size=4 * PAGE, flags=0)
    client.send(readme_bytes("The request for it, "))
    assert client.reply().code == SUCCESS
    client.send(readme_bytes("The request, "))
    answer = readme_bytes("The reply, ")
    assert client.receive(len(answer)) == answer
    assert client.read(0x12000, 9) == b"\0\0\0hello\0"


@tap.test
def the_table_of_the_readme_is_the_services():
    table = README.read_text("utf-8").split("Served today")[1].split("\n## ")
    rows = re.findall(r"\| (\d+) \| `(\w+)` ", table[0])
    served = {(str(id_), name) for name, (id_, request, _) in ROUTINES.items()
              if request.DESCRIPTOR.name != "Absent"}
    assert set(rows) == served, set(rows) ^ served


if __name__ == "__main__":
    sys.exit(1 if tap.run() else 0)
