"""Plain values: what goes into a learner's function and what comes out, as data and as JSON.

Nothing but data crosses between a learner's code and the code that judges it: no pickle, no object
with behaviour of its own. `plain` turns whatever a function returned into such data; `to_json` and
`from_json` carry it through JSON without losing shape or dtype.
"""

import base64
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

LONGEST_NUMBER = 4_000  # digits of a whole number; Python writes no longer ones
MOST_VALUES = 1_000_000  # numbers in one answer
DEEPEST = 20  # lists within lists
LISTED = 1_000  # an array of more values than this travels as bytes


class NotPlainError(ValueError):
    """An answer that cannot be carried as data: too large or too deep."""


@dataclass(frozen=True)
class Opaque:
    """An object that is no data, known by the name of its class only."""

    kind: str


@dataclass(frozen=True, eq=False)
class Tensor:
    """An argument that the learner's function receives as a `tf.Tensor`."""

    array: npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Variable:
    """An argument that the learner's function receives as a `tf.Variable`."""

    array: npt.NDArray[Any]


@dataclass(frozen=True)
class Generator:
    """An argument that the learner's function receives as `np.random.default_rng(seed)`."""

    seed: int


@dataclass(frozen=True)
class Given:
    """An argument that is a function or class of the code given with the exercise."""

    name: str


@dataclass(frozen=True)
class Defined:
    """An argument that is what the learner defined by this name."""

    name: str


@dataclass(frozen=True)
class Result:
    """An argument that is what an earlier call of the same case returned."""

    index: int


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value as plain data.

    Parameters
    ----------
    value
        Anything: what a learner's function returned.
    depth
        How many containers are around the value.

    Returns
    -------
    Any
        None, bool, int, float, str, list, tuple, dict or array of numbers, booleans or text; what a
        generator or another iterator yields becomes a list, a tensor becomes an array, and what is no
        data becomes `Opaque`.

    Raises
    ------
    NotPlainError
        If the value holds too much or is nested too deeply (a list that contains itself, for example).
    """
    if depth > DEEPEST:
        raise NotPlainError(f"The answer is nested more than {DEEPEST} levels deep.")
    kind = type(value)
    if value is None or kind in (bool, int, float, str, Opaque):
        if kind is str and len(value) > MOST_VALUES:
            raise NotPlainError(f"The answer is a text of more than {MOST_VALUES:,} characters.")
        if kind is int and value.bit_length() > 3.32 * LONGEST_NUMBER:
            raise NotPlainError(f"The answer is a whole number of more than {LONGEST_NUMBER:,} digits.")
        return value
    if isinstance(value, np.generic):
        return _plain_number(value)
    if isinstance(value, np.ndarray):
        return _plain_array(np.asarray(value), depth)
    if kind is dict:
        _refuse_many(len(value))
        return {plain(key, depth + 1): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        _refuse_many(len(value))
        items = [plain(item, depth + 1) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, set | frozenset):
        return sorted((plain(item, depth + 1) for item in value), key=repr)
    if isinstance(value, Iterator | range):
        items = list(islice(value, MOST_VALUES + 1))
        _refuse_many(len(items))
        return [plain(item, depth + 1) for item in items]
    if kind.__module__.split(".")[0] in ("tensorflow", "keras") and callable(getattr(value, "numpy", None)):
        return plain(value.numpy(), depth + 1)
    if isinstance(value, Real | Decimal):
        return float(value)
    if not isinstance(value, type) and callable(getattr(value, "__array__", None)):
        return plain(np.asarray(value), depth + 1)  # a pandas Series, a tensor of another library
    return Opaque(kind.__name__)


def _plain_number(value: np.generic) -> Any:
    """Return a NumPy scalar as Python's number; a short one keeps its dtype, which tells its rounding."""
    if value.dtype.kind == "f" and value.dtype.itemsize < 8:
        return np.asarray(value)
    if value.dtype.kind == "f":
        return float(value)  # also of a longdouble, whose `item` is a longdouble again
    return value.item() if value.dtype.kind in "biuU" else Opaque(type(value).__name__)


def _plain_array(array: npt.NDArray[Any], depth: int) -> Any:
    _refuse_many(array.size)
    if array.dtype.kind == "O":
        return [plain(item, depth + 1) for item in array.tolist()] if array.ndim else Opaque("object")
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype(np.float64)
    return array.copy() if array.dtype.kind in "biufU" else Opaque(f"array of {array.dtype}")


def _refuse_many(count: int) -> None:
    if count > MOST_VALUES:
        raise NotPlainError(f"The answer holds more than {MOST_VALUES:,} values.")


