"""Automatic gradients agree with finite differences, however long the calculation."""

import math
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_lib.autodiff import Value
from course_lib.cost import numerical_gradient

numbers = st.floats(-3, 3)

OPERATIONS = {
    "add": (lambda a, b: a + b, lambda a, b: a + b),
    "subtract": (lambda a, b: a - b, lambda a, b: a - b),
    "multiply": (lambda a, b: a * b, lambda a, b: a * b),
    "divide": (lambda a, b: a / (b * b + 1), lambda a, b: a / (b * b + 1)),
    "square": (lambda a, b: a**2, lambda a, b: a**2),
    "cube": (lambda a, b: b**3, lambda a, b: b**3),
    "negate": (lambda a, b: -a, lambda a, b: -a),
    "exp": (lambda a, b: (a * 0.1).exp(), lambda a, b: math.exp(a * 0.1)),
    "log": (lambda a, b: (a * a + 1).log(), lambda a, b: math.log(a * a + 1)),
    "tanh": (lambda a, b: a.tanh(), lambda a, b: math.tanh(a)),
    "sigmoid": (lambda a, b: b.sigmoid(), lambda a, b: 1 / (1 + math.exp(-b))),
}


@given(first=numbers, second=numbers, names=st.lists(st.sampled_from(sorted(OPERATIONS)), max_size=6))
def test_any_calculation_agrees_with_plain_numbers_and_finite_differences(first, second, names):
    def plain(point):
        a, b = point
        for name in names:
            a, b = b, OPERATIONS[name][1](a, b)
            assume(abs(b) < 100)
        return a + 2 * b

    plain((first, second))
    x, y = Value(first), Value(second)
    a, b = x, y
    for name in names:
        a, b = b, OPERATIONS[name][0](a, b)
    result = a + 2 * b
    result.backward()
    assert result.data == pytest.approx(plain((first, second)), rel=1e-12, abs=1e-12)
    assert result.gradient == 1.0
    measured = numerical_gradient(plain, [first, second])
    tolerance = 1e-5 * max(1, abs(measured).max())
    assert [x.gradient, y.gradient] == pytest.approx(measured.tolist(), abs=tolerance)


@given(number=st.floats(0.1, 3), other=st.floats(0.1, 3))
def test_numbers_on_either_side(number, other):
    for calculate, slope in (
        (lambda x: x + other, 1),
        (lambda x: other + x, 1),
        (lambda x: x - other, 1),
        (lambda x: other - x, -1),
        (lambda x: x * other, other),
        (lambda x: other * x, other),
        (lambda x: x / other, 1 / other),
        (lambda x: other / x, -other / number**2),
        (lambda x: x**other, other * number ** (other - 1)),
    ):
        x = Value(number)
        result = calculate(x)
        result.backward()
        assert result.data == pytest.approx(calculate(number))
        assert x.gradient == pytest.approx(slope)


def test_the_slope_of_a_quotient_by_its_divisor():
    x, y = Value(3.0), Value(2.0)
    (x / y).backward()
    assert (x.gradient, y.gradient) == (0.5, -0.75)


@pytest.mark.parametrize(
    ("number", "value", "slope"), [(-2.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.5, 0.5, 1.0), (3.0, 3.0, 1.0)]
)
def test_relu(number, value, slope):
    x = Value(number)
    result = x.relu()
    result.backward()
    assert (result.data, x.gradient) == (value, slope)


def test_a_power_of_zero_is_flat():
    x = Value(0.0)
    one = x**0
    one.backward()
    assert (one.data, x.gradient) == (1.0, 0.0)
    y = Value(0.0)
    (y**1).backward()
    assert y.gradient == 1.0


@given(number=st.floats(-700, 700))
def test_the_sigmoid_never_overflows(number):
    x = Value(number)
    squeezed = x.sigmoid()
    squeezed.backward()
    assert squeezed.data == pytest.approx(0.5 * (1 + math.tanh(number / 2)), abs=1e-15)
    assert x.gradient == pytest.approx(squeezed.data * (1 - squeezed.data))
    assert Value(-1000.0).sigmoid().data == 0.0
    assert Value(-5.0).sigmoid().data == pytest.approx(1 / (1 + math.exp(5)), rel=1e-14)


