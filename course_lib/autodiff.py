"""A number that remembers how it was computed, and so can say how every other number influenced it."""

import math
from itertools import count
from typing import Self


class Value:
    """A number in a calculation, with its gradient once `backward` was called on the result.

    Each operation makes a new value that remembers the values it came from and its slope with respect to each
    of them. That is all that backpropagation needs.

    Parameters
    ----------
    data : float
        The number.
    label : str
        A name, for printing.

    Attributes
    ----------
    data : float
        The number.
    gradient : float
        The derivative, with respect to this number, of the value on which `backward` was called last.
    sources : tuple of (Value, float)
        The values that this one was computed from, each with the slope of this one with respect to it.
    operation : str
        What made this value out of its sources; empty for a number that was given.

    Raises
    ------
    ValueError
        If the data is no finite number.

    References
    ----------
    S. Linnainmaa, "Taylor expansion of the accumulated rounding error", BIT 16(2), 1976 (reverse mode).
    The form is in the spirit of A. Karpathy's micrograd.

    Examples
    --------
    >>> x = Value(1.0)
    >>> y = x**2 + 2 * x - 5
    >>> y.backward()
    >>> y.data, x.gradient
    (-2.0, 4.0)
    """

    __slots__ = ("data", "gradient", "label", "operation", "sources")

    def __init__(self, data: float, label: str = "") -> None:
        self.data = float(data)
        if not math.isfinite(self.data):
            raise ValueError(f"`data` is {self.data}; it must be a finite number.")
        self.gradient = 0.0
        self.sources: tuple[tuple[Value, float], ...] = ()
        self.operation = ""
        self.label = label

    def _made(self, data: float, operation: str, *sources: "tuple[Value, float]") -> "Value":
        result = Value(data)
        result.operation, result.sources = operation, sources
        return result

    def __add__(self, other: "Value | float") -> "Value":
        other = _as_value(other)
        return self._made(self.data + other.data, "+", (self, 1.0), (other, 1.0))

    def __mul__(self, other: "Value | float") -> "Value":
        other = _as_value(other)
        return self._made(self.data * other.data, "*", (self, other.data), (other, self.data))

    def __pow__(self, exponent: "Value | float") -> "Value":
        if isinstance(exponent, Value):
            return self._to_a_value(exponent)
        power = _power(self.data, exponent)
        slope = exponent * _power(self.data, exponent - 1) if exponent else 0.0
        return self._made(power, f"**{exponent:g}", (self, slope))

    def __rpow__(self, base: float) -> "Value":
        return _as_value(base) ** self

    def _to_a_value(self, exponent: "Value") -> "Value":
        if self.data <= 0:
            raise ValueError(
                f"{self.data:g} to the power of a Value: the slope with respect to the exponent needs the "
                "logarithm of the base, so the base must be above zero. Give the exponent as a plain number."
            )
        power = _power(self.data, exponent.data)
        slope = exponent.data * _power(self.data, exponent.data - 1)
        return self._made(power, "**", (self, slope), (exponent, power * math.log(self.data)))

    def __neg__(self) -> "Value":
        return self * -1.0

    def __sub__(self, other: "Value | float") -> "Value":
        other = _as_value(other)
        return self._made(self.data - other.data, "-", (self, 1.0), (other, -1.0))

    def __truediv__(self, other: "Value | float") -> "Value":
        other = _as_value(other)
        if other.data == 0:
            raise ValueError(f"{self.data:g} / 0: a number cannot be divided by zero.")
        ratio = self.data / other.data
        return self._made(ratio, "/", (self, 1 / other.data), (other, -ratio / other.data))

    def __radd__(self, other: float) -> "Value":
        return self + other

    def __rmul__(self, other: float) -> "Value":
        return self * other

    def __rsub__(self, other: float) -> "Value":
        return _as_value(other) - self

    def __rtruediv__(self, other: float) -> "Value":
        return _as_value(other) / self

    def exp(self) -> "Value":
        """Return e to the power of this value.

        Returns
        -------
        Value
            The power; its slope is the power itself.

        Raises
        ------
        ValueError
            If the power is larger than any float.

        Examples
        --------
        >>> Value(0.0).exp().data
        1.0
        """
        try:
            power = math.exp(self.data)
        except OverflowError:
            raise ValueError(f"exp of {self.data:g} is larger than any float; keep it below 709.") from None
        return self._made(power, "exp", (self, power))

    def log(self) -> "Value":
        """Return the natural logarithm.

        Returns
        -------
        Value
            The logarithm; its slope is 1 over the number.

        Raises
        ------
        ValueError
            If the number is not above zero.

        Examples
        --------
        >>> Value(1.0).log().data
        0.0
        """
        if self.data <= 0:
            raise ValueError(f"log of {self.data:g}: the logarithm needs a number above zero.")
        return self._made(math.log(self.data), "log", (self, 1 / self.data))

    def tanh(self) -> "Value":
        """Squeeze the number into the range from -1 to 1.

        Returns
        -------
        Value
            The hyperbolic tangent; its slope is 1 minus its square.

        Examples
        --------
        >>> Value(0.0).tanh().data
        0.0
        """
        squeezed = math.tanh(self.data)
        return self._made(squeezed, "tanh", (self, 1 - squeezed**2))

    def sigmoid(self) -> "Value":
        """Squeeze the number into the range from 0 to 1.

        Returns
        -------
        Value
            ``1 / (1 + exp(-number))``; its slope is itself times 1 minus itself.

        Examples
        --------
        >>> Value(0.0).sigmoid().data
        0.5
        """
        # exp of a negative number never overflows.
        small = math.exp(-abs(self.data))
        squeezed = (1 if self.data >= 0 else small) / (1 + small)
        return self._made(squeezed, "sigmoid", (self, squeezed * (1 - squeezed)))

    def relu(self) -> "Value":
        """Keep the number if it is above zero, else return zero.

        Returns
        -------
        Value
            The larger of the number and zero; its slope is 1 above zero and 0 elsewhere.

        Examples
        --------
        >>> Value(-3.0).relu().data, Value(2.0).relu().data
        (0.0, 2.0)
        """
        return self._made(max(self.data, 0.0), "relu", (self, float(self.data > 0)))

    def backward(self) -> None:
        """Set the gradient of every value that this one was computed from, and its own, which is 1.

        Gradients start from zero at every call: a second call gives the same result and adds nothing up.
        """
        order = self._sources_first()
        for value in order:
            value.gradient = 0.0
        self.gradient = 1.0
        for value in reversed(order):
            for source, slope in value.sources:
                source.gradient += slope * value.gradient

    def _sources_first(self) -> "list[Value]":
        # A list of what is still to do stands in for recursion, which Python allows only a thousand deep.
        order: list[Value] = []
        seen: set[int] = set()
        to_do: list[tuple[Value, bool]] = [(self, False)]
        while to_do:
            value, sources_done = to_do.pop()
            if sources_done:
                order.append(value)
            elif id(value) not in seen:
                seen.add(id(value))
                to_do.append((value, True))
                to_do += [(source, False) for source, _ in reversed(value.sources)]
        return order

    def named(self, label: str) -> Self:
        """Give the value a name, for printing.

        Parameters
        ----------
        label : str
            The name.

        Returns
        -------
        Value
            The value itself.

        Examples
        --------
        >>> (Value(2.0) * 3.0).named("area")
        area = 6
        """
        self.label = label
        return self

    def __repr__(self) -> str:
        return f"{self.label or 'Value'} = {self.data:.6g}"

    def table(self) -> str:
        """Write down the calculation, one line a value, with gradients, to print.

        Returns
        -------
        str
            The values in the order in which they were computed, constants left out.

        Examples
        --------
        >>> x = Value(3.0, "x")
        >>> y = (x * x).named("y")
        >>> y.backward()
        >>> print(y.table())
        x = 3              gradient 6
        y = x * x = 9      gradient 1
        """
        names: dict[int, str] = {}
        steps = count(1)
        lines = []
        for value in self._sources_first():
            constant = not value.sources and not value.label
            names[id(value)] = value.label or (f"{value.data:.6g}" if constant else f"v{next(steps)}")
            if not constant:
                lines.append((_formula(value, names), f"gradient {value.gradient:.6g}"))
        width = max(len(left) for left, _ in lines)
        return "\n".join(f"{left:<{width}}      {right}" for left, right in lines)


def _power(base: float, exponent: float) -> float:
    try:
        power = base**exponent
    except ZeroDivisionError:
        raise ValueError(
            "0 to a power below 1: the value or its slope is not finite; the exponent must be 1 or more."
        ) from None
    except OverflowError:
        raise ValueError(f"{base:g} to the power {exponent:g} is larger than any float.") from None
    if isinstance(power, complex):
        raise ValueError(f"{base:g} to the power {exponent:g}: a negative number has whole powers only.")
    return float(power)


def _as_value(number: Value | float) -> Value:
    return number if isinstance(number, Value) else Value(number)


def _formula(value: Value, names: dict[int, str]) -> str:
    operands = [names[id(source)] for source, _ in value.sources]
    if not operands:
        how = ""
    elif len(operands) == 2:
        how = f" = {operands[0]} {value.operation} {operands[1]}"
    elif value.operation.startswith("**"):
        how = f" = {operands[0]}{value.operation}"
    else:
        how = f" = {value.operation}({operands[0]})"
    return f"{names[id(value)]}{how} = {value.data:.6g}"
