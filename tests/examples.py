#!/usr/bin/python3
"""The examples of the manual pages, done.

    examples.py VMD VMCTL LIBRARY SOURCE-ROOT CC...

What stands in a page's EXAMPLES is done as a reader would do it:

    $ command       is run by sh, under a daemon of its own; what the page shows
                    below it must come, and if it shows nothing, it must succeed
    $ cat FILE      makes the file, if there is none: what is shown is its text
    # command       is root's: a daemon that is served, on another socket
    C               is compiled; a part of a program is put into one that has
                    what such parts use, and must end with KERN_SUCCESS
    scripts         of vmd-script(5) and configurations of vmd.conf(5) are
                    taken by vmctl and vmd

Command lines with a `$` and scripts count in any section. Prints TAP. Exits
with 1 if an example fails.
"""

import grp
import os
import pathlib
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time

if len(sys.argv) < 6:
    sys.exit("usage: examples.py VMD VMCTL LIBRARY SOURCE-ROOT CC...")
VMD, VMCTL, LIBRARY, SOURCE = (pathlib.Path(a).resolve() for a in sys.argv[1:5])
CC = [shutil.which(sys.argv[5]) or sys.argv[5], *sys.argv[6:]]
WAIT = 120
DAEMON = [VMD, "--log-level", "error", "--config", "none", "--check", "--run"]

PAGES = [
    *sorted(SOURCE.glob("client/man/*.3")),
    *sorted(SOURCE.glob("client/vmctl/*.[15]")),
    SOURCE / "server/vmd.8",
    SOURCE / "server/vmd.conf.5",
]

# What parts of programs take for granted.
AROUND = """
#include <stdio.h>
#include <stdlib.h>
#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <mach/mach_error.h>
#include <mach/mach_host.h>
#include <mach/host_priv.h>
#include <servers/bootstrap.h>
#include <vmd.h>

static kern_return_t kr;
static task_t task, other;
static vm_address_t address, a, cache;
static mach_vm_address_t at;

void fill(vm_address_t memory);
void
fill(vm_address_t memory)
{
	(void)memory;
}

static void
must(kern_return_t done)
{
	if (done != KERN_SUCCESS) {
		mach_error("what is around the example:", done);
		exit(2);
	}
}

int
main(void)
{
	task = mach_task_self();
	must(task_create(task, NULL, 0, FALSE, &other));
	must(vm_allocate(task, &address, 131072, VM_FLAGS_ANYWHERE));
	must(vm_allocate(task, &a, 131072, VM_FLAGS_ANYWHERE));
	must(vm_allocate(task, &cache, 4096,
	    VM_FLAGS_ANYWHERE | VM_FLAGS_PURGABLE));
	(void)at;
	{
%s
	}
	if (kr != KERN_SUCCESS)
		mach_error("the example:", kr);
	return kr != KERN_SUCCESS;
}
"""


