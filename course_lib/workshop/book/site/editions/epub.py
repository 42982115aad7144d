"""The whole book as an EPUB 3: formulas are MathML with spoken text, figures are drawings with words."""

import posixpath
import re
import uuid
from collections.abc import Iterator, Sequence
from html import escape
from io import BytesIO
from itertools import groupby
from pathlib import Path

from bs4 import BeautifulSoup
from PIL import Image

from course_lib.workshop.book.addresses import Addresses
from course_lib.workshop.book.site.editions.archive import write_zip
from course_lib.workshop.book.site.editions.leaves import Leaf, inside

_CONTAINER = """\
<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles><rootfile full-path="EPUB/book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
_PAGE = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><title>{title}</title><link rel="stylesheet" type="text/css" href="book.css"/></head>
<body>
{body}
</body>
</html>
"""
_STYLES = """\
body { line-height: 1.5; }
img, svg { max-width: 100%; height: auto; }
figure { margin: 1em 0; text-align: center; break-inside: avoid; }
figcaption { font-size: 0.85em; }
pre { white-space: pre-wrap; font-size: 0.8em; line-height: 1.4; padding: 0.5em 0.7em; }
pre { background: #f5f3ed; color: #1f2328; }
.cell_output pre { background: none; color: inherit; }
table { border-collapse: collapse; margin: 1em 0; font-size: 0.9em; }
th, td { text-align: left; vertical-align: top; padding: 0.3em 0.8em 0.3em 0; border-bottom: 1px solid #bbb; }
td p, th p { margin: 0; }
.admonition { border-left: 3px solid #0a5c93; padding: 0.1em 0 0.1em 1em; margin: 1em 0; }
.admonition-title { font-weight: bold; }
.tip { border-color: #00694f; } .important { border-color: #6a3fb5; }
.warning, .caution { border-color: #9c4400; }
details { border: 1px solid #999; border-radius: 0.3em; padding: 0.4em 0.8em; margin: 0.7em 0; }
div.math { margin: 1em 0; text-align: center; overflow-x: auto; }
.exercise-points { font-size: 0.7em; }
.highlight .k, .highlight .kn, .highlight .ow { color: #7928a1; }
.highlight .s1, .highlight .s2, .highlight .sd, .highlight .sa { color: #006f3c; }
.highlight .c1 { color: #515151; } .highlight .mi, .highlight .mf { color: #9c4400; }
"""
_FEATURES = (
    "alternativeText", "MathML", "describedMath", "structuralNavigation", "tableOfContents", "readingOrder",
    "displayTransformability",
)  # fmt: skip


def write_epub(
    folder: Path, book: Sequence[Leaf], addresses: Addresses, about: dict[str, str], to: Path
) -> None:
    """Write the whole book as an EPUB.

    Parameters
    ----------
    folder
        The folder of the HTML pages, with their pictures.
    book
        The pages. They are changed on the way.
    addresses
        The book's addresses.
    about
        `title`, `author`, `rights` (HTML) and `date`, as `2026-11-21`.
    to
        The EPUB.
    """
    known = {(f"{leaf.name}.html", str(tag["id"])) for leaf in book for tag in leaf.article.select("[id]")}
    pages: dict[str, str] = {}
    pictures: dict[str, bytes] = {}
    for leaf in book:
        pictures |= _bind(leaf, folder, {f"{one.name}.html" for one in book}, known, addresses)
        pages[file_of(leaf.name)] = _PAGE.format(title=escape(leaf.title), body=_xml(leaf.html()))
    files = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": _CONTAINER.encode(),
        "EPUB/book.opf": _package(pages, pictures, addresses, about).encode(),
        "EPUB/nav.xhtml": _PAGE.format(title="Contents", body=_contents(book)).encode(),
        "EPUB/title.xhtml": _title(addresses, about).encode(),
        "EPUB/book.css": _STYLES.encode(),
        "EPUB/cover.png": (folder / "_static" / "card.png").read_bytes(),
    }
    files |= {f"EPUB/{name}": text.encode() for name, text in pages.items()}
    files |= {f"EPUB/{name}": picture for name, picture in sorted(pictures.items())}
    write_zip(to, files)


def file_of(name: str) -> str:
    """Return the name that a page has in the EPUB."""
    return name.removeprefix("chapters/").replace("/", "-") + ".xhtml"


def _bind(
    leaf: Leaf, folder: Path, named: set[str], known: set[tuple[str, str]], addresses: Addresses
) -> dict[str, bytes]:
    """Make a page one of the EPUB, and return the pictures that it shows."""

    def lead(link: str) -> str:
        target = inside(link, leaf.name)
        if target is None:
            return link
        path, fragment = target
        if path not in named:
            return f"{addresses.book}/{path}" + (f"#{fragment}" if fragment else "")
        return file_of(path.removesuffix(".html")) + (f"#{fragment}" if target in known else "")

    pictures: dict[str, bytes] = {}
    for link in leaf.article.select("a.image-reference"):
        link.unwrap()  # it leads to the picture, which is there
    leaf.redirect(lead)
    for picture in leaf.article.select("img[src]"):
        path = folder / posixpath.normpath(posixpath.join(posixpath.dirname(leaf.name), str(picture["src"])))
        name = f"{path.stem}.png" if path.suffix == ".webp" else path.name
        pictures[name] = _as_png(path) if path.suffix == ".webp" else path.read_bytes()
        picture["src"] = name
    for formula in leaf.article.select("span.katex"):
        shown = formula.select_one("math")
        assert shown
        if formula.find_parent(class_="katex-display"):
            shown["display"] = "block"
        del shown["aria-label"]  # `alttext` is what an EPUB knows
        for sign in shown.select("mo:has(*), mi:has(*), mn:has(*), mtext:has(*)"):
            sign.string = sign.get_text()  # KaTeX sets a name like "mod" letter by letter
        formula.replace_with(shown)
    for frame in leaf.article.select(".katex-display, .katex-error"):
        frame.unwrap()
    return pictures


