"""Peers of a chat, for tests: each says and hears, every wait has a deadline.

A script gets the server's address from HOST and PORT; see t/chatd.bats.
"""
import os
import re
import socket
import sys
import time

SLOW = float(os.environ.get("SLOW", "1"))
HOST, PORT = os.environ.get("HOST", "127.0.0.1"), int(os.environ["PORT"])


class Peer:
    """One connection; what came and was not heard yet is in self.got."""

    def __init__(self, joins=True, port=None):
        self.s = socket.create_connection((HOST, port or PORT), 10 * SLOW)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.name = "%s:%d" % self.s.getsockname()[:2]
        self.got = b""
        self.ended = False
        if joins:
            self.hear("%s has joined the chat" % re.escape(self.name))

    def say(self, data):
        self.s.sendall(data if isinstance(data, bytes) else data.encode())

    def _more(self, seconds):
        self.s.settimeout(seconds)
        try:
            data = self.s.recv(65536)
        except socket.timeout:
            return False
        except ConnectionResetError:
            data = b""
        self.ended = data == b""
        self.got += data
        return not self.ended

    def hear(self, pattern, seconds=10):
        """All up to and with what matches; the match object."""
        end = time.monotonic() + seconds * SLOW
        pattern = re.compile(pattern.encode())
        while True:
            found = pattern.search(self.got)
            if found:
                self.got = self.got[found.end():]
                return found
            left = end - time.monotonic()
            if left <= 0 or self.ended:
                raise SystemExit("%s: no %r in %.2000r%s" % (
                    self.name, pattern.pattern, self.got,
                    ", which is all" if self.ended else ""))
            self._more(left)

    def exactly(self, text):
        """The next bytes that come are these."""
        data = text if isinstance(text, bytes) else text.encode()
        end = time.monotonic() + 10 * SLOW
        while len(self.got) < len(data) and not self.ended and \
                time.monotonic() < end:
            self._more(max(0.01, end - time.monotonic()))
        if self.got[:len(data)] != data:
            raise SystemExit("%s: %r, not %r" % (self.name, self.got, data))
        self.got = self.got[len(data):]

    def silent(self, seconds=0.15):
        """For so long nothing comes."""
        if self.got or self._more(seconds) or self.ended:
            raise SystemExit("%s: not silent: %r" % (self.name, self.got))

    def closed(self):
        """The server ends it, with nothing more said."""
        while not self.ended:
            if not self._more(10 * SLOW) and not self.ended:
                raise SystemExit("%s: not closed" % self.name)
        if self.got:
            raise SystemExit("%s: said %r" % (self.name, self.got))

    def close(self):
        self.s.close()

    def greet(self, **keys):
        """Become a program that gets events; the welcome's match."""
        self.say("HELLO chat/2" + "".join(
            " %s=%s" % (k, v) for k, v in keys.items()) + "\n")
        return self.hear(r"\nwelcome (\d+) \d+ (\S+) (\S+) chat/2 (\d+)\n")


def met(n):
    """n peers that have all heard of one another."""
    peers = [Peer() for _ in range(n)]
    for i, p in enumerate(peers):
        for q in peers[i + 1:]:
            p.exactly("%s has joined the chat" % q.name)
    return peers


sys.dont_write_bytecode = True
