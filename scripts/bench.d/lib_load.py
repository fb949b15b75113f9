"""Loads a server and tells how much it answered: wrk, ab, our own load."""

import json
import re
import shutil
import subprocess

import lib

GRACE = 30      # seconds past its time in which a load must have ended


class Result:
    """Exchanges done and failed, in so many seconds."""

    def __init__(self, done, failed, seconds):
        self.done, self.failed, self.seconds = done, failed, seconds

    @property
    def rate(self):
        return self.done / self.seconds if self.seconds else 0


def output(argv, seconds):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=seconds + GRACE)
    return done.stdout


def number(pattern, text):
    m = re.search(pattern, text)
    return float(m.group(1)) if m else 0


def wrk(port, path, connections, seconds, close=False):
    """wrk over 127.0.0.1; it counts whole seconds only."""
    whole = max(1, round(seconds))
    argv = ["wrk", "-t%d" % min(2, lib.CPUS, connections),
            "-c%d" % connections, "-d%d" % whole, "--timeout", "10"]
    if close:
        argv += ["-H", "Connection: close"]
    text = output(argv + ["http://127.0.0.1:%d%s" % (port, path)], whole)
    m = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", text)
    if m is None:
        raise RuntimeError("wrk: " + text.strip()[-300:])
    unit = {"ms": 0.001, "s": 1, "m": 60}[m.group(3)]
    failed = number(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"connect (\d+), read (\d+), write (\d+), "
                       r"timeout (\d+)", text)
    if errors:
        failed += sum(int(n) for n in errors.groups())
    return Result(int(m.group(1)), int(failed), float(m.group(2)) * unit)


def ab(port, path, connections, seconds, close=False):
    """ApacheBench; its -t would stop at 50,000, so -n stands after it."""
    argv = ["ab", "-q", "-r", "-t", str(max(1, round(seconds))),
            "-n", "10000000", "-c", str(connections)]
    if not close:
        argv.append("-k")
    text = output(argv + ["http://127.0.0.1:%d%s" % (port, path)], seconds)
    if "Complete requests" not in text:
        raise RuntimeError("ab: " + text.strip()[-300:])
    failed = (number(r"Failed requests:\s+(\d+)", text) +
              number(r"Non-2xx responses:\s+(\d+)", text))
    return Result(int(number(r"Complete requests:\s+(\d+)", text)),
                  int(failed),
                  number(r"Time taken for tests:\s+([\d.]+)", text))


class Running:
    """Our load generator (kind: echo or http) while it runs."""

    def __init__(self, kind, port, connections, seconds, close=False,
                 path="/"):
        argv = [lib.helper("load"), "-c", str(connections), "-t",
                str(seconds), "-p", path]
        if close:
            argv.append("-n")
        self.seconds = seconds
        self.process = subprocess.Popen(
            argv + [kind, "127.0.0.1", str(port)], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def halfway(self):
        """Waits until the load has run for half of its time."""
        try:
            self.process.wait(self.seconds / 2)
        except subprocess.TimeoutExpired:
            pass

    def result(self):
        text, _ = self.process.communicate(timeout=self.seconds + GRACE)
        try:
            found = json.loads(text)
        except ValueError:
            raise RuntimeError("load: " + text.strip()[-300:]) from None
        result = Result(found["done"], found["failed"], found["seconds"])
        result.detail = found
        return result


def own(kind, port, connections, seconds, path="/", close=False):
    """Our load generator from start to end."""
    with Running(kind, port, connections, seconds, close, path) as load:
        return load.result()


def http(port, path, connections, seconds, close=False):
    """The usual tool for the work: ab where each request takes a new
    connection, wrk else, and our own where they are not installed."""
    if close and shutil.which("ab"):
        return ab(port, path, connections, seconds, True)
    if shutil.which("wrk"):
        return wrk(port, path, connections, seconds, close)
    return own("http", port, connections, seconds, path, close)
