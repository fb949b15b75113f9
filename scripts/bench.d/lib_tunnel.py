"""Works of the proxies' benchmark that need both ends scripted: a GiB through
a tunnel, and many clients for one object that is still on its way.
"""

import os
import selectors
import socket
import threading
import time

import lib

ADDRESS = "127.0.0.1"
PIECE = 1 << 20
DEADLINE = 120      # seconds in which a work must be over


class Source(threading.Thread):
    """An origin that sends so many bytes to whoever connects."""

    def __init__(self, size):
        super().__init__(daemon=True)
        self.size = size
        self.file = os.memfd_create("bench")
        os.truncate(self.file, size)
        for at in range(0, size, PIECE):    # pages that are there
            os.pwrite(self.file, b"x" * min(PIECE, size - at), at)
        self.listener = socket.create_server((ADDRESS, 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.send, args=(s,), daemon=True).start()

    def send(self, s):
        at = 0
        try:
            while at < self.size:
                at += os.sendfile(s.fileno(), self.file, at, self.size - at)
        except OSError:
            pass            # who went away needs no more
        s.close()

    def close(self):
        self.listener.close()
        os.close(self.file)


def tunnel(server, source, connect):
    """A tunnel from the source, drained: bytes a second, CPU s a GiB."""
    before, start = server.cpu(), time.perf_counter()
    got, buf = 0, bytearray(PIECE)
    with socket.create_connection((ADDRESS, server.tunnel), 10) as s:
        s.settimeout(DEADLINE)
        if connect:
            s.sendall(b"CONNECT %s:%d HTTP/1.1\r\nHost: x\r\n\r\n" % (
                ADDRESS.encode(), source.port))
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                more = s.recv(1)
                if not more:
                    raise RuntimeError("no tunnel: %r" % head[:80])
                head += more
            if b" 200 " not in head.split(b"\r\n")[0]:
                raise RuntimeError("no tunnel: %r" % head.split(b"\r\n")[0])
        while True:     # what comes is counted, not looked at
            n = s.recv_into(buf, PIECE, socket.MSG_TRUNC)
            if n == 0:
                break
            got += n
    took = time.perf_counter() - start
    if got != source.size:
        raise RuntimeError("%d of %d bytes came" % (got, source.size))
    return {"rate": got / took,
            "cpu": (server.cpu() - before) / got * (1 << 30)}


class Slow(threading.Thread):
    """An origin that sends the front of an object and holds the rest back
    until it is told, and counts who asked."""

    def __init__(self, size, front):
        super().__init__(daemon=True)
        self.size, self.front = size, front
        self.asked = 0
        self.go = threading.Event()
        self.listener = socket.create_server((ADDRESS, 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(s,),
                             daemon=True).start()

    def answer(self, s):
        head = b""
        try:
            while b"\r\n\r\n" not in head:
                more = s.recv(4096)
                if not more:
                    return
                head += more
            self.asked += 1
            s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n"
                      b"Cache-Control: max-age=600\r\nContent-Length: %d"
                      b"\r\n\r\n" % self.size)
            s.sendall(b"x" * self.front)
            self.go.wait(DEADLINE)
            for at in range(self.front, self.size, PIECE):
                s.sendall(b"x" * min(PIECE, self.size - at))
            s.recv(1)
        except OSError:
            pass
        finally:
            s.close()

    def close(self):
        self.go.set()
        self.listener.close()


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection((ADDRESS, port), 10)
        self.socket.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n"
                            b"Connection: close\r\n\r\n")
        self.socket.setblocking(False)
        self.head, self.got, self.in_body = b"", 0, False

    def take(self, buf):
        """Read some: False once it is over.  The body's bytes are counted,
        those of chunks' heads among them, not looked at."""
        if self.in_body:
            n = self.socket.recv_into(buf, len(buf), socket.MSG_TRUNC)
            self.got += n
            return n > 0
        more = self.socket.recv(4096)
        self.head += more
        if b"\r\n\r\n" in self.head:
            self.in_body = True
            self.got = len(self.head.split(b"\r\n\r\n", 1)[1])
        return bool(more)


def drain(clients, until):
    """Reads for all until the condition holds or DEADLINE passes."""
    buf = bytearray(PIECE)
    chosen = selectors.DefaultSelector()
    for c in clients:
        chosen.register(c.socket, selectors.EVENT_READ, c)
    end = time.monotonic() + DEADLINE
    while chosen.get_map() and not until() and time.monotonic() < end:
        for key, _ in chosen.select(0.2):
            try:
                if not key.data.take(buf):
                    chosen.unregister(key.fileobj)
            except BlockingIOError:
                pass
            except OSError:
                chosen.unregister(key.fileobj)
    chosen.close()


def crowd(server, slow, wanted, size):
    """Many ask for one object: fetches, who had its front while the rest was
    not there yet, who got all of it, and what it cost."""
    before, start = server.cpu(), time.perf_counter()
    clients = []
    try:
        for _ in range(wanted):
            clients.append(Client(server.port))
        end = time.monotonic() + 10
        drain(clients, lambda: all(c.got for c in clients) or
              time.monotonic() > end)
        early = sum(c.got > 0 for c in clients)
        first = time.perf_counter() - start
        slow.go.set()
        drain(clients, lambda: False)
        return {"fetches": slow.asked, "clients": wanted, "early": early,
                "first_s": first, "took_s": time.perf_counter() - start,
                "whole": sum(size <= c.got < size * 1.01 for c in clients),
                "cpu_s": server.cpu() - before,
                "pss_kib": server.memory() / 1024}
    finally:
        for c in clients:
            c.socket.close()
        lib.clear()
