"""What is drawn and dragged, what goes by itself, and what the page around a figure decides."""

import re

import pytest

from course_lib.figures import (
    BackpropGraph,
    DecisionLine,
    DescentBowl,
    DrawDigit,
    HiddenUnits,
    LineGuess,
    ShardedGradients,
    SlidingFilter,
)
from tests.figures.conftest import OpenFigure, in_python, set_traits, settle, trait
from tests.figures.examples import example


def test_a_digit_is_drawn_with_the_pointer(open_figure: OpenFigure) -> None:
    page = open_figure(example("DrawDigit"))
    page.get_by_role("button", name="Clear").click()
    assert sum(trait(page, "bitmap")) == 0
    box = page.locator(".digit-pad").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 20, steps=5)
    page.mouse.up()
    settle(page)
    assert sum(trait(page, "bitmap")) > 60
    figure = in_python(page, DrawDigit())
    answer = figure.computed()["answer"]
    said = page.locator(".figure-result").inner_text()
    assert (f" {answer} and is" if answer is not None else "I do not know") in said
    assert len(trait(page, "strokes")) == 1
    page.get_by_label("Erase instead of draw").check()
    before = sum(trait(page, "bitmap"))
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert sum(trait(page, "bitmap")) < before
    assert len(trait(page, "strokes")) == 2  # what is left above and below


def test_a_digit_is_drawn_with_the_keyboard(open_figure: OpenFigure) -> None:
    page = open_figure(DrawDigit())
    pad = page.get_by_role("application")
    pad.focus()
    page.keyboard.press("ArrowUp")
    assert sum(trait(page, "bitmap")) == 0
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    drawn = sum(trait(page, "bitmap"))
    assert drawn > 20
    page.keyboard.press("ArrowLeft")
    assert sum(trait(page, "bitmap")) == drawn
    page.keyboard.press("Delete")
    assert sum(trait(page, "bitmap")) == 0
    assert trait(page, "strokes") == []


def test_an_image_is_seen_as_it_is_and_the_next_drawing_centred(open_figure: OpenFigure) -> None:
    page = open_figure(example("DrawDigit"))
    page.get_by_label("Show an image").select_option(label="image 2")
    assert not page.get_by_label("Centre and stretch").is_checked()
    assert in_python(page, example("DrawDigit")).image().tolist() == example("DrawDigit").examples[1]
    page.get_by_role("button", name="Clear").click()
    assert page.get_by_label("Centre and stretch").is_checked()
    page.get_by_label("Centre and stretch").uncheck()
    page.locator(".digit-pad").click()
    page.get_by_role("button", name="Clear").click()
    assert not page.get_by_label("Centre and stretch").is_checked()  # who draws as they like, draws on so


@pytest.mark.parametrize("hand", ["mouse", "finger"])
def test_a_line_is_dragged_by_its_ends_and_its_middle(open_figure: OpenFigure, hand: str) -> None:
    page = open_figure(LineGuess(), has_touch=True)
    session = page.context.new_cdp_session(page)
    box = page.locator(".figure-stage svg").bounding_box()

    def drag(share: float, *heights: float) -> None:
        places = [(box["x"] + share * box["width"], box["y"] + height * box["height"]) for height in heights]
        if hand == "mouse":
            page.mouse.move(*places[0])
            page.mouse.down()
            for place in places[1:]:
                page.mouse.move(*place)
                settle(page)
            page.mouse.up()
            return
        for kind, place in zip(["touchStart", *["touchMove"] * (len(places) - 1)], places, strict=True):
            point = {"x": place[0], "y": place[1]}
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
            settle(page)
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def height_of_the_line(share: float) -> float:
        numbers = re.findall(r"[\d.-]+", page.locator(".guess-line").get_attribute("d"))
        x1, y1, x2, y2 = map(float, numbers)
        return (y1 + (y2 - y1) * (share * box["width"] - x1) / (x2 - x1)) / box["height"]

    assert height_of_the_line(0.5) == pytest.approx(0.5, abs=0.2)
    # Held near an end, the line follows the pointer there, and its other end stays.
    drag(0.9, 0.5, 0.45, 0.3)
    assert height_of_the_line(0.9) == pytest.approx(0.3, abs=0.01)
    drag(0.2, 0.5, 0.6, 0.7)
    assert height_of_the_line(0.2) == pytest.approx(0.7, abs=0.01)
    # Held in the middle, it is lifted as it is.
    slope, height = trait(page, "slope"), height_of_the_line(0.55)
    drag(0.55, 0.5, 0.45, 0.4)
    settle(page)
    assert trait(page, "slope") == slope
    assert height_of_the_line(0.55) == pytest.approx(height - 0.1, abs=0.01)


