"""Ends a chat's client while its terminal takes nothing more.

    stuck.py tcp|udp HOST PORT COMMAND...

The command has a terminal that is read until it shows something, and then not;
much is said in the chat there, until nothing more gets to the terminal.  Then
comes TERM, and the status it ends with is printed.
"""
import os
import pty
import random
import select
import signal
import socket
import subprocess
import sys
import time

SLOW = float(os.environ.get("SLOW", "1"))
kind, host, port, *command = sys.argv[1:]
master, slave = pty.openpty()
client = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                          start_new_session=True)
shown = b""
while b"tom" not in shown:
    if not select.select([master], [], [], 10 * SLOW)[0]:
        raise SystemExit("nothing is shown but %r" % shown)
    shown += os.read(master, 65536)

talker = socket.socket(type=socket.SOCK_STREAM if kind == "tcp" else
                       socket.SOCK_DGRAM)
talker.connect((host, int(port)))
if kind == "udp":
    talker.send(b"talker -n")

full = 0
for i in range(2000):
    for j in range(10):
        talker.send(bytes(random.choices(range(65, 91), k=800)) + b"\n")
    select.select([], [], [], 0.02 * SLOW)
    full = 0 if select.select([], [slave], [], 0)[1] else full + 1
    if full == 10:
        break
else:
    raise SystemExit("the terminal is never full")
client.send_signal(signal.SIGTERM)
try:
    print("ended with", client.wait(15 * SLOW))
finally:
    client.kill()
