"""One command gives a fork its addresses, notebooks included."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from course_lib.workshop.book.addresses import read_addresses
from course_lib.workshop.book.chapters import notebooks, pairs
from course_lib.workshop.book.chapters.files import project_files
from course_lib.workshop.book.problems import BookError
from course_lib.workshop.book.site.set_urls import set_urls
from course_lib.workshop.cli import main
from tests.workshop.book.small_book import CONFIG, code, write_notebook_unexecuted, write_small_book

LINKS = "See [bias](glossary.md#bias), ![it](images/a.png), [code](../course_lib/cost.py)."
TEXT = LINKS + "\n\n" + code("x = 1")
# A new address that begins with the old one is the trap: it must not be replaced twice.
FORK, SITE = "https://github.com/someone/small-book-fork", "https://someone.github.io/small-book-fork"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (chapter,) = write_small_book(tmp_path, bias=TEXT)
    (tmp_path / "_config.yml").write_text(CONFIG.replace("branch: v1.0", "branch: v1.0 # the tag"))
    write_notebook_unexecuted(chapter)
    readme = "Clone https://github.com/someone/small-book or read it at https://someone.github.io/small-book"
    (tmp_path / "README.md").write_text(f"{readme}/chapters/bias.html.\n")
    (tmp_path / "picture.bin").write_bytes(b"\xff\xfe https://github.com/someone/small-book")
    return tmp_path


def _set(book: Path, *arguments: str | None) -> list[str]:
    return [path.name for path in set_urls(*arguments, root=book, say=lambda line: None)]


def test_everything_follows_and_nothing_is_replaced_twice(book: Path) -> None:
    assert _set(book, FORK, SITE) == ["README.md", "_config.yml", "bias.ipynb"]
    addresses = read_addresses(book)
    assert (addresses.repository, addresses.book, addresses.branch) == (FORK, SITE, "v1.0")
    assert f"Clone {FORK} or read it at {SITE}/chapters/bias.html." in (book / "README.md").read_text()
    notebook = (book / "chapters" / "bias.ipynb").read_text()
    assert f"{FORK}/releases/download/v1.0/course_lib-0.1.0-" in notebook
    assert f"{SITE}/chapters/glossary.html#bias" in notebook
    assert "raw.githubusercontent.com/someone/small-book-fork/v1.0/chapters/images/a.png" in notebook
    assert f"{FORK}/blob/v1.0/course_lib/cost.py" in notebook
    assert "fork-fork" not in notebook
    assert b"small-book-fork" not in (book / "picture.bin").read_bytes()


def test_the_pairs_stay_in_step_and_a_second_time_changes_nothing(book: Path) -> None:
    _set(book, FORK, SITE)
    notebooks.check(notebooks.find_chapters(root=book))
    assert _set(book, FORK, SITE) == []


def test_the_learner_s_exercises_stay_in_step_too(book: Path) -> None:
    practice = book / "chapters" / "exercises" / "bias.md"
    practice.parent.mkdir()
    practice.write_text((book / "chapters" / "bias.md").read_text().replace("(glossary", "(../glossary"))
    write_notebook_unexecuted(pairs.Chapter(practice, read_addresses(book)))
    _set(book, FORK, SITE)
    notebooks.check([pairs.Chapter(practice, read_addresses(book))])


def test_there_and_back_is_where_it_began(book: Path) -> None:
    before = {path: path.read_bytes() for path in book.rglob("*") if path.is_file()}
    _set(book, FORK, SITE, "main")
    _set(book, "https://github.com/someone/small-book", "https://someone.github.io/small-book", "v1.0")
    assert {path: path.read_bytes() for path in book.rglob("*") if path.is_file()} == before


def test_a_tag_is_set_alone_and_comments_stay(book: Path) -> None:
    _set(book, None, None, "v2.0")
    config = (book / "_config.yml").read_text()
    assert "branch: v2.0 # the tag" in config
    assert yaml.safe_load(config)["repository"]["branch"] == "v2.0"
    assert "small-book/releases/download/v2.0/course_lib-" in (book / "chapters" / "bias.ipynb").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("small-book", SITE), "is no address of a web page"),
        (("https://github.com/someone", SITE), "names no repository"),
        ((FORK, "someone.github.io"), "is no address of a web page"),
        ((FORK, SITE, "-x y"), "is no branch or tag"),
    ],
)
def test_what_is_no_address_changes_nothing(book: Path, arguments: tuple[str, ...], message: str) -> None:
    before = (book / "_config.yml").read_bytes()
    with pytest.raises(BookError, match=message):
        _set(book, *arguments)
    assert (book / "_config.yml").read_bytes() == before


@pytest.mark.parametrize("program", ["git", ""], ids=["in no repository", "without git"])
def test_a_download_s_files_are_found_without_a_repository(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("README.md", ".github/a file.yml", ".venv/of_the_tools.py", "_build/page.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    if not program:
        monkeypatch.setenv("PATH", str(tmp_path))
    found = [path.relative_to(tmp_path).as_posix() for path in project_files(tmp_path)]
    assert found == [".github/a file.yml", "README.md"]


def test_a_command_outside_a_book_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["set-urls", FORK, SITE])
    assert result.exit_code == 1
    assert "neither this folder nor one above it holds `_config.yml`. Change into a clone" in result.output
    assert "Traceback" not in result.output
