// @ts-check
// Search as you type, by section. MiniSearch and the sections are loaded when somebody first asks, so that a
// page that is only read carries neither. All of it works on a page that was opened from a file.
(() => {
  /** @typedef {{ url: string, titles: string[], text: string, code: string, terms: string }} Section */
  /** @typedef {{ find: (query: string) => { section: Section, words: string[] }[] }} Engine */

  const WORD = /[\p{L}\p{N}_]+(?:[.'’-][\p{L}\p{N}_]+)*/gu;
  // Chapters first, then the glossary, then exercises, then references and what is for teachers.
  /** @type {[RegExp, number][]} */
  const RANKS = [
    [/references|teaching/, 0.3],
    [/exercises\//, 0.5],
    [/glossary/, 0.6],
  ];
  const EXCERPT = 170; // characters
  const root = document.documentElement.dataset.content_root ?? "./";

  /** The words of a text: `tf.function` and `cross-entropy` whole, joined and in parts. @param {string} text */
  function wordsOf(text) {
    return (text.match(WORD) ?? []).flatMap((word) => {
      const parts = word.split(/[.'’_-]/).filter(Boolean);
      return parts.length > 1 ? [word, parts.join(""), ...parts] : [word];
    });
  }

  /** One form for all ways to write a word. @param {string} word */
  function plain(word) {
    const small = word.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
    return small
      .replace(/isation/, "ization")
      .replace(/(is)(e|ed|es|ing)$/, "iz$2")
      .replace(/([^s])s$/, "$1");
  }

  /** @param {string} query */
  const phrase = (query) => query.trim().toLowerCase().replace(/\s+/g, " ");

  /** How many letters may differ: in a long word two may have changed places. @param {string} word */
  const slips = (word) => (word.length > 5 ? 2 : word.length > 3 ? 1 : false);

  /** @param {string} file @returns {Promise<void>} */
  function load(file) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${root}_static/${file}`;
      script.onload = () => resolve();
      script.onerror = () => reject(new Error(`The search cannot read ${file}.`));
      document.head.append(script);
    });
  }

  /** @returns {Engine} */
  function makeEngine() {
    const { MiniSearch, courseSections } = /** @type {any} */ (globalThis);
    const { sections, places, emphasised } = courseSections;
    const index = new MiniSearch({
      fields: ["terms", "title", "page", "text", "code"],
      tokenize: wordsOf,
      processTerm: plain,
      searchOptions: {
        boost: { terms: 6, title: 5, page: 2 },
        prefix: (/** @type {string} */ term) => term.length > 2,
        fuzzy: slips,
        weights: { fuzzy: 0.3, prefix: 0.5 },
        boostDocument: (/** @type {number} */ id) => RANKS.find(([pages]) => pages.test(sections[id].url))?.[1] ?? 1,
      },
    });
    index.addAll(
      sections.map((/** @type {Section} */ { titles, ...section }, /** @type {number} */ id) => ({
        ...section,
        id,
        title: titles.at(-1),
        page: titles[0],
      })),
    );
    const names = new MiniSearch({ fields: ["name"], tokenize: wordsOf, processTerm: plain });
    names.addAll(Object.keys(places).map((name) => ({ id: name, name })));
    return { find };

    /** The name that somebody meant who wrote none, or not yet all of one.
     * @param {string} asked @returns {string | undefined} */
    function meant(asked) {
      const near = names.search(asked, { fuzzy: slips, prefix: true, combineWith: "AND" });
      /** @type {string[]} */
      const ids = near.map((/** @type {any} */ one) => one.id);
      return ids.find((name) => wordsOf(name).length === wordsOf(asked).length);
    }

    /** @param {string} query */
    function find(query) {
      const all = index.search(query, { combineWith: "AND" });
      const found = all.length ? all : index.search(query, { combineWith: "OR" });
      /** @type {Map<number, string[]>} */
      const matches = new Map(found.map((/** @type {any} */ one) => [one.id, one.terms]));
      const asked = phrase(query);
      const written = new Set([...matches.values()].flat());
      const inBook = wordsOf(asked).every((word) => written.has(plain(word)));
      const known =
        places[asked] ??
        places[asked.replace(/s$/, "")] ??
        emphasised[asked] ??
        (inBook ? [] : (places[meant(asked) ?? ""] ?? []));
      const order = [...new Set([...known, ...matches.keys()])];
      return order.map((id) => ({ section: sections[id], words: matches.get(id) ?? wordsOf(query).map(plain) }));
    }
  }

  /** @type {Promise<Engine> | undefined} */
  let engine;
  function ready() {
    engine ??= Promise.all([load("vendor/minisearch/minisearch.js"), load("search_sections.js")]).then(makeEngine);
    return engine;
  }

  /** The part of a section around the first word that was found, with all such words marked.
   * @param {Section} section @param {string[]} words */
  function excerpt({ text, code }, words) {
    const wanted = new Set(words);
    /** @param {string} word */
    const isWanted = (word) => wordsOf(word).some((part) => wanted.has(plain(part)));
    /** @param {string} source */
    const hit = (source) => [...source.matchAll(WORD)].find((match) => isWanted(match[0]));
    const source = hit(text) || !hit(code) ? text : code;
    const middle = hit(source)?.index ?? 0;
    const from = Math.max(0, source.lastIndexOf(" ", Math.max(0, middle - EXCERPT / 3)) + 1);
    const part = source.slice(from, from + EXCERPT).replace(/\s\S*$/, "");
    const line = document.createElement("p");
    let done = 0;
    for (const match of part.matchAll(WORD)) {
      if (!isWanted(match[0])) continue;
      const mark = Object.assign(document.createElement("mark"), { textContent: match[0] });
      line.append(part.slice(done, match.index), mark);
      done = match.index + match[0].length;
    }
    line.append(part.slice(done));
    if (from) line.prepend("… ");
    if (from + EXCERPT < source.length) line.append(" …");
    return line;
  }

  /** @param {{ section: Section, words: string[] }} found */
  function item({ section, words }) {
    const link = document.createElement("a");
    link.href = root + section.url;
    link.textContent = /** @type {string} */ (section.titles.at(-1));
    const line = document.createElement("li");
    line.append(link);
    if (section.titles.length > 1) {
      const place = document.createElement("span");
      place.className = "search-place";
      place.textContent = section.titles.slice(0, -1).join(" › ");
      line.append(place);
    }
    line.append(excerpt(section, words));
    return line;
  }

  /** Show under a field what it finds. @param {HTMLInputElement} field @param {Element} place @param {number} most */
  function attach(field, place, most) {
    const status = document.createElement("p");
    status.className = "search-summary";
    status.setAttribute("role", "status");
    const list = document.createElement("ol");
    list.className = "search";
    place.append(status, list);
    let asked = "";

    async function show() {
      const query = field.value.trim();
      asked = query;
      try {
        const found = query ? (await ready()).find(query) : [];
        if (asked !== query) return;
        list.replaceChildren(...found.slice(0, most).map(item));
        const count = found.length === 1 ? "1 place" : `${found.length} places`;
        status.textContent = query ? (found.length ? count : "Nothing found. Fewer or other words may help.") : "";
      } catch (error) {
        status.textContent = error instanceof Error ? error.message : String(error);
        engine = undefined;
      }
    }
    field.addEventListener("input", show);
    if (field.value) show();

    /** The arrow keys lead from the field through the links and back. @param {KeyboardEvent} event */
    function move(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const stops = [field, ...list.querySelectorAll("a")];
      const at = stops.indexOf(/** @type {any} */ (document.activeElement));
      if (at < 0) return;
      event.preventDefault();
      stops[Math.min(stops.length - 1, Math.max(0, at + step))].focus();
    }
    field.addEventListener("keydown", move);
    list.addEventListener("keydown", move);
    return show;
  }

  addEventListener("DOMContentLoaded", () => {
    const dialog = document.querySelector("#pst-search-dialog");
    const typed = dialog?.querySelector("input");
    if (dialog && typed) {
      const place = document.createElement("div");
      place.className = "search-found";
      dialog.append(place);
      attach(typed, place, 8);
      dialog.addEventListener("click", (event) => {
        // A place on the page that is open: the page moves, and the dialog must go.
        const followed = event.target instanceof Element && event.target.closest("a");
        if (followed && dialog instanceof HTMLDialogElement) dialog.close();
      });
    }
    const results = document.querySelector("#search-results");
    const field = /** @type {HTMLInputElement | null} */ (document.querySelector(".bd-search-container input"));
    if (results && field) {
      field.value = new URLSearchParams(location.search).get("q") ?? "";
      attach(field, results, 60);
    }
  });
})();
