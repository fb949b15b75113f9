#!/usr/bin/python3
"""A peer that does on purpose what real ones do by accident.

tcp.py [options] HOST PORT [STEP...]      (with --unix PATH: no HOST and PORT)

Without STEPs, standard input is sent as it is.  STEPs are done in order:

    TEXT             send it; \\r \\n \\t \\0 \\xHH \\\\ are understood
    @expect REGEX    read until what came since the last @expect matches
    @read N          read exactly N bytes
    @pause SECONDS   do nothing
    @shut            end our side of the connection (half-close)
    @reset           close with a reset and exit with 0
    @close           close both sides at once and exit with 0
    @file NAME       send a file's bytes
    @connect         close and connect again

After the last step it reads until the peer closes, or is silent for --silence
seconds where that is given, and prints all that came.

    --split N        send N bytes a segment (1: split at every byte)
    --delay SECONDS  between segments
    --slow-read RATE read no more than RATE bytes a second, a small window
    --hold           after the last step read nothing; wait for standard input
                     to end, then close
    --quiet          do not print what came, only how many bytes
    --shut           @shut after the last step
    --udp            datagrams: each TEXT is one; each answer is printed, with
                     a newline after it where it has none
    --bind ADDR:PORT our own address
    --tls            TLS without verification; --sni NAME

Exit status: 0 the peer closed (or was silent, with --silence or --udp), 2 usage,
3 --timeout (10 s) passed, 4 reset by the peer, 5 no connection.  Times are
multiplied by the environment's SLOW (--silence by 3 at most), but for --delay
and @pause.
"""
# A test has a process of this for each exchange: what only some of them need
# (re, ssl) is imported where they do, and options are read without argparse,
# which would take longer than all else.
import os
import select
import socket
import sys
import time

SLOW = float(os.environ.get("SLOW", "1"))
SIMPLE = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0"}
WITH_VALUE = ("@expect", "@read", "@pause", "@file")


class Failure(Exception):
    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


def unescape(text):
    first, *rest = text.split("\\")
    parts = [os.fsencode(first)]
    while rest:
        part = rest.pop(0)
        code = part[:1]
        if code == "x" and len(part) >= 3:
            parts.append(bytes([int(part[1:3], 16)]) + os.fsencode(part[3:]))
        elif code in SIMPLE:
            parts.append(SIMPLE[code] + os.fsencode(part[1:]))
        elif not code and rest:
            parts.append(b"\\" + os.fsencode(rest.pop(0)))
        else:
            parts.append(b"\\" + os.fsencode(part))
    return b"".join(parts)


