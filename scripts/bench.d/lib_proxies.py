"""The proxies that proxyd is measured beside, and proxyd itself.

start(NAME, folder, origin) starts one before an origin on a port of
127.0.0.1; None where it is not installed.  What they are configured with
stands in peers/.
"""

import os
import shlex
import subprocess

import lib
from lib_peers import fill, nobody
from lib_server import Server, free_port

# For each peer: program, arguments, its file in peers/, and the line that
# names an unprivileged user.
PEERS = {
    "nginx": (["nginx", "-c", "@CONF@"], "nginx-proxy.conf",
              "user @NAME@ @GROUP@;"),
    "squid": (["squid", "-N", "-f", "@CONF@"], "squid.conf",
              "cache_effective_user @NAME@"),
    "varnish": (["varnishd", "-F", "-j", "none", "-f", "@CONF@", "-n",
                 "@DIR@/varnish", "-a", "127.0.0.1:@PORT@", "-T", "none",
                 "-s", "malloc,256m"], "varnish.vcl", ""),
    "varnish-file": (["varnishd", "-F", "-j", "none", "-f", "@CONF@", "-n",
                      "@DIR@/varnish", "-a", "127.0.0.1:@PORT@", "-T",
                      "none", "-s", "file,@DIR@/varnish.store,256m"],
                     "varnish.vcl", ""),
    "tinyproxy": (["tinyproxy", "-d", "-c", "@CONF@"], "tinyproxy.conf",
                  "User @NAME@\nGroup @GROUP@"),
    "haproxy": (["haproxy", "-db", "-f", "@CONF@"], "haproxy.cfg", ""),
}


def proxyd(folder, origin):
    """Ours; BENCH_PROXYD_OPTIONS in the environment adds options."""
    argv = [lib.ours("proxyd"), "--listen", "127.0.0.1:0", "--children",
            str(lib.CPUS), "--connections", "12000", "--idle-timeout",
            "300s", "--cache", os.path.join(folder, "cache")]
    if origin:
        argv += ["--origin", "http://127.0.0.1:%d" % origin]
    argv += shlex.split(os.environ.get("BENCH_PROXYD_OPTIONS", ""))
    server = Server("proxyd", argv, folder)
    server.tunnel = server.port
    return server


def peer(name, folder, origin):
    argv, source, user_line = PEERS[name]
    program = lib.find(argv[0])
    if program is None:
        return None
    user, group = nobody()
    values = {
        "USER": user_line if user else "", "NAME": user, "GROUP": group,
        "WORKERS": lib.CPUS, "DIR": folder, "ORIGIN": origin or 9,
        "PORT": free_port(), "PORT2": free_port(),
        "CONF": os.path.join(folder, name + ".conf"),
    }
    with open(os.path.join(lib.HERE, "peers", source)) as f:
        text = fill(f.read(), values)
    with open(values["CONF"], "w") as f:
        f.write(text)
    argv = [program] + [fill(a, values) for a in argv[1:]]
    if name == "squid":     # makes the folders of its store, once
        subprocess.run([program, "-N", "-z", "-f", values["CONF"]],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    server = Server(name, argv, folder, values["PORT"])
    server.tunnel = values["PORT2" if name in ("squid", "haproxy")
                           else "PORT"]
    return server


def start(name, folder, origin=None):
    """A running proxy, or None if it is not installed."""
    return (proxyd(folder, origin) if name == "proxyd" else
            peer(name, folder, origin))


def web(folder, root, fields):
    """An origin that costs little: our own web server."""
    argv = [lib.ours("httpd"), "--listen", "127.0.0.1:0", "--access-log",
            "off", "--keepalive-requests", "0", "--idle-timeout", "300s",
            "--connections", "12000"]
    for field in fields:
        argv += ["--header", field]
    return Server("origin", argv + [root], folder)