def test_the_best_line_shows_only_after_a_guess(open_figure: OpenFigure) -> None:
    page = open_figure(LineGuess())
    assert page.locator(".best-line, .residual").count() == 0
    assert page.get_by_role("button", name="Go to the best line").is_disabled()
    page.get_by_role("button", name="This is my guess").click()
    assert page.locator(".residual").count() == 8
    page.get_by_role("button", name="Go to the best line").click()
    settle(page)
    figure = in_python(page, LineGuess())
    assert figure.guess == [0, 50]
    assert figure.computed()["cost"] == pytest.approx(figure.computed()["best"]["cost"], abs=1e-9)


def test_descent_diverges_past_the_bound_and_says_so(open_figure: OpenFigure) -> None:
    bound = DescentBowl().computed()["bound"]
    for factor, ending in ((0.98, "come to rest"), (1.02, "cost grows without end")):
        figure = DescentBowl(learning_rate=factor * bound, steps=200)
        costs = figure.computed()["costs"]
        assert (costs[-1] > costs[0]) == (factor > 1)
        assert ending in open_figure(figure).locator(".figure-result").inner_text()


def test_buttons_take_the_steps_that_python_takes(open_figure: OpenFigure) -> None:
    figure = BackpropGraph(stage=10)
    page = open_figure(figure)
    page.get_by_role("button", name="Learn").click()
    figure.learn()
    assert [*trait(page, "weights"), trait(page, "bias")] == pytest.approx(
        [*figure.weights, figure.bias], abs=1e-12
    )

    shards = ShardedGradients()
    page = open_figure(shards)
    page.get_by_role("button", name="All take one step").press("Enter")
    shards.step()
    assert trait(page, "slope") == pytest.approx(shards.slope, abs=1e-12)

    line = DecisionLine()
    page = open_figure(line)
    for _ in range(5):
        page.get_by_role("button", name="Next point").click()
        line.look_at_next()
    assert trait(page, "weights") == pytest.approx(line.weights, abs=1e-12)
    assert trait(page, "next_example") == 5


@pytest.mark.parametrize("width", [1280, 390])
def test_controls_stay_where_they_are_used(open_figure: OpenFigure, width: int) -> None:
    for figure, role, name in (
        (BackpropGraph(), "button", "Step on"),
        (HiddenUnits(), "slider", "Hidden units"),
        (ShardedGradients(), "slider", "Workers"),
    ):
        page = open_figure(figure, width=width, height=1400)
        control = page.get_by_role(role, name=name)
        places = {round(control.bounding_box()["y"])}
        for i in range(8):
            control.press("Enter" if role == "button" else "Home" if i == 0 else "ArrowRight")
            settle(page)
            places.add(round(control.bounding_box()["y"]))
        assert max(places) - min(places) <= 1, f"{name} jumped: {places}"


def test_hidden_units_start_again(open_figure: OpenFigure) -> None:
    page = open_figure(HiddenUnits())
    start = trait(page, "parameters")
    page.get_by_role("button", name="10 epochs").press("Enter")
    figure = HiddenUnits()
    figure.train(10)
    assert trait(page, "parameters") == pytest.approx(figure.parameters, abs=1e-12)
    page.get_by_role("button", name="Start again").click()
    assert (trait(page, "parameters"), trait(page, "epoch")) == (start, 0)


def test_playing_stops_when_nothing_is_left_to_learn(open_figure: OpenFigure) -> None:
    page = open_figure(DecisionLine())
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Play").wait_for(timeout=30_000)
    figure = in_python(page, DecisionLine())
    assert figure.computed()["right"] == len(figure.inputs)
    assert "A whole pass without a mistake" in page.locator(".figure-result").inner_text()


def test_less_motion_is_respected(open_figure: OpenFigure) -> None:
    steps = []
    for motion in ("no-preference", "reduce"):
        page = open_figure(HiddenUnits(), reduced_motion=motion)
        page.get_by_role("button", name="Train").click()
        page.wait_for_timeout(1300)
        page.get_by_role("button", name="Pause").click()
        steps.append(trait(page, "epoch") / 10)
    assert steps[1] <= 3 < steps[0]