def to_json(value: Any) -> Any:
    """Return a plain value, or one of the argument markers above, as what `json.dumps` accepts."""
    match value:
        case None | bool() | int() | str():
            return value
        case np.generic():
            return to_json(value.item())
        case float():
            return value if math.isfinite(value) else {"float": str(value)}
        case np.ndarray():
            return _array_to_json(value)
        case list():
            return [to_json(item) for item in value]
        case tuple():
            return {"tuple": [to_json(item) for item in value]}
        case dict():
            return {"dict": [[to_json(key), to_json(item)] for key, item in value.items()]}
        case Opaque(kind=kind):
            return {"object": kind}
        case Tensor(array=array):
            return {"tensor": _array_to_json(np.asarray(array))}
        case Variable(array=array):
            return {"variable": _array_to_json(np.asarray(array))}
        case Generator(seed=seed):
            return {"generator": seed}
        case Given(name=name):
            return {"given": name}
        case Defined(name=name):
            return {"defined": name}
        case Result(index=index):
            return {"result": index}
    raise TypeError(f"{value!r} is a {type(value).__name__}, which is no plain value.")


def _array_to_json(array: npt.NDArray[Any]) -> dict[str, Any]:
    form: dict[str, Any] = {}
    if array.dtype != np.float64:
        form["dtype"] = "str" if array.dtype.kind == "U" else array.dtype.name
    if array.size > LISTED and array.dtype.kind in "biuf":
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        return {
            "bytes": base64.b64encode(little.tobytes()).decode("ascii"),
            "shape": list(array.shape),
            **form,
        }
    if array.size == 0:
        form["shape"] = list(array.shape)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        numbers = [number if math.isfinite(number) else str(number) for number in array.ravel().tolist()]
        return {"array": numbers, "shape": list(array.shape), **form}
    return {"array": array.tolist(), **form}


def from_json(form: Any) -> Any:
    """Return the value that `to_json` wrote. Raise `ValueError` where the JSON is none of its forms."""
    if form is None or isinstance(form, bool | int | float | str):
        return form
    if isinstance(form, list):
        return [from_json(item) for item in form]
    try:
        if "array" in form or "bytes" in form:
            return _array_from_json(form)
        ((kind, content),) = form.items()
        match kind:
            case "float":
                return float(content)
            case "tuple":
                return tuple(from_json(item) for item in content)
            case "dict":
                return {from_json(key): from_json(item) for key, item in content}
            case "object":
                return Opaque(str(content))
            case "tensor":
                return Tensor(_array_from_json(content))
            case "variable":
                return Variable(_array_from_json(content))
            case "generator":
                return Generator(int(content))
            case "given":
                return Given(str(content))
            case "defined":
                return Defined(str(content))
            case "result":
                return Result(int(content))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ValueError(f"This JSON is no value: {str(form)[:80]}") from error
    raise ValueError(f"This JSON is no value: {str(form)[:80]}")


def _array_from_json(form: dict[str, Any]) -> npt.NDArray[Any]:
    dtype = np.dtype(form.get("dtype", "float64"))
    if dtype.kind not in "biufU":
        raise ValueError(f"{dtype} is no dtype of numbers, booleans or text.")
    if "bytes" in form:
        flat = np.frombuffer(base64.b64decode(form["bytes"], validate=True), dtype=dtype.newbyteorder("<"))
        return flat.astype(dtype).reshape(form["shape"])
    array = np.array(form["array"], dtype=dtype)
    return array.reshape(form["shape"]) if "shape" in form else array


def brief(value: Any, limit: int = 400) -> str:
    """Return a value as a learner would write it: short numbers, arrays in one piece."""
    if isinstance(value, Opaque):
        return f"an object of class {value.kind}"
    if isinstance(value, Tensor | Variable):
        return f"tf.{'constant' if isinstance(value, Tensor) else 'Variable'}({brief_array(value.array)})"
    if isinstance(value, Generator):
        return f"np.random.default_rng({value.seed})"
    if isinstance(value, Given | Defined):
        return value.name
    text = _brief(value)
    return text if len(text) <= limit else text[: limit - 4] + " ..."


def _brief(value: Any) -> str:
    match value:
        case bool() | None | str():
            return repr(value)
        case float():
            return _number(value)
        case np.ndarray():
            return f"np.array({brief_array(value)})" if value.ndim else _brief(value.item())
        case list():
            return "[" + ", ".join(_brief(item) for item in value) + "]"
        case tuple():
            inside = ", ".join(_brief(item) for item in value)
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        case dict():
            return "{" + ", ".join(f"{_brief(key)}: {_brief(item)}" for key, item in value.items()) + "}"
        case Opaque() | Tensor() | Variable() | Generator() | Given() | Defined():
            return brief(value)
        case Result(index=index):
            return f"<what call {index + 1} returned>"
    return repr(value)


def brief_array(array: npt.NDArray[Any]) -> str:
    """Return an array's numbers as nested lists, each rounded to 6 significant digits."""
    if array.size == 0:
        return f"[], shape {array.shape}"
    with np.printoptions(threshold=40, edgeitems=3, linewidth=10_000):
        return np.array2string(
            array,
            separator=", ",
            formatter={"float_kind": _number, "str_kind": lambda text: repr(str(text)), "bool": str},
        ).replace("\n", "")


def _number(number: Any) -> str:
    number = float(number)
    if math.isfinite(number) and number == int(number) and abs(number) < 1e6:
        return f"{number:.1f}"
    return f"{number:.6g}"
