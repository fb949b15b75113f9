"""Starts a server and tells what it costs: processor time, memory.

The time is that of the server's processes alone, those that have ended too.
A control group counts it to the microsecond where we may make one; elsewhere
it is summed over /proc, where children that ended count in ticks of 10 ms
(and not at all if their parent ignores SIGCHLD).
"""

import atexit
import os
import re
import signal
import socket
import subprocess
import time

import lib

running = set()     # what stop_all() must still end
TICK = os.sysconf("SC_CLK_TCK")
DEADLINE = 15       # seconds in which a server starts or ends


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def read(path):
    with open(path) as f:
        return f.read()


def wait_for(condition, seconds=DEADLINE):
    """Calls condition until it gives something; None past the deadline."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    return None


class Group:
    """A control group, of version 2 or of version 1's cpuacct."""

    serial = 0

    def __init__(self):
        Group.serial += 1
        self.path = None
        name = "brood-bench-%d-%d" % (os.getpid(), Group.serial)
        for parent, counter in self.parents():
            path = os.path.join(parent, name)
            try:
                os.mkdir(path)
                read(os.path.join(path, counter))
                self.path, self.counter = path, counter
                return
            except OSError:
                self.remove(path)

    @staticmethod
    def parents():
        mine = {}
        for line in read("/proc/self/cgroup").splitlines():
            _, controllers, path = line.split(":", 2)
            for c in controllers.split(","):
                mine[c] = path
        for line in read("/proc/self/mountinfo").splitlines():
            left, right = line.split(" - ", 1)
            at, kind = left.split()[4], right.split()[0]
            options = right.split()[-1].split(",")
            if kind == "cgroup2":
                yield at + mine.get("", "/"), "cpu.stat"
            elif kind == "cgroup" and "cpuacct" in options:
                yield at + mine.get("cpuacct", "/"), "cpuacct.usage"

    @staticmethod
    def remove(path):
        """True when it is gone; the kernel may take its time."""
        try:
            os.rmdir(path)
        except FileNotFoundError:
            pass
        except OSError:
            return False
        return True

    def pids(self):
        if self.path is None:
            return []
        text = read(os.path.join(self.path, "cgroup.procs"))
        return [int(p) for p in text.split()]

    def seconds(self):
        text = read(os.path.join(self.path, self.counter))
        if self.counter == "cpu.stat":
            return int(re.search(r"usage_usec (\d+)", text).group(1)) / 1e6
        return int(text) / 1e9

    def close(self):
        if self.path is not None:
            wait_for(lambda: self.remove(self.path), 5)
            self.path = None


def family(pid):
    """A process and all its descendants, from /proc."""
    found, queue = [], [pid]
    while queue:
        p = queue.pop()
        found.append(p)
        try:
            for t in os.listdir("/proc/%d/task" % p):
                text = read("/proc/%d/task/%s/children" % (p, t))
                queue += [int(c) for c in text.split()]
        except OSError:
            pass
    return found


def proc_seconds(pid):
    """Time of a process: its threads, and its children that have ended."""
    total = 0
    try:
        for t in os.listdir("/proc/%d/task" % pid):
            text = read("/proc/%d/task/%s/schedstat" % (pid, t))
            total += int(text.split()[0]) / 1e9
        stat = read("/proc/%d/stat" % pid).rsplit(")", 1)[1].split()
        total += (int(stat[13]) + int(stat[14])) / TICK
    except OSError:
        pass
    return total


class Server:
    """A running server.  ready() tells its port: from the first line that
    it prints where port is None, else once the port takes a connection."""

    def __init__(self, name, argv, folder, port=None, env=None):
        self.name, self.port = name, port
        self.group = Group()
        self.out = os.path.join(folder, name + ".out")
        self.err = os.path.join(folder, name + ".err")
        argv = self.in_group(argv)
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                cwd=folder, start_new_session=True,
                env=dict(os.environ, **(env or {})))
        running.add(self)
        if not wait_for(self.ready):
            why = read(self.err).strip() or read(self.out).strip()
            self.stop()
            raise RuntimeError("did not start: " + why[-300:])
        if self.process.pid not in self.group.pids():
            self.group.close()

    def in_group(self, argv):
        if self.group.path is None:
            return argv
        procs = os.path.join(self.group.path, "cgroup.procs")
        return ["sh", "-c", '{ echo $$ >"$0"; } 2>/dev/null; exec "$@"',
                procs] + argv

    def ready(self):
        if self.process.poll() is not None:
            return False
        if self.port is None:
            m = re.search(r"^listening on \S*:(\d+)$", read(self.out), re.M)
            if m is None:
                return False
            self.port = int(m.group(1))
            return True
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def pids(self):
        return self.group.pids() or family(self.process.pid)

    def cpu(self):
        """Seconds of processor time that it has used so far."""
        if self.group.path is not None:
            return self.group.seconds()
        return sum(proc_seconds(p) for p in family(self.process.pid))

    def memory(self, kinds="Pss"):
        """Bytes: proportional set size, shared pages shared out."""
        total = 0
        for pid in self.pids():
            try:
                text = read("/proc/%d/smaps_rollup" % pid)
            except OSError:
                continue
            for kib in re.findall(r"^(?:%s):\s+(\d+)" % kinds, text, re.M):
                total += int(kib) * 1024
        return total

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """TERM, and KILL for what is left past the deadline."""
        running.discard(self)
        pids = self.pids()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            pass
        for pid in set(pids) | set(self.group.pids()):
            if self.mine(pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.process.wait()
        self.group.close()

    def mine(self, pid):
        """Whether a pid is still of this server, not taken anew."""
        try:
            return os.getsid(pid) == self.process.pid
        except ProcessLookupError:
            return False


@atexit.register
def stop_all():
    """However the benchmark ends, nothing is left running."""
    for server in list(running):
        server.stop()
