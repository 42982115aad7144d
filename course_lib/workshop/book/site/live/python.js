// @ts-check
// Python in a worker: its pieces are loaded on demand, it is asked one thing at a time, and it can be ended.

/** @typedef {{ parts: string[], gzip: boolean, size: number }} Piece */
/** @typedef {Object<string, Piece>} Group */
/** @typedef {{ id: number, done?: any, failed?: string, printed?: string }} Answer */

/** @typedef {(text: string) => void} Print */
/** @typedef {{ resolve: (done: any) => void, reject: (why: Error) => void, print?: Print }} Waiting */

/** What cannot be done, in a sentence for the reader. */
export class Trouble extends Error {}

const CACHE = "course-live";
const OUT_OF_MEMORY = /memory|allocat|Array buffer/i;
const DAMAGED = "A part that was loaded is damaged. It is thrown away: press again to load it anew.";
/** @type {any} */
const course = /** @type {any} */ (globalThis).courseLive;
/** @type {Map<string, (text: string) => void>} */
const expected = new Map();
course.part = (/** @type {string} */ path, /** @type {string} */ text) => expected.get(path)?.(text);

/**
 * Run a script of the folder `_live`; a page opened from a file may load in no other way.
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function runScript(path, signal) {
  return new Promise((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
    const script = document.createElement("script");
    script.src = course.folder + path;
    script.onload = () => resolve();
    script.onerror = () => reject(new Trouble("A part could not be loaded. Are you online? Press again to go on."));
    document.head.append(script);
    script.addEventListener("load", () => script.remove());
  });
}

/** What stays in the browser of a served book; a page opened from a file has no such place. */
const kept = {
  /** @returns {Promise<Cache | null>} */
  async open() {
    if (location.protocol === "file:" || !("caches" in globalThis)) return null;
    return caches.open(CACHE).catch(() => null);
  },
  /** @param {string} name */
  async find(name) {
    const found = await (await this.open())?.match(addressOf(name));
    return found?.blob();
  },
  /** @param {string} name @param {Blob} blob */
  async keep(name, blob) {
    const cache = await this.open();
    await cache?.put(addressOf(name), new Response(blob)).catch(() => {}); // a full disk costs the cache only
  },
  /** Forget what an earlier version of the book has kept. */
  async forgetOld() {
    const pieces = Object.values(course.manifest).flatMap((group) => Object.values(group).map(nameOf));
    const named = new Set([...pieces, snapshotName()].map(addressOf));
    const cache = await this.open();
    for (const request of (await cache?.keys()) ?? []) if (!named.has(request.url)) await cache?.delete(request);
  },
};

/** @param {string} name */
const addressOf = (name) => new URL(course.folder + name, location.href).href;
/** @param {Piece} piece */
const nameOf = (piece) => piece.parts.join("+").replaceAll(/parts\/|\.js/g, "");
/** Memory fits the interpreter that it was taken from, and what `worker.js` imports into it. */
const snapshotName = () =>
  ["pyodide.asm.wasm", "python_stdlib.zip", "worker.js"].map((name) => nameOf(course.manifest.python[name])).join("-");

/**
 * @param {Group} group
 * @param {(share: number) => void} progress
 * @param {AbortSignal} signal
 * @returns {Promise<Object<string, Blob>>}
 */
async function loadGroup(group, progress, signal) {
  const total = Object.values(group).reduce((sum, piece) => sum + piece.size, 0);
  let loaded = 0;
  const told = (/** @type {number} */ length) => {
    loaded += length;
    progress(loaded / total);
  };
  const loads = Object.entries(group).map(async ([name, piece]) => [name, await loadPiece(piece, told, signal)]);
  await Promise.allSettled(loads); // else the rest would go on to tell of its progress after a failure
  return Object.fromEntries(await Promise.all(loads));
}

/**
 * @param {Piece} piece
 * @param {(length: number) => void} told
 * @param {AbortSignal} signal
 * @returns {Promise<Blob>}
 */
async function loadPiece(piece, told, signal) {
  const found = await kept.find(nameOf(piece));
  if (found) {
    told(piece.size);
    return found;
  }
  const texts = [];
  for (const path of piece.parts) {
    signal.throwIfAborted();
    const text = new Promise((resolve) => expected.set(path, resolve));
    await runScript(path, signal);
    texts.push(await text);
    told(texts[texts.length - 1].length);
  }
  // The browser decodes it beside the page, which goes on answering.
  const blob = await (await fetch(`data:application/octet-stream;base64,${texts.join("")}`)).blob();
  const whole = piece.gzip
    ? await new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).blob()
    : blob;
  kept.keep(nameOf(piece), whole).catch(() => {});
  return whole;
}

/** How many megabytes a group of pieces is. @param {string} group */
export function megabytes(group) {
  const sizes = Object.values(/** @type {Group} */ (course.manifest[group])).map((piece) => piece.size);
  return Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1e6);
}

