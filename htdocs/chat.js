/*
 * The face of chat.html: what is said, who is here, how the connection is, and
 * the box in which Enter sends.  chat-hub.js and chat-room.js know how the
 * servers speak.
 */
import { Hub } from "./chat-hub.js";
import { Room } from "./chat-room.js";

const LINES = 1000;	/* kept in the window */
const HUES = 6;

const $ = (id) => document.getElementById(id);
const log = $("log"), input = $("text"), state = $("state");
const title = document.title;
let talk = null, self = "", unread = 0;

/* -- What is said --------------------------------------------------------- */

/* hue - a name's, the same in every window. */
function hue(name) {
	let sum = 0;

	for (const c of name)
		sum = (sum * 31 + c.codePointAt(0)) % 65536;
	return "hue" + sum % HUES;
}

function at_end() {
	return log.scrollHeight - log.scrollTop - log.clientHeight < 40;
}

function to_end() {
	log.scrollTop = log.scrollHeight;
	$("newest").hidden = true;
}

function stamp(ms) {
	const when = new Date(ms), time = document.createElement("time");

	time.dateTime = when.toISOString();
	time.textContent = when.toLocaleTimeString([], { hour: "2-digit",
	    minute: "2-digit", hour12: false });
	return time;
}

/* line - one more; the window follows unless somebody reads further up. */
function line(kind, ms, ...parts) {
	const item = document.createElement("p"), follow = at_end();

	item.className = kind;
	item.append(stamp(ms), " ", ...parts);
	log.append(item);
	while (log.childElementCount > LINES)
		log.firstElementChild.remove();
	if (follow)
		to_end();
	else
		$("newest").hidden = false;
}

function mark_unread() {
	unread = document.hidden ? unread + 1 : 0;
	document.title = (unread > 0 ? `(${unread}) ` : "") + title;
}

/* -- The connection ------------------------------------------------------- */

function show_state(which, text) {
	state.dataset.state = which;
	state.textContent = text;
	const on = which === "on";

	input.disabled = $("say").disabled = talk === null;
	$("go").textContent = talk === null ? "Enter" : "Leave";
	for (const field of $("enter").elements)
		if (field !== $("go"))
			field.disabled = talk !== null;
	return on;
}

const face = {
	said(e, kind) {
		const who = document.createElement("b");
		const own = e.who === self ? " own" : "";

		who.textContent = kind === "private" ?
		    `${e.who} (to you alone)` : e.who;
		who.className = "who " + hue(e.who);
		line((kind || "server") + own, e.time,
		    ...(kind === "me" ? ["* ", who, " "] : [who, ": "]),
		    e.text);
		mark_unread();
	},

	system(text, ms) {
		line("system", ms, text);
	},

	inside(name, where) {
		const begun = state.dataset.state !== "on";

		self = name;
		show_state("on", `Connected as ${name}, in ${where}.`);
		if (begun)
			input.focus();
	},

	lost(ms) {
		show_state("wait", "Not connected; trying again in " +
		    `${Math.ceil(ms / 1000)} s.`);
		face.people(new Set(), self);
	},

	/* over - the server will not have us. */
	over(why) {
		line("fault", Date.now(), why);
		leave();
		$("name").focus();
	},

	people(names, own) {
		const sorted = [...names].sort((a, b) => a.localeCompare(b));

		$("count").textContent = sorted.length > 0 ?
		    `(${sorted.length})` : "";
		$("people").replaceChildren(...sorted.map((name) => {
			const item = document.createElement("li");

			item.textContent = name;
			item.className = hue(name) +
			    (name === own ? " self" : "");
			return item;
		}));
	},
};

function where() {
	return new FormData($("enter")).get("where");
}

function enter() {
	const name = $("name").value.trim(), room = where() === "room";

	if (room && name === "") {
		line("fault", Date.now(), "The room wants to know your name.");
		$("name").focus();
		return;
	}
	sessionStorage.setItem("name", name);
	sessionStorage.setItem("where", where());
	talk = room ? new Room(name, face) : new Hub(name, face);
	show_state("wait", "Connecting.");
}

function leave() {
	talk.close();
	talk = null;
	face.people(new Set(), "");
	show_state("off", "Not connected.");
}

/* -- The box -------------------------------------------------------------- */

function refuse(why) {
	$("refused").textContent = why;
	input.setAttribute("aria-invalid", why !== "");
}

function send() {
	const text = input.value, most = talk.constructor.most;
	const size = new TextEncoder().encode(text).length;

	if (text.trim() === "") {
		refuse("An empty message is not sent: type something first.");
	} else if (size > most) {
		refuse(`That is ${size} bytes long; a message has at most ` +
		    `${most}.`);
	} else if (state.dataset.state !== "on") {
		refuse("Not sent: there is no connection just now.");
	} else {
		refuse("");
		input.value = "";
		to_end();
		if (!talk.say(text))
			leave();
	}
}

$("send").addEventListener("submit", (e) => {
	e.preventDefault();
	if (talk !== null)
		send();
});
$("enter").addEventListener("submit", (e) => {
	e.preventDefault();
	if (talk === null)
		enter();
	else
		leave();
});
input.addEventListener("input", () => refuse(""));
$("newest").addEventListener("click", () => {
	to_end();
	input.focus();
});
log.addEventListener("scroll", () => {
	if (at_end())
		$("newest").hidden = true;
});
document.addEventListener("visibilitychange", () => {
	if (!document.hidden) {
		unread = 0;
		document.title = title;
	}
});

/* Who goes to another page leaves, though this one may be kept for later. */
addEventListener("pagehide", () => {
	if (talk !== null)
		leave();
});

/* chat.html#room and #chat choose; else what was chosen before. */
const chosen = location.hash.slice(1) || sessionStorage.getItem("where");
const radio = document.querySelector(
    `input[name="where"][value="${CSS.escape(chosen || "chat")}"]`);

if (radio !== null)
	radio.checked = true;
$("name").value = sessionStorage.getItem("name") || "";
show_state("off", "Not connected.");
