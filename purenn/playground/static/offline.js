// Keeps the files of the site, so that it works without a network afterwards. `make site` writes listed.js, a list of all
// files with a hash of the content of each. A browser that finds a new list loads the files that have changed.

const worker = /** @type {ServiceWorkerGlobalScope & { FILES: string }} */ (/** @type {unknown} */ (self));
importScripts("listed.js");

/** @type {Map<string, string>} */
const hashes = new Map();
for (const line of worker.FILES.trim().split("\n")) {
  const [hash, name] = line.split(/ +/);
  hashes.set(name, hash);
}

worker.addEventListener("install", (event) => event.waitUntil(keep().then(() => worker.skipWaiting())));

worker.addEventListener("activate", (event) => event.waitUntil(forget()));

worker.addEventListener("fetch", (event) => {
  const { origin, pathname, searchParams } = new URL(event.request.url);
  const folder = worker.registration.scope;
  const name = `${origin}${pathname}`.replace(folder, "") || "index.html";
  // a token is for a server at the same address, whose page is not ours
  if (hashes.has(name) && !searchParams.has("token")) event.respondWith(answer(name, event.request));
});

/** The files that are kept: each under its name and its hash, so that those of an old site and a new one are told apart. */
function cache() {
  return caches.open("purenn");
}

/** @param {string} name */
function key(name) {
  return `${name}?${hashes.get(name)}`;
}

/** Load all files that are not kept yet. Fails if one is not as the list says: then it is tried again another time. */
async function keep() {
  const kept = await cache();
  const missing = [...hashes.keys()].map(async (name) => ((await kept.match(key(name))) ? "" : name));
  for (const name of (await Promise.all(missing)).filter(Boolean)) {
    // the page by its folder: some hosts redirect from index.html, and a redirected page can't be kept
    const address = name === "index.html" ? "./" : name;
    const response = await fetch(address, { cache: "no-cache", integrity: `sha256-${base64(hashes.get(name) ?? "")}` });
    if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
    await kept.put(key(name), response);
  }
}

/** Remove the files of an old site. */
async function forget() {
  const kept = await cache();
  const wanted = new Set([...hashes.keys()].map((name) => new URL(key(name), location.href).href));
  for (const request of await kept.keys()) if (!wanted.has(request.url)) await kept.delete(request);
}

/**
 * @param {string} name
 * @param {Request} request
 */
async function answer(name, request) {
  return (await (await cache()).match(key(name))) ?? fetch(request);
}

/**
 * Write hexadecimal digits as base64.
 *
 * @param {string} digits
 */
function base64(digits) {
  return btoa(digits.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16))));
}
