// Python in this tab, which runs the programs of a chapter one after the other. `make docs` puts Pyodide and purenn into the
// folder above the book.

// Runs one program, and returns the pictures that it has written or changed.
const PROGRAM = `
import sys, traceback
from pathlib import Path

names, drawn = {"__name__": "__main__"}, {}

def run(program):
    try:
        exec(compile(program, "program", "exec"), names)
    except BaseException as error:
        traceback.print_exception(type(error), error, error.__traceback__.tb_next)
    found = {path.name: path.read_text(encoding="utf-8") for path in Path().glob("*.svg")}
    new = [text for name, text in found.items() if drawn.get(name) != text]
    drawn.update(found)
    return new
`;

const beginning = begin();

onmessage = async ({ data }) => {
  try {
    const run = await beginning;
    postMessage({ pictures: run(data).toJs() });
  } catch (error) {
    postMessage({ words: `Python could not be loaded. ${error}\n`, pictures: [] });
  }
};

/**
 * Load Python and purenn, and let what programs print come here.
 *
 * @returns {Promise<(program: string) => { toJs(): string[] }>}
 */
async function begin() {
  const above = new URL("../../", location.href);
  /** @type {typeof import("pyodide")} */
  const { loadPyodide } = await import(new URL("pyodide/pyodide.mjs", above).href);
  const [python, wheel] = await Promise.all([loadPyodide(), fetch(new URL("purenn.whl", above))]);
  python.unpackArchive(await wheel.arrayBuffer(), "wheel");
  const batched = (/** @type {string} */ line) => postMessage({ words: `${line}\n` });
  python.setStdout({ batched });
  python.setStderr({ batched });
  python.runPython(PROGRAM);
  return python.globals.get("run");
}

export {};
