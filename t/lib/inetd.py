#!/usr/bin/python3
"""A small super-server for the tests, as inetd(8) with "stream tcp nowait" and
"dgram udp wait".

inetd.py [--listen ADDR:PORT | unix:/path] [--socket-stderr] -- COMMAND...

Prints "listening on ADDRESS:PORT" and runs COMMAND for each connection with
the socket on descriptors 0 and 1 (2 goes to our own standard error, as
tcpserver does it, or to the socket with --socket-stderr, as inetd does it).
A datagram to the same port has COMMAND run with the UDP socket, until it ends.
On TERM it stops accepting, lets the sessions end, sends TERM to those that do
not, and exits with 0 if every session ended with 0.
"""
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

GRACE = 0.5         # seconds that sessions have to end by themselves
LIMIT = 30.0        # and after TERM, before KILL


def bind_both(host, port):
    """A stream and a datagram socket on one port; again where it was 0 and
    somebody has the other one's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        stream = socket.socket(family)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stream.bind((host, port))
        dgram = socket.socket(family, socket.SOCK_DGRAM)
        try:
            dgram.bind((host, stream.getsockname()[1]))
            return stream, dgram
        except OSError:
            stream.close()
            dgram.close()
            if port != 0:
                raise


def listen(where):
    dgram = None
    if where.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(where[5:])
    else:
        host, port = where.rsplit(":", 1)
        sock, dgram = bind_both(host.strip("[]"), int(port))
        host, port = sock.getsockname()[:2]
        where = "%s:%d" % ("[%s]" % host if ":" in host else host, port)
    sock.listen(1024)
    sock.setblocking(False)
    print("listening on " + where, flush=True)
    return sock, dgram


class Sessions:
    """The children, and whether one of them ended badly."""

    def __init__(self, command, socket_stderr):
        self.command = command
        self.socket_stderr = socket_stderr
        self.children = []
        self.failed = False

    def start(self, sock):
        sock.setblocking(True)
        child = subprocess.Popen(
            self.command, stdin=sock, stdout=sock,
            stderr=sock if self.socket_stderr else None)
        self.children.append(child)
        return child

    def reap(self):
        alive = []
        for child in self.children:
            status = child.poll()
            if status is None:
                alive.append(child)
            elif status != 0:
                print("inetd: session %d ended with %d" % (child.pid, status),
                      file=sys.stderr, flush=True)
                self.failed = True
        self.children = alive

    def signal(self, signum):
        for child in self.children:
            child.send_signal(signum)

    def wait(self, seconds):
        end = time.monotonic() + seconds * float(os.environ.get("SLOW", "1"))
        self.reap()
        while self.children and time.monotonic() < end:
            time.sleep(0.01)
            self.reap()
        return not self.children


def arguments(words):
    """The address, whether --socket-stderr is there, and the command (argparse
    takes longer to load than all the rest)."""
    where, socket_stderr = "127.0.0.1:0", False
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word == "--":
            break
        if word == "--socket-stderr":
            socket_stderr = True
        elif word in ("--listen", "-l") and words:
            where = words.pop(0)
        elif word.startswith("--listen="):
            where = word[len("--listen="):]
        else:
            sys.exit("inetd.py: no option " + word)
    if not words:
        sys.exit("inetd.py: no command")
    return where, socket_stderr, words


def main():
    where, socket_stderr, command = arguments(sys.argv[1:])
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    signal.signal(signal.SIGCHLD, lambda *_: None)
    wake_out, wake_in = os.pipe()
    os.set_blocking(wake_in, False)
    os.set_blocking(wake_out, False)
    signal.set_wakeup_fd(wake_in, warn_on_full_buffer=False)

    sock, dgram = listen(where)
    sessions = Sessions(command, socket_stderr)
    selector = selectors.DefaultSelector()
    selector.register(sock, selectors.EVENT_READ)
    selector.register(wake_out, selectors.EVENT_READ)
    waited = None       # for whom the datagrams are, while he lives
    while not stop:
        if dgram and waited not in sessions.children and \
                dgram not in selector.get_map():
            selector.register(dgram, selectors.EVENT_READ)
        for key, _ in selector.select():
            if key.fileobj is sock:
                try:
                    conn, _ = sock.accept()
                except OSError:
                    continue
                sessions.start(conn)
                conn.close()
            elif key.fileobj is dgram:
                waited = sessions.start(dgram)
                selector.unregister(dgram)
            else:
                os.read(wake_out, 512)
        sessions.reap()
    sock.close()
    if not sessions.wait(GRACE):
        sessions.signal(signal.SIGTERM)
        if not sessions.wait(LIMIT):
            sessions.signal(signal.SIGKILL)
            sessions.wait(5)
            return 1
    return 1 if sessions.failed else 0


sys.exit(main())
