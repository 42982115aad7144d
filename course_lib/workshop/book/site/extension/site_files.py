"""What a well-kept site has beside its pages: a page for lost readers, a sitemap, an icon for a home screen.

The footer names the version, so that a reader who keeps or prints a page knows what it was.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from course_lib.workshop.book.site.extension.later_pages import LATER_PAGES
from course_lib.workshop.book.site.extension.playground_page import PAGE
from course_lib.workshop.book.site.extension.relative_links import addresses_of

ICON = "touch-icon.png"


_FIRST_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="_static/logo.svg">
<meta http-equiv="refresh" content="0; url={page}"></head>
<body><p><a href="{page}">{title}</a></p></body>
</html>
"""


def _pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    # It is shown at any address, so it names the book's own one and needs no file.
    yield "404", {"book_address": addresses_of(app).book, "first_page": app.config.root_doc}, "404.html"


def _add_icon_and_version(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    icon = context["pathto"](f"_static/{ICON}", 1)
    link = f'<link rel="apple-touch-icon" href="{icon}" />\n'
    context["metatags"] = context.get("metatags", "") + link
    addresses = addresses_of(app)
    context["theme_extra_footer"] = (
        f"{context.get('theme_extra_footer') or ''}\n<p>Version {escape(addresses.version)}. "
        f'<a href="{escape(addresses.repository)}/releases">Other versions</a></p>'
    )


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    book, folder = addresses_of(app).book, Path(app.outdir)
    first = _FIRST_PAGE.format(title=app.config.project, page=f"{app.config.root_doc}.html")
    (folder / "index.html").write_text(first, encoding="utf-8")
    names = [*sorted(app.env.found_docs), PAGE]
    places = "".join(f"  <url><loc>{escape(book)}/{escape(name)}.html</loc></url>\n" for name in names)
    (folder / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n',
        encoding="utf-8",
    )
    robots = f"User-agent: *\nAllow: /\n\nSitemap: {book}/sitemap.xml\n"
    (folder / "robots.txt").write_text(robots, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the files, and what every page names."""
    app.connect(LATER_PAGES, _pages)
    app.connect("html-page-context", _add_icon_and_version, priority=700)
    app.connect("build-finished", _write, priority=970)
