/*
 * chatd's chat: events, a line each (chatd(8) has them), over httpd's bridge.
 * After a loss it goes on behind the last number that was seen.
 */
import { Link } from "./chat-link.js";

const LINE = /^([a-z]+) (\d+) (\d+) (\S+) (\S+) (.*)$/s;
const SYSTEM = {
	join: (e) => `${e.who} has joined the chat`,
	leave: (e) => `${e.who} has left the chat`,
	enter: (e) => `${e.who} has joined the room`,
	exit: (e) => `${e.who} has left the room for ${e.text}`,
	nick: (e) => `${e.who} is now called ${e.text}`,
	topic: (e) => `${e.who} has set the topic: ${e.text}`,
	note: (e) => e.text,
	wait: (e) => "The chat is full; your place in the queue: " + e.number,
	missed: (e) => `(${e.number} messages missed)`,
};

export class Hub {
	static path = "/chat";
	static most = 4096;	/* bytes of a message */

	constructor(name, face) {
		this.name = name;	/* that we have */
		this.nick = name;	/* that we want; "": none */
		this.face = face;
		this.last = 0;
		this.epoch = "0";
		this.room = "";
		this.people = new Set();
		this.welcomed = false;
		this.asked = 0;		/* times that /who was not typed */
		this.link = new Link(Hub.path, this);
	}

	opened() {
		const words = ["HELLO chat/2"];

		this.welcomed = false;
		if (this.last > 0)
			words.push(`last=${this.last}`, `epoch=${this.epoch}`);
		words.push("history=20");
		if (this.nick)
			words.push(`nick=${this.nick}`);
		if (this.room)
			words.push(`room=${this.room}`);
		this.link.send(words.join(" "));
	}

	lost(ms) {
		this.face.lost(ms);
	}

	/* ask - who is here, for the list; events keep it after that. */
	ask() {
		this.asked++;
		this.link.send("/who");
	}

	message(line) {
		const found = typeof line === "string" && LINE.exec(line);

		if (!found)
			return;		/* what plain clients get */
		const [, kind, number, time, room, who, text] = found;
		const e = { kind, number: +number, time: +time, room, who,
		    text };

		if (kind === "welcome")
			this.welcome(e);
		else if (this.welcomed)
			this.event(e);
	}

	welcome(e) {
		const epoch = e.text.split(" ")[1];

		if (epoch !== this.epoch)
			this.last = 0;
		this.epoch = epoch;
		this.welcomed = true;
		this.name = e.who;
		this.room = e.room;
		this.link.good();
		this.face.inside(this.name, this.room);
		this.asked = 0;
		this.ask();
	}

	event(e) {
		if (e.kind === "person" || e.kind === "people") {
			this.listed(e);
			return;
		}
		if (e.number > 0 && !["wait", "missed"].includes(e.kind))
			this.last = e.number;
		this.track(e);
		if (e.kind === "say" || e.kind === "me" ||
		    e.kind === "private" || e.kind === "server")
			this.face.said(e, e.kind === "server" ? "" : e.kind);
		else if (SYSTEM[e.kind])
			this.face.system(SYSTEM[e.kind](e), e.time);
	}

	/* track - who is here, and who we are. */
	track(e) {
		const own = e.who === this.name;

		if (e.kind === "join" || e.kind === "enter")
			this.people.add(e.who);
		else if (e.kind === "leave" || e.kind === "exit")
			this.people.delete(e.who);
		else if (e.kind === "nick" && this.people.delete(e.who))
			this.people.add(e.text);
		else if (e.kind !== "nick")
			return;
		if (e.kind === "nick" && own)
			this.name = this.nick = e.text;
		if (e.kind === "enter" && own && e.room !== this.room) {
			this.room = e.room;
			this.ask();
		}
		this.face.inside(this.name, this.room);
		this.face.people(this.people, this.name);
	}

	/* listed - the answer to /who, in place of all that was known. */
	listed(e) {
		if (e.kind === "person") {
			this.listing = this.listing || new Set();
			this.listing.add(e.who);
		} else {
			this.people = this.listing || new Set();
			this.listing = null;
			this.face.people(this.people, this.name);
		}
		if (this.asked > 0)
			this.asked -= e.kind === "people";
		else
			this.face.system(e.kind === "person" ? `  ${e.who} ` +
			    e.text : `${e.number} here`, e.time);
	}

	/* say - false where it ends the conversation. */
	say(text) {
		this.link.send(text);
		return text !== "q" && text !== "/quit";
	}

	close() {
		this.link.close();
	}
}