def test_the_theme_of_the_page_decides_the_colours(open_figure: OpenFigure) -> None:
    page = open_figure(HiddenUnits(), color_scheme="dark")
    paper = "getComputedStyle(document.querySelector('.figure-frame')).backgroundColor"
    corner = "[...document.querySelector('canvas').getContext('2d').getImageData(0, 0, 1, 1).data].join()"
    dark, dark_map = page.evaluate(paper), page.evaluate(corner)
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    settle(page)
    assert page.evaluate(paper) == "rgb(255, 255, 255)" != dark
    assert page.evaluate(corner) != dark_map
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    settle(page)
    assert page.evaluate(paper) == dark


def test_two_figures_of_a_page_are_apart(open_figure: OpenFigure) -> None:
    page = open_figure(ShardedGradients())
    page.evaluate(
        """() => {
            const place = document.querySelector('.course-figure');
            const twin = place.cloneNode();
            twin.removeAttribute('data-started');
            twin.dataset.state = JSON.stringify({...JSON.parse(place.dataset.state), workers: 2});
            document.querySelector('main').append(twin);
            const host = [...document.scripts].find((script) => script.textContent.includes('createModel'));
            (0, eval)(host.textContent);
        }"""
    )
    page.wait_for_function("document.querySelectorAll('[data-started=yes]').length === 2")
    set_traits(page, workers=7)
    assert page.get_by_role("slider", name="Workers").nth(0).input_value() == "7"
    assert page.get_by_role("slider", name="Workers").nth(1).input_value() == "2"


@pytest.mark.parametrize("width", [390, 1280])
def test_a_filter_is_slid_by_hand_and_the_sums_move_with_the_digit(
    open_figure: OpenFigure, width: int
) -> None:
    """Over the digit the pointer is the filter's middle; over the sums it is the place itself."""
    page = open_figure(SlidingFilter(), width=width)
    box = page.locator(".figure-stage svg").first.bounding_box()
    side = (box["width"] - 2) / 8
    page.mouse.move(box["x"] + 1 + 1.5 * side, box["y"] + 23 + 1.5 * side)
    page.mouse.down()
    page.mouse.move(box["x"] + 1 + 4.5 * side, box["y"] + 23 + 5.5 * side, steps=6)
    page.mouse.up()
    settle(page)
    assert (trait(page, "row"), trait(page, "column")) == (4, 3)
    assert (
        f"= {SlidingFilter(row=4, column=3).computed()['here']:g}.".replace("-", "−")
        in page.locator(".figure-result").inner_text()
    )
    page.mouse.move(box["x"] + 3, box["y"] + 25)
    page.mouse.down()
    page.mouse.move(box["x"] - 50, box["y"] - 50, steps=3)
    page.mouse.up()
    settle(page)
    assert (trait(page, "row"), trait(page, "column")) == (0, 0)
    box = page.locator(".figure-stage svg").nth(1).bounding_box()
    page.mouse.click(box["x"] + 1 + 2.5 * side, box["y"] + 23 + 4.5 * side)
    settle(page)
    assert (trait(page, "row"), trait(page, "column")) == (4, 2)
    largest = SlidingFilter().computed()["largest"]
    set_traits(page, across=1)
    settle(page)
    assert f"The largest is {largest:g}, as it was before." in page.locator(".figure-result").inner_text()
    set_traits(page, across=-1)
    settle(page)
    assert f"before the push it was {largest:g}" in page.locator(".figure-result").inner_text()


def test_a_filters_numbers_are_pressed_and_named(open_figure: OpenFigure) -> None:
    page = open_figure(SlidingFilter())
    page.get_by_role("button", name="−1, row 1, place 1").press("Enter")
    settle(page)
    assert trait(page, "weights") == [0, 0, 1, -1, 0, 1, -1, 0, 1]
    assert page.get_by_label("Filter", exact=True).input_value() == "nine numbers of your own"
    page.get_by_label("Filter", exact=True).select_option("all nine pixels")
    assert trait(page, "weights") == [1] * 9


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"weights": [1, 2]}, "three rows of three are nine"),
        ({"pictures": [[1, 2]]}, "each picture needs 64 numbers"),
        ({"digit": 10}, "there are 10 pictures, counted from 0"),
    ],
)
def test_a_filter_that_cannot_slide_is_refused(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        SlidingFilter(**settings)
