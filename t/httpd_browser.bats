# httpd as a browser sees it: headless Chromium loads pages, what belongs to
# them, and what it has already.

load lib/brood
load lib/web

setup_file() {
	need chromium
	export W=$BATS_FILE_TMPDIR/www
	cp -R "$TOP/htdocs" "$W"
	mkdir "$W/list"
	echo 'fine' >"$W/list/a&b <i>c.txt"
	cat >"$W/test.html" <<-'END'
	<!DOCTYPE html>
	<meta charset="utf-8">
	<link rel="icon" href="favicon.svg">
	<link rel="stylesheet" href="style.css">
	<title>test</title>
	<img id="i" src="brood.png">
	<p id="out">nothing yet</p>
	<script>
	onload = async () => {
		let i = document.getElementById("i"), said = [];
		said.push("image " + (i.complete && i.naturalWidth > 100));
		said.push("styles " + (document.styleSheets[0].cssRules.length > 3));
		let a = await fetch("brood.png", { headers: { Range: "bytes=0-3" }});
		said.push("range " + a.status + " " + (await a.arrayBuffer()).byteLength);
		let b = await fetch("none"); said.push("missing " + b.status);
		let c = await fetch("style.css", { cache: "no-cache" });
		said.push("again " + c.status);
		let d = await fetch("list/?format=json");
		said.push("listing " + JSON.stringify((await d.json()).map(e => e.name)));
		out.textContent = said.join("; ");
	};
	</script>
	END
	chmod -R go+rX "$W"
	chmod 755 "$BATS_FILE_TMPDIR"
	start_server httpd "$W" --listing --server-status \
	    --access-log "$BATS_FILE_TMPDIR/access"
	export ACCESS=$BATS_FILE_TMPDIR/access LOG=$SERVER_LOG
}

setup() {
	CONSOLE=$BATS_TEST_TMPDIR/console
}

# browse ARG... - what Chromium says and draws; console errors in $CONSOLE
browse() {
	timeout $((40 * SLOW)) chromium --headless --no-sandbox --disable-gpu \
	    --disable-quic --no-first-run --disable-background-networking \
	    --disable-component-update --disable-sync --disable-dev-shm-usage \
	    --user-data-dir="$BATS_FILE_TMPDIR/profile" --enable-logging=stderr \
	    "$@" 2>"$CONSOLE"
}

# no_console_errors - but for those that the test provoked
no_console_errors() {
	run grep -E 'CONSOLE.*(error|Failed|refused|MIME)' "$CONSOLE"
	assert_output ''
}

@test "the landing page: its text, and nothing on the console" {
	run browse --virtual-time-budget=5000 --dump-dom "http://$HOST:$PORT/"
	assert_success
	assert_output --partial 'Brood'
	assert_output --partial '</html>'
	# The script asked for the status, and says so of the server that runs.
	assert_output --partial 'running,'
	no_console_errors
	wait_for_line "$ACCESS" '"GET /style.css HTTP/1.1" 200'
	wait_for_line "$ACCESS" '"GET /brood.svg HTTP/1.1" 200'
	run grep -cE '" (404|400|5[0-9][0-9]) ' "$ACCESS"
	assert_output 0
}

@test "an image, a style sheet, ranges, revalidation, a listing" {
	run browse --virtual-time-budget=5000 --dump-dom "http://$HOST:$PORT/test.html"
	assert_success
	assert_output --partial 'image true; styles true; range 206 4; missing 404; again 200; listing ["a&amp;b &lt;i&gt;c.txt"]'
}

@test "a picture of the page has something in it" {
	run browse --window-size=800,600 \
	    --screenshot="$BATS_TEST_TMPDIR/shot.png" "http://$HOST:$PORT/"
	assert_success
	run "$PYTHON" -S - "$BATS_TEST_TMPDIR/shot.png" <<-'PY'
	import struct, sys, zlib
	data = open(sys.argv[1], "rb").read()
	at, pixels = 8, b""
	while at < len(data):
	    size, kind = struct.unpack(">I4s", data[at:at + 8])
	    if kind == b"IHDR":
	        print(*struct.unpack(">II", data[at + 8:at + 16]))
	    elif kind == b"IDAT":
	        pixels += data[at + 8:at + 8 + size]
	    at += size + 12
	print(len(set(zlib.decompress(pixels))) > 30)
	PY
	assert_output $'800 600\nTrue'
}

@test "a listing: its link works" {
	run browse --dump-dom "http://$HOST:$PORT/list/"
	assert_success
	assert_output --partial 'a&amp;b &lt;i&gt;c.txt'
	run browse --dump-dom "http://$HOST:$PORT/list/a&b%20%3Ci%3Ec.txt"
	assert_output --partial fine
}

# A browser opens several connections and keeps them; what it prints is the page
# when all that belongs to it has been loaded.
@test "one process that serves one after another" {
	start_server httpd --model single --access-log "$BATS_TEST_TMPDIR/log" "$W"
	now_ms
	before=$NOW_MS
	run browse --dump-dom "http://$HOST:$PORT/"
	assert_success
	assert_output --partial '</html>'
	now_ms
	((NOW_MS - before < 15000 * SLOW))
	wait_for_line "$BATS_TEST_TMPDIR/log" '"GET /brood.svg HTTP/1.1" 200'
}
