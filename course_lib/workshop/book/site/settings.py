"""What Sphinx is told, from `_config.yml`: by Jupyter Book where it is installed, by us where it is not.

Jupyter Book 1.x is only maintained. Current Sphinx, theme and MyST-Parser build the same book from the same
two files through `plain_settings`; a cell of the version matrix does so.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

JUPYTER_BOOK = "jupyter_book"


def sphinx_settings(root: Path, toc: Path) -> dict[str, Any]:
    """Return all settings of the build.

    Parameters
    ----------
    root
        The folder that holds `_config.yml`.
    toc
        The table of contents.
    """
    own = {"external_toc_path": str(toc), "course_root": str(root.resolve())}
    settings = _from_jupyter_book(root, toc, own) if find_spec(JUPYTER_BOOK) else plain_settings(root, own)
    # Fresh lists: themes append to Sphinx's own defaults, which would outlive this build and change the next.
    return {**settings, "templates_path": [], "html_static_path": []}


def _from_jupyter_book(root: Path, toc: Path, own: dict[str, Any]) -> dict[str, Any]:
    from jupyter_book.config import get_final_config

    settings: dict[str, Any]
    settings, _ = get_final_config(
        user_yaml=root / "_config.yml",
        cli_config={**own, "latex_individualpages": False},
        sourcedir=toc.parent,
    )
    return settings


def plain_settings(root: Path, own: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that `_config.yml` asks for, without Jupyter Book.

    Parameters
    ----------
    root
        The folder that holds `_config.yml`.
    own
        Settings of our own, which stand above the file's.
    """
    form = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    html, sphinx = form["html"], dict(form["sphinx"]["config"])
    theme = {
        "repository_url": form["repository"]["url"],
        "repository_branch": form["repository"]["branch"],
        "extra_footer": html["extra_footer"],
        "home_page_in_toc": html["home_page_in_navbar"],
        **sphinx.pop("html_theme_options"),
    }
    extensions = [name for name in sphinx.pop("extensions") if name != JUPYTER_BOOK]
    # They belong to extensions that only Jupyter Book brings.
    for name in ("use_jupyterbook_latex", "use_multitoc_numbering"):
        sphinx.pop(name, None)
    return {
        "author": form["author"],
        "copyright": form["copyright"],
        "exclude_patterns": ["_build", *form["exclude_patterns"]],
        "extensions": extensions,
        "external_toc_exclude_missing": form["only_build_toc_files"],
        "html_baseurl": html["baseurl"],
        "html_sourcelink_suffix": "",
        "html_theme": "sphinx_book_theme",
        "html_theme_options": theme,
        "html_title": form["title"],
        "myst_enable_extensions": form["parse"]["myst_enable_extensions"],
        "nb_execution_mode": form["execute"]["execute_notebooks"],
        **sphinx,
        **own,
    }
