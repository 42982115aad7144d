"""`course review`: the real command, and its page in a real browser."""

import json
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from course_lib.workshop.dry_run import dry_run
from course_lib.workshop.grading.marks.history import Entry, History
from tests.workshop.grading.conftest import RIGHT, SmallClass

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WORDS = (
    "apple",
    "stone",
    "river",
    "cloud",
    "horse",
    "paper",
    "glass",
    "tower",
    "grain",
    "wheel",
    "flame",
    "brook",
)


def texts(count: int) -> list[str]:
    """Return free texts: three the same but for blanks, two similar, all others different."""
    own = [" ".join(f"{WORDS[(n * k) % 12]}{n}" for k in range(1, 9)) for n in range(count)]
    own[1], own[2] = own[0].replace(" ", "  "), own[0].upper()
    own[4] = own[3] + " indeed"
    return own


def class_of(folder: Path, answers: list[str]) -> SmallClass:
    small = SmallClass(folder)
    people = [f"s{number:03}" for number in range(len(answers))]
    rows = [f"{name},{name.title()} Surname{name},A,," for name in people]
    small.roster.write_text("\n".join(["id,name,section,group,due", *rows]) + "\n")
    for name, answer in zip(people, answers, strict=True):
        wrong = "def double(x):\n    return x * x" if name == "s000" else RIGHT[0]
        small.hand_in(f"{name}_hw.ipynb", wrong, RIGHT[1], f'essay = """{answer}"""')
    small.collect()
    small.grade("--no-similarity")
    return small


@contextmanager
def review(small: SmallClass, *assistants: str) -> Iterator[dict[str, str]]:
    """Run the command; yield each assistant's address, and end it as a person does."""
    course = [sys.executable, "-c", "from course_lib.workshop.cli import main; main()"]
    command = [*course, "review", str(small.target), *assistants]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert "free texts wait" in running.stdout.readline()
        lines = [running.stdout.readline() for _ in assistants]
        try:
            yield {who: address.strip() for who, _, address in (line.partition(": ") for line in lines)}
        finally:
            running.send_signal(signal.SIGINT)
        assert f"Next: course publish {small.target}" in running.stdout.read()
        assert running.wait(10) == 0


