#!/usr/bin/env python3
"""vmctl on a terminal: lines are typed, completed, run and remembered.

usage: repl.py VMD VMCTL edits|reads

The last says whether vmctl was built with an editor. Prints TAP. Each session
has a daemon and a folder of its own.
"""
import os
import pty
import re
import select
import stat
import subprocess
import sys
import tempfile
import termios
import time

sys.dont_write_bytecode = True
from support import tap                       # pylint: disable=wrong-import-position

VMD, VMCTL, HOW = sys.argv[1:4]
EDITS = HOW == "edits"
PROMPT = "vmd> "
daemons = []


def edited(function):
    """Only of a vmctl that has an editor."""
    if EDITS:
        tap.test(function)


class Session:
    """vmctl on a pseudo-terminal, and its daemon."""

    def __init__(self, folder, arguments=(), daemon=True, **env):
        self.folder = folder
        self.raw = ""
        socket = os.path.join(folder, "vmd.sock")
        self.env = {"PATH": os.environ["PATH"], "TERM": "xterm", "HOME": folder,
                    "LC_ALL": "C.UTF-8", "VMD_SOCKET": socket, **env}
        self.edits = EDITS and self.env["TERM"] != "dumb"
        self.daemon = None
        if daemon:
            self.start_daemon()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(VMCTL, ["vmctl", *arguments], self.env)

    def start_daemon(self):
        socket = self.env["VMD_SOCKET"]
        self.daemon = subprocess.Popen(
            [VMD, "--log-level", "warning", "--socket", socket])
        daemons.append(self.daemon)
        while not os.path.exists(socket):
            time.sleep(0.01)

    def read(self, timeout):
        ready, _, _ = select.select([self.terminal], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.raw += data.decode()
        return data != b""

    def until(self, pattern, timeout=60):
        """What comes up to a pattern, without escapes."""
        end = time.monotonic() + timeout
        while True:
            text = plain(self.raw)
            match = re.search(pattern, text)
            if match:
                self.raw = ""
                return text
            if time.monotonic() > end or not self.read(1):
                assert time.monotonic() <= end and self.alive(), (pattern, text)

    def until_raw(self, text):
        while text not in self.raw:
            assert self.read(60), (text, self.raw)

    def alive(self):
        return os.waitid(os.P_PID, self.pid,
                         os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def keys(self, text):
        """Typed once the editor listens: before that the terminal echoes."""
        while self.edits and self.alive() and (
                termios.tcgetattr(self.terminal)[3] & termios.ECHO):
            time.sleep(0.01)
        os.write(self.terminal, text.encode())

    def line(self, text):
        """What a line prints: what is between it and the next prompt."""
        self.keys(text + "\n")
        shown = self.until(r"\n" + PROMPT + r"$")
        return shown[shown.index("\n") + 1:shown.rindex("\n") + 1]

    def end(self, text=None):
        """The exit status."""
        if text is not None:
            self.keys(text)
        while self.read(60):
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.terminal)
        if self.daemon and self.daemon.poll() is None:
            self.daemon.terminate()
            assert self.daemon.wait(timeout=60) == 0
        return os.waitstatus_to_exitcode(status)


def plain(raw):
    text = re.sub(r"\033\[[0-9;?]*[A-Za-z]|\033[()=>].?|\a", "", raw)
    return text.replace("\r\n", "\n").replace("\r", "")


def session(*arguments, **more):
    s = Session(tempfile.mkdtemp(dir=scratch), arguments, **more)
    s.until(PROMPT + "$")
    return s


@tap.test
def replies_are_printed_and_variables_live_on():
    s = session()
    assert s.line("a = vm_allocate $self 0 64K ANYWHERE") == "address=0x1000\n"
    assert s.line("print $a+0x10") == "0x1010\n"
    assert s.line("vm_write $self $a \"hello\"; vm_read $self $a 5") == (
        "5 bytes of data\n"
        "       0  68 65 6c 6c 6f                                    |hello|\n")
    assert s.line("  # nothing") == ""
    assert s.end("exit\n") == 0


@tap.test
def what_is_wrong_is_told_and_the_session_goes_on():
    s = session()
    assert s.line("vm_alocate $self") == (
        "error: vm_alocate: no such command; `list` lists all\n")
    assert s.line("vm_copy $self 0") == (
        "error: vm_copy: 2 operands, wanted 4: "
        "vm_copy task source_address size dest_address\n")
    assert s.line("vm_protect $self 0 4K FALSE r--") == (
        "error: vm_protect: expected KERN_SUCCESS, got KERN_INVALID_ADDRESS\n")
    assert s.line("print 1") == "1\n"
    assert s.end("quit\n") == 0


@tap.test
def of_a_line_that_is_wrong_nothing_runs_and_nothing_stays():
    s = session()
    assert "no such command" in s.line("a = vm_allocate $self 0 4K 1; vm_bad")
    assert s.line("print $a") == "error: print: no variable $a\n"
    assert s.line("a = vm_allocate $self 0 4K 1") == "address=0x1000\n"
    assert "wanted" in s.line("a = vm_region $self")
    assert s.line("print $a.address") == "0x1000\n"
    assert s.line("a = vm_deallocate $self 0 0 0") != ""
    assert s.line("print $a") == "0x1000\n"
    assert s.end("exit\n") == 0


@tap.test
def help_tells_types_and_units():
    s = session()
    assert s.line("help vm_protect") == (
        "vm_protect task address size set_maximum new_protection\n"
        "  task            a port\n"
        "  address         a number of 64 bits: an address\n"
        "  size            a number of 64 bits: bytes\n"
        "  set_maximum     TRUE or FALSE\n"
        "  new_protection  a number of 32 bits: VM_PROT_..., or as rw-\n")
    assert "  flavor      a number of 32 bits: VM_REGION_...; may be left out\n" in (
        s.line("help vm_region"))
    assert s.end("exit\n") == 0


@tap.test
def verbs_are_there():
    s = session()
    s.line("vm_allocate $self 0 64K ANYWHERE")
    assert "64K" in s.line("tasks")
    assert "usage:" in s.line("tasks of mine")
    assert s.line("print 2") == "2\n"
    assert s.end("exit\n") == 0


@tap.test
def the_end_of_input_ends_it():
    s = session()
    assert s.end("\4") == 0


@tap.test
def a_daemon_that_has_gone_away_ends_it_with_3():
    s = session()
    s.line("vm_allocate $self 0 64K ANYWHERE")
    s.daemon.terminate()
    assert s.daemon.wait(timeout=60) == 0
    s.keys("vm_allocate $self 0 64K ANYWHERE\n")
    s.until("the daemon has gone away\n")
    assert s.end() == 3


@tap.test
def a_daemon_that_is_not_there_yet_is_told():
    s = session(daemon=False)
    assert "cannot connect" in s.line("vm_allocate $self 0 64K ANYWHERE")
    assert s.line("print 1") == "1\n"
    s.start_daemon()
    assert s.line("vm_allocate $self 0 64K ANYWHERE") == "address=0x1000\n"
    assert s.end("exit\n") == 0


@tap.test
def a_script_is_run_as_ever_when_it_is_piped():
    done = subprocess.run([VMCTL], input="print 1\n", capture_output=True,
                          text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", ""), done


@tap.test
def on_a_dumb_terminal_lines_are_just_read():
    s = session(TERM="dumb")
    assert s.line("print 1") == "1\n"
    s.keys("print 2\n")
    s.until_raw("2\r\nvmd> ")
    assert "\033" not in s.raw, s.raw
    assert s.end("\4") == 0


@tap.test
def colour_is_not_wanted_by_all():
    s = session()
    s.keys("vm_bad\n")
    s.until_raw("list` lists all")
    assert "\033[1;31merror: \033[0mvm_bad" in s.raw, s.raw
    s.end("exit\n")
    s = session(NO_COLOR="1")
    s.keys("vm_bad\n")
    s.until_raw("list` lists all")
    assert "error: vm_bad" in s.raw and "\033[1;31m" not in s.raw, s.raw
    assert s.end("exit\n") == 0


@tap.test
def addresses_stand_back():
    s = session()
    s.keys("vm_allocate $self 0 4K ANYWHERE; show $self 0x1000 1\n")
    s.until_raw("\033[2m  0x1000\033[0m  00 ")
    assert s.end("exit\n") == 0


@edited
def names_are_completed():
    s = session()
    assert s.line("vm_allo\t$se\t 0 64K VM_FLAGS_ANYW\t") == "address=0x1000\n"
    assert s.line("reg = vm_regi\t$self 0") != ""
    s.line("reg = vm_region $self 0")
    assert s.line("print $reg.addr\t") == "0x1000\n"
    assert s.line("vm_inherit $self 0x1000 4K SHA\t") == ""
    assert s.line("vm_protect $self 0 4K FA\tnew_pro\tr-- expect INVALID_ADDR\t") == (
        "KERN_INVALID_ADDRESS\n")
    assert s.end("exit\n") == 0


@edited
def files_are_completed():
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "pages"))
        with open(os.path.join(folder, "pages", "first"), "w", encoding="ascii") as file:
            file.write("hello")
        s = session()
        s.line("vm_allocate $self 0 4K ANYWHERE")
        said = s.line("vm_write $self 0x1000 @%s/pa\tfi\t" % folder)
        assert said == "", said
        said = s.line("print @%s/pages/\t" % folder)
        assert said == "hello\n", said
        assert s.end("exit\n") == 0