/** The page's Python. */
export class Python {
  /** @param {(told: { share?: number, words: string }) => void} tell */
  constructor(tell) {
    this.tell = tell;
    /** @type {Object<string, Promise<Object<string, Blob>>>} */
    this.groups = {};
    /** @type {Promise<Worker> | null} */
    this.started = null;
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {Map<number, Waiting>} */
    this.waiting = new Map();
    this.count = 0;
    this.loading = new AbortController();
    this.hasPictures = false;
  }

  /** @param {string} name */
  pieces(name) {
    this.groups[name] ??= loadGroup(
      course.manifest[name],
      (share) => this.tell({ share, words: `Loading Python: ${Math.round(share * 100)} % of ${megabytes(name)} MB` }),
      this.loading.signal,
    ).catch((error) => {
      delete this.groups[name];
      if (error instanceof Trouble) throw error;
      if (error?.name === "AbortError") throw new Trouble("Loading was cancelled. Press again to go on.");
      throw new Trouble(DAMAGED);
    });
    return this.groups[name];
  }

  /** Load and start Python, unless it has been. @returns {Promise<Worker>} */
  start() {
    this.started ??= this.startAnew().catch((error) => {
      this.started = null;
      if (!error.cause || OUT_OF_MEMORY.test(error.cause)) throw error;
      this.groups = {}; // it came whole and does not start
      if ("caches" in globalThis) caches.delete(CACHE).catch(() => {});
      throw new Trouble(DAMAGED);
    });
    return this.started;
  }

  async startAnew() {
    const pieces = await this.pieces("python");
    this.tell({ words: "Starting Python" });
    const scripts = ["pyodide.asm.js", "pyodide.js", "worker.js"].map((name) => pieces[name]);
    const address = URL.createObjectURL(new Blob(scripts.flatMap((script) => [script, "\n"])));
    const worker = new Worker(address);
    this.worker = worker;
    worker.addEventListener("message", ({ data }) => this.hear(data));
    worker.addEventListener("error", (event) => this.end(event.message));
    const needed = Object.entries(pieces).filter(([name]) => !scripts.includes(pieces[name]));
    const snapshot = await kept.find(snapshotName());
    const keeps = !snapshot && Boolean(await kept.open());
    const given = { pieces: Object.fromEntries(needed), snapshot, keeps };
    const { memory } = await this.post(worker, { ask: "start", ...given });
    if (memory) kept.keep(snapshotName(), memory).catch(() => {});
    URL.revokeObjectURL(address);
    this.tell({ words: "" });
    kept.forgetOld().catch(() => {});
    return worker;
  }

  /**
   * @param {string} ask
   * @param {object} what
   * @param {(text: string) => void} [print]
   * @returns {Promise<any>}
   */
  async ask(ask, what = {}, print) {
    const worker = await this.start();
    return this.post(worker, { ask, ...what }, print);
  }

  /** Let `check` load what it needs while the reader reads: the first verdict is there at once. @param {string} name */
  warm(name) {
    if (this.worker) this.post(this.worker, { ask: "check", name }).catch(() => {});
  }

  /** Load matplotlib, once. */
  async loadPictures() {
    if (this.hasPictures) return;
    const pieces = await this.pieces("pictures");
    await this.ask("pictures", { pieces });
    this.hasPictures = true;
    this.tell({ words: "" });
  }

  /**
   * @param {Worker} worker
   * @param {object} message
   * @param {(text: string) => void} [print]
   * @returns {Promise<any>}
   */
  post(worker, message, print) {
    const id = ++this.count;
    const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject, print }));
    worker.postMessage({ id, ...message });
    return answer;
  }

  /** @param {Answer} answer */
  hear({ id, done, failed, printed }) {
    const waiting = this.waiting.get(id);
    if (printed !== undefined) {
      waiting?.print?.(printed);
      return;
    }
    this.waiting.delete(id);
    if (failed === undefined) waiting?.resolve(done);
    else {
      waiting?.reject(new Trouble(whatFailed(failed), { cause: failed }));
      this.end(failed);
    }
  }

  /** End Python: whatever it does, it stops. The next question starts it anew. @param {string} why */
  end(why) {
    this.worker?.terminate();
    this.worker = this.started = null;
    this.hasPictures = false;
    for (const { reject } of this.waiting.values()) reject(new Trouble(whatFailed(why), { cause: why }));
    this.waiting.clear();
  }

  /** Stop what runs, or the loading. */
  stop() {
    this.loading.abort();
    this.loading = new AbortController();
    this.end("");
  }
}

/** @param {string} why */
function whatFailed(why) {
  if (!why) return "Stopped. Your answer is kept; the names that cells had defined are gone.";
  const what = OUT_OF_MEMORY.test(why)
    ? "used up the memory that a page has"
    : /stack|recursion/i.test(why)
      ? "called itself more deeply than a page can go"
      : "ended Python";
  return `Your code ${what}. Your answer is kept, and Python starts anew with your next press.`;
}
