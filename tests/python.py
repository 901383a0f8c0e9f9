#!/usr/bin/env python3
"""The Python module, over a real daemon.

usage: python.py FOLDER...       (`vmd --run python.py ...`; folders of the module)

Prints TAP.
"""
import os
import sys
import threading

sys.dont_write_bytecode = True
sys.path[1:1] = sys.argv[1:]
import mach                                   # pylint: disable=wrong-import-position
from support import tap                       # pylint: disable=wrong-import-position

self = mach.mach_task_self()


def fails(name, function, *arguments, **more):
    try:
        function(*arguments, **more)
    except mach.KernReturn as e:
        assert e.name == name, e
        assert name in str(e) and e.routine in str(e)
        return
    raise AssertionError("it did not fail")


@tap.test
def memory_is_zeros_until_it_is_written():
    address = mach.vm_allocate(self, 0x4000)
    assert mach.vm_read(self, address, 0x4000) == bytes(0x4000)
    mach.vm_write(self, address + 0x0fff, b"hello")
    assert mach.vm_read(self, address + 0x0ffe, 7) == b"\0hello\0"
    mach.vm_deallocate(self, address, 0x4000)
    fails("KERN_INVALID_ADDRESS", mach.vm_read, self, address, 1)


@tap.test
def a_copy_is_what_the_source_was():
    a = mach.vm_allocate(self, 0x200000)
    b = mach.vm_allocate(self, 0x200000)
    mach.vm_write(self, a, b"ab" * 0x100000)
    mach.vm_copy(self, a, 0x200000, b)
    mach.vm_write(self, a, b"x")
    assert mach.vm_read(self, b, 0x200000) == b"ab" * 0x100000
    mach.vm_deallocate(self, a, 0x400000)


@tap.test
def protection_is_kept():
    a = mach.vm_allocate(self, 0x3000)
    mach.vm_protect(self, a + 0x1000, 0x1000, False, mach.VM_PROT_READ)
    fails("KERN_PROTECTION_FAILURE", mach.vm_write, self, a, b"x" * 0x2000)
    middle = mach.vm_region(self, a + 0x1800)
    assert (middle.address, middle.size) == (a + 0x1000, 0x1000), middle
    assert middle.protection == mach.VM_PROT_READ
    assert middle.max_protection == mach.VM_PROT_ALL
    assert middle.inheritance == mach.VM_INHERIT_COPY and not middle.shared
    assert [r.size for r in mach.regions(self)] == [0x1000] * 3
    mach.vm_deallocate(self, a, 0x3000)
    assert list(mach.regions(self)) == []


@tap.test
def a_child_inherits_what_it_is_to():
    a = mach.vm_allocate(self, 0x1000)
    b = mach.vm_allocate(self, 0x1000)
    mach.vm_inherit(self, b, 0x1000, mach.VM_INHERIT_SHARE)
    child = mach.task_create(self, inherit_memory=True)
    mach.vm_write(child, a, b"c")
    mach.vm_write(child, b, b"s")
    assert mach.vm_read(self, a, 1) == b"\0"
    assert mach.vm_read(self, b, 1) == b"s"
    mach.task_terminate(child)
    fails("MACH_SEND_INVALID_DEST", mach.vm_read, child, a, 1)
    mach.mach_port_deallocate(self, child)
    mach.vm_deallocate(self, a, 0x2000)


@tap.test
def memory_is_mapped_by_its_entry_and_by_its_task():
    a = mach.vm_allocate(self, 0x2000)
    mach.vm_write(self, a, b"entry")
    entry = mach.mach_make_memory_entry_64(self, 0x1800, a, mach.VM_PROT_READ)
    assert entry.size in (0x1800, 0x2000), entry
    other = mach.task_create(self, inherit_memory=False)
    at = mach.vm_map(other, 0x1000, entry.port,
                     cur_protection=mach.VM_PROT_READ,
                     max_protection=mach.VM_PROT_READ)
    assert mach.vm_read(other, at, 5) == b"entry"
    again = mach.vm_remap(other, 0x1000, self, a)
    assert again.max_protection == mach.VM_PROT_ALL, again
    mach.vm_write(other, again.address, b"ENTRY")
    assert mach.vm_read(other, at, 5) == b"ENTRY"
    mach.bootstrap_register(mach.bootstrap_port(), "python", entry.port)
    assert mach.bootstrap_look_up(mach.bootstrap_port(), "python") == entry.port
    mach.task_terminate(other)
    mach.vm_deallocate(self, a, 0x2000)


@tap.test
def flags_and_places_are_as_in_c():
    a = mach.vm_allocate(self, 0x1000, mach.VM_FLAGS_FIXED, address=0x70000000)
    assert a == 0x70000000
    fails("KERN_NO_SPACE", mach.vm_allocate, self, 0x1000,
          mach.VM_FLAGS_FIXED, address=a)
    mach.vm_deallocate(self, a, 0x1000)
    a = mach.vm_allocate(self, 0x1000,
                         mach.VM_FLAGS_ANYWHERE | mach.VM_FLAGS_PURGABLE)
    was = mach.vm_purgable_control(self, a, mach.VM_PURGABLE_SET_STATE,
                                   mach.VM_PURGABLE_VOLATILE)
    assert was == mach.VM_PURGABLE_NONVOLATILE
    mach.vm_deallocate(self, a, 0x1000)


@tap.test
def threads_share_the_connection():
    wrong = []

    def work(number):
        for _ in range(50):
            a = mach.vm_allocate(self, 0x1000)
            mach.vm_write(self, a, b"%d" % number)
            if mach.vm_read(self, a, 1) != b"%d" % number:
                wrong.append(number)
            mach.vm_deallocate(self, a, 0x1000)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@tap.test
def codes_and_the_page_size_are_told():
    assert mach.vm_page_size() == 4096
    assert mach.KERN_NO_SPACE == 3
    assert mach.CODES[3] == "KERN_NO_SPACE"
    assert "no space" in mach.mach_error_string(3)


@tap.test
def all_holds_afterwards():
    mach.vmd_check()
    host = mach.mach_host_self()
    assert host
    mach.mach_port_deallocate(self, host)


@tap.test
def each_name_has_a_word_of_help():
    for name, value in vars(mach).items():
        if callable(value) and not name.startswith("_") and \
                getattr(value, "__module__", "") == "mach":
            assert value.__doc__, name


sys.exit(1 if tap.run() else 0)
