"""A strict HTTP/1.1 client for tests of httpd: `from web import *`.

Every answer is held against RFC 9110 and 9112 as it is read, whatever the test
asks about it: the status line, the grammar of fields, which may not stand twice,
dates, framing, what HEAD, 204 and 304 leave out.  Used through web() of
web.bash; HOST and PORT come from the environment, deadlines are multiplied by
SLOW.
"""
import os
import re
import socket
import struct
import time
from datetime import datetime, timezone

SLOW = float(os.environ.get("SLOW", "1"))
SECONDS = 10 * SLOW

STATUS = re.compile(rb"HTTP/1\.1 ([1-5]\d\d) ([\x20-\x7e]*)\r\n")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): "
                   rb"([^\x00-\x20\x7f](?:[^\x00-\x08\x0a-\x1f\x7f]*"
                   rb"[^\x00-\x20\x7f])?)?\r\n")
ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')
LISTS = {"vary", "allow", "cache-control", "link", "set-cookie",
         "www-authenticate", "x-test"}
MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
DATE = "%a, %d %b %Y %H:%M:%S GMT"


class Wrong(AssertionError):
    pass


def eq(got, expected, what=""):
    if got != expected:
        raise Wrong("%s\n  got      %r\n  expected %r" % (what, got, expected))


def like(got, regex, what=""):
    if not re.search(regex, got, re.S):
        raise Wrong("%s\n  got    %r\n  no match of %r" % (what, got, regex))


def seconds(date):
    """A date as HTTP has it (IMF-fixdate only), in seconds since the epoch."""
    day, month, year, clock = date.split(" ")[1:5]
    # strptime would load the calendar of the locale.
    when = int(datetime(int(year), MONTHS.index(month) // 3 + 1, int(day),
                        *map(int, clock.split(":")),
                        tzinfo=timezone.utc).timestamp())
    eq(http_date(when), date, "date")
    return when


def http_date(when):
    return time.strftime(DATE, time.gmtime(when))


class Answer:
    """One answer; fields by name through a["Name"], None where absent."""

    def __init__(self, head, method):
        match = STATUS.match(head)
        if not match:
            raise Wrong("status line: %r" % head[:80])
        self.status = int(match.group(1))
        self.phrase = match.group(2).decode()
        self.method = method
        self.head = head
        self.body = b""
        self.fields = []
        at = match.end()
        while head[at:] != b"\r\n":
            match = FIELD.match(head, at)
            if not match:
                raise Wrong("field line: %r" % head[at:at + 80])
            self.fields.append((match.group(1).decode(),
                                (match.group(2) or b"").decode("latin-1")))
            at = match.end()
        self.check()

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def __getitem__(self, name):
        values = self.all(name)
        return ", ".join(values) if values else None

    def __repr__(self):
        return "%s%r" % (self.head.decode("latin-1"), self.body[:300])

    def check(self):
        names = [n.lower() for n, _ in self.fields]
        for name in set(names) - LISTS:
            eq(names.count(name), 1, "lines of %s in %r" % (name, self))
        if self.status >= 200:
            date = seconds(self["Date"])
            if abs(date - time.time()) > 3 * SLOW:
                raise Wrong("Date is %s" % self["Date"])
            if self["Last-Modified"] and seconds(self["Last-Modified"]) > date:
                raise Wrong("Last-Modified is in the future: %r" % self)
        if self["ETag"] and not ETAG.fullmatch(self["ETag"]):
            raise Wrong("ETag: %r" % self)
        bare = self.status < 200 or self.status == 204
        if bare and (self["Content-Length"] or self["Transfer-Encoding"]):
            raise Wrong("a length where there is no body: %r" % self)
        if self.status == 405 and not self["Allow"]:
            raise Wrong("405 without Allow")
        if self.status == 401 and not self["WWW-Authenticate"]:
            raise Wrong("401 without WWW-Authenticate")
        if self.status == 206:
            many = (self["Content-Type"] or "").startswith("multipart/")
            eq(self["Content-Range"] is None, many, "Content-Range: %r" % self)

    def length(self):
        """Bytes of the body; None: to the end of the connection."""
        if (self.method == "HEAD" or self.status < 200 or
                self.status in (204, 304)):
            return 0
        eq(self["Transfer-Encoding"], None)
        if self["Content-Length"] is None:
            raise Wrong("no Content-Length: %r" % self)
        like(self["Content-Length"], r"^(0|[1-9]\d*)$")
        return int(self["Content-Length"])


