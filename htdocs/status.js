/*
 * Marks the servers that answer in the table of index.html.  It asks httpd's
 * own /server-status?json, which is off unless httpd was told to give it;
 * without it, or without this script, the page says all that it says anyway.
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
		text = ["running", number(server.requests, "request"),
		    number(server.connections, "connection")]
		    .filter(Boolean).join(", ");
		row.classList.add("up");
		row.querySelector(".state").textContent = text;
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
			(status.servers || [status]).forEach(show);
			clearTimeout(timer);
			timer = setTimeout(refresh, 5000);
		}).catch(function () {});
	}

	refresh();
	document.addEventListener("visibilitychange", refresh);
}());
