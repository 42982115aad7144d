"""A served book can be installed, and stays readable without a network: a manifest and a service worker.

A page opened from a file needs neither; `book.js` asks for them where they can be had.
"""

import hashlib
import json
from pathlib import Path

from sphinx.application import Sphinx

from course_lib.workshop.book.site.extension.site_files import ICON

MANIFEST, WORKER = "app.webmanifest", "offline.js"
# What a press loads is kept once it was loaded, its large parts by the page itself (python.js), whose copy
# outlives a new version of the book; sources and notebooks are no pages.
_NOT_KEPT = ("_live/", "_sources/", MANIFEST, WORKER)
_WORKER = """\
// Made by the build: the book's files are kept, and shown where the network does not answer.
const NAME = `${registration.scope} `, CACHE = NAME + "DIGEST";
const FILES = LIST;
addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => skipWaiting()));
});
addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith(NAME) && name !== CACHE);
  const forget = (names) => Promise.all(old(names).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(forget).then(() => clients.claim()));
});
async function answer(request) {
  const cache = await caches.open(CACHE);
  try {
    const found = await fetch(request);
    if (found.ok) await cache.put(request, found.clone());
    return found;
  } catch (reason) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw reason;
  }
}
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
  if (request.url.includes("/_live/parts/")) return;
  event.respondWith(answer(request));
});
"""


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in files}
    kept = {
        name: path
        for name, path in names.items()
        if not name.startswith((*_NOT_KEPT, ".")) and path.suffix not in {".inv", ".txt", ".xml"}
    }
    digest = hashlib.sha256(b"".join(name.encode() + path.read_bytes() for name, path in kept.items()))
    worker = _WORKER.replace("DIGEST", digest.hexdigest()[:16]).replace("LIST", json.dumps(list(kept)))
    (folder / WORKER).write_text(worker, encoding="utf-8")
    icons = {f"_static/{ICON}": "180x180", "_static/logo.svg": "any"}
    manifest = {
        "name": app.config.project,
        "short_name": "Neural networks",
        "start_url": f"{app.config.root_doc}.html",
        "scope": "./",
        "display": "standalone",
        "background_color": "#fdfcf9",
        "theme_color": "#0a5c93",
        "icons": [{"src": source, "sizes": size} for source, size in icons.items()],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the step, after every other that writes files."""
    app.connect("build-finished", _write, priority=990)
