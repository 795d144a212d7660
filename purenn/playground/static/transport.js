// The way from the page to a session and back: over HTTP to the server that has sent the page, or to a worker in this
// tab, where the very same Python runs.

/**
 * @typedef {import("./protocol.js").Frame} Frame
 * @typedef {import("./protocol.js").Command} Command
 */

const PATIENCE = 500; // milliseconds until a command that could not be delivered is sent again

/**
 * Connect to a session: that of the server, if the address of the page has a token, or else one in this tab. The first
 * frame is "hello", and comes again, with `resumed`, when a lost connection has been made again. Commands are delivered
 * in their order.
 *
 * @param {(frame: Frame) => void} show called with each frame
 * @param {(words: string) => void} tell called with what is going on while there is no session, and "" when there is
 * @returns {(command: Command) => void} sends a command
 */
export function connect(show, tell) {
  const token = new URLSearchParams(location.search).get("token");
  return token === null ? connectToWorker(show, tell) : connectToServer(token, show, tell);
}

/**
 * Frames come as server-sent events, commands are posted.
 *
 * @param {string} token
 * @param {(frame: Frame) => void} show
 * @param {(words: string) => void} tell
 * @returns {(command: Command) => void}
 */
function connectToServer(token, show, tell) {
  const query = new URLSearchParams({ token, session: newSession() });
  /** @type {Command[]} */
  const waiting = [];
  let connected = false;
  let posting = false;

  tell("connecting");
  const events = new EventSource(`events?${query}`);
  events.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    if (frame.frame === "hello") {
      connected = true;
      tell("");
    }
    show(frame);
    post();
  };
  events.onerror = async () => {
    connected = false;
    if (events.readyState === EventSource.CLOSED) tell(await refusal(`events?${query}`));
    else tell("The connection to the server is lost. Trying again…"); // the browser does so by itself
  };

  /** Post what waits, one command after the other. */
  async function post() {
    if (posting) return;
    posting = true;
    while (connected && waiting.length) {
      const answer = await delivered(waiting[0]);
      if (answer) {
        const command = waiting.shift();
        if (!answer.ok) show({ frame: "error", message: await answer.text(), command: command?.do ?? "" });
      } else await new Promise((resume) => setTimeout(resume, PATIENCE));
    }
    posting = false;
  }

  /**
   * Post a command. There is no answer if it has to be sent again: the server was not reached, or its queue was full.
   *
   * @param {Command} command
   */
  async function delivered(command) {
    const headers = { "Content-Type": "application/json" };
    try {
      const answer = await fetch(`command?${query}`, { method: "POST", headers, body: JSON.stringify(command) });
      return answer.status === 429 ? null : answer;
    } catch {
      return null;
    }
  }

  return (command) => {
    waiting.push(command);
    post();
  };
}

/**
 * Ask the server why it refuses the stream of events.
 *
 * @param {string} address
 */
async function refusal(address) {
  const answer = await fetch(address);
  if (!answer.ok) return answer.text();
  location.reload(); // it takes us after all
  return "connecting";
}

/** Return a name for a new session: 32 hexadecimal digits that nobody can guess. */
function newSession() {
  const numbers = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(numbers, (number) => number.toString(16).padStart(2, "0")).join("");
}

/**
 * Commands and frames go to and from the worker as JSON text: { frames } is a list of frames, { words } says what is
 * being loaded. An empty text says that the page has shown a list, so that no more are made than it can show.
 *
 * @param {(frame: Frame) => void} show
 * @param {(words: string) => void} tell
 * @returns {(command: Command) => void}
 */
function connectToWorker(show, tell) {
  const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  tell("loading Python");
  worker.onmessage = ({ data }) => {
    if ("words" in data) return tell(data.words);
    for (const frame of JSON.parse(data.frames)) {
      if (frame.frame === "hello") ready();
      show(frame);
    }
    worker.postMessage(""); // they are shown
  };
  worker.onerror = (event) => tell(`Python could not be loaded: ${event.message || "is the worker's file there?"}`);

  function ready() {
    tell("");
    // only now, when the session has loaded what it needs, are the files kept for the next time; a private window keeps none
    navigator.serviceWorker?.register("offline.js", { updateViaCache: "none" }).catch(() => {});
  }

  return (command) => worker.postMessage(JSON.stringify(command));
}