def shown(s, typed):
    """What a Tab behind that shows; the line is dropped."""
    s.keys(typed + "\t")
    text = s.until(r"\n" + PROMPT + re.escape(typed) + "$")
    s.keys("\3")
    s.until(r"\^C\n" + PROMPT + "$")
    return text[text.index("\n") + 1:text.rindex("\n" + PROMPT) + 1]


@edited
def a_tab_shows_what_an_operand_may_be():
    s = session()
    text = shown(s, "vm_inherit $self 0 4K ")
    assert text.startswith(
        "vm_inherit task address size new_inheritance\n"
        "  new_inheritance  a number of 32 bits: VM_INHERIT_...\n"), text
    words = text.split("\n", 2)[2].split()
    assert {"COPY", "NONE", "SHARE", "$self", "$null"} <= set(words), words
    assert not {"READ", "ANYWHERE"} & set(words), words
    assert shown(s, "vm_inherit ").startswith(
        "vm_inherit task address size new_inheritance\n  task "), text
    assert shown(s, "names ") == "names\n"
    assert shown(s, "vm_read_").split() == [
        "vm_read_list", "vm_read_overwrite"], shown(s, "vm_read_")
    assert s.end("exit\n") == 0


@edited
def lines_are_remembered_and_nobody_else_reads_them():
    s = session()
    s.line("print 11")
    s.line("print 22")
    s.keys("\033[A\033[A\n")
    assert "\n11\n" in s.until(r"\n11\n" + PROMPT + "$")
    assert s.end("exit\n") == 0
    path = os.path.join(s.folder, ".local/state/vmctl_history")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
    again = Session(s.folder)
    again.until(PROMPT + "$")
    again.keys("\033[A\033[A\033[A\n")
    assert "\n22\n" in again.until(r"\n\d+\n" + PROMPT + "$")
    assert again.end("exit\n") == 0
    state = os.path.join(s.folder, "state")
    moved = session(XDG_STATE_HOME=state)
    assert moved.line("print 3") == "3\n"
    assert moved.end("exit\n") == 0
    with open(os.path.join(state, "vmctl_history")) as file:
        assert "print" in file.read()


@edited
def ctrl_c_drops_the_line_and_nothing_else():
    s = session()
    s.line("a = vm_allocate $self 0 64K ANYWHERE")
    s.keys("print 5\3")
    s.until(r"\^C\n" + PROMPT + "$")
    assert s.line("print $a") == "0x1000\n"
    assert s.end("exit\n") == 0


def kill_all():
    while daemons:
        daemons.pop().kill()


with tempfile.TemporaryDirectory() as scratch:
    for name in ("VMD_SOCKET", "VMD_PERSONALITY", "VMD_DEBUG"):
        os.environ.pop(name, None)
    failures = tap.run(after=kill_all)
sys.exit(1 if failures else 0)