class Web:
    """A connection."""

    def __init__(self, port=None, host=None, unix=None, bind=None, rcvbuf=None,
                 tls=None):
        self.buf = b""
        if unix:
            self.sock = socket.socket(socket.AF_UNIX)
            where = unix
        else:
            self.sock = socket.socket()
            where = (host or os.environ["HOST"],
                     int(port or os.environ["PORT"]))
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        if bind:
            self.sock.bind((bind, 0))
        self.sock.settimeout(SECONDS)
        self.sock.connect(where)
        if tls:
            import ssl
            context = ssl._create_unverified_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=tls)
        self.name = None if unix else "%s:%d" % self.sock.getsockname()[:2]

    # -- Sending --------------------------------------------------------------

    def send(self, data, split=0):
        """Send bytes (or latin-1 text); what a closed peer does not take is
        no error, for it may have said why."""
        if isinstance(data, str):
            data = data.encode("latin-1")
        size = split or len(data) or 1
        try:
            for i in range(0, len(data), size):
                self.sock.sendall(data[i:i + size])
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self

    def ask(self, method, target, fields=(), body=b"", version="1.1",
            host="test.example"):
        """Send a request and read its answer."""
        lines = ["%s %s HTTP/%s" % (method, target, version)]
        if host is not None:
            lines.append("Host: " + host)
        if isinstance(fields, str):
            fields = [fields]
        lines += fields
        if body:
            lines.append("Content-Length: %d" % len(body))
        head = "\r\n".join(lines) + "\r\n\r\n"
        self.send(head.encode("latin-1") + body)
        return self.answer(method)

    def get(self, target, *fields, **more):
        return self.ask("GET", target, fields, **more)

    def head(self, target, *fields, **more):
        return self.ask("HEAD", target, fields, **more)

    def shut(self):
        self.sock.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()

    # -- Reading --------------------------------------------------------------

    def more(self):
        try:
            data = self.sock.recv(262144)
        except socket.timeout:
            raise Wrong("no more within %g s after %r" %
                        (self.sock.gettimeout(), self.buf[-200:]))
        self.buf += data
        return len(data)

    def answer(self, method="GET"):
        """The next answer, 1xx too."""
        while b"\r\n\r\n" not in self.buf:
            if not self.more():
                raise Wrong("closed before an answer's head was whole: %r" %
                            self.buf)
        head, _, self.buf = self.buf.partition(b"\r\n\r\n")
        answer = Answer(head + b"\r\n\r\n", method)
        size = answer.length()
        while len(self.buf) < size:
            if not self.more():
                raise Wrong("closed with %d of %d bytes of %r" %
                            (len(self.buf), size, answer))
        answer.body, self.buf = self.buf[:size], self.buf[size:]
        return answer

    def closed(self):
        """The server ends the connection without another byte."""
        try:
            while not self.buf and self.more():
                pass
        except ConnectionResetError:
            raise Wrong("reset, not closed")
        eq(self.buf, b"", "no byte but the end")
        self.sock.close()

    def silent(self, seconds=0.1):
        """The server neither says anything nor ends the connection."""
        self.sock.settimeout(seconds)
        try:
            data = self.buf or self.sock.recv(100)
            raise Wrong("not silent: %r" % data)
        except socket.timeout:
            self.sock.settimeout(SECONDS)

    def is_open(self):
        """It still serves."""
        a = self.get("/")
        if a.status >= 500:
            raise Wrong("not well: %r" % a)


def until(condition, what="", limit=10):
    """Wait for a condition, which is looked at every 10 ms."""
    end = time.monotonic() + limit * SLOW
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Wrong("not within %g s: %s" % (limit * SLOW, what))
        time.sleep(0.01)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


__all__ = [n for n in dir() if not n.startswith("_")]
