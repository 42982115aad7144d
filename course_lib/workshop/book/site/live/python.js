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
const NO_ROOM = "This browser has no memory left for Python. Close other tabs or windows, then press again.";
const CANCELLED = "Loading was cancelled. Press again to go on.";
const DIGEST = "X-Digest"; // of what is kept, beside it
/** @type {any} */
const course = /** @type {any} */ (globalThis).courseLive;
/** @type {Map<string, string>} */
const arrived = new Map();
course.part = (/** @type {string} */ path, /** @type {string} */ text) => arrived.set(path, text);

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
  /**
   * What was kept under a name, if it is still the same: what a disk has damaged is as good as not kept.
   * @param {string} name
   * @returns {Promise<Blob | undefined>}
   */
  async find(name) {
    try {
      const found = await (await this.open())?.match(addressOf(name));
      const blob = await found?.blob();
      if (blob && (await digestOf(blob)) === found?.headers.get(DIGEST)) return blob;
    } catch {} // it cannot be read: it is loaded
  },
  /** @param {string} name @param {Blob} blob */
  async keep(name, blob) {
    try {
      const cache = await this.open();
      if (!cache) return;
      const headers = { [DIGEST]: await digestOf(blob) };
      await cache.put(addressOf(name), new Response(blob, { headers }));
    } catch {} // a full disk costs the cache only
  },
  /** Forget what an earlier version of the book has kept. */
  async forgetOld() {
    const pieces = Object.values(course.manifest).flatMap((group) => Object.values(group).map(nameOf));
    const named = new Set([...pieces, snapshotName()].map(addressOf));
    const cache = await this.open();
    for (const request of (await cache?.keys()) ?? []) if (!named.has(request.url)) await cache?.delete(request);
  },
};

/** Where something can be kept, digests can be made too. @param {Blob} blob */
const digestOf = async (blob) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())).join(" ");
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
    await runScript(path, signal);
    const text = arrived.get(path);
    arrived.delete(path);
    if (text === undefined) throw new Trouble(DAMAGED); // it came, and is another script or a piece of one
    texts.push(text);
    told(text.length);
  }
  // The browser decodes it beside the page, which goes on answering.
  const blob = await (await fetch(`data:application/octet-stream;base64,${texts.join("")}`)).blob();
  const whole = piece.gzip
    ? await new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).blob()
    : blob;
  kept.keep(nameOf(piece), whole);
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
    this.starting = null;
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {Worker | null} */
    this.ready = null;
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
      if (error?.name === "AbortError") throw new Trouble(CANCELLED);
      throw new Trouble(DAMAGED);
    });
    return this.groups[name];
  }

  /** Load and start Python, unless it has been. @returns {Promise<Worker>} */
  async start() {
    if (this.ready) return this.ready;
    this.starting ??= this.startAnew().finally(() => {
      this.starting = null;
    });
    return this.starting;
  }

  async startAnew() {
    const { signal } = this.loading;
    const pieces = await this.pieces("python");
    const snapshot = await kept.find(snapshotName());
    if (snapshot)
      try {
        return await this.startWorker(pieces, { snapshot }, signal);
      } catch (error) {
        if (!error.cause) throw error; // else memory is whole that this browser does not start from
      }
    const keeps = Boolean(await kept.open());
    return this.startWorker(pieces, { keeps }, signal).catch(discard(this));
  }

  /**
   * @param {Object<string, Blob>} pieces
   * @param {{ snapshot?: Blob, keeps?: boolean }} how
   * @param {AbortSignal} signal
   * @returns {Promise<Worker>}
   */
  async startWorker(pieces, how, signal) {
    if (signal.aborted) throw new Trouble(CANCELLED);
    this.tell({ words: "Starting Python" });
    const scripts = ["pyodide.asm.js", "pyodide.js", "worker.js"].map((name) => pieces[name]);
    const address = URL.createObjectURL(new Blob(scripts.flatMap((script) => [script, "\n"])));
    const worker = new Worker(address);
    this.worker = worker;
    worker.addEventListener("message", ({ data }) => this.hear(data));
    worker.addEventListener("error", (event) => this.end(event.message || "It did not start"));
    const needed = Object.entries(pieces).filter(([name]) => !scripts.includes(pieces[name]));
    const { memory } = await this.post(worker, { ask: "start", pieces: Object.fromEntries(needed), ...how });
    URL.revokeObjectURL(address);
    if (memory) kept.keep(snapshotName(), memory);
    kept.forgetOld().catch(() => {});
    this.tell({ words: "" });
    this.ready = worker;
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
    this.tell({ words: "Starting matplotlib" });
    await this.ask("pictures", { pieces }).catch(discard(this));
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
    this.worker = this.ready = null;
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

/**
 * Return what is done where pieces do not start that came whole, or are wrong since they came: they are thrown away.
 * @param {Python} python
 * @returns {(error: Error) => never}
 */
function discard(python) {
  return (error) => {
    if (!error.cause) throw error; // stopped
    if (OUT_OF_MEMORY.test(String(error.cause))) throw new Trouble(NO_ROOM);
    python.groups = {};
    if ("caches" in globalThis) caches.delete(CACHE).catch(() => {});
    throw new Trouble(DAMAGED);
  };
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
