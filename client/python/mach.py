"""Mach's virtual memory calls, answered by vmd, for Python.

    import mach

    task = mach.mach_task_self()
    address = mach.vm_allocate(task, 0x4000)
    mach.vm_write(task, address, b"hello")
    mach.vm_copy(task, address, 0x1000, address + 0x1000)
    mach.vm_read(task, address + 0x1000, 5)         # b'hello'
    child = mach.task_create(task, inherit_memory=True)

Names, arguments and their order are those of <mach/mach.h>; what a call writes is
what it returns: one value, or a named tuple. A call that fails raises KernReturn,
which has the code. Addresses and sizes are bytes; ports are numbers.

It calls libvmd by ctypes. So there is one program that speaks the wire, with its
threads, forks, windows and guards; and nothing is needed beside Python's own
library. $VMD_LIBRARY is the library, if it is not where the system looks.
"""
import ctypes
import os
from collections import namedtuple
from ctypes import POINTER, byref, c_char_p, c_int, c_uint, c_uint32, c_uint64

from mach_constants import *  # noqa: F401,F403
from mach_constants import (CODES, KERN_SUCCESS, VM_FLAGS_ANYWHERE,
                            VM_INHERIT_COPY, VM_PROT_ALL,
                            VM_PROT_DEFAULT)

_libvmd = ctypes.CDLL(os.environ.get("VMD_LIBRARY", "libvmd.so.0"))
_libvmd.mach_error_string.restype = c_char_p

MACH_PORT_NULL = MEMORY_OBJECT_NULL = 0


class KernReturn(Exception):
    """A call has failed: `code`, `name` (KERN_...) and `routine` say how."""

    def __init__(self, routine, code):
        self.routine = routine
        self.code = code
        self.name = CODES.get(code, str(code))
        words = _libvmd.mach_error_string(code).decode()
        super().__init__("%s: %s, %s" % (routine, self.name, words))


# --- Calls ----------------------------------------------------------------

def _routine(name, *types):
    function = getattr(_libvmd, name)
    function.argtypes = types
    function.restype = c_int

    def call(*arguments):
        code = function(*arguments)
        if code != KERN_SUCCESS:
            raise KernReturn(name, code)
    return call


_P64, _P32, _PINT = POINTER(c_uint64), POINTER(c_uint32), POINTER(c_int)

_vm_allocate = _routine("vm_allocate", c_uint32, _P64, c_uint64, c_int)
_vm_deallocate = _routine("vm_deallocate", c_uint32, c_uint64, c_uint64)
_vm_protect = _routine("vm_protect", c_uint32, c_uint64, c_uint64, c_uint,
                       c_int)
_vm_inherit = _routine("vm_inherit", c_uint32, c_uint64, c_uint64, c_uint)
_vm_read = _routine("vm_read", c_uint32, c_uint64, c_uint64, _P64, _P32)
_vm_write = _routine("vm_write", c_uint32, c_uint64, c_char_p, c_uint32)
_vm_copy = _routine("vm_copy", c_uint32, c_uint64, c_uint64, c_uint64)
_vm_map = _routine("vm_map", c_uint32, _P64, c_uint64, c_uint64, c_int,
                   c_uint32, c_uint64, c_uint, c_int, c_int, c_uint)
_vm_remap = _routine("vm_remap", c_uint32, _P64, c_uint64, c_uint64, c_int,
                     c_uint32, c_uint64, c_uint, _PINT, _PINT, c_uint)
_vm_msync = _routine("vm_msync", c_uint32, c_uint64, c_uint64, c_uint)
_vm_behavior_set = _routine("vm_behavior_set", c_uint32, c_uint64, c_uint64,
                            c_int)
_vm_purgable_control = _routine("vm_purgable_control", c_uint32, c_uint64,
                                c_int, _PINT)
_mach_vm_region = _routine("mach_vm_region", c_uint32, _P64, _P64, c_int,
                           ctypes.c_void_p, _P32, _P32)
_entry = _routine("mach_make_memory_entry_64", c_uint32, _P64, c_uint64, c_int,
                  _P32, c_uint32)
_task_create = _routine("task_create", c_uint32, ctypes.c_void_p, c_uint32,
                        c_uint, _P32)
_task_terminate = _routine("task_terminate", c_uint32)
_task_suspend = _routine("task_suspend", c_uint32)
_task_resume = _routine("task_resume", c_uint32)
_port_deallocate = _routine("mach_port_deallocate", c_uint32, c_uint32)
_register = _routine("bootstrap_register", c_uint32, c_char_p, c_uint32)
_look_up = _routine("bootstrap_look_up", c_uint32, c_char_p, _P32)
_vmd_check = _routine("vmd_check", c_char_p, ctypes.c_size_t)


class _BasicInfo(ctypes.Structure):  # vm_region_basic_info_64
    _pack_ = 4
    _fields_ = [("protection", c_int), ("max_protection", c_int),
                ("inheritance", c_uint), ("shared", c_uint),
                ("reserved", c_uint), ("offset", c_uint64),
                ("behavior", c_int), ("user_wired_count", ctypes.c_ushort)]


_BASIC_INFO_64 = 9

Region = namedtuple("Region", "address size protection max_protection "
                    "inheritance shared offset behavior user_wired_count")
Region.__doc__ = "What vm_region() tells of one: a region, or part of one."
Remapped = namedtuple("Remapped", "address cur_protection max_protection")
MemoryEntry = namedtuple("MemoryEntry", "port size")


def mach_task_self():
    """The program's own simulated task."""
    return c_uint32.in_dll(_libvmd, "mach_task_self_").value


def bootstrap_port():
    """The registry of names."""
    return c_uint32.in_dll(_libvmd, "bootstrap_port").value


