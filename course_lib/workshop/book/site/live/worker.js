// @ts-check
// Python, in a thread of its own. Everything that it needs comes with the message `start`: it asks no network.

/** @typedef {{ name?: string, code?: string, seconds?: number }} Cell */
/** @typedef {{ pieces?: Object<string, Blob>, snapshot?: Blob, keeps?: boolean }} Start */
/** @typedef {Cell & Start & { id: number, ask: string }} Message */

const ADDRESS = "https://pieces.invalid/"; // no place: `fetch` below answers
// What `session.py`, NumPy and the course's package import of the standard library.
const EARLY = "import ctypes, decimal, difflib, html, importlib.metadata, json, pickle, platform, random";
/** @type {any} */
let python;
/** @type {any} */
let session;
/** @type {Map<string, Blob>} */
const pieces = new Map();
let asked = 0;

// What Pyodide says when it ends is told to the reader in a sentence.
console.error = console.warn = console.info;

self.fetch = async (address) => {
  const name = String(address).split("/").pop() ?? "";
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(pieces.get(name), { status: pieces.has(name) ? 200 : 404, headers: { "Content-Type": type } });
};

const DO = {
  /**
   * Start Python: from its memory as it was kept after another start, or from nothing. Where memory `keeps`, it is
   * returned.
   * @param {Message} message
   */
  async start({ pieces: given, snapshot, keeps }) {
    keep(given ?? {});
    // @ts-expect-error pyodide.js stands in front of this script
    python = await loadPyodide({
      indexURL: ADDRESS,
      env: { MPLBACKEND: "agg", HOME: "/home/pyodide" },
      ...(snapshot && { _loadSnapshot: snapshot.arrayBuffer() }),
      // Unpacked while Python starts; its compiled parts cannot be in a memory that is kept.
      ...(keeps ? { _makeSnapshot: true } : { packages: ["numpy"] }),
    });
    if (snapshot) python.runPython("import random; random.seed()");
    if (keeps) python.runPython(EARLY);
    const memory = keeps && new Blob([python.makeMemorySnapshot()]);
    if (keeps) await load("numpy");
    for (const [name, blob] of pieces)
      if (name.startsWith("course_lib-")) python.unpackArchive(await blob.arrayBuffer(), "wheel");
    const source = await pieces.get("session.py")?.text();
    python.FS.writeFile("/home/pyodide/page_session.py", source);
    session = python.pyimport("page_session").Session((/** @type {string} */ text) => tell(text));
    return { memory };
  },
  /** @param {Message} message */
  async pictures({ pieces: given }) {
    keep(given ?? {});
    await load("matplotlib");
    python.runPython("import matplotlib.pyplot"); // here, where no learner's time runs
  },
  run: (/** @type {Message} */ { name, code, seconds }) => JSON.parse(session.run(name, code, seconds ?? 10)),
  chapter: () => JSON.parse(session.chapter()),
  check: (/** @type {Message} */ { name }) => JSON.parse(session.check(name)),
  hint: (/** @type {Message} */ { name }) => JSON.parse(session.hint(name)),
};

/** @param {Object<string, Blob>} given */
function keep(given) {
  for (const [name, blob] of Object.entries(given)) pieces.set(name, blob);
}

/** @param {string} name */
async function load(name) {
  /** @type {string[]} */
  const troubles = [];
  await python.loadPackage(name, { messageCallback: () => {}, errorCallback: (said) => troubles.push(said) });
  if (troubles.length) throw new Error(troubles[0]);
}

/** @param {string} text */
function tell(text) {
  postMessage({ id: asked, printed: text });
}

addEventListener("message", async ({ data }) => {
  asked = data.id;
  try {
    postMessage({ id: data.id, done: (await DO[data.ask](data)) ?? {} });
  } catch (error) {
    postMessage({ id: data.id, failed: String(error) });
  }
});
