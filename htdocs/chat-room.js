/*
 * roomd's room, in its better dialect (shared/wire/room.h), a datagram for each
 * binary message over httpd's bridge, which shows signs of life for us.  What
 * we say is repeated until it is acknowledged; what is heard is put in order.
 */
import { Link } from "./chat-link.js";

const HELLO = 1, CHALLENGE = 2, JOIN = 3, JOINED = 4, REFUSED = 5, SAY = 6,
    SAID = 7, EVENT = 8, ACK = 9, WHO = 10, NAMES = 11, LEAVE = 12, BYE = 13;
const KIND_SAY = 1, KIND_JOIN = 2, KIND_LEFT = 3;
const REASON_COOKIE = 1, REASONS = ["", "", "that is no name here",
    "somebody else is called so", "the room is full",
    "the server has not heard us for too long", "as asked"];
const WINDOW = 32;	/* events that may come early */
const AGAIN = 1000;	/* ms; then what was not answered is repeated */

const utf8 = new TextEncoder(), text = new TextDecoder();

/* What follows the head of each type: c cookie, b base, t time, h have, n name,
 * x text, p padding to 64 bytes. */
const PARTS = { [HELLO]: "p", [CHALLENGE]: "c", [JOIN]: "cbn", [JOINED]: "bn",
    [REFUSED]: "", [SAY]: "x", [SAID]: "b", [EVENT]: "btnx", [ACK]: "h",
    [WHO]: "p", [NAMES]: "bx", [LEAVE]: "", [BYE]: "" };

function big(view, at, value) {
	view.setBigUint64(at, BigInt(value));
	return at + 8;
}

function pack(m) {
	const view = new DataView(new ArrayBuffer(1400));
	const bytes = new Uint8Array(view.buffer);
	const name = utf8.encode(m.name || "");
	const said = utf8.encode(m.text || "");
	let at = 8;

	bytes.set([0x8f, 0, 0x52, 0x4d, 1, m.type]);
	at = big(view, at, m.session || 0);
	at = big(view, at, m.number || 0);
	for (const part of PARTS[m.type]) {
		if (part === "c") {
			bytes.set(m.cookie, at);
			at += 12;
		} else if (part === "b") {
			at = big(view, at, m.base || 0);
		} else if (part === "h") {
			view.setUint32(at, m.have || 0);
			at += 4;
		} else if (part === "n") {
			bytes[at++] = name.length;
			bytes.set(name, at);
			at += name.length;
		} else if (part === "x") {
			view.setUint16(at, said.length);
			bytes.set(said, at + 2);
			at += 2 + said.length;
		} else {
			at = 64;
		}
	}
	return bytes.slice(0, at);
}

/* unpack - null where it is no whole message of this version. */
function unpack(data) {
	const view = new DataView(data), bytes = new Uint8Array(data);
	let at = 24;
	const number = () => Number(view.getBigUint64((at += 8) - 8));
	const take = (n) => bytes.slice(at, at += n);

	if (bytes.length < 24 || view.getUint32(0) !== 0x8f00524d ||
	    bytes[4] !== 1 || !(bytes[5] in PARTS))
		return null;
	const m = { type: bytes[5], kind: bytes[6], reason: bytes[7],
	    session: view.getBigUint64(8), number: view.getBigUint64(16) };

	for (const part of PARTS[m.type]) {
		if (part === "c")
			m.cookie = take(12);
		else if (part === "b")
			m.base = number();
		else if (part === "t")
			m.time = number();
		else if (part === "n")
			m.name = text.decode(take(bytes[at++]));
		else if (part === "x")
			m.text = text.decode(take(
			    view.getUint16((at += 2) - 2)));
	}
	return at > bytes.length ? null : m;
}

export class Room {
	static path = "/room";
	static most = 1024;

	constructor(name, face) {
		this.name = name;
		this.face = face;
		this.session = 0n;
		this.next = 0;		/* the event that we wait for */
		this.early = new Map();
		this.queue = [];	/* what was not acknowledged */
		this.taken = 0;		/* how many were */
		this.people = new Set();
		this.inside = false;
		this.timer = setInterval(() => this.again(), AGAIN);
		this.link = new Link(Room.path, this);
	}

	send(m) {
		this.link.send(pack({ session: this.session, ...m }));
	}

	opened() {
		this.nonce = crypto.getRandomValues(new BigUint64Array(1))[0];
		this.cookie = null;
		this.inside = false;
		this.ask();
	}

	lost(ms) {
		this.inside = false;
		this.face.lost(ms);
	}

	/* ask - to be let in: HELLO, and JOIN once there is a cookie. */
	ask() {
		if (this.cookie === null)
			this.send({ type: HELLO, session: 0,
			    number: this.nonce });
		else
			this.send({ type: JOIN, number: this.nonce,
			    cookie: this.cookie, name: this.name,
			    base: Math.max(this.next - 1, 0) });
	}

