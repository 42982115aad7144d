"""What the book's search looks through: every section, and the place that introduces each term.

The build writes one script with all sections; `search.js` loads it, and MiniSearch, when somebody first asks.
A script, because a page that was opened from a file may load scripts, and nothing else.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from course_lib.workshop.book.proofs.glossary import GLOSSARY, Term, read_glossary

FILE = "search_sections.js"
SPHINX_INDEX = "searchindex.js"
_KEPT_WHOLE = (
    nodes.paragraph,
    nodes.literal_block,
    nodes.math_block,
    nodes.title,
    nodes.caption,
    nodes.entry,
)


def reading_order(app: Sphinx) -> list[str]:
    """Return the names of all pages, as the table of contents has them, and the others behind."""
    order: dict[str, None] = {}

    def add(docname: str) -> None:
        if docname not in order:
            order[docname] = None
            for included in app.env.toctree_includes.get(docname, []):
                add(included)

    add(app.config.root_doc)
    for docname in sorted(app.env.found_docs):
        add(docname)
    return [docname for docname in order if docname in app.env.found_docs]


def sections_of(document: nodes.document) -> Iterator[tuple[list[str], nodes.section]]:
    """Yield each section with the titles that lead to it, its own last."""
    for section in document.findall(nodes.section):
        titles: list[str] = []
        node: nodes.Node | None = section
        while isinstance(node, nodes.section):
            titles.insert(0, node[0].astext())
            node = node.parent
        yield titles, section


def own_parts(section: nodes.Element) -> Iterator[nodes.Element]:
    """Yield the paragraphs, formulas and pieces of code of a section that belong to no section within it."""
    for child in section.children[1:] if isinstance(section, nodes.section) else section.children:
        if isinstance(child, nodes.section) or not isinstance(child, nodes.Element):
            continue
        if isinstance(child, _KEPT_WHOLE):
            yield child
        else:
            yield from own_parts(child)


def texts_of(section: nodes.section) -> tuple[str, str]:
    """Return a section's words, and its code with what the code printed."""
    words, code = [], []
    for part in own_parts(section):
        if isinstance(part, nodes.literal_block):
            code.append(part.astext())
        else:
            words.append(part.astext())
    return tuple(re.sub(r"\s+", " ", " ".join(texts)).strip() for texts in (words, code))  # type: ignore[return-value]


def collect(app: Sphinx, terms: list[Term]) -> dict[str, Any]:
    """Return the sections of all pages in reading order, and which of them introduces what.

    Parameters
    ----------
    app
        The build, its pages read.
    terms
        The glossary's entries.

    Returns
    -------
    dict
        `sections`, a list of records: `url`, `titles`, `text`, `code`, and `terms`, all that the section
        introduces under every name that is known for it. `places`, from each such name to the numbers of the
        sections to show first. `emphasised`, the same for words that a section sets in italics first.
    """
    sections: list[dict[str, Any]] = []
    introducing: dict[str, int] = {}
    entries: dict[str, int] = {}
    emphasised: dict[str, list[int]] = {}
    chapters = {term.anchor: term.chapter for term in terms}
    for docname in reading_order(app):
        for titles, section in sections_of(app.env.get_doctree(docname)):
            number = len(sections)
            anchor = f"#{section['ids'][0]}" if len(titles) > 1 else ""
            text, code = texts_of(section)
            record = {"url": app.builder.get_target_uri(docname) + anchor, "titles": titles, "text": text}
            sections.append({**record, "code": code, "terms": ""})
            page = docname.rpartition("/")[2]
            if page == Path(GLOSSARY).stem:
                entries.update(dict.fromkeys(section["ids"], number))
            for part in own_parts(section):
                for link in part.findall(addnodes.pending_xref):
                    target = str(link.get("reftargetid"))
                    if chapters.get(target) == page and str(link["reftarget"]).endswith(Path(GLOSSARY).stem):
                        introducing.setdefault(target, number)
                for words in part.findall(nodes.emphasis):
                    emphasised.setdefault(words.astext().lower(), [number])
    places = {}
    for term in terms:
        names = (*term.forms, *term.searched_as)
        found = [places[term.anchor] for places in (introducing, entries) if term.anchor in places]
        for number in found[:1]:
            sections[number]["terms"] = " ; ".join(filter(None, [sections[number]["terms"], *names]))
        places.update(dict.fromkeys(names, found))
    return {"sections": sections, "places": places, "emphasised": emphasised}


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    glossary = Path(app.srcdir) / "chapters" / GLOSSARY
    terms = read_glossary(glossary)[0] if glossary.is_file() else []
    found = json.dumps(collect(app, terms), ensure_ascii=False, separators=(",", ":"))
    folder = Path(app.outdir)
    (folder / "_static" / FILE).write_text(f"globalThis.courseSections = {found};\n", encoding="utf-8")
    if (folder / SPHINX_INDEX).exists():
        (folder / SPHINX_INDEX).replace(Path(app.doctreedir) / SPHINX_INDEX)


def _bring_back(app: Sphinx) -> None:
    """Give Sphinx its own index again: it wants the last build's, and no page ever loads it."""
    kept = Path(app.doctreedir) / SPHINX_INDEX
    if kept.exists():
        Path(app.outdir).mkdir(parents=True, exist_ok=True)
        kept.replace(Path(app.outdir) / SPHINX_INDEX)


def setup(app: Sphinx) -> None:
    """Register the last step: words of the text are no names that a style sheet's rule could need."""
    app.connect("builder-inited", _bring_back)
    app.connect("build-finished", _write, priority=960)
    app.add_js_file("search.js", priority=110, loading_method="defer")