def asked(address: str, what: str, form: Any = None, **headers: str) -> tuple[int, Any]:
    """Ask the server as a script would; return the status and what it says."""
    data = None if form is None else json.dumps(form).encode()
    request = urllib.request.Request(address + what, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, json.loads(text) if text.startswith(b"{") else None


def opened(chromium: "Browser", address: str, asked: list[str]) -> "Page":
    page = chromium.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_selector("#place:not(:empty)")
    return page


@pytest.fixture(scope="module")
def marked_by_hand(tmp_path_factory: pytest.TempPathFactory) -> SmallClass:
    return class_of(tmp_path_factory.mktemp("review"), texts(9))


@pytest.fixture
def small(marked_by_hand: SmallClass) -> SmallClass:
    for name in ("marks.csv", "marks.sqlite"):
        (marked_by_hand.target / name).unlink(missing_ok=True)
    return marked_by_hand


def test_a_class_is_marked_by_keyboard_to_the_gradebook(small: SmallClass, chromium: "Browser") -> None:
    requests: list[str] = []
    with review(small, "ben") as addresses:
        page = opened(chromium, addresses["ben"], requests)
        assert page.locator("#place").inner_text() == "Answer 1 of 7: 3 students in the same words"
        body = page.content()
        assert "Surname" not in body
        assert "s000" not in body
        page.keyboard.press("Enter")
        page.wait_for_selector(".refused")
        assert "Choose what the answer says" in page.locator("#status").inner_text()
        for keys in ("1c", "12", "0", "2", "12", "1", "12"):
            place = page.locator("#place").inner_text()
            for key in keys:
                page.keyboard.press(key)
            if keys == "1c":
                page.keyboard.type("Well said; an example?")
                page.keyboard.press("Control+Enter")
            else:
                page.keyboard.press("Enter")
            page.wait_for_function("before => document.getElementById('place').textContent !== before || "
                                   "document.getElementById('answer').hidden", arg=place)  # fmt: skip
        assert "No answer waits" in page.locator("#progress").inner_text()
        assert page.locator("#answer").is_hidden()
        page.close()
    assert {url.partition("//")[2].partition("/")[0].partition(":")[0] for url in requests} == {"127.0.0.1"}
    assert "free texts wait" not in small.publish()
    rows = (small.target / "gradebook.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 10
    marks = (small.target / "marks.csv").read_text(encoding="utf-8-sig")
    assert len(re.findall(r"s00[012],test.essay,2,cause,Well said; an example\?,ben", marks)) == 3
    assert len(History(small.target).entries()) == 9
    feedback = (small.target / "feedback" / "s001.html").read_text()
    assert "Well said; an example?" in feedback
    parts = ("export-student", str(small.target), "s001", "--to", str(small.folder / "s001.zip"))
    small.run(*parts)
    with zipfile.ZipFile(small.folder / "s001.zip") as archive:
        assert b"Well said; an example?,ben" in archive.read("history.csv")
    for path in (small.target / "marks.sqlite", small.target / "marks.csv"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_page_is_accessible_in_light_and_dark(small: SmallClass, chromium: "Browser") -> None:
    from axe_playwright_python.sync_playwright import Axe

    with review(small, "ben") as addresses:
        told = {"student": "s000", "question": "test.double", "asks": "Is a square not a double?"}
        assert asked(addresses["ben"], "ask", told)[0] == 200
        for scheme in ("light", "dark"):
            page = chromium.new_context(color_scheme=scheme, bypass_csp=True).new_page()  # type: ignore[arg-type]
            page.goto(addresses["ben"])
            page.wait_for_selector("#place:not(:empty)")
            for question in ("test.essay", "test.double"):
                page.select_option("#question", question)
                page.wait_for_selector("#answer:not([hidden])")
                page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                results = Axe().run(page)
                assert results.violations_count == 0, results.generate_report()
            page.close()


def test_a_request_is_answered_beside_the_case_that_fails(small: SmallClass, chromium: "Browser") -> None:
    with review(small, "ben") as addresses:
        page = opened(chromium, addresses["ben"], [])
        page.get_by_text("Write down a request").click()
        page.fill("#student", "S000 Surnames000")
        page.select_option("#about", "test.double")
        page.fill("#asks", "Why is this <b>wrong</b>?")
        page.click("#asking button")
        page.wait_for_selector("article")
        shown = page.locator("article").inner_text()
        assert "return x * x" in shown
        assert "You squared the number" in shown
        assert "<b>wrong</b>" in shown
        page.locator("article textarea").fill("Half of it is right: you use x.")
        page.locator("article input").fill("1")
        page.click("article button")
        page.wait_for_selector("text=Nobody waits for an answer")
        page.close()
        assert asked(addresses["ben"], "answer", {"number": 1, "reply": "Again"})[0] == 409
    kinds = [(one.kind, one.points, one.about) for one in History(small.target).entries()]
    assert kinds == [("request", None, 0), ("answer", 1.0, 1)]
    small.publish("--changed")
    assert "Half of it is right: you use x." in (small.target / "feedback" / "s000.html").read_text()


def test_two_assistants_at_once_lose_nothing(small: SmallClass) -> None:
    """Each has a server of their own, as on two machines that share the folder."""
    with review(small, "ben") as one, review(small, "cho") as other:
        piles = asked(one["ben"], "piles?question=test.essay")[1]["piles"]
        done: list[tuple[int, Any]] = []

        def mark(address: str, chosen: list[dict[str, Any]]) -> None:
            for pile in chosen:
                form = {
                    "question": "test.essay",
                    "code": pile["code"],
                    "seen": pile["seen"],
                    "keys": ["cause"],
                }
                done.append(asked(address, "mark", form))

        half = len(piles) // 2 + 1  # one answer is given to both
        threads = [
            threading.Thread(target=mark, args=(one["ben"], piles[:half])),
            threading.Thread(target=mark, args=(other["cho"], piles[half - 1 :])),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    refused = [told["refused"] for status, told in done if status == 409]
    assert len(done) == len(piles) + 1
    assert len(refused) == 1
    assert re.search("was marked by (ben|cho) meanwhile", refused[0])
    marks = (small.target / "marks.csv").read_text().count("test.essay,2,cause")
    assert marks == 9 == len(History(small.target).entries())


def test_a_mark_changes_with_a_reason_and_the_log_only_grows(small: SmallClass) -> None:
    with review(small, "ben", "cho") as addresses:
        assert addresses["ben"] != addresses["cho"]
        pile = asked(addresses["ben"], "piles?question=test.essay")[1]["piles"][3]
        form = {"question": "test.essay", "code": pile["code"], "seen": pile["seen"], "keys": ["cause"]}
        status, now = asked(addresses["ben"], "mark", form)
        assert (status, now["mark"]["points"], now["waits"]) == (200, 2.0, False)
        again = {**form, "seen": now["seen"], "points": 1.5}
        status, told = asked(addresses["cho"], "mark", again)
        assert (status, told["refused"]) == (
            409,
            "There is a mark already. Say for the record why it changes.",
        )
        status, now = asked(addresses["cho"], "mark", {**again, "reason": "Too kind"})
        assert (status, now["mark"]["points"]) == (200, 1.5)
        assert [(line["by"], line["points"], line["reason"]) for line in now["history"]] == [
            ("ben", 2.0, ""),
            ("cho", 1.5, "Too kind"),
        ]
        code = asked(addresses["ben"], "piles?question=test.double")[1]["piles"]
        assert [(one["count"], one["computed"], one["waits"]) for one in code] == [(1, 0.0, False)]
    with sqlite3.connect(small.target / "marks.sqlite") as connection:
        for change in ("DELETE FROM log", "UPDATE log SET points = 3"):
            with pytest.raises(sqlite3.IntegrityError, match="only added"):
                connection.execute(change)


def test_what_cannot_be_marked_is_refused_in_words(small: SmallClass) -> None:
    with review(small, "ben") as addresses:
        pile = asked(addresses["ben"], "piles?question=test.essay")[1]["piles"][0]
        form = {"question": "test.essay", "code": pile["code"], "seen": pile["seen"]}
        for wrong in ({}, {"keys": ["nonsense"]}, {"points": 4}, {"points": -1}, {"points": float("nan")},
                      {"points": "2"}, {"keys": 3}, {"points": 1, "comment": "x" * 6_000},
                      {"points": 1, "seen": "old"}, {"points": 1, "question": "test.nosuch"},
                      {"points": 1, "code": None}):  # fmt: skip
            status, told = asked(addresses["ben"], "mark", {**form, **wrong})
            assert (status, bool(told["refused"])) == (409, True), wrong
        ask = {"student": "nobody", "question": "test.essay", "asks": "Why?"}
        assert "no student 'nobody'" in asked(addresses["ben"], "ask", ask)[1]["refused"]
        assert asked(addresses["ben"], "mark", [])[0] == 400
    assert not (small.target / "marks.csv").exists()
    assert History(small.target).entries() == []


def test_nobody_without_the_token_sees_anything(small: SmallClass) -> None:
    with review(small, "ben") as addresses:
        root = addresses["ben"].rsplit("/", 2)[0]
        assert root.startswith("http://127.0.0.1:")
        for path in ("/", "/overview", f"/{'x' * 32}/overview", f"/{'x' * 32}/"):
            assert asked(root, path)[0] in (403, 404), path
        assert asked(addresses["ben"], "overview", Host="example.org")[0] == 403
        assert asked(addresses["ben"], "nosuch")[0] == 404
        assert asked(addresses["ben"], "nosuch", {})[0] == 404


def test_a_student_s_script_stays_text(tmp_path: Path, chromium: "Browser") -> None:
    evil = "<script>document.title='pwned'</script><img src=x onerror=document.title='pwned'>"
    small = class_of(tmp_path, [evil])
    with review(small, "ben") as addresses:
        page = opened(chromium, addresses["ben"], [])
        assert page.locator("#text").inner_text() == evil
        assert page.locator("#text *").count() == 0
        assert page.title() == "Review: Homework 1"
        page.close()


def test_a_forgotten_student_leaves_the_log_to_the_last_byte(tmp_path: Path) -> None:
    history = History(tmp_path)
    with history.changing() as connection:
        lines = [Entry("mark", who, "test.essay", 2.0, comment=f"for {who}") for who in ("ada", "bob")]
        history.add(connection, lines)
    history.forget("ada")
    assert b"ada" not in history.path.read_bytes()
    assert [one.submission for one in history.entries()] == ["bob"]
    with history.changing() as connection:
        history.add(connection, [Entry("mark", "bob", "test.essay", 1.0)])
    assert [one.number for one in history.entries()] == [2, 3]
    with sqlite3.connect(history.path) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("DELETE FROM log")


def test_a_dry_run_writes_no_log(tmp_path: Path) -> None:
    history = History(tmp_path)
    with dry_run() as paths, history.changing() as connection:
        history.add(connection, [Entry("mark", "ada", "test.essay", 2.0)])
    assert paths == [history.path]
    assert not history.path.exists()


def test_a_change_that_fails_leaves_no_line(tmp_path: Path) -> None:
    history = History(tmp_path)
    refused = pytest.raises(sqlite3.ProgrammingError)
    with refused, history.changing() as connection:
        history.add(connection, [Entry("mark", "ada", "test.essay", 2.0), Entry("mark", ["no text"], "")])  # type: ignore[arg-type]
    assert history.entries() == []
