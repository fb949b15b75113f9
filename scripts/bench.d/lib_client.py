"""Works of httpd's benchmark that need a client of their own: thousands of
connections that say nothing, and reloads while requests are under way.
"""

import signal
import socket
import time

import lib
import lib_load
import lib_server

ADDRESS = "127.0.0.1"
TRIALS = 400        # new requests whose time is taken
PAUSE = 0.02        # seconds between two reloads


def fetch(s, path, fate="keep-alive"):
    """One exchange on a connected socket; the body, or RuntimeError."""
    s.sendall(("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: %s\r\n\r\n"
               % (path, fate)).encode())
    data = b""
    while b"\r\n\r\n" not in data:
        more = s.recv(65536)
        if not more:
            raise RuntimeError("closed within the head: %r" % data[:80])
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise RuntimeError("answered %r" % head.split(b"\r\n")[0])
    length = None
    for line in head.split(b"\r\n")[1:]:
        name, value = line.split(b":", 1)
        if name.lower() == b"content-length":
            length = int(value)
    while length is None or len(body) < length:
        more = s.recv(1 << 20)
        if not more and length is not None:
            raise RuntimeError("closed within the body")
        if not more:
            break
        body += more
    return body


def check(port, path, source):
    """Whether a server gives a file as it is; RuntimeError if not."""
    with socket.create_connection((ADDRESS, port), 10) as s:
        body = fetch(s, path, "close")
    with open(source, "rb") as f:
        if f.read() != body:
            raise RuntimeError("another body than the file's")


def response_time(port, path):
    """Microseconds of a request on a new connection."""
    start = time.perf_counter()
    with socket.create_connection((ADDRESS, port), 10) as s:
        fetch(s, path, "close")
    return (time.perf_counter() - start) * 1e6


def response_times(ports, path):
    """The median for each port.  They are asked in turns, so that what else
    the machine does in the meantime slows all of them alike."""
    times = [[] for _ in ports]
    for _ in range(TRIALS):
        for port, mine in zip(ports, times):
            mine.append(response_time(port, path))
    return [lib.median(mine) for mine in times]


def settled(server):
    """The server's memory once it has stopped changing."""
    last = server.memory()
    for _ in range(20):
        time.sleep(0.1)
        memory = server.memory()
        if memory == last:
            break
        last = memory
    return last


def measure(server, twin, path, wanted):
    """What idle connections cost a server; each has had one request answered.
    Its twin has none, and tells how fast a request is then."""
    wanted = min(wanted, lib.raise_limits() - 200)
    ports = [server.port, twin.port]
    response_times(ports, path)
    before = settled(server)
    idle = []
    try:
        for _ in range(wanted):
            s = socket.create_connection((ADDRESS, server.port), 10)
            idle.append(s)
            fetch(s, path)
        after = settled(server)
        among, alone = response_times(ports, path)
        dropped = closed(idle)
        if dropped:
            raise RuntimeError("%d idle connections were closed" % dropped)
    finally:
        for s in idle:
            s.close()
    return {"connections": wanted, "bytes": (after - before) / wanted,
            "alone_us": alone, "among_us": among}


def closed(sockets):
    """How many the other side has closed."""
    gone = 0
    for s in sockets:
        s.setblocking(False)
        try:
            s.recv(1)
            gone += 1
        except BlockingIOError:
            pass
        except OSError:
            gone += 1
    return gone


def reloads(server, path, wanted):
    """HUP after HUP under load; what the load counted."""
    seconds = wanted * PAUSE * 1.5 + 2
    done = 0
    end = time.monotonic() + seconds - 1
    with lib_load.Running("http", server.port, 16, seconds, False,
                          path) as load:
        while done < wanted and time.monotonic() < end:
            server.signal(signal.SIGHUP)
            done += 1
            time.sleep(PAUSE)
        result = load.result()
    if server.process.poll() is not None:
        raise RuntimeError("the server ended: " +
                           lib_server.read(server.err)[-300:])
    return dict(result.detail, reloads=done)
