"""The web servers that ours is measured beside, and ours itself.

start(NAME, folder, root, log) starts one; each is skipped where it is not
installed.  What they are configured with stands in peers/.
"""

import glob
import grp
import os
import pwd
import shlex

import lib
from lib_server import Server, free_port

# Ours under each model: what scripts/bench calls it, and its options.  The
# classic pool is set up for new connections: one that is taken with its request
# is served in one go (Apache and h2o defer unasked), and a few spare children
# do, for each that is woken costs a switch.
OURS = {
    "httpd": ["--model", "prefork", "--children", str(lib.CPUS),
              "--connections", "12000"],
    "httpd-pool": ["--model", "prefork", "--children",
                   "%d:300" % lib.CPUS, "--spare", "1:%d" % (2 * lib.CPUS),
                   "--connections", "1", "--defer-accept"],
    "httpd-fork": ["--model", "fork", "--children", "1000"],
}


def nobody():
    """An unprivileged user and its group, when started by root."""
    if os.geteuid() != 0:
        return None, None
    user = pwd.getpwnam("nobody")
    return user.pw_name, grp.getgrgid(user.pw_gid).gr_name


def modules():
    """Where Apache keeps its modules."""
    found = (glob.glob("/usr/lib*/apache2/modules") +
             glob.glob("/usr/lib*/httpd/modules"))
    return found[0] if found else None


# For each peer: the program, its arguments with @CONF@ for its configuration,
# the line that names an unprivileged user, and those that write a log.
CONFIGURED = {
    "nginx": {
        "argv": ["nginx", "-c", "@CONF@"],
        "user": "user @NAME@ @GROUP@;",
        "log": "access_log @DIR@/nginx.access combined buffer=64k flush=1s;",
        "quiet": "access_log off;",
    },
    "lighttpd": {
        "argv": ["lighttpd", "-D", "-f", "@CONF@"],
        "user": 'server.username = "@NAME@"\nserver.groupname = "@GROUP@"',
        "log": 'server.modules += ( "mod_accesslog" )\n'
               'accesslog.filename = "@DIR@/lighttpd.access"',
        "quiet": "",
    },
    "h2o": {
        "argv": ["h2o", "-c", "@CONF@"],
        "user": "user: @NAME@",
        "log": "access-log: @DIR@/h2o.access",
        "quiet": "",
    },
    "apache": {
        "argv": ["apache2", "-f", "@CONF@", "-DFOREGROUND"],
        "user": "User @NAME@\nGroup @GROUP@",
        "log": "LoadModule log_config_module "
               "@MODULES@/mod_log_config.so\nBufferedLogs On\n"
               'LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" '
               '\\"%{User-Agent}i\\"" combined\n'
               "CustomLog @DIR@/apache.access combined",
        "quiet": "",
    },
}


def fill(text, values):
    for _ in range(2):      # what is filled in may itself hold @NAME@
        for key, value in values.items():
            text = text.replace("@%s@" % key, str(value))
    return text


def configured(name, folder, root, log):
    peer = CONFIGURED[name]
    program = lib.find(peer["argv"][0])
    if program is None or (name == "apache" and modules() is None):
        return None
    user, group = nobody()
    port = free_port()
    values = {
        "USER": peer["user"] if user else "", "NAME": user, "GROUP": group,
        "LOG": peer["log" if log else "quiet"], "WORKERS": lib.CPUS,
        "MODULES": modules(), "DIR": folder, "ROOT": root, "PORT": port,
        "CONF": os.path.join(folder, name + ".conf"),
    }
    with open(os.path.join(lib.HERE, "peers", name + ".conf")) as f:
        text = fill(f.read(), values)
    with open(values["CONF"], "w") as f:
        f.write(text)
    argv = [program] + [fill(a, values) for a in peer["argv"][1:]]
    return Server(name, argv, folder, port)


def darkhttpd(folder, root, log):
    program = lib.find("darkhttpd")
    if program is None:
        return None
    port = free_port()
    argv = [program, root, "--addr", "127.0.0.1", "--port", str(port),
            "--timeout", "300", "--maxconn", "16384"]
    argv += ["--log", os.path.join(folder, "darkhttpd.access") if log
             else "/dev/null"]
    return Server("darkhttpd", argv, folder, port)


def busybox(folder, root, _log):
    program = lib.find("busybox")
    if program is None:
        return None
    port = free_port()
    return Server("busybox", [program, "httpd", "-f", "-h", root, "-p",
                              "127.0.0.1:%d" % port], folder, port)


def floor(name, folder):
    argv = [lib.helper("floor")]
    if name == "floor-close":
        argv.append("-c")
    return Server(name, argv + [str(lib.CPUS)], folder)


def httpd(name, folder, root, log):
    """Ours; BENCH_HTTPD_OPTIONS in the environment adds options."""
    access = os.path.join(folder, name + ".access") if log else "off"
    argv = [lib.ours("httpd"), "--listen", "127.0.0.1:0"] + OURS[name]
    argv += ["--access-log", access, "--keepalive-requests", "0",
             "--idle-timeout", "300s"]
    argv += shlex.split(os.environ.get("BENCH_HTTPD_OPTIONS", ""))
    return Server(name, argv + [root], folder)


def start(name, folder, root, log=False):
    """A running server, or None if it is not installed."""
    if name in OURS:
        return httpd(name, folder, root, log)
    if name in CONFIGURED:
        return configured(name, folder, root, log)
    if name.startswith("floor"):
        return floor(name, folder)
    return {"darkhttpd": darkhttpd, "busybox": busybox}[name](
        folder, root, log)
