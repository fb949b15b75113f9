"""A WebSocket peer that breaks rules when told to: `from ws import *`.

What the server sends is held against RFC 6455: no mask, no reserved bit, the
shortest length, whole control frames.  Frames are made by frame(), which makes
wrong ones too.  Used through ws() of ws.bash.
"""
import base64
import hashlib
import os
import struct
import sys
import time

from web import *
from web import SECONDS, SLOW, Web, Wrong, eq, until

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def frame(op, data=b"", fin=1, rsv=0, mask=b"\x37\xfa\x21\x3d", size=None,
          form=None):
    """A frame; size: the length that it claims; form: 126 or 127 forces it."""
    if isinstance(data, str):
        data = data.encode()
    n = len(data) if size is None else size
    head = bytes([fin << 7 | rsv << 4 | op])
    bit = 0x80 if mask else 0
    if form == 127 or (form is None and n > 65535):
        head += bytes([bit | 127]) + struct.pack(">Q", n)
    elif form == 126 or (form is None and n > 125):
        head += bytes([bit | 126]) + struct.pack(">H", n)
    else:
        head += bytes([bit | n])
    if mask:
        head += mask
        big = int.from_bytes(data, "big")
        pad = (mask * (len(data) // 4 + 1))[:len(data)]
        data = (big ^ int.from_bytes(pad, "big")).to_bytes(len(data), "big")
    return head + data


def close_frame(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else
                 struct.pack(">H", code) + reason)


def upgrade(path="/b", *fields, key=KEY, version="13", host="test.example"):
    lines = ["GET %s HTTP/1.1" % path, "Host: " + host,
             "Upgrade: websocket", "Connection: Upgrade"]
    if key is not None:
        lines.append("Sec-WebSocket-Key: " + key)
    if version is not None:
        lines.append("Sec-WebSocket-Version: " + version)
    return "\r\n".join(lines + list(fields)) + "\r\n\r\n"


class WS(Web):
    """A connection that has been upgraded."""

    def __init__(self, path="/b", *fields, first=b"", protocol=None, **more):
        super().__init__(**more)
        self.send(upgrade(path, *fields).encode() + first)
        a = self.answer()
        eq(a.status, 101, repr(a))
        eq(a["Upgrade"].lower(), "websocket")
        eq(a["Connection"].lower(), "upgrade")
        eq(a["Sec-WebSocket-Accept"], base64.b64encode(hashlib.sha1(
            KEY.encode() + GUID).digest()).decode())
        eq(a["Sec-WebSocket-Extensions"], None)
        eq(a["Sec-WebSocket-Protocol"], protocol)

    def text(self, data, **more):
        return self.send(frame(TEXT, data, **more))

    def take(self, n):
        while len(self.buf) < n:
            if not self.more():
                raise Wrong("closed after %r, not after %d bytes" %
                            (self.buf[:200], n))
        data, self.buf = self.buf[:n], self.buf[n:]
        return data

    def next(self):
        """The next frame: (opcode, payload)."""
        one, two = self.take(2)
        eq(one & 0x70, 0, "reserved bits")
        eq(two & 0x80, 0, "a server's frame has no mask")
        n = two & 0x7f
        if n == 126:
            n = struct.unpack(">H", self.take(2))[0]
            eq(n > 125, True, "length in its shortest form")
        elif n == 127:
            n = struct.unpack(">Q", self.take(8))[0]
            eq(n > 65535, True, "length in its shortest form")
        eq(one & 0x80, 0x80, "whole")
        return one & 0x0f, self.take(n)

    def hear(self, *texts):
        for t in texts:
            eq(self.next(), (TEXT, t if isinstance(t, bytes) else t.encode()))
        return self

    def hear_close(self, *codes):
        """The server's Close with one of the codes, and then its end."""
        op, data = self.next()
        eq(op, CLOSE, "%r" % data[:100])
        code = struct.unpack(">H", data[:2])[0] if data else None
        data[2:].decode()
        if code not in codes:
            raise Wrong("closed with %r %r, not %r" % (code, data[2:], codes))
        return self

    def ended(self):
        """The server ends the connection, one way or the other."""
        try:
            while self.more():
                pass
        except (ConnectionResetError, BrokenPipeError):
            pass
        eq(self.buf, b"", "nothing behind the Close")
        self.sock.close()

    def bye(self, code=1000):
        """A whole goodbye, ours first."""
        self.send(close_frame(code))
        self.hear_close(code)
        self.ended()


def refused(data, *codes):
    """What these bytes make of a connection: closed with a code."""
    w = WS()
    w.send(data)
    w.hear_close(*codes)
    w.ended()


__all__ = [n for n in dir() if not n.startswith("_")]