def _as_png(path: Path) -> bytes:
    stream = BytesIO()
    Image.open(path).save(stream, "PNG")
    return stream.getvalue()


def _xml(html: str) -> str:
    """Return HTML that is well-formed with the name spaces that XML asks for."""
    return re.sub(r"<svg(?![^>]*\bxmlns=)", '<svg xmlns="http://www.w3.org/2000/svg"', html)


def _title(addresses: Addresses, about: dict[str, str]) -> str:
    rights = BeautifulSoup(about["rights"], "html.parser").decode()
    title, address = escape(about["title"]), escape(addresses.book)
    body = f"""<h1>{title}</h1>
<p>{escape(about["author"])}</p>
<p>Version {escape(addresses.version)}, {about["date"]}</p>
<p><a href="{address}">{address}</a>: there the figures move, and exercises can be answered.</p>
{rights}"""
    return _PAGE.format(title=title, body=body)


def _contents(book: Sequence[Leaf]) -> str:
    return (
        '<nav epub:type="toc" role="doc-toc" aria-label="Contents"><h1>Contents</h1><ol>\n'
        + "\n".join(_entries(book))
        + "\n</ol></nav>\n"
        '<nav epub:type="landmarks" aria-label="Landmarks" hidden=""><ol>'
        f'<li><a epub:type="bodymatter" href="{file_of(book[0].name)}">Begin</a></li></ol></nav>'
    )


def _entries(book: Sequence[Leaf]) -> Iterator[str]:
    part = ""
    parts: list[tuple[str, Leaf]] = []
    for leaf in book:
        part = leaf.part or part
        parts.append((part, leaf))
    for caption, group in groupby(parts, key=lambda pair: pair[0]):
        chapters: list[list[Leaf]] = []
        for _, leaf in group:
            chapters[-1].append(leaf) if leaf.depth > 1 else chapters.append([leaf])
        lines = [_entry(first, rest) for first, *rest in chapters]
        yield (
            f"<li><span>{escape(caption)}</span><ol>{''.join(lines)}</ol></li>" if caption else "".join(lines)
        )


def _entry(leaf: Leaf, below: Sequence[Leaf]) -> str:
    inner = f"<ol>{''.join(_entry(one, ()) for one in below)}</ol>" if below else ""
    return f'<li><a href="{file_of(leaf.name)}">{escape(leaf.title)}</a>{inner}</li>'


def _package(
    pages: dict[str, str], pictures: dict[str, bytes], addresses: Addresses, about: dict[str, str]
) -> str:
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{addresses.book}/{addresses.version}")
    rights = BeautifulSoup(about["rights"], "html.parser").get_text()
    access = [
        *(f'<meta property="schema:accessibilityFeature">{feature}</meta>' for feature in _FEATURES),
        *(f'<meta property="schema:accessMode">{mode}</meta>' for mode in ("textual", "visual")),
        '<meta property="schema:accessModeSufficient">textual</meta>',
        '<meta property="schema:accessibilityHazard">none</meta>',
        '<meta property="schema:accessibilitySummary">Formulas are MathML with spoken text, pictures and '
        "figures have words, and headings follow the book's outline.</meta>",
    ]
    items, order = [], ['<itemref idref="title"/>', '<itemref idref="nav"/>']
    for number, (name, text) in enumerate(pages.items()):
        found = [kind for kind, sign in (("mathml", "<math"), ("svg", "<svg")) if sign in text]
        properties = f' properties="{" ".join(found)}"' if found else ""
        items.append(
            f'<item id="page{number}" href="{name}" media-type="application/xhtml+xml"{properties}/>'
        )
        order.append(f'<itemref idref="page{number}"/>')
    kinds = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
    items += [
        f'<item id="picture{number}" href="{name}" media-type="{kinds[Path(name).suffix]}"/>'
        for number, name in enumerate(sorted(pictures))
    ]
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>
<dc:title>{escape(about["title"])}</dc:title>
<dc:language>en</dc:language>
<dc:creator>{escape(about["author"])}</dc:creator>
<dc:rights>{escape(rights)}</dc:rights>
<dc:date>{about["date"]}</dc:date>
<meta property="dcterms:modified">{about["date"]}T00:00:00Z</meta>
{chr(10).join(access)}
</metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="title" href="title.xhtml" media-type="application/xhtml+xml"/>
<item id="styles" href="book.css" media-type="text/css"/>
<item id="cover" href="cover.png" media-type="image/png" properties="cover-image"/>
{chr(10).join(items)}
</manifest>
<spine>
{chr(10).join(order)}
</spine>
</package>
"""
