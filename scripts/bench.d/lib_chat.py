"""Rooms full of people, in whatever server: how it is started, entered, and
what a line looks like there.  For scripts/bench chat.
"""

import os
import select
import socket
import time

import lib
from lib_server import Server, free_port

TEXT = b"x" * 60


def chatd(folder):
    return Server("chatd", [
        lib.ours("chatd"), "--listen", "127.0.0.1:0", "--quiet",
        "--flood-messages", "0", "--flood-bytes", "0", "--max-clients",
        "16000"], folder)


def configured(name, folder, text, *args):
    """A server that is given a file, and the port that stands in it."""
    port, conf = free_port(), os.path.join(folder, name + ".conf")
    with open(conf, "w") as f:
        f.write(text % port)
    os.chmod(folder, 0o755)
    os.chmod(conf, 0o644)
    return Server(name, [lib.find(name), *args, conf], folder, port)


def ngircd(folder):
    return configured(
        "ngircd", folder, "[Global]\nName=irc.example.net\nInfo=bench\n"
        "Listen=127.0.0.1\nPorts=%d\n[Limits]\nMaxConnections=0\n"
        "MaxConnectionsIP=0\nMaxJoins=0\nMaxPenaltyTime=0\n"
        "[Options]\nPAM=no\nIdent=no\nDNS=no\n", "-n", "-f")


def mosquitto(folder):
    return configured(
        "mosquitto", folder, "listener %d 127.0.0.1\nallow_anonymous true\n"
        "persistence false\nlog_dest none\nset_tcp_nodelay true\n"
        "max_queued_messages 0\n", "-c")


def ncat(folder):
    port = free_port()
    return Server("ncat", [lib.find("ncat"), "--broker", "-l", "127.0.0.1",
                           str(port), "-m", "16000"], folder, port)


def packet(kind, body):
    """Of MQTT 3.1.1, shorter than 16 KiB."""
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([n & 127 | 128, n >> 7])
    return bytes([kind]) + size + body


def mqtt_hello(i):
    me = b"n%d" % i
    return packet(0x10, b"\0\4MQTT\4\2\0\0" + bytes([0, len(me)]) + me) + \
        packet(0x82, b"\0\1\0\4room\0")


# How each is started and entered, how a line is said, whether who says it
# hears it.
WORKS = {
    "chatd": (chatd, lambda i: b"/nick n%d\n" % i,
              lambda text: text + b"\n", False),
    "ngircd": (ngircd, lambda i: b"NICK n%d\r\nUSER n 0 * :n\r\nJOIN #b\r\n"
               % i, lambda text: b"PRIVMSG #b :" + text + b"\r\n", False),
    "mosquitto": (mosquitto, mqtt_hello,
                  lambda text: packet(0x30, b"\0\4room" + text), True),
    "ncat": (ncat, lambda i: b"", lambda text: text + b"\n", False),
}


class Room:
    """Connections that have entered; reads what comes to them."""

    def __init__(self, port, n, hello):
        self.port, self.hello = port, hello
        self.poll, self.peers, self.list = select.epoll(), {}, []
        self.grow(n)

    def grow(self, n):
        """Until there are so many; not faster than a short backlog takes."""
        for i in range(len(self.list), n):
            s = self.enter(i)
            s.setblocking(False)
            self.list.append(s)
            self.peers[s.fileno()] = s
            self.poll.register(s, select.EPOLLIN)
            if i % 4 == 0:
                self.read(0.002)
        self.calm()

    def enter(self, i, **options):
        s = socket.socket()
        if "receive" in options:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                         options["receive"])
        s.connect(("127.0.0.1", self.port))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.hello(i):
            s.sendall(self.hello(i))
        return s

    def calm(self):
        """Read until nothing comes any more."""
        while self.read(0.5):
            pass

    def read(self, seconds):
        """The pieces that came."""
        got = []
        for fd, _ in self.poll.poll(seconds, len(self.peers)):
            try:
                data = self.peers[fd].recv(1 << 18)
            except OSError:
                data = b""
            if not data:
                self.poll.unregister(fd)
            got.append(data)
        return got

    def close(self):
        for s in self.peers.values():
            s.close()


def deliver(server, room, form, echo, speakers, window, seconds):
    """Delivered messages a CPU second, and a second, where so many speak in
    turn and at most window messages are under way."""
    each = len(room.list) - (0 if echo else 1)
    said = got = 0
    line, before = form(TEXT), server.cpu()
    start = time.monotonic()
    end = start + seconds
    while time.monotonic() < end or got < said * each:
        while said - got / each < window and time.monotonic() < end:
            room.list[said % speakers].send(line)
            said += 1
        pieces = room.read(2)
        if not pieces:
            break
        got += sum(d.count(TEXT) for d in pieces)
    if got < said * each:
        lib.note("%d of %d messages arrived" % (got, said * each))
    took = time.monotonic() - start
    return got / max(server.cpu() - before, 1e-6), got / took


def fill(room, form, echo):
    """Say as much as a server may keep of what was said (chatd: 2 MiB), so
    that what it takes later is for people."""
    each, got = len(room.list) - (0 if echo else 1), 0
    line = form(TEXT * 6)
    for n in range(6000):
        room.list[0].send(line)
        while got < (n - 50) * each * 6:
            pieces = room.read(2)
            if not pieces:
                return
            got += sum(d.count(TEXT) for d in pieces)
    room.calm()


def latency(room, form, ticks):
    """The 99th percentile, in ms, from when a message is said to when each
    of the others has it, one message every 10 ms."""
    speaker, times = room.list[0], []
    for i in range(ticks):
        mark = b"tick%06d." % i
        start = time.monotonic()
        speaker.send(form(mark + TEXT))
        while time.monotonic() < start + 0.01:
            for data in room.read(0.002):
                if mark in data:
                    times.append(time.monotonic() - start)
    times.sort()
    return times[len(times) * 99 // 100] * 1000 if times else None


def stop_reading(room, form):
    """One more person, who does not read, and much that he should."""
    stopped = room.enter(9999, receive=4096)
    room.calm()
    for _ in range(3000):
        room.list[0].send(form(TEXT * 5))
        room.read(0.0005)
    room.calm()
    return stopped