def test_a_value_used_twice_collects_from_both_uses():
    x = Value(3.0)
    y = x * x + x
    y.backward()
    assert x.gradient == 7.0
    diamond = (x + 1) * (x + 2)
    diamond.backward()
    assert x.gradient == 9.0


def test_a_second_backward_starts_afresh():
    x = Value(2.0)
    middle = x * x
    result = middle * 3
    result.backward()
    result.backward()
    assert (x.gradient, middle.gradient, result.gradient) == (12.0, 3.0, 1.0)
    middle.backward()
    assert (x.gradient, middle.gradient, result.gradient) == (4.0, 1.0, 1.0)


def test_a_chain_of_a_hundred_thousand_values():
    x = Value(1.0)
    end = x
    for _ in range(100_000):
        end = end + 1.0
    end.backward()
    assert (end.data, x.gradient) == (100_001.0, 1.0)


def test_a_wide_and_shared_graph_is_walked_once():
    x = Value(1.0)
    doubled = x
    for _ in range(60):
        doubled = doubled + doubled
    doubled.backward()
    assert x.gradient == 2.0**60


def test_what_a_value_remembers():
    x, y = Value(3.0, "x"), Value(2.0)
    product = (x * y).named("area")
    assert product.sources == ((x, 2.0), (y, 3.0))
    assert (product.operation, product.label, product.gradient) == ("*", "area", 0.0)
    assert (x.sources, x.operation, x.label, x.gradient) == ((), "", "x", 0.0)
    assert repr(x) == "x = 3"
    assert repr(y) == "Value = 2"
    assert repr(Value(1 / 3)) == "Value = 0.333333"
    assert not hasattr(x, "__dict__")


def test_the_table_is_the_calculation():
    w, b, x = Value(0.5, "w"), Value(-1.0, "b"), Value(2.0, "x")
    loss = (((w * x + b).tanh() - 1) ** 2).named("loss")
    (loss * 1).backward()
    loss.backward()
    assert loss.table().splitlines() == [
        "w = 0.5                gradient -4",
        "x = 2                  gradient -1",
        "v1 = w * x = 1         gradient -2",
        "b = -1                 gradient -2",
        "v2 = v1 + b = 0        gradient -2",
        "v3 = tanh(v2) = 0      gradient -2",
        "v4 = v3 - 1 = -1       gradient -2",
        "loss = v4**2 = 1       gradient 1",
    ]


def test_operations_have_names():
    x = Value(2.0)
    made = [x + 1, x - 1, x * 1, x / 1, x**3, x**0.5, x.exp(), x.log(), x.tanh(), x.sigmoid(), x.relu(), -x]
    assert [value.operation for value in made] == (
        ["+", "-", "*", "/", "**3", "**0.5", "exp", "log", "tanh", "sigmoid", "relu", "*"]
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Value(math.nan), "`data` is nan; it must be a finite number."),
        (lambda: Value(math.inf), "`data` is inf; it must be a finite number."),
        (lambda: Value(0.0).log(), "log of 0: the logarithm needs a number above zero."),
        (lambda: Value(-1.5).log(), "log of -1.5: the logarithm needs a number above zero."),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


@given(base=st.floats(0.2, 3), exponent=st.floats(-3, 3))
def test_powers_of_values(base, exponent):
    x, y = Value(base), Value(exponent)
    (x**y).backward()
    assert x.gradient == pytest.approx(exponent * base ** (exponent - 1))
    assert y.gradient == pytest.approx(base**exponent * math.log(base), abs=1e-12)
    (2**y).backward()
    assert y.gradient == pytest.approx(2**exponent * math.log(2))


@pytest.mark.parametrize(
    "call",
    [
        lambda: Value(0.0) ** 0.5,
        lambda: Value(0.0) ** -1,
        lambda: Value(-2.0) ** 0.5,
        lambda: Value(10.0) ** 400,
        lambda: Value(10.0) ** Value(400.0),
        lambda: Value(-2.0) ** Value(2.0),
        lambda: Value(0.0) ** Value(2.0),
        lambda: Value(1.0) / 0,
        lambda: 1 / Value(0.0),
        lambda: Value(1000.0).exp(),
    ],
)
def test_what_has_no_number_is_said_in_a_sentence(call):
    with pytest.raises(ValueError, match=r"\.$") as caught:
        call()
    assert "must be a finite number" not in str(caught.value)
