# chat.html in a browser: two pages and a client on a terminal talk with one
# another, in chatd's chat and in roomd's room; keys, lists, colours, losses.

load lib/brood
load lib/web
load lib/ws

setup_file() {
	need chromium
	"$PYTHON" -c 'import websockets' || skip 'no websockets for python'
	export W=$BATS_FILE_TMPDIR/www
	cp -R "$TOP/htdocs" "$W"
	chmod -R go+rX "$W"
	chmod 755 "$BATS_FILE_TMPDIR"
	start_server chatd --history 20
	export CHAT=$HOST:$PORT
	start_server roomd
	export ROOM=$HOST:$PORT
	start_server httpd --bridge "/chat=tcp:$CHAT" \
	    --bridge "/room=udp:$ROOM" --header "Content-Security-Policy: \
default-src 'self'" "$W"
	export HTTPD=$SERVER_PID
}

# pages - a script with a browser at hand, and URL, CHAT, ROOM
pages() {
	local script=$BATS_TEST_TMPDIR/pages.py

	{
		echo 'from browser import *'
		echo 'URL = "http://%(HOST)s:%(PORT)s/chat.html" % os.environ'
		echo 'CHAT = os.environ["CHAT"].rsplit(":", 1)'
		echo 'ROOM = os.environ["ROOM"].rsplit(":", 1)'
		cat
		echo 'run(main())'
	} >"$script"
	PYTHONPATH=$LIB "$PYTHON" "$script" "$BATS_TEST_TMPDIR/profile"
}

@test "the chat: two pages and chatc talk with one another" {
	pages <<-'PY'
	async def main():
	    async with Browser(sys.argv[1]) as b, \
	            Terminal("chatc", "--plain", "--nick", "tom", *CHAT) as tom:
	        await tom.hear("tom")
	        ann, bob = await b.open(URL), await b.open(URL)
	        eq(await (await b.open(URL.replace("chat.html", ""))).js(
	            "document.querySelectorAll('a[href^=\"chat.html\"]').length"), 3)
	        for page, name in (ann, "ann"), (bob, "bob"):
	            eq(await page.js("text.disabled"), True)
	            await page.js("document.getElementById('name').focus()")
	            await page.enter(name)
	            await page.sees("Connected as %s, in lobby." % name, "state")
	            await page.until("document.activeElement.id === 'text'")
	        await ann.enter("hello from ann \U0001f414 <b>&amp;")
	        await bob.sees("ann: hello from ann \U0001f414 <b>&amp;")
	        await tom.hear("ann: ?hello from ann \U0001f414 <b>&amp;")
	        await tom.say("hello from tom")
	        for page in ann, bob:
	            await page.sees("tom: hello from tom")
	            await page.until("people.innerText.split('\\n').join() === "
	                "'ann,bob,tom'")
	            eq(await page.js("people.querySelectorAll('.self').length"), 1)
	        await bob.enter("/me waves")
	        await ann.sees("* bob waves")
	        # an empty message is refused and nothing is sent
	        lines = await ann.js("log.childElementCount")
	        for empty in "", "   ":
	            await ann.enter(empty)
	            await ann.sees("An empty message is not sent", "refused")
	            eq(await ann.js("text.getAttribute('aria-invalid')"), "true")
	        eq(await ann.js("log.childElementCount"), lines)
	        await ann.js("text.value = ''")
	        await ann.type("x" * 4097)
	        await ann.key("Enter", "\r")
	        await ann.sees("has at most 4096", "refused")
	        await ann.js("text.value = ''")
	        # system lines have a colour of their own
	        style = "getComputedStyle(log.querySelector('%s')).color"
	        eq(await ann.js(style % ".system" + " !== " + style % ".say"), True)
	        # it follows, but not one who reads further up
	        for i in range(60):
	            await tom.say("line %d" % i)
	        await ann.sees("line 59")
	        await ann.until("log.scrollHeight - log.scrollTop - "
	            "log.clientHeight < 40")
	        await ann.js("log.scrollTop = 0")
	        await bob.enter("more")
	        await ann.sees("bob: more")
	        eq(await ann.js("log.scrollTop"), 0)
	        eq(await ann.js("newest.hidden"), False)
	        await ann.js("newest.click()")
	        eq(await ann.js("log.scrollTop > 0 && newest.hidden"), True)
	        await bob.enter("/quit")
	        await bob.sees("Not connected.", "state")
	        await ann.sees("bob has left the chat")
	        await ann.until("!people.innerText.includes('bob')")
	        eq(ann.faults + bob.faults, [])
	PY
}

