// @ts-check
// What the pages do beyond the theme: cards for glossary entries, and pages that are ready to be printed.
(() => {
  function wordsForFingers() {
    const textContent = "Tap the word again to open its entry.";
    return Object.assign(document.createElement("p"), { textContent });
  }

  function makeCards() {
    const entries = new Map();
    /** @type {NodeListOf<HTMLElement>} */
    const cards = document.querySelectorAll(".hover-card");
    cards.forEach((entry) => entries.set(entry.dataset.entry, entry));
    if (!entries.size) return;

    const card = document.createElement("div");
    card.className = "hover-card-shown";
    card.id = "hover-card-shown";
    card.setAttribute("role", "tooltip");
    card.hidden = true;
    (document.querySelector("article") ?? document.body).append(card);
    let owner = null;
    let [shownByTap, timer] = [null, 0];

    function place(link) {
      const frame = link.getClientRects()[0];
      const width = Math.min(380, document.documentElement.clientWidth - 24);
      card.style.width = `${width}px`;
      const left = Math.min(Math.max(12, frame.left), document.documentElement.clientWidth - width - 12);
      const below = frame.bottom + card.offsetHeight + 16 < window.innerHeight;
      card.style.left = `${left}px`;
      card.style.top = `${below ? frame.bottom + 6 : Math.max(8, frame.top - card.offsetHeight - 6)}px`;
    }
    function show(link) {
      clearTimeout(timer);
      hide();
      const entry = entries.get(link.getAttribute("href").split("/").pop());
      card.replaceChildren(...[...entry.childNodes].map((node) => node.cloneNode(true)));
      card.hidden = false;
      owner = link;
      link.setAttribute("aria-describedby", card.id);
      place(link);
    }
    function hide() {
      clearTimeout(timer);
      owner?.removeAttribute("aria-describedby");
      owner = null;
      shownByTap = null;
      card.hidden = true;
    }
    function later(action, milliseconds) {
      clearTimeout(timer);
      timer = setTimeout(action, milliseconds);
    }

    /** A finger cannot hover: its first tap shows the card, the next one opens the entry. */
    function tapped(event, link) {
      if (!["touch", "pen"].includes(event.pointerType) || shownByTap === link) return;
      event.preventDefault();
      show(link);
      shownByTap = link;
      card.append(wordsForFingers());
      place(link);
    }

    /** @type {NodeListOf<HTMLAnchorElement>} */
    const links = document.querySelectorAll("article a.reference");
    links.forEach((link) => {
      if (!entries.has((link.getAttribute("href") ?? "").split("/").pop())) return;
      link.classList.add("has-hover-card");
      link.addEventListener("pointerenter", (event) => {
        if (event.pointerType === "mouse") later(() => show(link), 120);
      });
      link.addEventListener("pointerleave", () => later(hide, 200));
      link.addEventListener("focus", () => show(link));
      link.addEventListener("blur", hide);
      link.addEventListener("click", (event) => tapped(event, link));
    });
    card.addEventListener("pointerenter", () => clearTimeout(timer));
    card.addEventListener("pointerleave", () => later(hide, 200));
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
    window.addEventListener("scroll", hide, { passive: true });
  }

  /** Paper is white and cannot be pressed: it takes the light theme, and what is folded is open on it. */
  function prepareForPrinting() {
    const page = document.documentElement;
    /** @param {string} which @returns {NodeListOf<HTMLDetailsElement>} */
    const folded = (which) => document.querySelectorAll(which);
    /** @type {NodeListOf<HTMLElement>} */
    const figures = document.querySelectorAll(".course-figure");
    let theme = page.dataset.theme;
    window.addEventListener("beforeprint", () => {
      theme = page.dataset.theme;
      Object.assign(page.dataset, { theme: "light", printing: "" });
      // A figure is laid out in pixels of the screen: as a whole it takes the sheet's width.
      figures.forEach((figure) => {
        const width = Math.min(760, figure.offsetWidth);
        Object.assign(figure.style, { width: `${width}px`, zoom: `${Math.min(1, 660 / width)}` });
      });
      folded("article details:not([open])").forEach((details) => {
        details.dataset.unfolded = "yes";
        details.open = true;
      });
    });
    window.addEventListener("afterprint", () => {
      page.dataset.theme = theme;
      delete page.dataset.printing;
      figures.forEach((figure) => Object.assign(figure.style, { width: "", zoom: "" }));
      folded("details[data-unfolded]").forEach((details) => {
        delete details.dataset.unfolded;
        details.open = false;
      });
    });
  }

  /** Long lines of code scroll; who would rather see them wrapped says so once, for all pages. */
  function wrapOnRequest() {
    const key = "neural-networks-course/wrap";
    const page = document.documentElement;
    const button = document.querySelector(".course-wrap");
    const wrap = (wanted) => {
      page.toggleAttribute("data-wrap", wanted);
      button?.setAttribute("aria-pressed", String(wanted));
    };
    const keep = (wanted) => {
      try {
        if (wanted === null) return localStorage.getItem(key) === "yes";
        localStorage.setItem(key, wanted ? "yes" : "no");
      } catch {
        // A browser that keeps nothing wraps this page alone.
      }
      return wanted;
    };
    wrap(keep(null));
    button?.addEventListener("click", () => wrap(keep(!page.hasAttribute("data-wrap"))));
  }

  /** The menu above a page closes as menus do: by Escape, and when something else is pressed. */
  function closeMenu() {
    /** @type {HTMLDetailsElement | null} */
    const menu = document.querySelector("details.course-more");
    document.addEventListener("click", ({ target }) => {
      if (menu?.open && !menu.contains(/** @type {Node} */ (target))) menu.open = false;
    });
    menu?.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }

  /** A served book can be installed, and its files are kept for the time without a network. */
  function keepForOffline() {
    if (location.protocol === "file:" || !("serviceWorker" in navigator)) return;
    const root = document.documentElement.dataset.content_root ?? "./";
    document.head.append(
      Object.assign(document.createElement("link"), { rel: "manifest", href: `${root}app.webmanifest` }),
    );
    // Later than all that the page itself needs, and not where every byte is paid for.
    /** @type {any} */
    const { connection } = navigator;
    if (connection?.saveData) return;
    setTimeout(() => navigator.serviceWorker.register(`${root}offline.js`).catch(() => {}), 4000);
  }

  /** A figure says what changed in one sentence; the number beside a slider, read too, would be a second voice. */
  function oneVoiceAFigure() {
    const quieten = ({ target }) => {
      const outputs = target instanceof Element ? target.closest(".course-figure")?.querySelectorAll("output") : null;
      outputs?.forEach((output) => output.setAttribute("aria-live", "off"));
    };
    document.addEventListener("focusin", quieten);
    document.addEventListener("input", quieten, true);
  }

  /** A wide table, formula or output scrolls within its own frame; a keyboard must reach it to do so. */
  function reachWideParts() {
    /** @type {NodeListOf<HTMLElement>} */
    const parts = document.querySelectorAll(
      "article div.math, .pst-scrollable-table-container, article pre, .cell_output .output",
    );
    // Told of sizes when the page has been laid out, it asks for no layout of its own.
    const observer = new ResizeObserver((changes) => {
      const wide = changes.map(({ target }) => target).filter((part) => part.scrollWidth > part.clientWidth);
      for (const part of wide) part.setAttribute("tabindex", "0");
    });
    document.fonts.ready.then(() => parts.forEach((part) => observer.observe(part)));
  }

  /** What this browser has kept of the reader's answers: for each exercise how far it is. */
  function keptAnswers() {
    const start = "neural-networks-course/answer/";
    const kept = new Map();
    try {
      for (const key of Object.keys(localStorage).filter((one) => one.startsWith(start))) {
        const outcome = /"outcome":"([^"]*)"/.exec(localStorage[key])?.[1];
        kept.set(key.slice(start.length), outcome || "not checked yet");
      }
    } catch {
      // A browser that keeps nothing shows nothing here; the page itself says so once it is live.
    }
    return kept;
  }

  /** Beside each link to a set of exercises: how many are right. */
  function showProgress(kept) {
    for (const link of kept.size ? document.querySelectorAll('a[href*="exercises/"]') : []) {
      const chapter = /exercises\/(\w+)\.html$/.exec(link.getAttribute("href"))?.[1];
      const right = [...kept].filter(([name, word]) => name.startsWith(`${chapter}.`) && word === "right").length;
      if (right) link.append(` (${right} right)`);
    }
  }

  /** Exercises can be answered in the page; what that needs is loaded by a press on the button, not before. */
  function offerToAnswer() {
    const kept = keptAnswers();
    showProgress(kept);
    /** @type {any} */
    const page = window;
    for (const offer of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-live]"))) {
      offer.hidden = false;
      const word = kept.get(offer.dataset.exercise);
      if (word) offer.append(` Your answer in this browser: ${word}.`);
      offer.querySelector("button").addEventListener("click", () => {
        const folder = offer.dataset.live;
        const open = () => Object.assign(page.courseLive, { folder }).open(offer);
        if (page.courseLive) return open();
        const script = Object.assign(document.createElement("script"), { src: `${folder}live.js`, onload: open });
        script.onerror = () => offer.append(" It could not be loaded. Are you online?");
        document.head.append(script);
      });
    }
  }

  addEventListener("DOMContentLoaded", () => {
    offerToAnswer();
    makeCards();
    prepareForPrinting();
    wrapOnRequest();
    closeMenu();
    oneVoiceAFigure();
    keepForOffline();
    reachWideParts();
  });
})();
