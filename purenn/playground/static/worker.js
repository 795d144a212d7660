// Python in this tab: the session that runs behind the server runs here too, in Pyodide, with purenn from a wheel.
// `make site` puts both beside this file.

const PROGRAM = `
import json, platform, time
import purenn
from purenn.formats import parse_json
from purenn.playground import Session

session = Session(clock=time.perf_counter)

def do(command):
    return json.dumps(session.do(parse_json(command)))

python = f"{platform.python_implementation()} {platform.python_version()}"
json.dumps([{"frame": "hello", "version": purenn.__version__, "python": python, "resumed": False}])
`;
const STATES = 30; // in a second, at most
const AHEAD = 2; // lists of frames that the page has not shown yet, at most: with more, a slow page would show the past

/** @typedef {(command: string) => string} Session does a command and returns a list of frames, both as JSON */

let ticking = false;
let unseen = 0;
tellProgress();
const beginning = begin();
beginning.catch((error) => postMessage({ words: `Python could not be loaded. ${error}` }));

onmessage = async ({ data }) => {
  if (data === "") {
    unseen -= 1;
    return;
  }
  const session = await beginning;
  send(session(data));
  if (!ticking) tick(session);
};

/**
 * Load Python and purenn, and begin a session.
 *
 * @returns {Promise<Session>}
 */
async function begin() {
  /** @type {typeof import("pyodide")} */
  const { loadPyodide } = await import(new URL("pyodide/pyodide.mjs", location.href).href);
  const [python, wheel] = await Promise.all([loadPyodide(), fetch("purenn.whl")]);
  python.unpackArchive(await wheel.arrayBuffer(), "wheel");
  postMessage({ words: "starting purenn" });
  send(python.runPython(PROGRAM));
  return python.globals.get("do");
}

/**
 * Train for a moment, and again as long as there are new frames: a tick that has nothing to do answers none. Between
 * two ticks, the commands that have come are done.
 *
 * @param {Session} session
 */
function tick(session) {
  const start = performance.now();
  ticking = unseen >= AHEAD || send(session('{"do": "tick"}'));
  if (ticking) setTimeout(tick, 1000 / STATES - (performance.now() - start), session);
}

/**
 * Send frames to the page. Returns false if there are none.
 *
 * @param {string} frames
 */
function send(frames) {
  if (frames === "[]") return false;
  unseen += 1;
  postMessage({ frames });
  return true;
}

/** Tell the page how much of the files has been loaded, whoever fetches them. */
function tellProgress() {
  const plain = self.fetch;
  let [loaded, total] = [0, 0];

  /** @param {Response} response */
  async function count(response) {
    // the length of a compressed file says nothing about what comes out of it
    total += response.headers.has("Content-Encoding") ? NaN : Number(response.headers.get("Content-Length") ?? NaN);
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      loaded += part.value.length;
      const parts = `${(loaded / 1e6).toFixed()}${total ? ` of ${(total / 1e6).toFixed()}` : ""}`;
      postMessage({ words: loaded === total ? "starting Python" : `loading Python, ${parts} MB` });
    }
  }

  self.fetch = async (...request) => {
    const response = await plain(...request);
    if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
    count(response.clone());
    return response;
  };
}
