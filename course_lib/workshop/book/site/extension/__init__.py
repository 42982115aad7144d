"""The book's Sphinx extension: everything that turns plain notebooks into its pages.

Each module holds one idea and registers itself in its own `setup`.
"""

from typing import Any

from sphinx.application import Sphinx

from course_lib.workshop.book.site.extension import (
    alerts,
    answers,
    assets,
    comments,
    exercise_cards,
    formulas,
    glossary_letters,
    hover_cards,
    later_pages,
    library_source,
    light_files,
    live_figures,
    live_pages,
    offline_app,
    page_buttons,
    page_metadata,
    picture_panels,
    playground_page,
    relative_links,
    review_page,
    search_sections,
    site_files,
    spoken_formulas,
)

PARTS = (
    later_pages,
    assets,
    relative_links,
    comments,
    alerts,
    answers,
    review_page,
    library_source,
    exercise_cards,
    live_pages,
    live_figures,
    hover_cards,
    formulas,
    glossary_letters,
    page_buttons,
    page_metadata,
    picture_panels,
    playground_page,
    light_files,
    search_sections,
    site_files,
    spoken_formulas,
    offline_app,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part with Sphinx."""
    for part in PARTS:
        part.setup(app)
    # env_version: a book built before live chapters had their place is read anew.
    return {"version": "1", "env_version": 4, "parallel_read_safe": True, "parallel_write_safe": True}
