/*
 * Marks the servers that answer in the table of index.html.  It asks httpd's
 * own /server-status?json, which is off unless httpd was told to give it; and
 * the others' --status, over the bridges /status/NAME that scripts/run gives
 * httpd.  Without them, or without this script, the page says all that it says
 * anyway.
 */
(function () {
	"use strict";
	var timer;

	function number(value, unit) {
		if (typeof value !== "number")
			return null;
		return value.toLocaleString("en") + " " + unit +
		    (value === 1 ? "" : "s");
	}

	function show(server) {
		var row = document.querySelector(
		    'tr[data-server="' + CSS.escape(server.name) + '"]');
		var text;

		if (row === null)
			return;
		text = ["running", server.datagrams && !server.connections ?
		    number(server.datagrams, "datagram") :
		    number(server.requests, "request"),
		    number(server.connections, "connection")]
		    .filter(Boolean).join(", ");
		row.classList.add("up");
		row.querySelector(".state").textContent = text;
	}

	function forget(name) {
		var row = document.querySelector(
		    'tr[data-server="' + CSS.escape(name) + '"]');

		if (row === null)
			return;
		row.classList.remove("up");
		row.querySelector(".state").textContent = "";
	}

	/* ask - a server over its bridge; --status takes a line and answers. */
	function ask(path) {
		var name = path.slice("/status/".length), heard = false;
		var socket = new WebSocket(location.origin.replace(/^http/,
		    "ws") + path);

		socket.onopen = function () { socket.send("JSON"); };
		socket.onmessage = function (message) {
			heard = true;
			show(JSON.parse(message.data));
			socket.close();
		};
		socket.onclose = function () {
			if (!heard)
				forget(name);
		};
	}

	function refresh() {
		clearTimeout(timer);
		if (document.hidden)
			return;
		fetch("/server-status?json", { cache: "no-store" })
		    .then(function (r) {
			if (!r.ok)
				throw new Error(r.status);
			return r.json();
		}).then(function (status) {
			show(status);
			(status.bridges || []).filter(function (path) {
				return path.startsWith("/status/");
			}).forEach(ask);
			clearTimeout(timer);
			timer = setTimeout(refresh, 5000);
		}).catch(function () {});
	}

	refresh();
	document.addEventListener("visibilitychange", refresh);
}());
