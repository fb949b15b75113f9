"""Pages in a headless Chromium, for tests: `from browser import *`.

Chromium is driven over its debugging port with a WebSocket library, so this
wants python3-websockets and is not run with -S.  Keys are pressed as a user's
are; every wait has a deadline.  What a page logs as an error, or a script
throws, ends the test.
"""
import asyncio
import json
import os
import re
import sys
import time

import websockets

SLOW = float(os.environ.get("SLOW", "1"))
SECONDS = 15 * SLOW
BIN = os.environ["BIN"]


class Browser:
    """async with Browser(profile folder) as b: page = await b.open(url)"""

    def __init__(self, profile):
        self.profile = profile
        self.waiting, self.number, self.pages = {}, 0, {}

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            "chromium", "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update",
            "--disable-renderer-backgrounding", "--no-proxy-server",
            "--disable-background-timer-throttling",
            "--user-data-dir=" + self.profile, "--remote-debugging-port=0",
            "about:blank", stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
        while True:
            line = await asyncio.wait_for(self.process.stderr.readline(),
                                          2 * SECONDS)
            if not line:
                raise SystemExit("chromium does not start")
            found = re.search(rb"listening on (ws://\S+)", line)
            if found:
                break
        self.logs = asyncio.create_task(self.drain())
        self.socket = await websockets.connect(found.group(1).decode(),
                                               max_size=None)
        self.task = asyncio.create_task(self.listen())
        return self

    async def __aexit__(self, *_):
        try:
            await self.ask("Browser.close")
        except (websockets.ConnectionClosed, asyncio.TimeoutError):
            pass
        try:
            await asyncio.wait_for(self.process.wait(), SECONDS)
        except asyncio.TimeoutError:
            self.process.kill()
        self.task.cancel()
        self.logs.cancel()

    async def drain(self):
        while await self.process.stderr.readline():
            pass

    async def listen(self):
        async for text in self.socket:
            m = json.loads(text)
            if "id" in m:
                self.waiting.pop(m["id"]).set_result(m)
            elif m.get("sessionId") in self.pages:
                self.pages[m["sessionId"]].note(m)

    async def ask(self, method, session=None, **params):
        self.number += 1
        m = {"id": self.number, "method": method, "params": params}
        if session:
            m["sessionId"] = session
        self.waiting[self.number] = asyncio.get_running_loop().create_future()
        answer = self.waiting[self.number]
        await self.socket.send(json.dumps(m))
        m = await asyncio.wait_for(answer, SECONDS)
        if "error" in m:
            raise SystemExit("%s: %s" % (method, m["error"]))
        return m["result"]

    async def open(self, url):
        """A page in a profile of its own, in front."""
        context = await self.ask("Target.createBrowserContext")
        target = await self.ask("Target.createTarget", url="about:blank",
                                browserContextId=context["browserContextId"])
        session = await self.ask("Target.attachToTarget", flatten=True,
                                 targetId=target["targetId"])
        page = Page(self, session["sessionId"], target["targetId"])
        self.pages[page.session] = page
        for domain in "Page", "Runtime", "Log":
            await page.ask(domain + ".enable")
        await page.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        await page.ask("Page.navigate", url=url)
        await page.until("document.readyState === 'complete'")
        return page


class Page:
    def __init__(self, browser, session, target):
        self.browser, self.session, self.target = browser, session, target
        self.faults = []

    def note(self, m):
        p = m["params"]
        if m["method"] == "Runtime.exceptionThrown":
            self.faults.append(p["exceptionDetails"])
        elif m["method"] == "Log.entryAdded" and \
                p["entry"]["level"] == "error":
            self.faults.append(p["entry"]["text"])

    async def ask(self, method, **params):
        return await self.browser.ask(method, self.session, **params)

    async def js(self, expression):
        """Its value; promises are waited for."""
        r = await self.ask("Runtime.evaluate", expression=expression,
                           awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in r:
            raise SystemExit("%s: %s" % (expression, r["exceptionDetails"]))
        return r["result"].get("value")

    async def until(self, expression, what=None):
        end = time.monotonic() + SECONDS
        while not await self.js(expression):
            if time.monotonic() > end:
                raise SystemExit("not in time: %s\n%s\n%s" % (
                    what or expression, self.faults,
                    await self.js("document.body.innerText")))
            await asyncio.sleep(0.02)

    async def sees(self, text, where="log"):
        await self.until("document.getElementById(%s).innerText.includes(%s)"
                         % (json.dumps(where), json.dumps(text)))

    async def type(self, text):
        """Into what has the focus."""
        await self.ask("Input.insertText", text=text)

    async def key(self, name, text=""):
        for kind in "keyDown", "keyUp":
            await self.ask("Input.dispatchKeyEvent", type=kind, key=name,
                           code=name, text=text if kind == "keyDown" else "",
                           windowsVirtualKeyCode={"Enter": 13, "Tab": 9,
                                                  " ": 32}.get(name, 0))

    async def enter(self, text=""):
        await self.type(text)
        await self.key("Enter", "\r")

    async def focus(self):
        """The id of what has the focus."""
        return await self.js("document.activeElement.id")


class Terminal:
    """A client of ours, its lines in and out."""

    def __init__(self, *command):
        self.command, self.got = command, ""

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            os.path.join(BIN, self.command[0]), *self.command[1:],
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        return self

    async def __aexit__(self, *_):
        if self.process.stdin:
            self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), SECONDS)
        except asyncio.TimeoutError:
            self.process.kill()

    async def say(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        await self.process.stdin.drain()

    async def hear(self, pattern):
        while True:
            found = re.search(pattern, self.got)
            if found:
                self.got = self.got[found.end():]
                return found
            data = await asyncio.wait_for(self.process.stdout.read(65536),
                                          SECONDS)
            if not data:
                raise SystemExit("%s: no %r in %r, which is all" %
                                 (self.command[0], pattern, self.got))
            self.got += data.decode()


def eq(got, expected, what=""):
    if got != expected:
        raise SystemExit("%s: %r, not %r" % (what, got, expected))


def run(main):
    asyncio.run(asyncio.wait_for(main, 8 * SECONDS))
