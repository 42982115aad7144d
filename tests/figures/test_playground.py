import asyncio
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets

from course_lib.figures import Playground
from course_lib.figures.playground import HIDEABLE, SETTINGS
from course_lib.figures.playground_run import PlaygroundRun
from tests.figures.conftest import OpenFigure, assert_close, call, in_python, set_traits, settle, trait
from tests.figures.test_every_figure import CONTROLS, name_of, use_by_keyboard, use_by_pointer

VIEW = ("show_test", "discretise", "log_loss", "speed")


def presets(page):
    return call(page, "presets")


def default_settings(**changes):
    figure = Playground()
    return {name: getattr(figure, name) for name in SETTINGS} | changes


CASES = [
    default_settings(),
    default_settings(
        kind="xor", noise=25, activations=["relu", "sigmoid"], loss="cross_entropy", batch_size=7
    ),
    default_settings(kind="gauss", noise=50, hidden=[], activations=[], loss="cross_entropy", train_share=10),
    default_settings(
        kind="spiral", noise=10, optimiser="adam", learning_rate=0.01, schedule="cosine", period=4
    ),
    default_settings(
        kind="plane", optimiser="momentum", momentum=0.5, penalty="l2", schedule="halving", period=2
    ),
    default_settings(
        kind="hills", penalty="l1", schedule="inverse", initialiser="small", batch_size=0, seed=3
    ),
    default_settings(
        features=["x1", "x1_squared", "x2_squared", "product", "sin_x1", "sin_x2"], initialiser="he"
    ),
    default_settings(
        kind="own", own=[[1, 2, 1], [-1, 0.5, -1], [3, -3, 1]], train_share=70, initialiser="large"
    ),
    default_settings(kind="own", own=[], initialiser="zeros"),
    default_settings(kind="xor", activations=["sine", "step"], dropout=0.3, penalty="l2"),
    default_settings(
        activations=["sine", "relu"], dropout=0.5, optimiser="momentum", frozen=[0, 5, 12, 24], batch_size=7
    ),
    default_settings(hidden=[3, 3], optimiser="adam", frozen=[2, 8, 9, 20], penalty="l1", dropout=0.2),
]


def test_the_page_trains_as_python_does(open_figure: OpenFigure) -> None:
    """Data, first weights, losses and last weights agree, for each kind, rule, loss, schedule, penalty."""
    page = open_figure(Playground())
    for settings in CASES:
        outcome = call(page, "trainingCurve", settings, 5)
        run = PlaygroundRun(settings)
        assert outcome["trainCount"] == run.train_count
        assert_close(
            np.reshape(outcome["points"], (-1, 3)), run.points, where=f"points of {settings['kind']}"
        )
        assert_close(outcome["start"], run.flat(run.parameters), where="first weights")
        for _ in range(5 if run.train_count else 0):
            run.train_epoch()
        for page_says, python_says in zip(outcome["history"], run.history, strict=True):
            assert [v is None for v in page_says] == [v is None for v in python_says]
            numbers = [(a, b) for a, b in zip(page_says, python_says, strict=True) if b is not None]
            assert_close(*(list(side) for side in zip(*numbers, strict=True)) if numbers else ([], []))
        assert_close(outcome["parameters"], run.flat(run.parameters), where=f"weights of {settings['kind']}")
        assert_close(outcome["memory"], run.memory() or [0.0] * len(outcome["memory"]), where="memory")


