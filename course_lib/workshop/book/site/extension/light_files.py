"""A page loads no more than it shows.

Pictures are stored once more, without loss, as WebP; fonts keep the characters that the book shows, style
sheets the rules that can apply to its pages, joined into one that each page names; and what no page, style
sheet or script names is left out.
Each answer is kept in the cache by what it was made from, so that a preview does not wait for it.
"""

import hashlib
import os
import posixpath
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx

from course_lib.workshop.book.site import web_packages

# A reader may type these into a figure, wherever the pages show them or not.
ALWAYS_SHOWN = {chr(code) for code in range(0x20, 0x7F)}
_PICTURE = re.compile(r"<img\b[^>]*\bsrc=\"[^\"]*_images/(?P<name>[^\"/]+)\"[^>]*>")
_STORED_AS_PNG = re.compile(r"(_images/[\w%.-]+)\.png\b")
_SUBSET = """
const { readFileSync, writeFileSync } = require("fs");
const text = readFileSync("characters.txt", "utf8");
const isVariable = require("fontverter").convert(readFileSync("font.woff2"), "sfnt")
  .then((font) => font.includes("fvar"));
// Of the variable fonts, the weights from regular to bold: no style sheet asks for thinner or heavier ones.
isVariable.then((variable) => require("subset-font")(readFileSync("font.woff2"), text, {
  targetFormat: "woff2", variationAxes: variable ? { wght: { min: 400, max: 700 } } : undefined,
}))
  .then((font) => writeFileSync("made.woff2", font));
"""
_TAG = re.compile(r"<script\b.*?</script>|<[^>]*>", re.DOTALL)
_CHARACTER_IN_CSS = re.compile(r"\\([0-9a-f]{2,6})", re.IGNORECASE)
_MAP = re.compile(r"/[/*]# sourceMappingURL=\S+?\.map(?:\s*\*/)?\s*$")
# Every browser since 2016 reads WOFF2; the theme names an older format beside it.
_OLDER_FONT = re.compile(r",\s*url\([^)]*\.ttf[^)]*\)\s*format\(\"truetype\"\)")
_SHEET = re.compile(r'<link\b[^>]*\bhref="(?P<up>(?:\.\./)*)_static/(?P<name>[^"?]+\.css)[^"]*"[^>]*>\s*')
_IMPORT = re.compile(r'@import "([^"]+)";')
_CHARSET = re.compile(r'@charset "[^"]*";')
_ADDRESS_IN_CSS = re.compile(r"url\(\s*(['\"]?)(?!#|/|\w+:)([^'\")]+)\1\s*\)")
_JOINED = "styles-"
_OWN_STYLES = {"book.css", "figures.css", "playground.css", "pygments.css"}


def cached(suffix: str, make: Callable[[], bytes], *made_from: bytes) -> bytes:
    """Return what was once made from the same bytes, or make and keep it."""
    digest = hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in made_from)).hexdigest()
    path = web_packages.CACHE / "light" / f"{digest}{suffix}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(make())
        part.replace(path)
    return path.read_bytes()


def made_smaller(suffix: str, make: Callable[[], bytes], file: bytes, *settings: bytes) -> bytes:
    """Return a file made smaller, or itself if that was done already.

    Sphinx copies its static files again only when a page has changed.
    """
    made = cached(suffix, make, file, *settings)
    return cached(suffix, lambda: made, made, *settings)


def as_webp(png: bytes) -> bytes:
    """Return a PNG picture as WebP with the same pixels."""
    stream = BytesIO()
    Image.open(BytesIO(png)).save(stream, "WEBP", lossless=True, exact=True, method=4, quality=80)
    return stream.getvalue()


def with_fewer_characters(font: bytes, characters: set[str]) -> bytes:
    """Return a WOFF2 font with those of the characters that it has, and whatever it needs to set them."""
    files = {"characters.txt": "".join(sorted(characters)).encode("utf-8", "replace"), "font.woff2": font}
    return _run_node(["-e", _SUBSET], files, "made.woff2")


def with_sized_pictures(body: str, files: dict[str, Path]) -> str:
    """Return a page's text whose pictures keep their place free and, but for the first, load when needed.

    Parameters
    ----------
    body
        The HTML of a page's text.
    files
        The file of each picture, by its name under `_images`.
    """
    seen = 0

    def sized(match: re.Match[str]) -> str:
        nonlocal seen
        tag, path = match[0], files.get(match["name"])
        added = ' decoding="async"'
        if "loading=" not in tag and seen:
            added += ' loading="lazy"'
        seen += 1
        if path is not None and path.suffix in {".png", ".jpg", ".jpeg", ".webp"} and " height=" not in tag:
            with Image.open(path) as picture:
                added += f' width="{picture.width}" height="{picture.height}"'
        return tag.replace("<img", f"<img{added}", 1)

    return _STORED_AS_PNG.sub(r"\1.webp", _PICTURE.sub(sized, body))


def words_that_select(page: str) -> set[str]:
    """Return every word of a page's tags and scripts: what a style sheet's selector can name."""
    return {word for tag in _TAG.findall(page) for word in re.findall(r"[\w-]+", tag)}


def without_unused_rules(css: bytes, words: bytes) -> bytes:
    """Return a style sheet without the rules whose selectors name none of the words."""
    program = web_packages.CACHE / "node_modules" / "purgecss" / "bin" / "purgecss.js"
    options = ["--css", "sheet.css", "--content", "words.txt", "--output", "made.css"]
    return _run_node([str(program), *options], {"words.txt": words, "sheet.css": css}, "made.css")


