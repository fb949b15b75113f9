/*
 * A WebSocket that comes back: after a loss it is opened again in 1, then 2, 4
 * and up to 30 seconds, give or take a fifth, until it is told to close.  What is said on it is somebody else's business.
 */
const LONGEST = 30000;	/* ms */

export class Link {
	/* to.opened(), to.message(data), to.lost(ms): what happens. */
	constructor(path, to) {
		const scheme = location.protocol === "https:" ? "wss" : "ws";

		this.url = `${scheme}://${location.host}${path}`;
		this.to = to;
		this.tries = 0;
		this.wanted = true;
		this.online = () => this.retry();
		addEventListener("online", this.online);
		this.open();
	}

	open() {
		const socket = new WebSocket(this.url);

		this.socket = socket;
		socket.binaryType = "arraybuffer";
		socket.onopen = () => this.to.opened();
		socket.onmessage = (e) => this.to.message(e.data);
		socket.onclose = () => {
			if (socket === this.socket && this.wanted)
				this.again();
		};
	}

	/* again - after a while that grows with each try in vain. */
	again() {
		let ms = Math.min(1000 * 2 ** this.tries++, LONGEST);

		ms = Math.round(ms * (0.8 + 0.4 * Math.random()));
		this.timer = setTimeout(() => this.retry(), ms);
		this.to.lost(ms);
	}

	retry() {
		if (!this.wanted || this.socket.readyState < WebSocket.CLOSING)
			return;
		clearTimeout(this.timer);
		this.open();
	}

	/* good - the conversation has begun: the next loss is the first. */
	good() {
		this.tries = 0;
	}

	send(data) {
		if (this.socket.readyState === WebSocket.OPEN)
			this.socket.send(data);
	}

	close() {
		this.wanted = false;
		clearTimeout(this.timer);
		removeEventListener("online", this.online);
		this.socket.close(1000);
	}
}
