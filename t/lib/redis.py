"""A Redis server of a test's own, on a port that was free: REDIS_PORT.

REDIS_DIR holds its log and its pid, by which stop_redis in redis.bash ends it.
A script may end it and start it again meanwhile.
"""
import os
import signal
import socket
import subprocess
import sys
import time

SLOW = float(os.environ.get("SLOW", "1"))
DIR, PORT = os.environ["REDIS_DIR"], int(os.environ["REDIS_PORT"])


def command(*words):
    """The first line that it answers."""
    with socket.create_connection(("127.0.0.1", PORT), 10 * SLOW) as s:
        parts = [w if isinstance(w, bytes) else w.encode() for w in words]
        s.sendall(b"*%d\r\n" % len(parts) + b"".join(
            b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        return s.recv(4096).split(b"\r\n")[0].decode()


def publish(channel, data):
    """How many have got it."""
    return int(command("PUBLISH", channel, data)[1:])


def start(*args):
    with open(os.path.join(DIR, "log"), "ab") as log:
        p = subprocess.Popen(
            ["redis-server", "--port", str(PORT), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "no", "--dir", DIR, *args],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            close_fds=True, start_new_session=True)
    with open(os.path.join(DIR, "pid"), "w") as f:
        f.write("%d\n" % p.pid)
    end = time.monotonic() + 10 * SLOW
    while time.monotonic() < end and p.poll() is None:
        try:
            command("PING")
            return
        except OSError:
            time.sleep(0.01)
    raise SystemExit("redis-server has not started")


def kill():
    """As a crash would."""
    with open(os.path.join(DIR, "pid")) as f:
        pid = int(f.read())
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 10 * SLOW
    while time.monotonic() < end:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        try:
            socket.create_connection(("127.0.0.1", PORT), 1).close()
        except OSError:
            return
        time.sleep(0.01)
    raise SystemExit("redis-server has not gone")


if __name__ == "__main__":
    start(*sys.argv[1:])