	/* again - once a second: what has got no answer. */
	again() {
		if (this.link.socket.readyState !== WebSocket.OPEN)
			return;
		if (!this.inside)
			this.ask();
		else if (this.queue.length > 0)
			this.first();
		if (this.inside && this.listing)
			this.more();
	}

	message(data) {
		let m = null;

		try {
			m = typeof data === "string" ? null : unpack(data);
		} catch (error) {
			if (!(error instanceof RangeError))
				throw error;
		}
		if (m === null)
			return;
		if (m.type === CHALLENGE || m.type === JOINED ||
		    m.type === REFUSED)
			this.entering(m);
		else if (this.inside && m.session === this.session)
			this.heard(m);
	}

	entering(m) {
		if (this.inside || m.number !== this.nonce)
			return;
		if (m.type === CHALLENGE) {
			this.cookie = m.cookie;
			this.ask();
		} else if (m.type === JOINED) {
			this.joined(m);
		} else if (m.reason === REASON_COOKIE) {
			this.cookie = null;	/* the timer asks again */
		} else {
			this.face.over(`${this.name}: ` +
			    (REASONS[m.reason] || "the server says no"));
		}
	}

	joined(m) {
		if (m.session !== this.session) {
			this.early.clear();
			this.next = m.base;
			this.taken = 0;
		}
		this.session = m.session;
		this.name = m.name;
		this.inside = true;
		this.link.good();
		this.face.inside(this.name, "the room");
		this.who();
		if (this.queue.length > 0)
			this.first();
	}

	heard(m) {
		if (m.type === EVENT)
			this.event(m);
		else if (m.type === SAID)
			this.acknowledged(Number(m.number));
		else if (m.type === NAMES)
			this.names(m);
		else if (m.type === BYE)
			this.bye(m);
	}

	/* bye - the session is over: another one. */
	bye(m) {
		this.face.system(REASONS[m.reason] || "out of the room",
		    Date.now());
		this.session = 0n;
		this.opened();
	}

	/* -- Events ------------------------------------------------------- */

	event(m) {
		const number = Number(m.number);

		if (m.base > this.next && m.base <= number)
			this.skip(m.base);
		if (number >= this.next && number < this.next + WINDOW)
			this.early.set(number, m);
		for (let e; (e = this.early.get(this.next)); this.next++) {
			this.early.delete(this.next);
			this.show(e);
		}
		let have = 0;
		for (let i = 0; i < WINDOW - 1; i++)
			if (this.early.has(this.next + 1 + i))
				have += 2 ** i;
		this.send({ type: ACK, number: this.next - 1, have });
	}

	/* skip - the server has no more what is before base. */
	skip(base) {
		let missed = 0;

		for (const [number, e] of [...this.early].sort(
		    (a, b) => a[0] - b[0]))
			if (number < base) {
				missed += number - this.next;
				this.next = number + 1;
				this.early.delete(number);
				this.show(e);
			}
		missed += base - this.next;
		this.next = base;
		if (missed > 0)
			this.face.system(`(${missed} messages missed)`,
			    Date.now());
	}

	show(e) {
		if (e.kind === KIND_SAY) {
			this.face.said({ who: e.name, text: e.text,
			    time: e.time * 1000 }, "say");
			return;
		}
		if (e.kind === KIND_JOIN)
			this.people.add(e.name);
		else if (e.kind === KIND_LEFT)
			this.people.delete(e.name);
		this.face.people(this.people, this.name);
		this.face.system(e.text, e.time * 1000);
	}

	/* -- Names -------------------------------------------------------- */

	who() {
		this.listing = new Set();
		this.more();
	}

	more() {
		this.send({ type: WHO, number: this.listing.size });
	}

	names(m) {
		if (!this.listing || Number(m.number) !== this.listing.size)
			return;
		const names = m.text.split("\n").filter(Boolean);

		names.forEach((name) => this.listing.add(name));
		if (names.length > 0 && this.listing.size < m.base) {
			this.more();
			return;
		}
		this.people = this.listing;
		this.listing = null;
		this.face.people(this.people, this.name);
	}

	/* -- Saying ------------------------------------------------------- */

	first() {
		this.send({ type: SAY, number: this.taken + 1,
		    text: this.queue[0] });
	}

	acknowledged(number) {
		if (number !== this.taken + 1 || this.queue.length === 0)
			return;
		this.taken = number;
		this.queue.shift();
		if (this.queue.length > 0)
			this.first();
	}

	/* say - one under way at a time; the others wait for it. */
	say(said) {
		this.queue.push(said);
		if (this.queue.length === 1 && this.inside)
			this.first();
		return true;
	}

	close() {
		if (this.inside)
			this.send({ type: LEAVE });
		clearInterval(this.timer);
		this.link.close();
	}
}