class Peer:
    def __init__(self, args):
        self.args = args
        self.end = time.monotonic() + args.timeout * SLOW
        self.got = 0
        self.fresh = b""        # since the last @expect
        self.closed = False
        self.sock = self.connect()

    def connect(self):
        args = self.args
        try:
            if args.unix:
                sock = socket.socket(socket.AF_UNIX)
                sock.connect(args.unix)
                return sock
            kind = socket.SOCK_DGRAM if args.udp else socket.SOCK_STREAM
            family, _, _, _, where = socket.getaddrinfo(
                args.host, args.port, type=kind)[0]
            sock = socket.socket(family, kind)
            if args.slow_read:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            if args.bind:
                host, port = args.bind.rsplit(":", 1)
                sock.bind((host.strip("[]"), int(port)))
            sock.settimeout(self.left())
            sock.connect(where)
            if not args.udp:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if args.tls:
                import ssl
                context = ssl._create_unverified_context()
                sock = context.wrap_socket(
                    sock, server_hostname=args.sni or args.host)
            return sock
        except ConnectionResetError:
            raise Failure(4, "reset while connecting")
        except OSError as error:
            raise Failure(5, "cannot connect: %s" % error)

    def left(self):
        left = self.end - time.monotonic()
        if left <= 0:
            raise Failure(3, "timeout")
        return left

    def send(self, data):
        size = len(data) if self.args.udp else (self.args.split or len(data))
        for i in range(0, max(len(data), 1), max(size, 1)):
            if i and self.args.delay:
                time.sleep(self.args.delay)
            self.sock.settimeout(self.left())
            try:
                if self.args.udp:
                    self.sock.send(data)
                else:
                    self.sock.sendall(data[i:i + size])
            except (BrokenPipeError, ConnectionResetError):
                # What the peer said before is still to be read.
                return
            except socket.timeout:
                raise Failure(3, "timeout while sending")

    def take(self, silence=None, most=65536):
        """Read once; False at the end, or after so many seconds' silence."""
        if self.closed:
            return False
        left = self.left()
        wait = left if silence is None else min(left, silence)
        if not (self.args.tls and self.sock.pending()):
            if not select.select([self.sock], [], [], wait)[0]:
                if silence is None or wait == left:
                    raise Failure(3, "timeout")
                return False
        if self.args.slow_read:
            most = max(1, min(most, int(self.args.slow_read * 0.02)))
            time.sleep(0.02)
        try:
            data = self.sock.recv(most)
        except ConnectionRefusedError:
            raise Failure(4, "refused")
        except ConnectionResetError:
            raise Failure(4, "reset by peer")
        except OSError as error:
            if type(error).__name__ != "SSLEOFError":
                raise
            raise Failure(4, "reset by peer")
        if not data and not self.args.udp:
            self.closed = True
            return False
        self.got += len(data)
        self.fresh += data
        if not self.args.quiet:
            if self.args.udp and not data.endswith(b"\n"):
                data += b"\n"
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        return True

    def expect(self, pattern):
        import re
        regex = re.compile(os.fsencode(pattern), re.S)
        while True:
            match = regex.search(self.fresh)
            if match:
                self.fresh = self.fresh[match.end():]
                return
            if not self.take():
                raise Failure(3, "closed before %r came" % pattern)

    def exactly(self, count):
        self.fresh = b""
        while len(self.fresh) < count:
            if not self.take(most=count - len(self.fresh)):
                raise Failure(3, "closed before %d bytes came" % count)
        self.fresh = b""

    def rest(self):
        if self.args.hold:
            sys.stdin.buffer.read()
            return
        silence = self.args.silence
        if silence is None and self.args.udp:
            silence = 0.3
        while self.take(None if silence is None else
                        silence * min(SLOW, 3)):
            self.fresh = b""

    def reset(self):
        import struct
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    def step(self, name, value):
        if name == "@expect":
            self.expect(value)
        elif name == "@read":
            self.exactly(int(value))
        elif name == "@pause":
            time.sleep(float(value))
        elif name == "@file":
            with open(value, "rb") as file:
                self.send(file.read())
        elif name == "@shut":
            try:
                self.sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        elif name == "@connect":
            self.sock.close()
            self.closed, self.fresh = False, b""
            self.sock = self.connect()
        elif name in ("@reset", "@close"):
            self.reset() if name == "@reset" else self.sock.close()
            return False
        else:
            self.send(unescape(name))
        return True

    def run(self, steps):
        steps = list(steps)
        while steps:
            name = steps.pop(0)
            value = steps.pop(0) if name in WITH_VALUE else None
            if not self.step(name, value):
                return
        if self.args.shut:
            self.step("@shut", None)
        self.rest()


class Args:
    """The options as attributes, and in rest what is none."""
    FLAGS = ("hold", "quiet", "shut", "udp", "tls")
    VALUES = {"split": int, "delay": float, "slow_read": float,
              "silence": float, "timeout": float, "bind": str, "unix": str,
              "sni": str}

    def __init__(self, words):
        self.rest = []
        for name in self.FLAGS:
            setattr(self, name, False)
        for name in self.VALUES:
            setattr(self, name, None)
        self.delay, self.timeout = 0, 10
        words = list(words)
        while words:
            self.word(words.pop(0), words)
        if not self.unix:
            if len(self.rest) < 2:
                self.usage("HOST and PORT are missing")
            self.host, self.port = self.rest[:2]
            self.rest = self.rest[2:]

    def word(self, word, words):
        if word == "--":
            self.rest += words
            words.clear()
            return
        if not word.startswith("--"):
            self.rest.append(word)
            return
        name, equals, value = word[2:].partition("=")
        name = name.replace("-", "_")
        if name in self.FLAGS and not equals:
            setattr(self, name, True)
        elif name in self.VALUES and (equals or words):
            value = value if equals else words.pop(0)
            setattr(self, name, self.VALUES[name](value))
        else:
            self.usage("no option " + word)

    @staticmethod
    def usage(why):
        print(__doc__, "tcp.py: " + why, sep="\n", file=sys.stderr)
        sys.exit(2)


def main():
    args = Args(sys.argv[1:])
    peer = None
    status = 0
    try:
        peer = Peer(args)
        if args.rest or args.hold:
            peer.run(args.rest)
        else:
            peer.send(sys.stdin.buffer.read())
            peer.run([])
    except Failure as failure:
        print("tcp.py: %s" % failure, file=sys.stderr)
        status = failure.status
    if args.quiet and peer:
        print(peer.got)
    return status


if __name__ == "__main__":
    sys.exit(main())
