"""The build: warnings are errors, mistakes are named, and the same chapters give the same bytes."""

import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from course_lib.workshop.book.problems import BookError
from course_lib.workshop.book.site import web_packages
from course_lib.workshop.book.site.build import BuiltBook, build_book, find_toc_problems, read_warnings
from course_lib.workshop.book.site.settings import plain_settings, sphinx_settings
from tests.workshop.book.conftest import BUILD, ROOT
from tests.workshop.book.example_book import notebook, picture, write_example_book


@pytest.fixture(scope="module")
def mistakes(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the build says of a chapter in which everything is wrong, one mistake a cell."""
    folder = tmp_path_factory.mktemp("mistakes")
    source = write_example_book(folder / "source")
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "lost"}}
    cells = [
        new_markdown_cell("# A chapter\n\nFirst.\n\n[gone](nowhere.md)"),
        new_markdown_cell(r"$$\frac{1}{2$$"),
        new_markdown_cell("[a term](glossary.md#nothing)"),
        new_markdown_cell("[course_lib.workshop.cli.no_such_thing](../course_lib/workshop/cli.py)"),
        new_markdown_cell("<!-- claim: True --> and more"),
        new_code_cell("draw()", outputs=[new_output("display_data", data={"image/png": picture()})]),
        new_code_cell("figure", outputs=[new_output("display_data", data=widget)]),
        new_markdown_cell("<details><summary>Why?</summary>\n\nBecause."),
    ]
    nbformat.write(notebook(*cells), source / "chapters/plain.ipynb")
    said = []
    for _ in range(2):  # the second build must say it all again
        with pytest.raises(BookError) as caught:
            build_book(ROOT, folder / "built", source=source)
        said.append([str(problem) for problem in caught.value.problems])
    assert said[0] == said[1]
    return said[0]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("chapters/plain.ipynb, cell 1, line 5", "target not found: 'nowhere.md'"),
        ("chapters/plain", "a formula cannot be rendered"),
        ("chapters/plain.ipynb, cell 3", "'nothing'"),
        (
            "chapters/plain.ipynb, cell 4",
            "course_lib/workshop/cli.py does not define course_lib.workshop.cli.no_such_thing",
        ),
        ("chapters/plain.ipynb, cell 5", "and more"),
        ("chapters/plain.ipynb, cell 6", "a picture in cell 6 has no alternative text"),
        ("chapters/plain.ipynb, cell 7", "no state for the widget in cell 7"),
        ("chapters/plain.ipynb, cell 8", "never closed"),
    ],
)
def test_a_mistake_is_named(mistakes: list[str], place: str, words: str) -> None:
    (found,) = [problem for problem in mistakes if words in problem]
    assert found.startswith(place)


def test_nothing_else_is_named(mistakes: list[str]) -> None:
    assert len(mistakes) == 8


class TestContents:
    def problems(self, tmp_path: Path, text: str, *files: str) -> list[str]:
        for name in files:
            (tmp_path / name).write_text("", encoding="utf-8")
        (tmp_path / "_toc.yml").write_text(text, encoding="utf-8")
        return [str(problem) for problem in find_toc_problems(tmp_path / "_toc.yml")]

    def test_nothing_is_wrong_with_the_real_one(self) -> None:
        assert list(find_toc_problems(ROOT / "_toc.yml")) == []

    def test_no_contents_at_all(self, tmp_path: Path) -> None:
        (problem,) = find_toc_problems(tmp_path / "_toc.yml")
        assert "does not exist" in problem.what

    def test_a_missing_file(self, tmp_path: Path) -> None:
        (problem,) = self.problems(tmp_path, "root: a.md\nchapters:\n- file: b.md", "a.md")
        assert problem.startswith("_toc.yml:3: names b.md, which does not exist.")

    def test_a_missing_notebook_whose_text_is_there(self, tmp_path: Path) -> None:
        contents = "root: a.md\nparts:\n- chapters:\n  - file: b.ipynb"
        (problem,) = self.problems(tmp_path, contents, "a.md", "b.md")
        assert "course notebooks" in problem

    def test_a_name_without_suffix(self, tmp_path: Path) -> None:
        (problem,) = self.problems(tmp_path, "root: a", "a.md")
        assert "with its suffix" in problem

    def test_a_file_named_twice(self, tmp_path: Path) -> None:
        (problem,) = self.problems(tmp_path, "root: a.md\nchapters:\n- file: a.md", "a.md")
        assert "twice" in problem

    def test_no_yaml(self, tmp_path: Path) -> None:
        (problem,) = self.problems(tmp_path, "root: [a")
        assert problem.startswith("_toc.yml:1: is no valid YAML")

    def test_every_chapter_is_in_the_contents(self) -> None:
        named = (ROOT / "_toc.yml").read_text(encoding="utf-8")
        for path in sorted((ROOT / "chapters").rglob("*.md")):
            shown = path.relative_to(ROOT).with_suffix("").as_posix()
            assert f"{shown}." in named, f"_toc.yml does not name {shown}"


class TestSameBytes:
    def test_a_clone_elsewhere_builds_the_same_bytes(
        self, example_book: BuiltBook, example_source: Path, tmp_path: Path
    ) -> None:
        clone, source = tmp_path / "another clone", tmp_path / "its chapters"
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "course_lib", clone / "course_lib", ignore=ignore)
        for name in ("_config.yml", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, clone)
        shutil.copytree(example_source, source)
        (clone / ".course").symlink_to(ROOT / ".course")  # what comes from npm is pinned by its hashes
        here = {"PYTHONPATH": str(clone), "PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
        command = [sys.executable, "-c", BUILD, str(clone), str(tmp_path / "out"), str(source)]
        done = subprocess.run(command, cwd=clone, env=os.environ | here, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert differing_files(example_book.folder, tmp_path / "out" / "html") == []
        assert (example_book.folder / ".buildinfo").is_file()

    def test_a_changed_page_is_seen_by_this_test(self, example_book: BuiltBook, tmp_path: Path) -> None:
        source = write_example_book(tmp_path / "source")
        path = source / "chapters/index.ipynb"
        path.write_text(path.read_text().replace("one of everything", "two of everything"))
        again = build_book(ROOT, tmp_path / "again", source=source)
        assert "chapters/index.html" in differing_files(example_book.folder, again.folder)

    def test_what_did_not_change_is_not_rendered_again(self, example_source: Path, tmp_path: Path) -> None:
        first = build_book(ROOT, tmp_path, source=example_source)
        assert "chapters/plain" in first.pages_written
        kept = shutil.copytree(first.folder, tmp_path / "kept")
        second = build_book(ROOT, tmp_path, source=example_source)
        assert differing_files(kept, second.folder) == []
        assert not [page for page in second.pages_written if page.startswith("chapters/")]

    def test_a_preview_shows_a_page_before_the_search_and_the_review_know_it(self, tmp_path: Path) -> None:
        source = write_example_book(tmp_path / "source")
        built = tmp_path / "built"
        others = [built / "html" / name for name in ("review.html", "_static/search_sections.js", "404.html")]
        seen: list[bool] = []

        def show() -> None:
            page = (built / "html" / "chapters" / "index.html").read_text()
            seen.extend(["two of everything" in page, not any(map(Path.exists, others))])

        path = source / "chapters" / "index.ipynb"
        path.write_text(path.read_text().replace("one of everything", "two of everything"))
        book = build_book(ROOT, built, source=source, live=False, shown=show)
        assert seen == [True, True]
        assert all(map(Path.exists, others))
        assert "two of everything" in others[1].read_text()
        pages = [page.read_text() for page in (book.folder / "chapters").glob("*.html")]
        pictures = re.findall(r"_images/[\w.-]+", "".join(pages))
        assert pictures
        assert all((book.folder / name).exists() for name in pictures)

    def test_a_changed_entry_renews_the_cards_where_they_stand(self, tmp_path: Path) -> None:
        source = write_example_book(tmp_path / "source")
        build_book(ROOT, tmp_path / "built", source=source)
        path = source / "chapters/glossary.md"
        path.write_text(path.read_text().replace("A unit that adds up", "A thing that sums"))
        built = build_book(ROOT, tmp_path / "built", source=source)
        assert "A thing that sums" in (built.folder / "chapters/plain.html").read_text(encoding="utf-8")
        assert "chapters/lively" not in built.pages_written

    def test_the_contents_reach_every_page(self, tmp_path: Path) -> None:
        """A title that changed in them, and a page that they name no more."""
        source, built = write_example_book(tmp_path / "source"), tmp_path / "built"
        build_book(ROOT, built, source=source)
        toc = source / "_toc.yml"
        contents = toc.read_text(encoding="utf-8").replace("caption: At hand", "caption: Within reach")
        toc.write_text(contents, encoding="utf-8")
        book = build_book(ROOT, built, source=source)
        assert "Within reach" in (book.folder / "chapters/plain.html").read_text(encoding="utf-8")
        toc.write_text(contents.replace("      - file: chapters/lively.ipynb\n", ""), encoding="utf-8")
        (source / "chapters/lively.ipynb").unlink()
        book = build_book(ROOT, built, source=source)
        assert not (book.folder / "chapters/lively.html").exists()
        assert "lively" not in (book.folder / "chapters/plain.html").read_text(encoding="utf-8")

    def test_after_a_failed_build_only_what_failed_is_made_again(self, tmp_path: Path) -> None:
        source, built = write_example_book(tmp_path / "source"), tmp_path / "built"
        build_book(ROOT, built, source=source)
        path = source / "chapters/plain.ipynb"
        good = nbformat.read(path, as_version=4)
        bad = nbformat.read(path, as_version=4)
        bad.cells.append(new_markdown_cell(r"It is $\fraq{1}{2}$."))
        nbformat.write(bad, path)
        for _ in range(2):
            with pytest.raises(BookError, match=r"chapters/plain.*\\fraq is no command"):
                build_book(ROOT, built, source=source)
        nbformat.write(good, path)
        again = build_book(ROOT, built, source=source)
        assert "chapters/plain" in again.pages_written
        assert "chapters/lively" not in again.pages_written

    def test_a_removed_entry_is_missed_by_the_pages_that_link_to_it(self, tmp_path: Path) -> None:
        source = write_example_book(tmp_path / "source")
        build_book(ROOT, tmp_path / "built", source=source)
        path = source / "chapters/glossary.md"
        path.write_text(path.read_text().replace("Perceptron", "Something else"))
        with pytest.raises(BookError, match="'perceptron'"):
            build_book(ROOT, tmp_path / "built", source=source)

    def test_a_removed_page_of_entries_is_missed_too(self, tmp_path: Path) -> None:
        source = write_example_book(tmp_path / "source")
        build_book(ROOT, tmp_path / "built", source=source)
        (source / "chapters/glossary.md").unlink()
        toc = source / "_toc.yml"
        toc.write_text(toc.read_text().replace("      - file: chapters/glossary.md\n", ""))
        # Every page is read anew, and none leads to the page that is gone.
        built = build_book(ROOT, tmp_path / "built", source=source)
        assert "glossary.html" not in (built.folder / "chapters/plain.html").read_text(encoding="utf-8")


def differing_files(one: Path, other: Path) -> list[str]:
    """Return the names of files that differ or stand on one side only."""
    files = [(folder, path) for folder in (one, other) for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(folder) for folder, path in files}
    return sorted(
        name.as_posix()
        for name in names
        if not ((one / name).is_file() and (other / name).is_file())
        or not filecmp.cmp(one / name, other / name, shallow=False)
    )


class TestFirstPage:
    def test_the_folders_own_page_leads_to_it(self, example_book: BuiltBook) -> None:
        text = (example_book.folder / "index.html").read_text(encoding="utf-8")
        assert 'url=chapters/index.html"' in text
        assert example_book.first_page.is_file()


class TestWarnings:
    def test_places_are_named(self, tmp_path: Path) -> None:
        lines = (f"{tmp_path}/a.ipynb:30004: WARNING: bad", f"{tmp_path}/b.md:7: ERROR: worse")
        text = "\n".join([*lines, "WARNING: elsewhere", ""])
        assert [str(problem) for problem in read_warnings(text, tmp_path)] == [
            "a.ipynb, cell 3, line 3: bad",
            "b.md, line 7: worse",
            "the build: elsewhere",
        ]


def test_an_installation_without_the_renderer_is_named(
    example_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("course_lib.workshop.book.site.build.entry_points", lambda **_: ())
    with pytest.raises(BookError, match="Install it again"):
        build_book(ROOT, tmp_path, source=example_source)


class TestWebPackages:
    def test_the_lock_names_hashes_and_no_registry(self) -> None:
        lock = json.loads(
            (ROOT / "course_lib/workshop/book/site/package-lock.json").read_text(encoding="utf-8")
        )
        packages = {name: entry for name, entry in lock["packages"].items() if name}
        assert packages
        for name, entry in packages.items():
            assert entry["integrity"].startswith("sha512-"), name
            assert "resolved" not in entry, name

    def test_without_a_network_the_message_says_what_to_do(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(web_packages, "CACHE", tmp_path / "web")
        monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "empty"))
        monkeypatch.setenv("npm_config_fetch_retries", "0")
        with pytest.raises(BookError, match="connect and run the same command again"):
            web_packages.install_web_packages()
        assert not (tmp_path / "web" / "installed").exists()

    def test_no_script_of_others_is_committed(self) -> None:
        static = ROOT / "course_lib/workshop/book/site/static"
        assert sorted(path.name for path in static.rglob("*.js")) == ["book.js", "memory.js", "search.js"]
        assert not list(static.rglob("*.woff2"))


def test_the_two_ways_to_settings_agree() -> None:
    """What Jupyter Book makes of `_config.yml` and what we make of it differ in nothing that we ask for."""
    own = {"external_toc_path": str(ROOT / "_toc.yml"), "course_root": str(ROOT)}
    by_jupyter_book, plain = sphinx_settings(ROOT, ROOT / "_toc.yml"), plain_settings(ROOT, own)
    theme = by_jupyter_book.pop("html_theme_options")
    assert plain.pop("html_theme_options").items() <= theme.items()
    assert {"jupyter_book", *plain.pop("extensions")} == set(by_jupyter_book.pop("extensions"))
    assert set(plain.pop("exclude_patterns")) <= set(by_jupyter_book.pop("exclude_patterns"))
    assert plain.items() <= by_jupyter_book.items()
