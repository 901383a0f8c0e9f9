#!/usr/bin/env python3
"""The conversation that vmd-protocol(7) shows, with a daemon.

usage: protocol.py PAGE          (with $VMD_SOCKET: `vmd --run protocol.py ...`)

Prints TAP.
"""
import os
import re
import socket
import sys

page = open(sys.argv[1]).read()
shown = re.search(r"\.Bd -literal.*?\n(.*?)\.Ed", page, re.S).group(1)
turns = []
for line in shown.splitlines():
    who, rest = line[:7].strip(), line[7:]
    if who:
        turns.append([who, b""])
    turns[-1][1] += bytes.fromhex(rest)

failed = 0
number = 0
with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(30)
    s.connect(os.environ["VMD_SOCKET"])
    s.sendall(b"".join(said for who, said in turns if who == "client"))
    for who, said in turns:
        if who != "daemon":
            continue
        number += 1
        got = b""
        while len(got) < len(said):
            part = s.recv(len(said) - len(got))
            if not part:
                break
            got += part
        ok = got == said
        failed += not ok
        print("%sok %d - the daemon says what the page shows, message %d"
              % ("" if ok else "not ", number, number))
        if not ok:
            print("# page   %s\n# daemon %s" % (said.hex(" "), got.hex(" ")))
print("1..%d" % number)
sys.exit(1 if failed or number != 2 else 0)