def run_program(code: str, path: Path) -> np.ndarray:
    """Run an exported program as a person would and return the history that it prints and keeps."""
    path.write_text(code + "\nnp.save(__file__ + '.npy', np.array(history))\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=540, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "training loss" in done.stdout
    return np.load(f"{path}.npy")


def agree(shown: list[list[float | None]], history: np.ndarray) -> None:
    """Hold a program's losses against the page's, up to the epoch at which numbers fail, if they do."""
    for page_says, program_says in zip(shown[1:3], history.T, strict=True):
        wanted = np.array(page_says, dtype=np.float64)
        usable = np.flatnonzero(np.isfinite(wanted))
        assert len(usable) > 3
        scale = np.maximum(1, np.abs(wanted[usable]))
        assert np.max(np.abs(program_says[usable] - wanted[usable]) / scale) < 1e-6
        assert not np.isfinite(program_says[usable[-1] + 1 : len(wanted)]).any()


def test_exported_course_lib_code_repeats_every_preset(open_figure: OpenFigure, tmp_path: Path) -> None:
    page = open_figure(Playground())
    for i, preset in enumerate(presets(page)):
        shown = call(page, "trainingCurve", preset["settings"], 100)["history"]
        history = run_program(
            call(page, "codeOf", preset["settings"], "course_lib", 100), tmp_path / f"{i}.py"
        )
        agree(shown, history)


ONE_PROCESS = """
import contextlib, io, json, sys
import numpy as np
for path in json.loads(sys.argv[1]):
    space = {"__name__": "exported"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(open(path, encoding="utf-8").read(), path, "exec"), space)
    np.save(path + ".npy", np.array(space["history"]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["tensorflow", "keras"])
def test_exported_tensorflow_code_repeats_every_preset(
    open_figure: OpenFigure, tmp_path: Path, engine: str
) -> None:
    """Each program stands alone; here one process runs them one after the other, to load TensorFlow once."""
    page = open_figure(Playground())
    paths, curves = [], []
    # Keras drops units by chances of its own: there the curve is another.
    wanted = [p for p in presets(page) if engine != "keras" or p["settings"]["dropout"] == 0]
    for i, preset in enumerate(wanted):
        # Long enough for a rate that is halved every fifty epochs.
        epochs = 20 if preset["settings"]["schedule"] == "constant" else 60
        curves.append(call(page, "trainingCurve", preset["settings"], epochs)["history"])
        paths.append(tmp_path / f"{i}.py")
        paths[-1].write_text(call(page, "codeOf", preset["settings"], engine, epochs), encoding="utf-8")
    command = [sys.executable, "-c", ONE_PROCESS, json.dumps([str(path) for path in paths])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=590, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for path, shown in zip(paths, curves, strict=True):
        agree(shown, np.load(f"{path}.npy"))


# ---------- the page, used by pointer and by keyboard ----------


def in_step(page) -> Playground:
    """Hold what the page shows against a run in Python with the page's settings."""
    settle(page)
    figure = in_python(page, Playground())
    run = PlaygroundRun({name: getattr(figure, name) for name in SETTINGS})
    for _ in range(figure.epoch if run.train_count else 0):
        run.train_epoch()
    assert_close(trait(page, "parameters"), run.flat(run.parameters))
    assert_close(trait(page, "history")[1], run.history[1])
    if run.train_count:
        loss = re.search(r"training loss ([\d.e\u2212-]+)", page.locator(".play-readout").inner_text())
        assert loss is not None
        assert float(loss[1].replace("\u2212", "-")) == pytest.approx(run.losses()[0], rel=6e-3)
    return figure


def test_each_setting_by_pointer_and_by_keyboard(open_figure: OpenFigure) -> None:
    for use in (use_by_pointer, use_by_keyboard):
        page = open_figure(Playground(noise=10, layers=[3, 2], features=["x1", "x2", "sin_x1"]), height=2200)
        # Numbers are typed here, not held and dragged; tests of their own type them and press the pictures.
        places, others = ":is(.play-view, .play-controls > fieldset)", ":not([type=number], .play-kind)"
        controls = page.locator(f"{places} {CONTROLS}{others}")
        for i in range(controls.count()):
            control = controls.nth(i)
            label, kind = name_of(control), control.evaluate("e => e.type")
            assert control.is_visible(), label  # each choice shows the controls that belong to it
            before = {name: trait(page, name) for name in (*SETTINGS, *VIEW)}
            use(page, control)
            if kind != "button":
                page.get_by_role("button", name="One epoch").click()
            after = {name: trait(page, name) for name in (*SETTINGS, *VIEW)}
            assert after != before, label
            # A setting that leaves the weights alone takes effect from now on: start again to compare.
            page.get_by_role("button", name="Reset").click()
            page.get_by_role("button", name="One epoch").click()
            assert in_step(page).epoch == 1
            if label.startswith("Remove layer"):
                break
        page.get_by_role("button", name="Add a layer").click()
        assert len(trait(page, "hidden")) == len(trait(page, "activations")) >= 1
        in_step(page)


def test_play_pause_and_stop_at_an_epoch(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(stop_at=50, speed="full"))
    page.get_by_role("button", name="Play").press("Enter")
    page.wait_for_function("document.querySelector('.course-figure').model.get('epoch') === 50")
    assert page.get_by_role("button", name="Play").is_disabled()
    assert in_step(page).epoch == 50
    page = open_figure(Playground(speed="ten"))
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Pause").click()
    assert 2 <= in_step(page).epoch <= 12
    page.wait_for_function("document.querySelector('[aria-live]').textContent.includes('training loss')")


def test_a_network_that_is_changed_while_it_trains_begins_at_the_set_speed(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(speed="full"), height=2200)
    page.get_by_role("button", name="Play").click()
    wait_for_speed(page)
    page.get_by_role("button", name="Add a layer").click()
    wait_for_speed(page)
    assert re.search(r"\d epochs a second", readout(page))
    assert not re.search(r"[-\u2212]\d+ epochs a second", readout(page))
    page.get_by_label("Speed").select_option("ten")
    page.wait_for_timeout(300)
    page.get_by_label("Seed").fill("3")
    page.get_by_label("Seed").press("Enter")
    page.get_by_role("button", name="Pause").click()
    assert in_step(page).epoch <= 20


def wait_for_speed(page) -> None:
    page.locator(".play-readout").get_by_text("epochs a second").wait_for()


def readout(page) -> str:
    return page.locator(".play-readout").inner_text()


def test_stop_at_an_epoch_of_ones_own(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(speed="full"), height=2200)
    field = page.get_by_label("Stop at epoch")
    field.fill("37")
    field.press("Enter")
    page.get_by_role("button", name="Play").click()
    page.get_by_text("it stops here").wait_for()
    assert in_step(page).epoch == 37
    field.fill("-3")
    field.press("Enter")
    assert (field.input_value(), trait(page, "stop_at")) == ("37", 37)


def test_python_changes_the_network_under_the_pointer(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    page.get_by_role("button", name="layer 2, unit 1").hover()
    set_traits(page, hidden=[], activations=[])
    assert page.locator(".play-caption").inner_text() == "What the network says over the plane"


def test_nothing_jumps_while_numbers_change(open_figure: OpenFigure) -> None:
    places = """['.play-network', '.play-output', '.play-view'].map(
        name => Math.round(document.querySelector(name).getBoundingClientRect().top))"""
    for width in (1280, 390):
        page = open_figure(Playground(speed="full"), width=width, height=2200)
        before = page.evaluate(places)
        page.get_by_role("button", name="layer 1, unit 1").hover()
        assert page.evaluate(places) == before
        page.get_by_role("button", name="Play").click()
        wait_for_speed(page)
        assert page.evaluate(places) == before


def test_a_long_run_keeps_a_short_history(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    history = call(page, "trainingCurve", default_settings(hidden=[], activations=[]), 3000)["history"]
    assert len(history[0]) <= 601
    assert history[0] == list(range(0, 3001, 8))


def test_presets_say_why(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    for i, preset in enumerate(presets(page)):
        page.get_by_label("Preset").select_option(index=i + 1)
        assert page.locator(".play-reason").inner_text() == preset["why"]
        assert {name: trait(page, name) for name in preset["settings"]} == preset["settings"]
    page.get_by_label("Noise").press("ArrowRight")
    assert page.locator(".play-reason").inner_text() == ""


def test_not_a_number_is_explained(open_figure: OpenFigure) -> None:
    page = open_figure(Playground("plane", layers=[], learning_rate=3.0, speed="full"))
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector(".figure-result:visible")
    assert "stopped being a number" in page.locator(".figure-result").inner_text()
    assert page.get_by_role("button", name="Play").is_disabled()
    page.get_by_role("button", name="Reset").click()
    assert page.locator(".figure-result").is_hidden()
    assert page.get_by_role("button", name="Play").is_enabled()


def test_the_reason_of_a_failure_stays_true(open_figure: OpenFigure) -> None:
    page = open_figure(Playground("plane", layers=[], learning_rate=3.0, speed="full"))
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector(".figure-result:visible")
    page.get_by_label("Learning rate", exact=True).press("Home")
    assert "With learning rate 3 each step" in page.locator(".figure-result").inner_text()
    page = open_figure(Playground(([[1, 2], [3, 4]], [1e200, 0])))
    assert "before the first step" in page.locator(".figure-result").inner_text()


def test_what_is_not_there_is_not_called_not_a_number(open_figure: OpenFigure) -> None:
    nothing = Playground()
    nothing.kind = "own"
    for figure in (nothing, Playground(([[1, 2]], [1])), Playground(train_share=100)):
        page = open_figure(figure)
        labels = page.locator("[aria-label]").evaluate_all("all => all.map(e => e.ariaLabel).join()")
        assert "not a number" not in readout(page) + labels
        assert "test" not in page.locator(".play-chart").inner_text()
    page = open_figure(nothing)
    page.get_by_text("Take it with you").click()
    page.get_by_role("button", name="Copy").click()
    assert page.get_by_text("There are no points to train on yet.").is_visible()
    assert page.get_by_label("Python code").input_value() == ""


def test_weights_are_read_and_edited(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(), height=1800)
    page.get_by_role("button", name="layer 1, unit 2").press("Enter")
    assert page.locator(".play-caption").inner_text() == "What layer 1, unit 2 says"
    field = page.get_by_label("from input x₂", exact=True)
    field.fill("1.25")
    field.press("Enter")
    # Unit 2's weights stand behind those of unit 1.
    assert trait(page, "parameters")[3] == 1.25
    figure = in_python(page, Playground())
    assert figure.weights[0][1, 1] == 1.25
    assert trait(page, "history")[1][0] == pytest.approx(figure._run().losses()[0], abs=1e-12)
    page.get_by_role("button", name="layer 1, unit 3").click()
    assert page.get_by_role("group", name="Weights of layer 1, unit 3").is_visible()
    page.mouse.move(*place_on(page.locator(".play-edge-reach").first))  # from input 1 to unit 1
    weight = in_python(page, Playground()).weights[0][0, 0]
    caption = page.locator(".play-caption").inner_text().replace("−", "-")
    assert caption == f"Weight {weight:.3f}, input x₁ to layer 1, unit 1"
    page.mouse.down()
    page.mouse.up()
    assert page.evaluate("document.activeElement.labels[0].textContent") == "from input x₁"
    assert page.get_by_role("group", name="Weights of layer 1, unit 1").is_visible()


def place_on(edge) -> list[float]:
    """Return a place on a curved line, as the pointer finds it."""
    return edge.evaluate(
        """e => {
            const { x, y } = e.getPointAtLength(e.getTotalLength() / 2).matrixTransform(e.getScreenCTM());
            return [x, y];
        }"""
    )


def test_what_has_no_effect_is_out_of_the_way(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    labels = ("Momentum", "Epochs of the schedule", "Price of the penalty")
    for label in labels:
        assert page.get_by_label(label).is_hidden()
    set_traits(page, optimiser="momentum", schedule="cosine", penalty="l2")
    for label in labels:
        assert page.get_by_label(label).is_visible()
    assert page.get_by_label("Loss", exact=True).is_visible()
    set_traits(page, kind="plane", hide=["momentum"])
    assert page.get_by_label("Loss", exact=True).is_hidden()
    assert page.get_by_label("Momentum").is_hidden()


def test_clicks_are_answered_while_it_trains(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(layers=[8, 8], speed="full"), height=2200)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="layer 2, unit 3").click()
    settle(page)
    assert page.locator(".play-caption").inner_text() == "What layer 2, unit 3 says"
    page.get_by_label("Learning rate", exact=True).press("ArrowLeft")
    assert trait(page, "learning_rate") == 0.01
    page.get_by_role("button", name="Add a layer").click()
    settle(page)
    assert page.locator(".play-unit").count() == 2 + 8 + 8 + 4 + 1
    page.get_by_role("button", name="Pause").click()
    epoch = trait(page, "epoch")
    page.wait_for_timeout(100)
    assert trait(page, "epoch") == epoch
    settings = {name: trait(page, name) for name in SETTINGS}
    assert settings["hidden"] == [8, 8, 4]
    # Never half an epoch: what is kept is what so many whole epochs make.
    assert trait(page, "parameters") == call(page, "trainingCurve", settings, epoch)["parameters"]


def test_buttons_by_keyboard(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    start = trait(page, "parameters")
    page.get_by_role("button", name="One epoch").press("Enter")
    assert in_step(page).epoch == 1
    page.get_by_role("button", name="Reset").press("Space")
    assert (trait(page, "epoch"), trait(page, "parameters")) == (0, start or trait(page, "parameters"))
    page.get_by_label("Preset").press("ArrowDown")
    assert trait(page, "kind") == presets(page)[1]["settings"]["kind"]


def test_own_data_drawn_and_pasted(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(), height=2400)
    page.get_by_text("Your own data").click()
    page.get_by_label("Pointer on the map").select_option("-1")
    box = page.locator(".play-dots").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
    assert trait(page, "own") == [pytest.approx([3, 3, -1], abs=0.06)]
    page.get_by_label("Your points").fill("1, 2, 1\n-1 0.5 0\n\n3;-3;1")
    page.get_by_role("button", name="Use these points").press("Enter")
    assert trait(page, "own") == [[1, 2, 1], [-1, 0.5, -1], [3, -3, 1]]
    page.get_by_role("button", name="One epoch").click()
    assert in_step(page).kind == "own"
    page.get_by_label("Your points").fill("1, 2, 1\n1, two, 0")
    page.get_by_role("button", name="Use these points").click()
    assert "Line 2 is not three numbers" in page.locator(".play-controls > .play-details").first.inner_text()
    assert len(trait(page, "own")) == 3
    page.get_by_role("button", name="Remove my points").click()
    assert page.get_by_role("button", name="Play").is_disabled()


def test_the_code_is_that_of_the_run_shown(open_figure: OpenFigure, tmp_path: Path) -> None:
    page = open_figure(
        Playground(hidden=[3, 2], activation=["relu", "sigmoid"], stop_at=30, speed="full"), height=2400
    )
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('.course-figure').model.get('epoch') === 30")
    page.get_by_text("Take it with you").click()
    page.get_by_role("button", name="Write the code").click()
    code = page.get_by_label("Python code").input_value()
    assert "EPOCHS = 30" in code
    agree(trait(page, "history"), run_program(code, tmp_path / "shown.py"))
    page.get_by_label("Learning rate", exact=True).press("ArrowRight")
    page.get_by_role("button", name="Write the code").click()
    assert page.get_by_text("You changed weights or settings after the start").is_visible()


def test_code_for_each_engine_is_chosen_and_copied(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(), height=2400)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_text("Take it with you").press("Enter")
    settings = default_settings()
    code = page.get_by_label("Python code")
    for engine in ("course_lib", "tensorflow", "keras"):
        page.get_by_label("Code for").select_option(engine)
        assert code.input_value() == ""
        page.get_by_role("button", name="Write the code").press("Enter")
        assert code.input_value() == call(page, "codeOf", settings, engine, 100)
    page.get_by_label("Code for").press("ArrowUp")
    page.get_by_role("button", name="Write the code").click()
    assert code.input_value() == call(page, "codeOf", settings, "tensorflow", 100)
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == code.input_value()


def test_the_seed_can_be_written(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    field = page.get_by_label("Seed")
    field.fill("42")
    field.press("Enter")
    assert in_step(page).seed == 42
    field.fill("-1")
    field.press("Enter")
    assert (field.input_value(), trait(page, "seed")) == ("42", 42)


# ---------- the page's address ----------


def test_the_address_keeps_the_state(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    page.get_by_label("Points", exact=True).select_option("spiral")
    page.get_by_label("Noise").press("ArrowRight")
    page.get_by_role("button", name="Remove layer 1").click()
    address = page.evaluate("location.href")
    assert "#playground&" in address
    again = page.context.new_page()
    again.goto(address)
    again.wait_for_selector(".course-figure[data-started=yes]")
    names = [name for name in SETTINGS if name != "own"]
    assert {name: trait(again, name) for name in names} == {name: trait(page, name) for name in names}
    # A link to another state is followed on the spot, the view with it.
    page.get_by_role("button", name="One epoch").click()
    page.evaluate("location.hash = '#playground&kind=xor&hidden=3&log_loss=true&hide=noise'")
    page.wait_for_function("document.querySelector('.course-figure').model.get('kind') === 'xor'")
    assert page.get_by_label("Loss on a scale of factors").is_checked()
    assert page.get_by_label("Noise").is_hidden()
    assert in_step(page).epoch == 0
    page.get_by_label("Show decisions only").check()
    assert page.evaluate("location.hash") == (
        "#playground&kind=xor&hidden=3&activations=tanh&discretise=true&log_loss=true&hide=noise"
    )
    hidden = page.context.new_page()
    hidden.goto(address + "&hide=data,export,momentum")
    hidden.wait_for_selector(".course-figure[data-started=yes]")
    assert hidden.get_by_text("Take it with you").is_hidden()
    assert hidden.get_by_label("Noise").is_hidden()
    assert hidden.get_by_label("Momentum").is_hidden()
    assert hidden.get_by_label("Learning rate", exact=True).is_visible()


def test_any_settings_survive_the_address_and_nonsense_does_no_harm(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    for preset in presets(page):
        text = call(page, "settingsToText", preset["settings"])
        assert call(page, "settingsFromText", text)["settings"] == preset["settings"]
    nonsense = (
        "kind=<script>&noise=-3&hidden=4,x,99,2&features=x9&activations=relu&learning_rate=NaN&seed=1.5"
    )
    settings = call(page, "settingsFromText", nonsense + "&own=1,2")["settings"]
    defaults = presets(page)[0]["settings"]
    assert settings == defaults | {"hidden": [4, 2], "activations": ["relu", "tanh"]}
    names_that_all_objects_have = "constructor=1&__proto__=1&activations=constructor,toString&speed=valueOf"
    assert call(page, "settingsFromText", names_that_all_objects_have) == {
        "settings": defaults,
        "view": {"show_test": False, "discretise": False, "log_loss": False, "speed": "rising"},
        "hide": [],
    }
    wide = default_settings(
        hidden=[20] * 9, activations=["relu"] * 9, train_share=100, noise=12.5, momentum=1
    )
    assert call(page, "settingsFromText", call(page, "settingsToText", wide))["settings"] == wide


def test_each_control_can_be_hidden(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(optimiser="momentum", schedule="cosine", penalty="l2"))
    frame = page.locator(".figure-frame")
    # Without the voice for screen readers: it speaks when it likes.
    text = (
        "e => [...e.children].filter((c) => !c.matches('.figure-voice')).map((c) => c.innerText).join('\\n')"
    )
    seen = frame.evaluate(text)
    for name in HIDEABLE:
        set_traits(page, hide=[name])
        # What is hidden is one press away.
        shown = frame.evaluate(text).replace("More controls", "")
        assert len(shown) < len(seen), name
        frame.get_by_role("button", name="More controls").click()
        assert frame.evaluate(text).replace("Fewer controls", "").split() == seen.split(), name
        frame.get_by_role("button", name="Fewer controls").click()
    set_traits(page, hide=[])
    assert frame.evaluate(text) == seen


def test_nothing_that_is_hidden_traps_a_reader(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(hide=["training", "own", "export"]))
    assert page.locator('option[value="own"]').is_hidden()
    page.get_by_label("Preset").select_option(label="Too fast: not-a-number")
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector(".figure-result:not([hidden])")
    page.get_by_role("button", name="More controls").click()
    page.get_by_label("Learning rate", exact=True).press("Home")
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="One epoch").click()
    assert trait(page, "epoch") == 1
    assert page.locator(".figure-result").first.is_hidden()


def test_answers_are_counted_as_python_counts_them(open_figure: OpenFigure) -> None:
    figure = Playground("xor", noise=20, stop_at=30)
    page = open_figure(figure)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Play").wait_for()
    figure = in_python(page, figure)
    points, targets = figure.data
    train = figure._run().train_count
    says, wanted = figure.predict(points) > 0, targets > 0
    rows = [
        [int(np.sum((wanted[part] == own) & (says[part] == said))) for said in (False, True)]
        for part in (slice(0, train), slice(train, None))
        for own in (False, True)
    ]
    cells = page.locator(".play-answers tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.querySelectorAll('td')].slice(1).map((cell) => +cell.textContent))"
    )
    assert cells == rows
    right = 100 * (rows[0][0] + rows[1][1]) // train
    assert f"Right: {right} % training" in page.locator(".play-accuracy").inner_text()


def test_points_come_from_a_file_below_a_line_of_names(open_figure: OpenFigure, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes("\ufeffx1,x2,target\r\n1,2,1\r\n-1,0.5,0\r\n".encode())
    page = open_figure(Playground())
    page.get_by_text("Your own data").click()
    page.get_by_label("A file of points").set_input_files(path)
    page.get_by_text("You have 2 points.").wait_for()
    assert sorted(trait(page, "own")) == [[-1, 0.5, -1], [1, 2, 1]]


def test_many_points_travel_in_a_link_and_too_many_are_said_to_be(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    page.get_by_text("Your own data").click()
    lines = [f"{i % 50 / 10}, {i // 50 / 10}, {i % 2}" for i in range(1001)]
    page.get_by_label("Your points").fill("\n".join(lines[:-1]))
    page.get_by_role("button", name="Use these points").click()
    again = page.context.new_page()
    again.goto(page.evaluate("location.href"))
    again.wait_for_selector(".course-figure[data-started=yes]")
    assert trait(again, "own") == trait(page, "own")
    assert len(trait(again, "own")) == 1000
    page.get_by_label("Your points").fill("\n".join(lines))
    page.get_by_role("button", name="Use these points").click()
    assert page.get_by_text("too many for the page's address").is_visible()


def test_presets_keep_what_they_promise() -> None:
    """What their reasons say of dropout, steps, sines and a frozen layer, beside a network without them."""
    seven = ["x1", "x2", "x1_squared", "x2_squared", "product", "sin_x1", "sin_x2"]
    crowded = {"kind": "gauss", "noise": 50.0, "train_share": 10, "features": seven, "hidden": [8, 8]}
    adam = {"optimiser": "adam", "learning_rate": 0.01}
    spiral = {"kind": "spiral", "hidden": [8, 8], "batch_size": 30} | adam

    def losses(**settings: Any) -> list[float]:
        run = PlaygroundRun(default_settings(**settings))
        for _ in range(150):
            run.train_epoch()
        return [run.history[1][-1], run.history[2][-1]]

    plain, dropped = losses(**crowded, **adam), losses(**crowded, **adam, dropout=0.4)
    assert plain[0] < dropped[0] < dropped[1] < plain[1]
    assert (
        losses(hidden=[4], activations=["step"])[0] > 0.9 > 0.1 > losses(hidden=[4], activations=["tanh"])[0]
    )
    assert losses(**spiral, activations=["sine"] * 2)[0] < 0.5 * losses(**spiral)[0]
    frozen = {"hidden": [8], "activations": ["relu"], "initialiser": "he", "frozen": list(range(24))}
    assert losses(**frozen)[0] < 0.05


def test_weights_are_frozen_and_let_go(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(optimiser="momentum", learning_rate=0.003), height=2400)
    page.get_by_role("button", name="One epoch").click()
    page.get_by_role("button", name="layer 2, unit 1").press("Enter")
    page.get_by_label("bias: frozen").check()
    first = trait(page, "parameters")
    assert trait(page, "frozen") == [12 + 8]
    page.get_by_label("Freeze layer 1").check()
    assert trait(page, "frozen") == [*range(12), 20]
    page.get_by_role("button", name="One epoch").click()
    # What has gained speed before stands still as well.
    then = trait(page, "parameters")
    assert [k for k in range(len(first)) if then[k] == first[k]] == [*range(12), 20]
    page.get_by_role("button", name="Freeze all of them, or none").click()
    assert trait(page, "frozen") == [*range(16), 20]
    page.get_by_role("button", name="Freeze all of them, or none").click()
    assert trait(page, "frozen") == [*range(12)]
    assert page.locator(".play-edge.frozen").count() == 8
    page.mouse.move(*place_on(page.locator(".play-edge-reach").first))
    assert page.locator(".play-caption").inner_text().startswith("Frozen weight")
    again = page.context.new_page()
    again.goto(page.evaluate("location.href"))
    again.wait_for_selector(".course-figure[data-started=yes]")
    assert again.get_by_label("Freeze layer 1").is_checked()
    # Other layers have other weights.
    page.get_by_role("button", name="Add a layer").click()
    assert trait(page, "frozen") == []
    figure = Playground(layers=[3], frozen=[0, 8])
    assert figure.frozen == [0, 8]
    figure.hidden = [4]
    assert figure.frozen == []


def test_training_stops_at_an_accuracy(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(stop_accuracy=90, speed="full"), height=2200)
    page.get_by_role("button", name="Play").click()
    page.get_by_text("it stops here").wait_for()
    epoch = in_step(page).epoch

    def accuracy(epochs: int) -> float:
        run = PlaygroundRun(default_settings())
        for _ in range(epochs):
            run.train_epoch()
        right = (run.forward(run.inputs)[-1][:, 0] > 0) == (run.points[:, 2] > 0)
        return 100 * float(right[: run.train_count].mean())

    assert accuracy(epoch) >= 90 > accuracy(epoch - 1)
    page.get_by_label("Stop at training accuracy").press("End")
    assert page.get_by_role("button", name="Play").is_enabled()
    set_traits(page, kind="plane")
    assert page.get_by_label("Stop at training accuracy").is_hidden()


def test_training_stops_at_a_loss(open_figure: OpenFigure) -> None:
    page = open_figure(Playground(stop_loss=0.3, speed="full"), height=2200)
    page.get_by_role("button", name="Play").click()
    page.get_by_text("it stops here").wait_for()
    losses = in_step(page).losses[0]
    assert losses[-1] <= 0.3 < losses[-2]
    page.get_by_label("Stop at training loss").press("ArrowLeft")
    assert trait(page, "stop_loss") == 0.1
    assert page.get_by_role("button", name="Play").is_enabled()


def test_units_come_and_go_on_the_network_itself(open_figure: OpenFigure) -> None:
    for width, layers in ((1280, [1, 2]), (390, [2] * 8)):
        page = open_figure(Playground(layers=layers), width=width, height=2200)
        more = page.get_by_role("button", name="One unit more in layer 2", exact=True)
        more.focus()
        more.press("Enter")
        more.press("Enter")
        assert trait(page, "hidden")[1] == 4
        assert more.evaluate("e => e === document.activeElement")
        less = page.get_by_role("button", name="One unit less in layer 1", exact=True)
        if layers[0] == 2:
            less.click()
        assert trait(page, "hidden")[0] == 1
        assert less.is_disabled()
        assert in_step(page).epoch == 0


def test_data_are_chosen_by_their_pictures(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    page.get_by_role("button", name="spiral").click()
    assert trait(page, "kind") == page.get_by_label("Points", exact=True).input_value() == "spiral"
    pressed = page.locator(".play-kind[aria-pressed=true]")
    assert pressed.evaluate_all("all => all.map(e => e.ariaLabel)") == ["spiral"]


def test_a_network_is_saved_and_loaded(open_figure: OpenFigure, tmp_path: Path) -> None:
    own = ([[1, 2], [-1, 0.5], [3, -3], [0, 1]], [1, 0, 1, 0])
    page = open_figure(Playground(own, layers=[3], optimiser="adam", stop_at=25, speed="full"), height=2400)
    page.get_by_role("button", name="Play").click()
    page.get_by_text("it stops here").wait_for()
    page.get_by_text("Take it with you").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the network").click()
    path = tmp_path / "network.json"
    waiting.value.save_as(path)
    other = open_figure(Playground("xor"), height=2400)
    other.get_by_text("Take it with you").click()
    for text in ("no JSON", "{}", path.read_text().replace('"parameters":[', '"parameters":[1,')):
        (tmp_path / "wrong.json").write_text(text)
        other.get_by_label("Load a saved network").set_input_files(tmp_path / "wrong.json")
        other.get_by_text("This file is no network").wait_for()
        assert trait(other, "kind") == "xor"
    other.get_by_label("Load a saved network").set_input_files(path)
    other.get_by_text("as it was after 25 epochs").wait_for()
    names = (*SETTINGS, "epoch", "parameters", "memory", "steps", "history")
    assert {name: trait(other, name) for name in names} == {name: trait(page, name) for name in names}
    set_traits(other, stop_at=0)
    other.get_by_role("button", name="One epoch").click()
    assert in_step(other).epoch == 26


def test_a_preset_has_an_address(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    found = call(page, "settingsFromText", "preset=overfitting&seed=3")["settings"]
    (wanted,) = [preset["settings"] for preset in presets(page) if preset["name"] == "Overfitting"]
    assert found == wanted | {"seed": 3}


# ---------- Python ----------


def train(figure: Playground, epochs: int) -> None:
    """Await the training as a cell would; in a thread, as the browser's driver has a loop of its own."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(figure.train(epochs))).result()


def test_python_trains_and_the_page_goes_on(open_figure: OpenFigure) -> None:
    for settings in ({"optimiser": "adam"}, {"optimiser": "momentum", "penalty": "l2"}, {}):
        figure = Playground("xor", layers=[3], learning_rate=0.01, seed=2, **settings)
        train(figure, 20)
        assert figure.epoch == 20
        assert len(figure.losses[0]) == 21
        page = open_figure(figure)
        page.get_by_role("button", name="One epoch").click()
        whole = call(page, "trainingCurve", default_settings(**{n: getattr(figure, n) for n in SETTINGS}), 21)
        assert_close(trait(page, "parameters"), whole["parameters"])
        assert_close(trait(page, "history")[1], whole["history"][1])


def test_the_page_follows_python(open_figure: OpenFigure) -> None:
    page = open_figure(Playground())
    set_traits(page, hidden=[5], activations=["relu"], kind="gauss")
    assert page.get_by_label("Units in layer 1").input_value() == "5"
    assert page.locator(".play-unit").count() == 2 + 5 + 1
    page.get_by_role("button", name="One epoch").click()
    assert in_step(page).epoch == 1
    set_traits(page, epoch=0, steps=0, parameters=[], memory=[], history=[])
    assert "Epoch 0" in page.locator(".play-readout").inner_text()


def test_weights_and_data_are_arrays() -> None:
    figure = Playground((np.array([[1, 2], [3, 4], [-1, 0], [0, -1]]), np.array([0, 1, 1, 0])), layers=[3])
    points, targets = figure.data
    assert {(*point, target) for point, target in zip(points.tolist(), targets, strict=True)} == {
        (1, 2, -1),
        (3, 4, 1),
        (-1, 0, 1),
        (0, -1, -1),
    }
    assert [array.shape for array in figure.weights] == [(2, 3), (3,), (3, 1), (1,)]
    figure.weights = [np.ones((2, 3)), np.zeros(3), np.ones((3, 1)), np.zeros(1)]
    assert figure.predict([[0.1, 0.2]]) == pytest.approx(np.tanh(3 * np.tanh(0.3)))
    with pytest.raises(ValueError, match="this network needs"):
        figure.weights = [np.ones((2, 3))]
    figure.hidden = [4, 4]
    assert figure.activations == ["tanh", "tanh"]
    assert figure.epoch == 0


def test_bad_input_is_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match="2 layers have 1 activations"):
        Playground(layers=[2, 2], activation=["tanh"])
    with pytest.raises(ValueError, match="two numbers each; data\\[0\\] has 3 columns"):
        Playground((np.zeros((4, 3)), np.zeros(4)))
    with pytest.raises(traitlets.TraitError):
        Playground("spirals")
    for layers in (5, "44", [2.5], [0], None):
        with pytest.raises(ValueError, match="`layers"):
            Playground(layers=layers)
    with pytest.raises(ValueError, match="a pair: \\(points, targets\\)"):
        Playground(np.zeros((4, 2)))
    with pytest.raises(TypeError, match=r"no setting `optimizer`[.] Do you mean `optimiser`"):
        Playground(optimizer="adam")
    with pytest.raises(traitlets.TraitError, match="finite"):
        Playground(learning_rate=np.nan)
    with pytest.raises(traitlets.TraitError, match="no control 'nosie' to hide"):
        Playground(hide=["nosie"])
    figure = Playground(features="x1", learning_rate=np.float32(0.5), batch_size=np.int64(3))
    assert (figure.features, figure.learning_rate, figure.batch_size) == (["x1"], 0.5, 3)
    for own in ([[1, 2]], [[1, 2, 3], [1, 2]]):
        with pytest.raises((traitlets.TraitError, ValueError), match="own"):
            figure.own = own
    with pytest.raises(traitlets.TraitError, match="at least"):
        figure.hidden = [3, 0]
    with pytest.raises(ValueError, match=r"`weights\[0\]` holds nan"):
        figure.weights = [array * np.nan for array in figure.weights]
    with pytest.raises(ValueError, match="two numbers each; points has 3"):
        figure.predict([[1, 2, 3]])
    for epochs in (-5, 2.5, "10"):
        with pytest.raises(ValueError, match="`epochs` is"):
            train(figure, epochs)


def test_training_that_fails_in_python_ends_there() -> None:
    figure = Playground("plane", layers=[], learning_rate=3.0)
    train(figure, 500)
    assert figure.epoch < 500
    assert "not a number" in figure.description
    json.dumps(figure.public_state(), allow_nan=False)
