"""The book's own look: style sheet, script, logo, templates, and where KaTeX and the fonts come from."""

import hashlib
import re
from pathlib import Path

from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinxcontrib import katex

from course_lib.workshop.book.site.web_packages import install_web_packages, katex_script, node_program

EXTENSION = Path(__file__).parent
STATIC = EXTENSION.parent / "static"

# 1.5 MB on every page; the same icons come from a style sheet and a font that the theme brings along.
_ICON_SCRIPT = re.compile(r'<script defer src="[^"]*scripts/fontawesome\.js[^"]*"></script>')
# What is deferred is not fetched early: on a slow line the text's own files come first.
_EARLY_SCRIPT = re.compile(r'<link rel="preload" as="script"[^>]*>\s*')
# Sphinx's own search; `search.js` takes its place.
_SEARCH_TOOLS = re.compile(r'<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')
# Scripts that hold up the page while they load. The page's own short ones need the options at once.
_WAITED_FOR = re.compile(
    r"<script(?=[^>]* src=)(?![^>]* (?:defer|async)\b)(?![^>]*documentation_options\.js)"
)


def digest_of_extension() -> str:
    """Return a digest of the extension's code and look: pages are rendered anew when it changes."""
    digest = hashlib.sha256()
    for path in sorted([*EXTENSION.rglob("*"), *STATIC.iterdir(), EXTENSION.parent / "package-lock.json"]):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.read_bytes())
    return digest.hexdigest()


def without_early_scripts(head: str) -> Markup:
    """Return a page's head without the theme's largest script, and without asking early for the others."""
    return Markup(_EARLY_SCRIPT.sub("", _ICON_SCRIPT.sub("", head)))


def without_search_tools(head: str) -> Markup:
    """Return a page's head without the scripts of Sphinx's own search."""
    return Markup(_SEARCH_TOOLS.sub("", head))


def deferred(head: str) -> Markup:
    """Return a page's head whose scripts wait for the page, so that text and figures wait for no script."""
    return Markup(_WAITED_FOR.sub("<script defer", head))


def _forget_places(app: Sphinx, config: Config) -> None:
    """Leave folders out of the digest that `.buildinfo` keeps: the same book has the same bytes anywhere.

    Their content is in the book's own digest, which renews every page when it changes.
    """
    for name in ("templates_path", "html_static_path", "html_logo", "html_favicon"):
        option = config._options[name]
        config._options[name] = type(option)(option.default, "", option.valid_types)


def _add_templates(app: Sphinx, config: Config) -> None:
    config.templates_path = [str(EXTENSION / "templates"), *config.templates_path]


def _add_files(app: Sphinx) -> None:
    packages = install_web_packages()
    app.config.html_static_path = [*app.config.html_static_path, str(STATIC), str(packages)]
    app.config.html_logo = str(STATIC / "logo.svg")
    app.config.html_favicon = str(STATIC / "logo.svg")
    katex.NODEJS_BINARY = str(node_program())
    app.config.katex_js_path = str(katex_script())
    templates = getattr(app.builder, "templates", None)
    if templates is not None:
        for change in (without_early_scripts, without_search_tools, deferred):
            templates.environment.filters[change.__name__] = change


def setup(app: Sphinx) -> None:
    """Register the book's files."""
    app.add_config_value("course_extension_digest", digest_of_extension(), "env", [str])
    app.config.katex_css_path = "vendor/katex/katex.min.css"
    # Jupyter Book sets this one for an extension that this book leaves out.
    app.add_config_value("comments_config", {}, "", [dict])
    app.connect("config-inited", _add_templates, priority=900)
    app.connect("config-inited", _forget_places, priority=901)
    app.connect("builder-inited", _add_files, priority=100)
    app.add_css_file("book.css", priority=900)
    app.add_js_file("book.js", priority=100, loading_method="defer")
