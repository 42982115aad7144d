// @ts-check
// A private memory: a question asks for a prediction first, what was missed comes back in time, and a reader goes
// on where reading stopped. All of it stays in this browser, until its reader takes it along or forgets it.
(() => {
  /** @typedef {{ said: string, card: any }} Kept */

  const START = "neural-networks-course/";
  const root = document.documentElement.dataset.content_root ?? "./";
  const book = new URL(root, location.href).href;

  const store = {
    /** @param {string} key @returns {any} */
    get(key) {
      try {
        return JSON.parse(localStorage.getItem(START + key) ?? "null");
      } catch {
        return null;
      }
    },
    /** Where a browser keeps nothing, only this page knows it. @param {string} key @param {any} value */
    set(key, value) {
      try {
        localStorage.setItem(START + key, JSON.stringify(value));
      } catch {
        // The page goes on without.
      }
    },
    keys() {
      try {
        return Object.keys(localStorage).filter((key) => key.startsWith(START));
      } catch {
        return [];
      }
    },
  };

  /**
   * @param {string} tag
   * @param {Record<string, any>} properties
   * @param {(Node | string)[]} content
   */
  function make(tag, properties = {}, ...content) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...content);
    return element;
  }

  /** The scheduler; it is loaded when the first answer is judged. @type {Promise<any> | undefined} */
  let loading;
  function scheduler() {
    /** @type {any} */
    const page = globalThis;
    loading ??= new Promise((done, fail) => {
      const src = `${root}_static/vendor/fsrs/ts-fsrs.js`;
      const script = make("script", { src, onerror: fail });
      script.addEventListener("load", () => done(page.FSRS));
      document.head.append(script);
    });
    return loading;
  }

  const DAY = 86_400_000;

  /** When a question comes back, in words. @param {Date} day */
  function inWords(day) {
    const date = day.toLocaleDateString("en-GB", { day: "numeric", month: "long" });
    return day.toDateString() === new Date().toDateString() ? "later today" : `on ${date}`;
  }

  /**
   * What FSRS makes of a judgement. Its reference counts whole days of 24 hours, this library midnights: it is
   * asked at a moment between which and the last one both count the same.
   * @param {any} FSRS
   * @param {any} before a card, nothing for a new one
   * @param {Date} now
   * @param {number} grade 1 missed, 2 with effort, 3 right, 4 at once
   */
  function schedule(FSRS, before, now, grade) {
    const last = before?.last_review ? new Date(before.last_review).getTime() : now.getTime();
    const asked = new Date(last + Math.floor((now.getTime() - last) / DAY) * DAY);
    const start = before ?? FSRS.createEmptyCard(asked);
    const { card } = FSRS.fsrs({ enable_fuzz: false }).next(start, asked, grade);
    const due = new Date(card.due.getTime() + now.getTime() - asked.getTime());
    return { ...card, due, last_review: now };
  }

  /**
   * Judge an answer, and keep when its question comes back.
   * @param {string} name
   * @param {string} said
   * @param {number} grade 1 missed, 2 with effort, 3 right, 4 at once
   */
  async function judge(name, said, grade) {
    const card = schedule(await scheduler(), store.get(`question/${name}`)?.card, new Date(), grade);
    store.set(`question/${name}`, { said, card });
    return card;
  }

  const GRADES = ["I missed it", "Right, with effort", "Right", "Right at once"];

  /**
   * Let a question ask for a prediction before it shows its answer, and for a judgement after it.
   * @param {HTMLDetailsElement} question
   * @param {(grade: number) => void} then
   */
  function ask(question, then = () => {}) {
    const name = question.dataset.question;
    const body = question.querySelector(".answer-body");
    const answer = make("div", { className: "question-answer", hidden: true }, ...body.childNodes);
    const field = /** @type {HTMLTextAreaElement} */ (make("textarea", { rows: 2 }));
    const label = make("label", {}, "What do you expect? A few words will do.", field);
    const show = make("button", { type: "submit", className: "live-button live-first" }, "Show the answer");
    const form = make("form", { className: "question-form" }, label, show);
    const said = make("p", { className: "question-said", hidden: true });
    const state = make("p", { className: "question-state", role: "status" });
    const buttons = GRADES.map((words, at) => {
      const button = make("button", { type: "button", className: "live-button" }, words);
      button.addEventListener("click", () => grade(at + 1));
      return button;
    });
    const legend = make("legend", {}, "Was it what you expected?");
    const grades = make("fieldset", { className: "question-grades", hidden: true }, legend, ...buttons);
    async function grade(mark) {
      try {
        const { due } = await judge(name, field.value.trim(), mark);
        state.textContent = `It comes back ${inWords(new Date(due))}. `;
        state.append(make("a", { href: `${root}review.html` }, "What is due today"));
        then(mark);
      } catch {
        state.textContent = "It could not be kept: a part of the page was not loaded. Are you online?";
      }
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      form.hidden = true;
      answer.hidden = grades.hidden = false;
      const words = field.value.trim();
      if (words) {
        said.textContent = `You expected: ${words}`;
        said.hidden = false;
      }
      buttons[2].focus();
    });
    body.append(form, said, answer, grades, state);
  }

  // ---- Going on where reading stopped ----

  /** The heading that a reader is below. */
  function headingHere() {
    const passed = [...document.querySelectorAll("article section[id] > :is(h1, h2)")].filter(
      (heading) => heading.getBoundingClientRect().top < innerHeight / 3,
    );
    return passed.at(-1);
  }

  /** @param {Element | null | undefined} heading */
  const textOf = (heading) => (heading?.firstChild?.textContent ?? "").trim();

  function rememberPlace() {
    const page = location.href.split("#")[0].slice(book.length);
    if (!page.startsWith("chapters/") || page === "chapters/index.html") return;
    let timer = 0;
    const note = () => {
      const heading = headingHere();
      const title = textOf(document.querySelector("article h1"));
      store.set("place", { page, id: heading?.parentElement?.id ?? "", title, heading: textOf(heading) });
    };
    addEventListener("scroll", () => {
      clearTimeout(timer);
      timer = setTimeout(note, 400);
    });
    addEventListener("pagehide", () => clearTimeout(timer));
  }

  function offerToGoOn() {
    const place = store.get("place");
    const heading = document.querySelector("article h1");
    if (!heading || !place?.page || location.href.split("#")[0] !== `${book}chapters/index.html`) return;
    const where = place.heading && place.heading !== place.title ? `${place.title}, ${place.heading}` : place.title;
    const link = make("a", { href: `${book}${place.page}${place.id ? `#${place.id}` : ""}` }, where);
    heading.after(make("p", { className: "go-on" }, "Continue where you stopped: ", link));
  }

  // ---- The review page ----

  /** @param {HTMLElement} review */
  function startReview(review) {
    /** @type {HTMLElement[]} */
    const cards = [...review.querySelectorAll(".review-card")].map((card) => /** @type {HTMLElement} */ (card));
    const state = review.querySelector(".review-state");
    /** @param {HTMLElement} card @returns {Kept | null} */
    const kept = (card) => store.get(`question/${card.querySelector("details").dataset.question}`);
    const dueAt = (card) => new Date(kept(card).card.due).getTime();
    function turn() {
      for (const card of cards) card.hidden = true;
      const known = cards.filter((card) => kept(card)?.card?.due).sort((a, b) => dueAt(a) - dueAt(b));
      const due = known.filter((card) => dueAt(card) <= Date.now());
      if (due.length) {
        state.textContent = `${due.length} due, of ${known.length} that you have answered.`;
        const details = due[0].querySelector("details");
        details.open = due[0].hidden = false;
        details.open = true;
      } else if (known.length) {
        state.textContent = `Nothing is due. The next question comes back ${inWords(new Date(dueAt(known[0])))}.`;
      } else {
        state.textContent = "You have judged no question yet. Answer one at the end of a chapter: it comes back here.";
      }
    }
    for (const card of cards) ask(card.querySelector("details"), () => next.removeAttribute("hidden"));
    const next = make("button", { type: "button", className: "live-button live-first", hidden: true }, "Next question");
    next.addEventListener("click", () => {
      next.hidden = true;
      turn();
    });
    state.after(next);
    turn();
    takeAlong(review, turn);
  }

  /** Save, load and forget all that this browser has kept. @param {HTMLElement} review @param {() => void} turn */
  function takeAlong(review, turn) {
    const said = review.querySelector(".memory-state");
    const press = (which, action) => review.querySelector(which).addEventListener("click", action);
    press(".memory-save", () => {
      const content = { book: START, kept: Object.fromEntries(store.keys().map((key) => [key, localStorage[key]])) };
      const file = new Blob([JSON.stringify(content, null, 1)], { type: "application/json" });
      const link = make("a", { href: URL.createObjectURL(file), download: "my-progress.json" });
      link.click();
      said.textContent = `${Object.keys(content.kept).length} entries are in the file.`;
    });
    const chosen = /** @type {HTMLInputElement} */ (review.querySelector(".memory-file"));
    press(".memory-load", () => chosen.click());
    chosen.addEventListener("change", async () => {
      try {
        const { book: name, kept } = JSON.parse(await chosen.files[0].text());
        const ours = ([key, value]) => key.startsWith(START) && typeof value === "string";
        const entries = Object.entries(kept ?? {}).filter(ours);
        if (name !== START) throw new Error("another book's");
        for (const [key, value] of entries) localStorage.setItem(key, value);
        said.textContent = `${entries.length} entries were taken from the file.`;
        turn();
      } catch {
        said.textContent = "This file holds no progress of this book. Choose one that you saved here.";
      }
      chosen.value = "";
    });
    press(".memory-forget", () => {
      if (!confirm("Forget all answers and progress that this browser has kept?")) return;
      for (const key of store.keys()) localStorage.removeItem(key);
      said.textContent = "All is forgotten.";
      turn();
    });
  }

  Object.assign(globalThis, { courseMemory: { schedule, scheduler } });

  addEventListener("DOMContentLoaded", () => {
    /** @type {HTMLElement | null} */
    const review = document.querySelector(".review");
    if (review) return startReview(review);
    /** @type {NodeListOf<HTMLDetailsElement>} */
    const questions = document.querySelectorAll("details[data-question]");
    questions.forEach((question) => ask(question));
    rememberPlace();
    offerToGoOn();
  });
})();
