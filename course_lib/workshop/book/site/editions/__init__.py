"""The whole book to keep, made of the built pages: as a PDF, as an EPUB, as one archive, and as a deck."""

from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

from course_lib.workshop.book.addresses import read_addresses
from course_lib.workshop.book.site.build import build_book
from course_lib.workshop.book.site.editions.anki import write_deck
from course_lib.workshop.book.site.editions.archive import write_archive
from course_lib.workshop.book.site.editions.epub import write_epub
from course_lib.workshop.book.site.editions.leaves import leaves
from course_lib.workshop.book.site.editions.pdf import find_browser, write_pdf
from course_lib.workshop.dry_run import is_dry

KINDS = ("pdf", "epub", "zip")
ENDINGS = {"anki": "apkg"}
MORE_KINDS = (*KINDS, "anki")  # a deck needs a package that nothing else does


def write_editions(
    root: Path,
    to: Path,
    kinds: Iterable[str] = KINDS,
    book: Path | None = None,
    say: Callable[[Path], object] = print,
) -> None:
    """Write the book as single files.

    Parameters
    ----------
    root
        The folder that holds `_config.yml` and `_toc.yml`.
    to
        The folder to write into.
    kinds
        Some of `MORE_KINDS`.
    book
        The folder of the built pages; by default they are built.
    say
        Called with each file when it is written.

    Raises
    ------
    BookError
        If the book cannot be built, or there is no browser to print it.
    """
    kinds = [kind for kind in MORE_KINDS if kind in kinds]
    if "pdf" in kinds:
        find_browser()  # what is missing is said before minutes of building
    addresses = read_addresses(root)
    paths = {
        kind: to / f"neural-networks-course-{addresses.version}.{ENDINGS.get(kind, kind)}" for kind in kinds
    }
    if sum(map(is_dry, paths.values())):
        return
    folder = book or build_book(root).folder
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    about = {
        "title": str(config["title"]),
        "author": str(config["author"]),
        "rights": str(config["html"]["extra_footer"]),
        "date": str(citation["date-released"]),
    }
    for kind, path in paths.items():
        if kind == "zip":
            write_archive(folder, addresses, path)
        elif kind == "anki":
            write_deck(folder, about["title"], path)
        else:
            write = write_pdf if kind == "pdf" else write_epub
            write(folder, list(leaves(folder, root / "_toc.yml")), addresses, about, path)
        say(path)
