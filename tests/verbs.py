#!/usr/bin/env python3
"""vmctl's verbs, on a daemon of the test's own with four tasks in it.

usage: verbs.py VMD VMCTL SCENE

Prints TAP. The tasks are those of tests/support/scene.c.
"""
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
import zlib

sys.dont_write_bytecode = True
from support import tap                       # pylint: disable=wrong-import-position

VMD, VMCTL, SCENE = sys.argv[1:4]
SVG = "{http://www.w3.org/2000/svg}"


def vmctl(*arguments, status=0, env=None):
    done = subprocess.run([VMCTL, *arguments], capture_output=True, text=True,
                          timeout=60, env={**os.environ, **(env or {})})
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stdout if status == 0 else done.stderr


def rows(text):
    return [line.split() for line in text.splitlines()]


@tap.test
def tasks_are_listed_with_their_parents_and_processes():
    listed = rows(vmctl("tasks"))
    assert [row[:2] for row in listed] == [
        ["TASK", "PARENT"], ["1", "-"], ["2", "1"], ["3", "2"], ["4", "1"]], listed
    assert listed[1][2] == str(scene.pid), listed
    assert listed[1][4] == "osf" and listed[1][5:7] == ["304K", "16K"], listed


@tap.test
def the_tree_tells_what_each_shares_with_whom():
    tree = vmctl("tree")
    first = tree.index("task 1 (")
    assert first == 0, tree
    assert "└─ task 3" in tree and "└─ task 4" in tree, tree
    own = tree[:tree.index("├─ task 2")]
    assert "with task 2: shares 1 page, copy-on-write 1 page\n" in own, tree
    grand = tree[tree.index("task 3"):tree.index("└─ task 4")]
    assert "with task 2: shares 1 page, copy-on-write 2 pages\n" in grand, tree
    assert "with task 4" not in tree, tree


@tap.test
def a_map_tells_regions_as_vmmap_does_and_sums_by_type():
    text = vmctl("map", "1")
    assert re.search(r"memory +0x10000-0x18000 +32K +8\.0K|memory +0x10000-0x18000 "
                     r"+32K +8K", text), text
    assert re.search(r"STACK +0x30000-0x70000 .* SM=PRV  inherit none", text), text
    assert re.search(r"0x20000-0x24000 .* SM=SHM  inherit share", text), text
    assert re.search(r"TOTAL +304K +16K +16K +0K +3\n", text), text
    summary = vmctl("map", "--summary", "1")
    assert summary.startswith("REGION TYPE"), summary
    assert summary.strip() == text[text.index("REGION TYPE"):].strip()


@tap.test
def an_address_is_told_with_its_neighbours():
    text = vmctl("map", "1", "0x21000")
    lines = text.splitlines()
    here = [i for i, line in enumerate(lines) if line.startswith("---> ")]
    assert len(here) == 1 and "0x20000-0x24000" in lines[here[0]], text
    assert "0x10000-0x18000" in lines[here[0] - 1], text
    assert "0x30000-0x70000" in lines[here[0] + 1], text
    assert "---> (gap)           0x18000-0x20000" in vmctl("map", "1", "0x19000")
    assert "---> (gap)           0x70000-\n" in vmctl("map", "1", "0x70000")


@tap.test
def pages_are_told_by_a_letter_of_their_kind():
    text = vmctl("map", "--pages", "1")
    assert re.search(r"0x10000  pc\.{6}\n", text), text
    assert re.search(r"0x20000  s\.\.\.\n", text), text
    assert re.search(r"0x30000  p\.{63}\n", text), text
    assert "\033" not in text, "colours are a terminal's"
    child = vmctl("map", "--pages", "2")
    assert re.search(r"0x10000  cc\.", child), child


def squares(root):
    return [r for r in root.iter(SVG + "rect") if r.get("rx") == "2"]


@tap.test
def a_picture_is_one_document_that_has_every_page_shown():
    root = ET.fromstring(vmctl("map", "--all", "--svg"))
    width, height = float(root.get("width")), float(root.get("height"))
    for shape in root.iter(SVG + "rect"):
        if shape.get("width", "").endswith("%"):
            continue
        assert float(shape.get("x")) + float(shape.get("width")) <= width
        assert float(shape.get("y")) + float(shape.get("height")) <= height
    for text in root.iter(SVG + "text"):
        assert float(text.get("y")) <= height and text.text
    told = [t.text for t in root.iter(SVG + "title")]
    assert len([t for t in told if t.startswith("0x10000: ")]) == 3, told
    assert len([t for t in told if "0x20000: shared" in t]) == 3, told
    titles = [t.text for t in root.iter(SVG + "text") if t.get("class") == "task"]
    assert titles == ["task 1 (osf)", "task 2, child of 1 (osf)",
                      "task 3, child of 2 (osf)", "task 4, child of 1 (osf)"]