def _run_node(arguments: list[str], files: dict[str, bytes], made: str) -> bytes:
    """Return the named file that Node.js makes in a folder with the given files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        subprocess.run(
            [str(web_packages.node_program()), *arguments],
            cwd=folder,
            env=os.environ | {"NODE_PATH": str(web_packages.CACHE / "node_modules")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=120,
        )
        return (folder / made).read_bytes()


def store_pictures(folder: Path) -> None:
    """Store the pictures of a built book's pages as those name them."""
    for path in sorted((folder / "_images").glob("*.png")):
        png = path.read_bytes()
        path.with_suffix(".webp").write_bytes(cached(".webp", partial(as_webp, png), png))
        path.unlink()


def make_light(folder: Path) -> None:
    """Make the files of a built book as small as its pages allow.

    Parameters
    ----------
    folder
        The folder of the HTML pages.
    """
    static = folder / "_static"
    files = sorted(path for path in folder.rglob("*.html") if static not in path.parents)
    pages = [path.read_text(encoding="utf-8") for path in files]
    _remove_unnamed(static, pages)
    scripts = [path.read_text(encoding="utf-8") for path in sorted(static.rglob("*.js"))]
    words = set().union(*map(words_that_select, pages), *(re.findall(r"[\w-]+", text) for text in scripts))
    _shorten_styles(static, "\n".join(sorted(words)).encode())
    sheets = [path.read_text(encoding="utf-8") for path in sorted(static.rglob("*.css"))]
    in_css = {chr(int(code, 16)) for sheet in sheets for code in _CHARACTER_IN_CSS.findall(sheet)}
    characters = ALWAYS_SHOWN.union(in_css, *pages, *sheets)
    for path in sorted(static.rglob("*.woff2")):
        font, text = path.read_bytes(), "".join(sorted(characters)).encode("utf-8", "replace")
        path.write_bytes(
            made_smaller(
                ".woff2", partial(with_fewer_characters, font, characters), font, text, _SUBSET.encode()
            )
        )
    pages = [with_one_sheet(page, static) for page in pages]
    for path, page in zip(files, pages, strict=True):
        if page != path.read_text(encoding="utf-8"):
            path.write_text(page, encoding="utf-8")
    _remove_unnamed(static, pages)  # what only a rule named that is gone now
    for path in sorted((path for path in static.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()


def with_one_sheet(page: str, static: Path) -> str:
    """Return a page that names one style sheet, which holds all those that it named: a phone waits once.

    A page that an earlier build has left so stays as it is.
    """
    named = list(_SHEET.finditer(page))
    if not named or named[0]["name"].startswith(_JOINED):
        return page
    css = "\n".join(_whole_sheet(match["name"], static) for match in named)
    name = f"{_JOINED}{hashlib.sha256(css.encode()).hexdigest()[:12]}.css"
    (static / name).write_text(css, encoding="utf-8")
    first = f'<link rel="stylesheet" href="{named[0]["up"]}_static/{name}" />\n'
    return _SHEET.sub(lambda match: first if match.start() == named[0].start() else "", page)


def _whole_sheet(name: str, static: Path) -> str:
    """Return a style sheet with those that it imports, as it reads in the folder of all."""
    beside = posixpath.dirname(name)

    def moved(match: re.Match[str]) -> str:
        return f"url({posixpath.normpath(posixpath.join(beside, match[2]))})"

    css = _CHARSET.sub("", (static / name).read_text(encoding="utf-8"))
    return _IMPORT.sub(
        lambda match: _whole_sheet(posixpath.normpath(posixpath.join(beside, match[1])), static),
        _ADDRESS_IN_CSS.sub(moved, css),
    )


def _shorten_styles(static: Path, words: bytes) -> None:
    for path in sorted(static.rglob("*.css")):
        if path.name not in _OWN_STYLES and not path.name.startswith(_JOINED):
            css = _OLDER_FONT.sub("", _MAP.sub("", path.read_text(encoding="utf-8"))).encode()
            path.write_bytes(made_smaller(".css", partial(without_unused_rules, css, words), css, words))
    for path in sorted(static.rglob("*.js")):
        path.write_text(_MAP.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")


def _remove_unnamed(static: Path, pages: list[str]) -> None:
    for path in unnamed_files(static, pages):
        path.unlink()


def unnamed_files(static: Path, pages: list[str]) -> Iterator[Path]:
    """Yield the files under `_static` that no page and no named style sheet or script names."""
    waiting = {path for path in static.rglob("*") if path.is_file() and "LICENSE" not in path.name}
    texts = pages
    while texts:
        named = {path for path in waiting if any(path.name in text for text in texts)}
        waiting -= named
        texts = [path.read_text(encoding="utf-8") for path in named if path.suffix in {".css", ".js"}]
    yield from sorted(waiting)


def _size_pictures(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    images = getattr(app.builder, "images", {})
    if "body" in context:
        files = {name: Path(app.srcdir, source) for source, name in images.items()}
        context["body"] = with_sized_pictures(context["body"], files)


def _store_pictures(app: Sphinx, exception: Exception | None) -> None:
    if exception is None:
        store_pictures(Path(app.outdir))


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.config.course_light:
        make_light(Path(app.outdir))


def setup(app: Sphinx) -> None:
    """Register the steps; the last one, after everything that writes files."""
    app.add_config_value("course_light", True, "", [bool])
    app.connect("html-page-context", _size_pictures, priority=900)
    app.connect("build-finished", _store_pictures, priority=930)
    app.connect("build-finished", _finish, priority=950)