class Failed(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Failed(text)


# --- Pages ---------------------------------------------------------------


def plain(line):
    """A line as mandoc would print it."""
    for escape, character in [("\\e", "\\"), ("\\&", ""), ("\\-", "-"), ("\\(dq", '"')]:
        line = line.replace(escape, "\0" if character == "\\" else character)
    need("\\" not in line, f"an escape that is not known here: {line}")
    return line.replace("\0", "\\")


def blocks(text):
    """(section, lines) of each display."""
    section, block = None, None
    for line in text.split("\n"):
        if line.startswith(".Sh "):
            section = line[4:]
        elif line.startswith(".Bd -literal"):
            block = []
        elif line == ".Ed" and block is not None:
            yield section, block
            block = None
        elif line.startswith(".Dl "):
            yield section, [plain(line[4:])]
        elif block is not None:
            block.append(plain(line))


def examples(name, text):
    """(kind, lines) of each example."""
    for section, lines in blocks(text):
        if lines[0].startswith("$ "):
            yield "session", lines
        elif lines[0].startswith("# ") and name == "vmd.8":
            yield "root", lines
        elif name == "vmd-script.5":
            yield "script", lines
        elif section == "EXAMPLES":
            yield "configuration" if name == "vmd.conf.5" else "c", lines


# --- Doing them ----------------------------------------------------------


def run(command, folder, **more):
    """What it says, of both kinds; it must succeed."""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=WAIT, text=True, errors="replace", **more)
    need(done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def is_whole(command):
    """Does the shell want no more lines?"""
    return subprocess.run(["sh", "-n", "-c", command], stdin=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def steps(lines):
    """[command, what it shows] of a session."""
    found = []
    for line in lines:
        if line.startswith("$ ") and (not found or is_whole(found[-1][0])):
            found.append([line[2:], ""])
        elif not is_whole(found[-1][0]):
            found[-1][0] += "\n" + line
        else:
            found[-1][1] += line + "\n"
    return found


def alike(said):
    """Without what is another each time, and lines that a page folds."""
    said = re.sub(r"^\[\d+\]", "[1]", said, flags=re.M)
    said = re.sub(r"<\d+\.\d+>$", "<0>", said, flags=re.M)
    return re.sub(r",\n +", ", ", said)


def do_session(lines, folder):
    for command, shown in steps(lines):
        file = re.fullmatch(r"cat ([\w.-]+)", command)
        if file and not (folder / file[1]).exists():
            (folder / file[1]).write_text(shown)
            continue
        said = run([*DAEMON, "sh", "-c", command], folder)
        need(not shown or alike(said) == alike(shown),
             f"{command}\nsays\n{said}and the page has\n{shown}")


def do_root(lines, folder):
    """With a group that there is. It must make its socket, and serve."""
    words = shlex.split(lines[0][2:])
    need(words[0] == "vmd", f"{words[0]}: not to be tried as root")
    group = grp.getgrgid(os.getgid()).gr_name
    words = [group if word == "mach" else word for word in words]
    path = folder / "root.sock"
    with subprocess.Popen([VMD, "--config", "none", "--log-level", "error",
                           "--socket", path, *words[1:]],
                          stdin=subprocess.DEVNULL) as daemon:
        try:
            while not path.is_socket():
                need(daemon.poll() is None, "the daemon does not start")
                time.sleep(0.01)
            run([VMCTL, "--socket", path, "-c", "vm_allocate $self 0 4K ANYWHERE"], folder)
            mode = stat.S_IMODE(path.stat().st_mode)
            need(mode == 0o660, f"the socket's mode is {mode:o}")
        finally:
            daemon.terminate()


def do_script(lines, folder):
    (folder / "example.vmd").write_text("\n".join(lines) + "\n")
    run([*DAEMON, VMCTL, "example.vmd"], folder)


def do_configuration(lines, folder):
    user = pwd.getpwuid(os.getuid()).pw_name
    text = "\n".join(lines).replace("[user teacher]", f"[user {user}]")
    (folder / "example.conf").write_text(text + "\n")
    run([VMD, "--check-config", "example.conf"], folder)


def do_c(lines, folder):
    text = "\n".join(lines)
    whole = re.search(r"^main\(", text, re.M)
    (folder / "example.c").write_text(text + "\n" if whole else AROUND % text)
    run(["sh", "-c", "cc -Wall -Werror example.c -o example"
         " $(pkg-config --cflags --libs vmd)"], folder)
    run([*DAEMON, folder / "example"], folder)


DOING = {
    "session": do_session,
    "root": do_root,
    "script": do_script,
    "configuration": do_configuration,
    "c": do_c,
}


def do(name, text):
    """Does the examples of a page. Returns (kind, None or what is wrong)."""
    done = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, lines in examples(name, text):
            try:
                DOING[kind](lines, pathlib.Path(folder))
                done.append((kind, None))
            except (Failed, OSError, subprocess.SubprocessError) as why:
                done.append((kind, str(why)))
    return done


# --- As if all were installed --------------------------------------------


def settle(folder):
    """The programs, a compiler and what pkg-config knows."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "vmd").symlink_to(VMD)
    (programs / "vmctl").symlink_to(VMCTL)
    (programs / "cc").write_text(f'#!/bin/sh\nexec {shlex.join(CC)} "$@"\n')
    (programs / "cc").chmod(0o755)
    for name, first in [("vmd", ""), ("vmd-gnumach", f"-I{SOURCE}/client/gnumach ")]:
        (folder / f"{name}.pc").write_text(
            f"Name: {name}\nDescription: as it lies here\nVersion: 0\n"
            f"Cflags: {first}-I{SOURCE}/client -I{SOURCE}/common\n"
            f"Libs: -L{LIBRARY.parent} -lvmd -Wl,-rpath,{LIBRARY.parent}\n")
    os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
    os.environ["PKG_CONFIG_PATH"] = str(folder)
    for name in [n for n in os.environ if n.startswith("VMD_")]:
        del os.environ[name]


# --- Is what is wrong told? ----------------------------------------------

BREACHES = [
    ("vmd-script.5", "copied from 0x1000", "copied from 0x2000"),
    ("vmd-script.5", "vm_allocate $self 0x10000 flags=FIXED", "vm_alocate $self"),
    ("vmctl.1", "exit status: 1", "exit status: 0"),
    ("vmctl.1", "$ vmctl -c 'help vm_copy'", "$ vmctl -c 'help vm_cpoy'"),
    ("libvmd.3", "printf(\"16", "printf(\"17"),
    ("libvmd.3", "[0 => 0x1000]", "[0 => 0x2000]"),
    ("libvmd.3", "TRUE, &child", "NULL, 0, TRUE, &child"),
    ("vm_allocate.3", "VM_MAKE_TAG(", "VM_MAKE_TAGG("),
    ("vm_remap.3", "VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE", "VM_FLAGS_FIXED"),
    ("vmd.8", "# vmd --socket-mode 0660", "# vmd --socket-mode 9660"),
    ("vmd.conf.5", "memory = 50%", "memory = 500%"),
]


def silent():
    """The breaches that nobody would hear of."""
    for name, good, bad in BREACHES:
        text = next(page for page in PAGES if page.name == name).read_text()
        if good not in text or not any(why for _, why in do(name, text.replace(good, bad))):
            yield f"{name}: {bad}"


def main():
    count = failed = 0

    def holds(name, why):
        nonlocal count, failed
        count += 1
        failed += why is not None
        print(f"{'not ok' if why else 'ok'} {count} - {name}")
        for line in (why or "").split("\n"):
            if line:
                print(f"# {line}")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory() as folder:
        settle(pathlib.Path(folder))
        for page in PAGES:
            for i, (kind, why) in enumerate(do(page.name, page.read_text()), 1):
                holds(f"{page.name}: example {i}, {kind}", why)
        holds("each kind of breach would be told of", "\n".join(silent()) or None)
    print(f"1..{count}")
    return failed > 0


sys.exit(main())
