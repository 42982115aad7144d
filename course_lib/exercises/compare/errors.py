"""What an error means, for the errors that beginners meet most."""

import re

# The error's class and a pattern of its message; then what it means.
_MEANINGS = (
    (
        r"UFuncTypeError: Cannot cast",
        "An array of whole numbers cannot take up fractions: start with floats.",
    ),
    (
        r"TypeError: only .*(converted to Python scalar|size-1|length-1)",
        "A function for single numbers, such as those of `math`, was given an array.",
    ),
    (
        r"ValueError: (math domain error|expected a (non-negative|positive) input)",
        "`math` refuses a logarithm of zero or of a negative number, and a root of a negative one.",
    ),
    (
        r"TypeError: unsupported operand type.* for \^",
        "In Python a power is written `**`; `^` is something else.",
    ),
    (
        r"unsupported operand type.*NoneType",
        "One of the two is None: something gave no value back, a function without `return`, or a tape that "
        "has not seen what it was asked about.",
    ),
    (
        r"NoneType' object",
        "Something is None here, as what a function without `return` gives back.",
    ),
    (
        r"TypeError: .* missing \d+ required positional argument",
        "A call gives fewer arguments than the function takes.",
    ),
    (
        r"TypeError: .* takes .* positional argument",
        "A call gives another number of arguments than the function takes. Does a method lack its `self`?",
    ),
    (
        r"NameError|UnboundLocalError",
        "A name is used that has no value here. What belongs to the object is reached with `self.`.",
    ),
    (
        r"IndexError",
        "A position is asked for that does not exist: positions run from 0 to the length minus 1.",
    ),
    (r"KeyError", "A dictionary is asked for a key that it does not hold."),
    (r"ZeroDivisionError", "In this case the number below the fraction is zero."),
    (r"OverflowError", "The number is too large to be computed."),
    (
        r"ValueError: .*could not be broadcast|ValueError: matmul|mismatch in its core dimension",
        "The shapes do not fit together: print the `shape` of both.",
    ),
    (
        r"ValueError: too many values to unpack|not enough values to unpack",
        "There are more or fewer values than names before the equals sign.",
    ),
    (
        r"ValueError: The truth value of an array",
        "`if`, `and` and `or` need one True or False, not a whole array.",
    ),
    (r"ValueError: assignment destination is read-only", "This array may not be changed: work on a copy."),
    (
        r"non-persistent GradientTape",
        "A tape can be asked once. Ask for all slopes in one call, with a list.",
    ),
    (
        r"has no attribute 'assign",
        "A variable is changed with `assign_sub`; `w = w - ...` makes a tensor of it.",
    ),
    (
        r"has no attribute 'numpy'|NotImplementedError: Cannot convert a symbolic",
        "Inside a `tf.function`, or on what NumPy has made, there is nothing that TensorFlow could follow.",
    ),
    (r"RecursionError", "The function calls itself without an end."),
)


def meaning(kind: str, message: str) -> str:
    """Return what an error means in a sentence, an empty text where nothing general can be said."""
    said = f"{kind}: {message}"
    return next((words for pattern, words in _MEANINGS if re.search(pattern, said, re.DOTALL)), "")
