"""Common to the benchmarks: options, helpers, medians, tables, JSON.

Imported by the subcommands beside it; it starts no server (lib_server.py)
and no load (lib_load.py).
"""

import argparse
import datetime
import json
import os
import platform
import pwd
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, "build")
CPUS = len(os.sched_getaffinity(0))


def parser(name, about):
    """An argument parser with the options that every benchmark has."""
    p = argparse.ArgumentParser(
        prog="scripts/bench " + name, description=about,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--rounds", type=int, default=5, metavar="N",
                   help="alternating runs of each contender")
    p.add_argument("--seconds", type=float, default=3, metavar="S",
                   help="length of one run")
    p.add_argument("--only", action="append", metavar="WORK",
                   help="measure only this; may be repeated")
    p.add_argument("--quick", action="store_true",
                   help="2 rounds of 1 s: does it work, not how fast is it")
    p.add_argument("--json", metavar="FILE",
                   default=os.path.join("build", "bench-%s.json" % name),
                   help="where the figures are written")
    return p


def parse(p, works):
    """The parsed options, checked against the names of the works."""
    opts = p.parse_args()
    if opts.quick:
        opts.rounds, opts.seconds = 2, 1
    if opts.rounds < 1 or not 0 < opts.seconds <= 60:
        p.error("--rounds must be 1 or more, --seconds over 0 and up to 60")
    for name in opts.only or []:
        if name not in works:
            p.error("--only: unknown work '%s', must be one of: %s"
                    % (name, ", ".join(works)))
    opts.works = [w for w in works if not opts.only or w in opts.only]
    return opts


def say(text=""):
    print(text, flush=True)


def note(text):
    """For the person who waits; figures go to standard output."""
    clear()
    print("bench: " + text, file=sys.stderr, flush=True)


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + text[:79])
        sys.stderr.flush()


def clear():
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()


def begin():
    """For each benchmark's main: TERM ends it as it should end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    raise_limits()


def raise_limits():
    """As many descriptors as we may have; servers and loads inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def work_dir():
    """A folder that a server's unprivileged children can write in."""
    path = tempfile.mkdtemp(prefix="brood-bench.")
    os.chmod(path, 0o755)
    if os.geteuid() == 0:
        os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
    return path


def find(program):
    """Like which(1), in the sbin folders as well."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin"
    return shutil.which(program, path=path)


def ours(program):
    """The path of one of Brood's own programs; RuntimeError if none."""
    path = os.path.join(TOP, "bin", program)
    if not os.access(path, os.X_OK):
        raise RuntimeError("bin/%s is not built: run make" % program)
    return path


def helper(name):
    """Compiles NAME.c of this folder when needed; the program's path."""
    source = os.path.join(HERE, name + ".c")
    target = os.path.join(BUILD, "bench", name)
    if (not os.path.exists(target) or
            os.path.getmtime(target) < os.path.getmtime(source)):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-std=gnu17", "-O2",
                        "-D_GNU_SOURCE", "-o", target, source], check=True)
    return target


def median(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None


def ratio(a, b):
    return a / b if a is not None and b else None


def show(value, digits=1):
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return "{:,.{}f}".format(value, digits)


def table(head, rows):
    """Prints rows of text; all but the first column stand to the right."""
    widths = [max(len(r[i]) for r in [head] + rows)
              for i in range(len(head))]
    for r in [head] + rows:
        cells = [r[0].ljust(widths[0])]
        cells += [c.rjust(w) for c, w in zip(r[1:], widths[1:])]
        say("  " + "  ".join(cells).rstrip())


def verdict(text, value, passed):
    """One line of what must be reached, and its record for the JSON."""
    word = "unknown" if value is None else "PASS" if passed else "OVER"
    say("  must: %-46s %10s  %s" % (text, show(value, 2), word))
    return {"must": text, "value": value,
            "passed": None if value is None else bool(passed)}


def machine():
    """What the figures were measured on."""
    model = ""
    try:
        with open("/proc/cpuinfo") as f:
            for line in f:
                if line.startswith("model name"):
                    model = line.split(":", 1)[1].strip()
                    break
    except OSError:
        pass
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"date": now.isoformat(timespec="seconds"), "processor": model,
            "processors": CPUS, "kernel": platform.release()}


def save(path, results):
    """Writes the JSON file whole or not at all."""
    path = os.path.join(TOP, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".tmp", "w") as f:
        json.dump(results, f, indent=1)
        f.write("\n")
    os.replace(path + ".tmp", path)
    say()
    say("Figures: " + os.path.relpath(path))
