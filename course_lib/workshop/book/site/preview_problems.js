// @ts-check
// In a preview's pages: the list of what is wrong, this page's first, brought up to date while the author types.
(() => {
  const box = document.createElement("details");
  box.id = "preview-problems";
  box.open = sessionStorage.getItem(box.id) !== "closed";
  box.style.cssText =
    "position:fixed;inset:auto 1rem 1rem auto;max-width:min(40rem,calc(100vw - 2rem));max-height:50vh;" +
    "overflow:auto;z-index:9999;padding:.5rem 1rem;background:#fff;color:#111;border:2px solid #b3261e;" +
    "border-radius:.5rem;font:14px/1.4 system-ui,sans-serif";
  box.addEventListener("toggle", () => sessionStorage.setItem(box.id, box.open ? "open" : "closed"));

  const isHere = (problem) => location.pathname.includes(problem.where.replace(/[.:,].*$/, "") + ".html");

  const show = (problems) => {
    const summary = document.createElement("summary");
    summary.textContent = `${problems.length} to mend`;
    const list = document.createElement("ul");
    for (const problem of [...problems].sort((a, b) => Number(isHere(b)) - Number(isHere(a)))) {
      const item = document.createElement("li");
      const where = document.createElement("code");
      where.textContent = problem.where;
      item.append(where, ` ${problem.what} ${problem.fix}`);
      list.append(item);
    }
    box.replaceChildren(summary, list);
    if (problems.length) document.body.append(box);
    else box.remove();
  };

  let shown = "[]";
  const look = async () => {
    try {
      const found = await (await fetch("/problems.json")).text();
      if (found !== shown) show(JSON.parse(found));
      shown = found;
    } catch {
      // The preview was stopped: the page stays as it is.
    }
  };
  look();
  setInterval(look, 1000);
})();