def mach_host_self():
    """The host. Each call is a reference more."""
    _libvmd.mach_host_self.restype = c_uint32
    return _libvmd.mach_host_self()


def vm_page_size():
    """Bytes of a page of the program's own task."""
    return c_uint64.in_dll(_libvmd, "vm_page_size").value


def mach_error_string(code):
    """What a code means, in words."""
    return _libvmd.mach_error_string(code).decode()


# --- Memory ---------------------------------------------------------------

def vm_allocate(task, size, flags=VM_FLAGS_ANYWHERE, address=0):
    """Zeros, of `size` bytes. Returns the address."""
    at = c_uint64(address)
    _vm_allocate(task, byref(at), size, flags)
    return at.value


def vm_deallocate(task, address, size):
    """The memory goes."""
    _vm_deallocate(task, address, size)


def vm_protect(task, address, size, set_maximum, new_protection):
    """Sets the protection; or its maximum, and with it the protection."""
    _vm_protect(task, address, size, bool(set_maximum), new_protection)


def vm_inherit(task, address, size, new_inheritance):
    """Says what a child of the task gets of it."""
    _vm_inherit(task, address, size, new_inheritance)


def vm_read(task, address, size):
    """Returns bytes."""
    data, count = c_uint64(), c_uint32()
    _vm_read(task, address, size, byref(data), byref(count))
    try:
        return ctypes.string_at(data.value, count.value)
    finally:
        if count.value:
            _vm_deallocate(mach_task_self(), data.value, count.value)


def vm_write(task, address, data):
    """Writes bytes, all or none."""
    data = bytes(data)
    _vm_write(task, address, data, len(data))


def vm_copy(task, source_address, size, dest_address):
    """Copies without copying: pages are shared until somebody writes."""
    _vm_copy(task, source_address, size, dest_address)


def vm_map(task, size, object=MEMORY_OBJECT_NULL, offset=0, copy=False,
           cur_protection=VM_PROT_DEFAULT, max_protection=VM_PROT_ALL,
           inheritance=VM_INHERIT_COPY, flags=VM_FLAGS_ANYWHERE, address=0,
           mask=0):
    """Maps a memory entry's memory, or zeros. Returns the address."""
    at = c_uint64(address)
    _vm_map(task, byref(at), size, mask, flags, object, offset, bool(copy),
            cur_protection, max_protection, inheritance)
    return at.value


def vm_remap(task, size, src_task, src_address, copy=False,
             inheritance=VM_INHERIT_COPY, flags=VM_FLAGS_ANYWHERE, address=0,
             mask=0):
    """Maps a task's memory in another task, or in the same. Returns the address,
    and the protections that the mapping has."""
    at, now, most = c_uint64(address), c_int(), c_int()
    _vm_remap(task, byref(at), size, mask, flags, src_task, src_address,
              bool(copy), byref(now), byref(most), inheritance)
    return Remapped(at.value, now.value, most.value)


def vm_region(task, address):
    """The region that the address is in, or the next one above."""
    at, size, object = c_uint64(address), c_uint64(), c_uint32()
    info = _BasicInfo()
    count = c_uint32(ctypes.sizeof(info) // 4)
    _mach_vm_region(task, byref(at), byref(size), _BASIC_INFO_64, byref(info),
                    byref(count), byref(object))
    return Region(at.value, size.value, info.protection, info.max_protection,
                  info.inheritance, bool(info.shared), info.offset,
                  info.behavior, info.user_wired_count)


def regions(task):
    """All regions of a task, in the order of their addresses."""
    address = 0
    while True:
        try:
            region = vm_region(task, address)
        except KernReturn as e:
            if e.name in ("KERN_INVALID_ADDRESS", "KERN_NO_SPACE"):
                return
            raise
        yield region
        address = region.address + region.size


def vm_msync(task, address, size, sync_flags):
    """Writes memory back to where it comes from."""
    _vm_msync(task, address, size, sync_flags)


def vm_behavior_set(task, address, size, new_behavior):
    """Says how memory will be used."""
    _vm_behavior_set(task, address, size, new_behavior)


def vm_purgable_control(task, address, control, state=0):
    """Sets, or gets, whether memory may be purged. Returns the state."""
    value = c_int(state)
    _vm_purgable_control(task, address, control, byref(value))
    return value.value


def mach_make_memory_entry_64(task, size, offset, permission, parent_entry=0):
    """A port that stands for memory. Returns it, and how many bytes it has."""
    length, port = c_uint64(size), c_uint32()
    _entry(task, byref(length), offset, permission, byref(port), parent_entry)
    return MemoryEntry(port.value, length.value)


# --- Tasks and ports ------------------------------------------------------

def task_create(parent_task, inherit_memory=True):
    """A child, which inherits memory or has none. Returns its port."""
    child = c_uint32()
    _task_create(parent_task, None, 0, bool(inherit_memory), byref(child))
    return child.value


def task_terminate(task):
    """The task's memory goes, and its port dies."""
    _task_terminate(task)


def task_suspend(task):
    """Counts one more."""
    _task_suspend(task)


def task_resume(task):
    """Counts one less."""
    _task_resume(task)


def mach_port_deallocate(task, name):
    """One reference less."""
    _port_deallocate(task, name)


def bootstrap_register(bootstrap, service_name, service_port):
    """Gives a port a name that other programs look up."""
    _register(bootstrap, service_name.encode(), service_port)


def bootstrap_look_up(bootstrap, service_name):
    """Returns the port that has the name."""
    port = c_uint32()
    _look_up(bootstrap, service_name.encode(), byref(port))
    return port.value


def vmd_check():
    """Does everything hold in the daemon that must? Else KernReturn."""
    complaint = ctypes.create_string_buffer(256)
    _vmd_check(complaint, len(complaint))
