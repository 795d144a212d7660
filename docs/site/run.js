// A button below every program of chapters 1 to 7, which runs it in this tab. Programs share their names, so those above
// that have not run yet run first. A program can be changed before.

/** @typedef {{ code: HTMLElement, output: HTMLElement, button: HTMLButtonElement, done: boolean }} Program */

/** @type {Worker | null} */
let worker = null;

if (/\/0[1-7]-[^/]*$/.test(location.pathname)) {
  /** @type {Program[]} */
  const programs = [];
  for (const block of document.querySelectorAll(".language-python.highlight")) programs.push(prepare(block, programs));
}

/**
 * Put a button and room for what is printed below a program.
 *
 * @param {Element} block
 * @param {Program[]} programs all of the page
 * @returns {Program}
 */
function prepare(block, programs) {
  const code = /** @type {HTMLElement} */ (block.querySelector("code"));
  code.contentEditable = "plaintext-only";
  code.spellcheck = false;
  const button = document.createElement("button");
  button.className = "md-button run";
  button.textContent = "Run";
  const output = document.createElement("div");
  output.className = "run-output";
  output.setAttribute("role", "status");
  const program = { code, output, button, done: false };
  button.addEventListener("click", () => start(program, programs));
  block.after(button, output);
  return program;
}

/**
 * Run a program, after those above it that have not run yet.
 *
 * @param {Program} asked
 * @param {Program[]} programs
 */
async function start(asked, programs) {
  for (const { button } of programs) button.disabled = true;
  for (const program of programs.slice(0, programs.indexOf(asked) + 1)) {
    if (program === asked || !program.done) await run(program);
  }
  for (const { button } of programs) button.disabled = false;
}

/**
 * Run one program, and show what it prints and draws.
 *
 * @param {Program} program
 * @returns {Promise<void>}
 */
function run(program) {
  const { code, output, button } = program;
  const words = document.createElement("pre");
  words.textContent = worker ? "" : "loading Python …\n";
  output.replaceChildren(words);
  button.textContent = "Running …";
  worker ??= new Worker(new URL("site/runner.js", location.href), { type: "module" });
  return new Promise((resolve) => {
    const python = /** @type {Worker} */ (worker);
    python.onmessage = ({ data }) => {
      if (words.textContent === "loading Python …\n") words.textContent = "";
      words.textContent += data.words ?? "";
      for (const picture of data.pictures ?? []) output.append(shown(picture));
      if (data.pictures) end();
    };
    python.onerror = () => {
      words.textContent = "This needs a server: python3 -m http.server, in the folder of the site, is one.";
      worker = null;
      end();
    };
    const end = () => {
      button.textContent = "Run again";
      program.done = true;
      resolve();
    };
    python.postMessage(code.innerText);
  });
}

/**
 * @param {string} svg
 * @returns {HTMLImageElement}
 */
function shown(svg) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  image.alt = /<title>(.*?)<\/title>/.exec(svg)?.[1] ?? "";
  return image;
}