@tap.test
def one_frame_has_one_letter_wherever_it_stands():
    root = ET.fromstring(vmctl("map", "--all", "--svg"))
    letters = [t.text for t in root.iter(SVG + "text") if t.get("class") == "letter"]
    # the second page of all three; the shared one of three; the child's first
    # page, and its child's
    assert sorted(letters.count(l) for l in set(letters)) == [2, 3, 3], letters


@tap.test
def squares_do_not_overlap():
    root = ET.fromstring(vmctl("map", "--all", "--svg"))
    seen = set()
    for s in squares(root):
        at = (s.get("x"), s.get("y"))
        assert at not in seen, at
        seen.add(at)
    assert len(seen) > 40


@tap.test
def the_picture_of_the_readme_is_what_is_drawn_today():
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "../client/examples/fork.svg")
    drawn = vmctl("map", "--all", "--svg")
    if os.environ.get("RECORD"):
        with open(here, "w") as file:
            file.write(drawn)
    with open(here) as file:
        assert file.read() == drawn, "RECORD=1 draws it anew: look at it then"


def pixels(png):
    """Of what a browser writes, 8 bits a sample and not interlaced: as RGB."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", png[at + 8:at + 18])
        elif kind == b"IDAT":
            packed += png[at + 8:at + 8 + size]
        at += size + 12
    step = {2: 3, 6: 4}[colour]
    data, stride = zlib.decompress(packed), width * step
    before, seen = bytearray(stride), []
    for y in range(height):
        at = y * (stride + 1)
        how, row = data[at], bytearray(data[at + 1:at + 1 + stride])
        for x in range(stride if how else 0):
            a, c = (row[x - step], before[x - step]) if x >= step else (0, 0)
            b = before[x]
            near = min((abs(b - c), 0, a), (abs(a - c), 1, b),
                       (abs(a + b - 2 * c), 2, c))[2]
            row[x] = (row[x] + (0, a, b, (a + b) // 2, near)[how]) & 255
        seen += (bytes(row[x:x + 3]) for x in range(0, stride, step))
        before = row
    return seen


def screenshot(path):
    """What a browser makes of a file."""
    png = os.path.join(folder, "seen.png")
    browser = subprocess.Popen(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--user-data-dir=" + os.path.join(folder, "browser"),
         "--screenshot=" + png, "--window-size=900,500", "file://" + path],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        browser.wait(timeout=120)
    finally:
        try:
            os.killpg(browser.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    with open(png, "rb") as file:
        return pixels(file.read())


@tap.test
def a_browser_draws_each_kind_of_page_in_its_colour():
    if not shutil.which("chromium"):
        raise tap.Skipped("there is no chromium")
    for form in ("svg", "html"):
        path = os.path.join(folder, "map." + form)
        with open(path, "w") as file:
            file.write(vmctl("map", "--" + form, "1"))
        seen = screenshot(path)
        square = 16 * 16
        # task 1: one page copied on write, one shared, two private
        for colour, count in (("fbd38d", 1), ("a8e0b0", 1), ("a9cdf5", 2)):
            found = seen.count(bytes.fromhex(colour))
            assert square * count * 0.5 < found < square * (count + 2), \
                (form, colour, found)


@tap.test
def a_page_of_html_has_the_picture_and_the_regions_and_needs_nothing_else():
    html = vmctl("map", "--html", "1")
    assert html.startswith("<!doctype html>") and "<svg" in html
    assert "0x30000-0x70000" in html
    assert "src=" not in html and "href=" not in html
    ET.fromstring(html[html.index("<svg"):html.index("</svg>") + 6])


@tap.test
def a_delta_tells_what_has_changed_and_that_nothing_has():
    assert vmctl("map", "--delta", "1", "1") == "nothing has changed in 1 second\n"


@tap.test
def statistics_are_metrics_with_help_and_type_each():
    text = vmctl("stats")
    names = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            names.add(line.split()[2])
        elif not line.startswith("#"):
            m = re.fullmatch(r'(vmd_\w+)(\{routine="\w+",id="\d+"\})? (\d+)', line)
            assert m and m.group(1) in names, line
    assert "vmd_tasks 4\n" in text, text
    assert re.search(r'vmd_calls_total\{routine="task_create",id="3400"\} 3\n', text)


@tap.test
def the_monitor_prints_calls_of_others_as_they_are_made():
    watcher = subprocess.Popen([VMCTL, "monitor", "-n", "3"], text=True,
                               stdout=subprocess.PIPE)
    lines = []
    for _ in range(100):
        vmctl("-c", "a = vm_allocate $self 0 0x4000 ANYWHERE; "
              "vm_protect $self 0 0x1000 FALSE r-- expect INVALID_ADDRESS")
        if watcher.poll() is not None:
            break
        time.sleep(0.05)
    lines = watcher.communicate(timeout=30)[0].splitlines()
    assert len(lines) == 3, lines
    text = "\n".join(lines)
    assert re.search(r"^\d\d:\d\d:\d\d\.\d{6} \[\d+\] ", lines[0]), text
    assert "vm_allocate(mach_task_self(), [0 => 0x1000], 0x4000, " \
        "VM_FLAGS_ANYWHERE) = KERN_SUCCESS <0." in text, text
    assert "VM_PROT_READ) = KERN_INVALID_ADDRESS <0." in text, text


@tap.test
def top_tells_of_tasks_and_of_what_they_did_in_a_second():
    text = vmctl("top", "-n", "2", "-d", "0.1")
    assert text.count("calls/s, ") == 2 and text.count("CALLS/S") == 2, text
    listed = [row for row in rows(text) if row[:1] == ["1"]]
    assert len(listed) == 2 and listed[0][4:6] == ["304K", "16K"], text
    assert " tasks, 2 connections, 5 of " in text, text


@tap.test
def top_draws_a_screen_on_a_terminal_and_leaves_it_by_q():
    import pty
    import select
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(VMCTL, [VMCTL, "top", "-d", "0.1"])
    seen = b""
    began = time.monotonic()
    while time.monotonic() - began < 30:
        if select.select([terminal], [], [], 0.5)[0]:
            try:
                seen += os.read(terminal, 4096)
            except OSError:
                break
        if b"q leaves" in seen:
            os.write(terminal, b"q")
    else:
        os.kill(pid, 9)
    assert os.waitpid(pid, 0)[1] == 0, seen
    assert b"CALLS/S" in seen and b"q leaves" in seen, seen


def document(*arguments):
    return json.loads(vmctl("--json", *arguments))


@tap.test
def the_monitor_writes_a_capture_with_a_request_and_a_reply_a_call():
    file = os.path.join(folder, "calls.pcap")
    watcher = subprocess.Popen([VMCTL, "monitor", "-n", "2", "--pcap", file])
    while watcher.poll() is None:
        vmctl("-c", "vm_allocate $self 0 0x4000 ANYWHERE; "
              "vm_protect $self 0 0x1000 FALSE r-- expect INVALID_ADDRESS")
        time.sleep(0.05)
    assert watcher.returncode == 0
    with open(file, "rb") as captured:
        bytes_ = captured.read()
    packets, at = [], 24
    while at < len(bytes_):
        size = int.from_bytes(bytes_[at + 8:at + 12], "little")
        packets.append(bytes_[at + 16 + 32:at + 16 + size])
        at += 16 + size
    ids = [int.from_bytes(p[20:24], "little") for p in packets]
    assert len(ids) == 4 and ids[1] == ids[0] + 100 and ids[3] == ids[2] + 100, ids
    assert {ids[0], ids[2]} <= {3801, 3803}, ids
    for p in packets:
        assert int.from_bytes(p[4:8], "little") == len(p)
    assert "cannot write" in vmctl("monitor", "--pcap", folder, status=1)


@tap.test
def what_is_seen_is_told_as_json_too():
    tasks = document("tasks")
    assert tasks["verb"] == "tasks", tasks
    assert [t["parent"] for t in tasks["tasks"]][:4] == [0, 1, 2, 1], tasks
    tree = document("tree")["tasks"]
    assert tree[0]["with"][0] == {"number": 2, "pages_shared": 1,
                                  "pages_copy_on_write": 1}, tree
    regions = document("map", "1")["tasks"][0]["regions"]
    assert [r["address"] for r in regions] == [0x10000, 0x20000, 0x30000]
    assert "pages" not in regions[0]
    parent = document("map", "--pages", "1")["tasks"][0]["regions"]
    child = document("map", "--pages", "2")["tasks"][0]["regions"]
    assert len(parent[0]["pages"]) == 8
    assert parent[0]["pages"][0] != child[0]["pages"][0] != 0
    assert parent[0]["pages"][1] == child[0]["pages"][1] != 0
    assert document("stats")["tasks"] >= 4
    watcher = subprocess.Popen([VMCTL, "--json", "monitor", "-n", "1"], text=True,
                               stdout=subprocess.PIPE)
    while watcher.poll() is None:
        vmctl("-c", "vm_allocate $self 0 0x4000 ANYWHERE")
        time.sleep(0.05)
    call = json.loads(watcher.communicate()[0])
    assert call["routine"] == "vm_allocate" and call["code"] == "KERN_SUCCESS"
    assert call["request"] == {"address": 0, "size": 0x4000, "flags": 1}, call
    assert call["reply"] == {"address": 0x1000}, call
    assert "--json: it prints none" in vmctl("--json", "completion", "bash", status=2)
    assert "a picture is no JSON" in vmctl("--json", "map", "--svg", "1", status=2)


@tap.test
def json_tells_of_sums_of_an_address_and_of_changes():
    sums = document("map", "--summary", "1")["tasks"][0]
    assert sums["total"]["size"] == sum(t["size"] for t in sums["types"]) == 0x4c000
    assert sums["total"]["regions"] == 3 and "regions" not in sums, sums
    spot = document("map", "1", "0x20001")
    assert (spot["start"], spot["end"]) == (0x20000, 0x24000), spot
    assert spot["at"]["address"] == spot["start"], spot
    assert spot["below"]["address"] == 0x10000, spot
    assert spot["above"]["address"] == 0x30000, spot
    gap = document("map", "1", "0x28000")
    assert gap["at"] is None and gap["start"] == 0x24000, gap
    assert gap["end"] == gap["above"]["address"] == 0x30000, gap
    last = document("map", "1", "0x70000")
    assert last["above"] is None and last["end"] == str(2**64 - 1), last
    assert document("map", "--delta", "1", "1")["changes"] == []


@tap.test
def a_look_of_top_is_a_line_of_json():
    looks = [json.loads(line) for line in
             vmctl("--json", "top", "-n", "2", "-d", "0.2").splitlines()]
    assert len(looks) == 2
    for look in looks:
        assert look["verb"] == "top" and 0.1 < look["seconds"] < 20, look
        assert look["faults_per_second"] == 0 and look["pages_used"] == 5, look
        first = [t for t in look["tasks"] if t["number"] == 1][0]
        assert first["resident_size"] == 0x4000, first
        assert first["calls_per_second"] >= 0, first


@tap.test
def help_tells_of_verbs_as_json():
    verbs = document("help")["verbs"]
    assert [v["name"] for v in verbs] == sorted(v["name"] for v in verbs)
    assert {"name": "tasks", "form": "", "what": "lists all tasks",
            "json": True} in verbs, verbs
    assert [v["name"] for v in document("help", "map")["verbs"]] == ["map"]


@tap.test
def a_program_runs_with_calls_that_fail_on_request():
    told = vmctl("inject", "vm_allocate", "--nth", "2", "NO_SPACE", VMCTL, "-c",
                 "vm_allocate $self 0 0x1000 ANYWHERE; "
                 "vm_allocate $self 0 0x1000 ANYWHERE", status=1)
    assert "expected KERN_SUCCESS, got KERN_NO_SPACE" in told, told
    began = time.monotonic()
    vmctl("inject", "vm_copy", "--delay", "300", VMCTL, "inject", "vm_map", "FAILURE",
          VMCTL, "-c", "vm_copy $self 0 0 0; vm_map $self 0 0x1000 0 ANYWHERE 0 0 FALSE "
          "rw- rwx copy expect FAILURE")
    assert time.monotonic() - began > 0.3
    vmctl("inject", "vm_copy", "ABORTED", "/nowhere", status=127)


@tap.test
def what_is_wrong_is_told_with_the_right_form():
    assert "no task 99" in vmctl("map", "99", status=1)
    for wrong in (["map"], ["map", "x"], ["map", "--foo", "1"],
                  ["map", "1", "2", "3"], ["map", "--all", "1"],
                  ["map", "--delta", "0", "1"], ["tasks", "1"], ["tree", "1"],
                  ["stats", "1"], ["inject"], ["inject", "vm_copy"],
                  ["inject", "foo", "FAILURE", "x"],
                  ["inject", "vm_copy", "WHAT", "x"],
                  ["monitor", "-n", "x"], ["monitor", "1"],
                  ["top", "-n", "0"], ["top", "-d", "x"], ["top", "1"]):
        told = vmctl(*wrong, status=2)
        assert "usage: vmctl" in told, (wrong, told)


@tap.test
def without_a_daemon_that_is_told():
    nowhere = {"VMD_SOCKET": os.path.join(folder, "nobody")}
    for verb in (["tasks"], ["tree"], ["map", "1"], ["stats"], ["monitor"]):
        vmctl(*verb, status=3, env=nowhere)


with tempfile.TemporaryDirectory() as folder:
    os.environ["VMD_SOCKET"] = os.path.join(folder, "vmd.sock")
    for name in ("VMD_PERSONALITY", "VMD_DEBUG"):
        os.environ.pop(name, None)
    daemon = subprocess.Popen([VMD, "--socket", os.environ["VMD_SOCKET"]])
    while not os.path.exists(os.environ["VMD_SOCKET"]):
        time.sleep(0.01)
    scene = subprocess.Popen([SCENE], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    assert scene.stdout.readline() == "ready\n"
    failures = tap.run()
    scene.communicate()
    daemon.terminate()
    if daemon.wait(timeout=60) != 0:
        print("# the daemon ended with %d" % daemon.returncode)
        failures += 1
sys.exit(1 if failures else 0)