@test "the room: two pages and roomc talk with one another" {
	pages <<-'PY'
	async def main():
	    async with Browser(sys.argv[1]) as b, \
	            Terminal("roomc", "-n", "tom", *ROOM) as tom:
	        ann, bob = await b.open(URL + "#room"), await b.open(URL + "#room")
	        await ann.js("document.getElementById('name').focus()")
	        await ann.enter("")
	        await ann.sees("The room wants to know your name.")
	        for page, name in (ann, "ann"), (bob, "bob"):
	            await page.js("document.getElementById('name').focus()")
	            await page.enter(name)
	            await page.sees("Connected as %s, in the room." % name, "state")
	        await ann.sees("bob joined the chat")
	        await tom.hear("bob joined the chat")
	        await ann.until("people.innerText.split('\\n').join() === "
	            "'ann,bob,tom'")
	        await bob.until("people.innerText.split('\\n').join() === "
	            "'ann,bob,tom'")
	        for i in range(5):
	            await ann.enter("number %d \u5c0f\u9e21" % i)
	        for i in range(5):
	            await tom.hear("ann:\\s*number %d \u5c0f\u9e21" % i)
	        await bob.sees("ann: number 4 \u5c0f\u9e21")
	        eq(await bob.js("[...log.querySelectorAll('.say')].map(e => "
	            "e.innerText.slice(-4, -3)).join('')"), "01234")
	        await tom.say("from the terminal")
	        for page in ann, bob:
	            await page.sees("tom: from the terminal")
	        # a name that is taken
	        eve = await b.open(URL + "#room")
	        await eve.js("document.getElementById('name').focus()")
	        await eve.enter("bob")
	        await eve.sees("bob: somebody else is called so")
	        await eve.sees("Not connected.", "state")
	        # a page that is closed has left
	        await b.ask("Target.closeTarget", targetId=bob.target)
	        await tom.hear("bob left the chat")
	        await ann.until("people.innerText.split('\\n').join() === 'ann,tom'")
	        eq(ann.faults + eve.faults, [])
	        # so has one that shows something else now
	        await ann.ask("Page.navigate", url="about:blank")
	        await tom.hear("ann left the chat")
	PY
}

@test "a loss: the pages come back and have missed nothing" {
	pages <<-PY
	import signal
	async def main():
	    async with Browser(sys.argv[1]) as b, \\
	            Terminal("chatc", "--plain", "--nick", "tom", *CHAT) as tom, \\
	            Terminal("roomc", "-n", "tim", *ROOM) as tim:
	        pages = [await b.open(URL + h) for h in ("#chat", "#room")]
	        for page in pages:
	            await page.js("document.getElementById('name').focus()")
	            await page.enter("kim")
	            await page.sees("Connected as kim", "state")
	        await tom.hear("kim")
	        await tim.hear("kim joined")
	        os.kill($HTTPD, signal.SIGHUP)
	        for page in pages:
	            await page.sees("trying again", "state")
	        await tom.say("said meanwhile")
	        await tim.say("said meanwhile")
	        for page in pages:
	            await page.sees("Connected as kim", "state")
	            await page.sees("said meanwhile")
	            eq(await page.js("log.innerText.split('said meanwhile')"
	                ".length"), 2, "once")
	            await page.until("document.activeElement.id === 'text'")
	            await page.enter("back")
	        await tom.hear("kim: ?back")
	        await tim.hear("kim: ?back")
	        eq(pages[0].faults + pages[1].faults, [])
	PY
}

@test "the landing page: who is running, asked over bridges" {
	local status

	start_server echod --status 127.0.0.1:0
	wait_for_line "$SERVER_OUT" '^status on '
	status=$(sed -n 's/^status on //p' "$SERVER_OUT")
	export ECHOD=$SERVER_PID
	start_server httpd --server-status \
	    --bridge "/status/echod=tcp:$status" "$W"
	pages <<-'PY'
	import signal
	async def main():
	    async with Browser(sys.argv[1]) as b:
	        page = await b.open(URL.replace("chat.html", ""))
	        state = "document.querySelector('[data-server=%s] .state')" \
	            ".innerText"
	        for server in "httpd", "echod":
	            await page.until(state % server + ".startsWith('running, ')")
	        eq(await page.js(state % "timed"), "")
	        eq(page.faults, [])
	        os.kill(int(os.environ["ECHOD"]), signal.SIGTERM)
	        look = "document.dispatchEvent(new Event('visibilitychange')) && "
	        await page.until(look + state % "echod" + " === ''")
	PY
}
