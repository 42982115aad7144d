"""Everything public in the reference implementations is documented, and every example in it works."""

import doctest
import importlib
import inspect
import pkgutil
from dataclasses import is_dataclass

import pytest
from numpydoc.validate import validate

import course_lib

# Files with a command line of their own are documented by their options.
MODULES = sorted(
    module.name
    for module in pkgutil.iter_modules(course_lib.__path__)
    if not module.ispkg and module.name != "cli"
)

# What a docstring must have: a summary that ends in a full stop, and every parameter, return value and yield
# described in numpydoc's order. Left out are matters of taste (a verb's form, "See Also" everywhere), and the
# types of parameters, which stand in the signatures.
CHECKS = {
    "GL01", "GL03", "GL05", "GL06", "GL07", "GL08", "SS01", "SS02", "SS03", "SS06", "PR01", "PR02", "PR03",
    "PR05", "PR06", "PR07", "PR08", "PR09", "PR10", "RT03", "RT04", "RT05",
}  # fmt: skip


def public_names(module_name):
    """Return the dotted names of all that a module defines without a leading underscore, methods included."""
    module = importlib.import_module(f"course_lib.{module_name}")
    names = []
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value) or inspect.isclass(value):
            names.append(f"{module.__name__}.{name}")
        if inspect.isclass(value):
            names += [
                f"{module.__name__}.{name}.{method}"
                for method, member in vars(value).items()
                if not method.startswith("_") and (inspect.isfunction(member) or isinstance(member, property))
            ]
    return names


def documents_fields(name):
    """Say whether this is a class that is nothing but its fields, which are documented as attributes."""
    module, _, attribute = name.rpartition(".")
    value = getattr(importlib.import_module(module), attribute, None) if module.count(".") == 1 else None
    return inspect.isclass(value) and ("_fields" in vars(value) or is_dataclass(value) or is_protocol(value))


def is_protocol(value):
    return getattr(value, "_is_protocol", False)


@pytest.mark.parametrize("module_name", MODULES)
def test_public_names_are_documented(module_name):
    assert importlib.import_module(f"course_lib.{module_name}").__doc__
    problems = [
        f"{name}: {code} {message}"
        for name in public_names(module_name)
        for code, message in validate(name)["errors"]
        if code in CHECKS and not (code == "PR01" and documents_fields(name))
    ]
    assert problems == []


@pytest.mark.parametrize("module_name", MODULES)
def test_examples_work(module_name):
    results = doctest.testmod(importlib.import_module(f"course_lib.{module_name}"))
    assert results.failed == 0
