import numpy as np
import pytest
import traitlets

from course_lib.figures import ConcertDecision
from tests.figures.conftest import OpenFigure, call, set_traits, settle, trait


def state(page):
    return ConcertDecision(trait(page, "answers"), trait(page, "weights"), trait(page, "threshold"))


def agrees(page):
    settle(page)
    figure = state(page)
    text = page.locator(".figure-result").inner_text().replace("−", "-")
    assert f"= {figure.weighted_sum + 0:.1f}" in text.replace("-0.0", "0.0")
    assert ("you go out" in text) == (figure.decision == 1)
    return figure


def test_the_module_computes_what_python_computes(open_figure: OpenFigure) -> None:
    page = open_figure(ConcertDecision())
    rng = np.random.default_rng(0)
    for _ in range(200):
        count = int(rng.integers(1, 9))
        answers, weights, threshold = rng.integers(2, size=count), rng.normal(size=count), float(rng.normal())
        figure = ConcertDecision(answers, weights, threshold)
        outcome = call(page, "compute", figure.public_state())
        assert outcome["sum"] == pytest.approx(float(np.dot(answers, weights)), abs=1e-12)
        assert outcome["decision"] == figure.decision == int(np.dot(answers, weights) - threshold > 0)


@pytest.mark.parametrize(("weights", "threshold"), [([0.1, 0.2], 0.3), ([0.7, 0.1], 0.8), ([1.1, 2.2], 3.3)])
def test_a_sum_equal_to_the_threshold_is_a_no(open_figure: OpenFigure, weights, threshold) -> None:
    page = open_figure(ConcertDecision([1, 1], weights, threshold))
    assert (
        call(page, "compute", {"answers": [1, 1], "weights": weights, "threshold": threshold})["decision"]
        == 0
    )
    assert agrees(page).decision == 0


def test_each_control_by_pointer(open_figure: OpenFigure) -> None:
    page = open_figure(ConcertDecision())
    assert agrees(page).decision == 0
    for i in range(4):
        before = trait(page, "answers")[i]
        page.get_by_role("checkbox").nth(i).click()
        assert trait(page, "answers")[i] == 1 - before
        agrees(page)
        slider = page.get_by_role("slider").nth(i)
        box = slider.bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
        assert trait(page, "weights")[i] >= 0.7
        agrees(page)
    box = page.get_by_role("slider", name="Threshold").bounding_box()
    page.mouse.click(box["x"] + 4, box["y"] + box["height"] / 2)
    assert trait(page, "threshold") == -1
    assert agrees(page).decision == 1
    page.get_by_role("button", name="Start again").click()
    assert agrees(page).threshold == 1.5
    assert trait(page, "weights") == [0.7, 0.6, 0.5, 0.3]


def test_each_control_by_keyboard(open_figure: OpenFigure) -> None:
    page = open_figure(ConcertDecision())
    for i in range(4):
        page.get_by_role("checkbox").nth(i).focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        assert trait(page, "weights")[i] == pytest.approx([0.8, 0.7, 0.6, 0.4][i])
        agrees(page)
    assert trait(page, "answers") == [0, 1, 0, 1]
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert agrees(page).threshold == -1
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert agrees(page).threshold == 1.5


def test_it_announces_what_changed_once_changes_rest(open_figure: OpenFigure) -> None:
    page = open_figure(ConcertDecision())
    assert page.locator("[aria-live=polite]").inner_text() == ""
    set_traits(page, threshold=1.1)
    page.wait_for_function("document.querySelector('[aria-live]').textContent.includes('you go out')")


def test_python_may_set_what_the_controls_cannot(open_figure: OpenFigure) -> None:
    page = open_figure(ConcertDecision([1, 1], [3.25, 0.123], 7.0))
    assert page.get_by_role("slider").nth(0).input_value() == "3.25"
    assert page.get_by_role("slider").nth(1).input_value() == "0.123"
    agrees(page)


def test_bad_input_is_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match="3 answers and 4 weights"):
        ConcertDecision([1, 0, 1])
    with pytest.raises(traitlets.TraitError, match="0 \\(no\\) or 1 \\(yes\\)"):
        ConcertDecision([1, 0, 1, 2])
