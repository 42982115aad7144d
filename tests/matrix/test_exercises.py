"""Every exercise is sound in Colab's versions and in the lowest ones, not only in those of the lock file."""

import pytest

from tests.matrix.__main__ import exercises_fail
from tests.matrix.environments import KINDS, Environment, current_python, exists


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind != "newest" and exists(kind, current_python())]
)
def test_every_exercise_is_sound(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    environment = Environment(kind, current_python())
    environment.build()
    assert not exercises_fail(environment), capsys.readouterr().out
    assert "0 exercises are not sound." in capsys.readouterr().out
