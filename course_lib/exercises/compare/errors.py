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
        r"object has no attribute '_id'|to be differentiated, but received",
        "The tape is asked about something that TensorFlow has not made, NumPy's number or None: it can "
        "follow TensorFlow's functions only.",
    ),
    (
        r"unsupported operand type.*'(function|method|builtin_function_or_method)'",
        "A function stands where its value belongs: call it, with its arguments in brackets.",
    ),
    (
        r"unsupported operand type.*NoneType|NoneType.*unsupported operand",
        "One of the two is None: it has had no value yet, a function ended without `return`, or a tape has "
        "not seen what it was asked about.",
    ),
    (
        r"unsupported operand type.*'(list|str|tuple)'|can only concatenate|can't multiply sequence",
        "Python's lists and texts do not compute like numbers: make an array of them, or a number.",
    ),
    (
        r"cannot compute (Mul|Sub|AddV2|MatMul) as input|Tensor conversion requested dtype",
        "Two tensors of different dtypes meet: make both float64, or both float32.",
    ),
    (
        r"'Tensor' object is not callable|object is not callable",
        "Something is called like a function, with brackets, that is none.",
    ),
    (
        r"object is not subscriptable",
        "Something is asked for an entry, with [ ], that has none: a single number?",
    ),
    (
        r"object is not iterable|cannot unpack non-iterable",
        "A loop or several names need several values, and this is one.",
    ),
    (
        r"object of type .* has no len",
        "Something is asked for its length that has none: a single number, or a generator.",
    ),
    (
        r"UnboundLocalError",
        "A name is used before this function gives it a value: that line comes later, or is skipped here.",
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
        r"NameError",
        "A name is used that has no value here. In a class, what belongs to the object is reached with "
        "`self.`.",
    ),
    (
        r"IndexError",
        "A position is asked for that does not exist: positions run from 0 to the length minus 1.",
    ),
    (r"KeyError", "A dictionary is asked for a key that it does not hold."),
    (r"ZeroDivisionError", "In this case the number below the fraction is zero."),
    (
        r"OverflowError",
        "A number becomes too large to be written: an exponential of more than about 709, for example.",
    ),
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
        r"Binding inputs to tf.function failed|[Cc]an ?not cast TensorSpec",
        "The `input_signature` of the `tf.function` does not admit a shape or dtype that it is given here.",
    ),
    (
        r"expecting 0 weights",
        "A Keras layer has no weights before it knows its inputs: begin with `Input`, or `build` the model.",
    ),
    (
        r"must have the same rank.*target\.shape",
        "The loss for labels that are whole numbers is called `Sparse...`; the other wants rows of shares.",
    ),
    (
        r"has no attribute 'assign",
        "A variable is changed with `assign_sub`; `w = w - ...` makes a tensor of it.",
    ),
    (
        r"has no attribute 'numpy'|NotImplementedError: Cannot convert a symbolic",
        "Inside a `tf.function`, or on what NumPy has made, there is nothing that TensorFlow could follow.",
    ),
    (
        r"(max|min)\(\) (arg is an empty|iterable argument is empty)|zero-size array to reduction",
        "There is nothing of which a largest or smallest could be taken: the list is empty here.",
    ),
    (r"RecursionError", "The function calls itself without an end."),
)


def meaning(kind: str, message: str, line: str = "") -> str:
    """Return what an error means in a sentence, an empty text where nothing general can be said.

    Parameters
    ----------
    kind, message
        The error's class and what it says.
    line
        The learner's own line that raised it.
    """
    if line.startswith("raise"):
        return "Your own `raise` has done this, and an answer is expected here."
    said = f"{kind}: {message}"
    return next((words for pattern, words in _MEANINGS if re.search(pattern, said, re.DOTALL)), "")
