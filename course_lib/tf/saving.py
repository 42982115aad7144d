"""Save a trained model and prove that what comes back is the same."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib.tf.quiet import tf


def save_checkpoint(model: Any, path: str | Path) -> str:
    """Write the values of a model's variables, to go on training later with the same code.

    Parameters
    ----------
    model : tf.Module or keras.Model
        The model, with its variables made (a Keras model makes them when it is first called).
    path : str or Path
        Where to write; TensorFlow appends a number and makes several files.

    Returns
    -------
    str
        The path of this checkpoint, for `restore_checkpoint`.

    Raises
    ------
    ValueError
        If the model has no variables, so that the checkpoint would be empty.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from course_lib.tf.models import LinearModel
    >>> with TemporaryDirectory() as folder:
    ...     path = save_checkpoint(LinearModel(weight=7.0), folder + "/line")
    ...     model = LinearModel()
    ...     restore_checkpoint(model, path)
    >>> model.weight.numpy().item()
    7.0
    """
    _check_has_variables(model)
    return str(tf.train.Checkpoint(model=model).save(str(path)))


def restore_checkpoint(model: Any, path: str | Path) -> None:
    """Read the values of a model's variables from a checkpoint, all of them or none.

    Parameters
    ----------
    model : tf.Module or keras.Model
        A model of the same making; its variables change.
    path : str or Path
        What `save_checkpoint` returned.

    Raises
    ------
    ValueError
        If there is no such checkpoint, or its variables are not those of the model. TensorFlow alone
        would restore what fits and leave the rest alone, without a word.

    Examples
    --------
    See `save_checkpoint`.
    """
    _check_has_variables(model)
    refusal = f"The checkpoint {str(path)!r} is of another model: it holds "
    try:
        reader = tf.train.load_checkpoint(str(path))
    except (tf.errors.NotFoundError, tf.errors.DataLossError, ValueError) as error:
        raise ValueError(
            f"There is no checkpoint at {str(path)!r}; pass what `save_checkpoint` returned."
        ) from error
    shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    stored = sorted(name for name in shapes if name.startswith("model/"))
    refusal += f"{', '.join(stored) or 'no model'}. The model was left as it was."
    # TensorFlow would notice another size or precision too, but only halfway through, and log about it.
    kinds = {(tuple(shapes[name]), dtypes[name].name) for name in stored}
    if any((tuple(one.shape), tf.as_dtype(one.dtype).name) not in kinds for one in model.variables):
        raise ValueError(refusal)
    before = [variable.numpy() for variable in model.variables]
    restored = tf.train.Checkpoint(model=model).restore(str(path))
    try:
        restored.assert_consumed()
    except AssertionError as error:
        restored.expect_partial()  # it is no news any more
        for variable, value in zip(model.variables, before, strict=True):
            variable.assign(value)
        raise ValueError(refusal) from error


def export_saved_model(model: Any, folder: str | Path, example: ArrayLike) -> None:
    """Write a model with its graph, to be used without the Python code that made it.

    Parameters
    ----------
    model : tf.Module or keras.Model
        The model.
    folder : str or Path
        Where to write. After ``loaded = tf.saved_model.load(folder)``, ``loaded.predict(inputs)`` answers.
    example : array_like, one row an example
        A few inputs, to learn the shape of one; any number of them can be asked for later.

    Raises
    ------
    ValueError
        If the model has no variables, or answers otherwise after loading.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from course_lib.tf.models import LinearModel
    >>> with TemporaryDirectory() as folder:
    ...     export_saved_model(LinearModel(weight=7.0), folder, example=[1.0])
    ...     loaded = tf.saved_model.load(folder)
    >>> loaded.predict([2.0, 3.0]).numpy().tolist()
    [14.0, 21.0]
    """
    _check_has_variables(model)
    inputs = tf.constant(np.asarray(example, dtype=np.float64))
    exported = tf.Module()
    exported.model = model
    signature = tf.TensorSpec([None, *inputs.shape[1:]], tf.float64)
    exported.predict = tf.function(lambda inputs: model(inputs), input_signature=[signature])
    tf.saved_model.save(exported, str(folder))
    loaded = tf.saved_model.load(str(folder))  # a name of its own: variables live only as long as it does
    _check_same(model(inputs).numpy(), loaded.predict(inputs).numpy(), folder)


def save_keras_file(model: Any, path: str | Path) -> None:
    """Write a Keras model, architecture and weights, to one ``.keras`` file.

    Parameters
    ----------
    model : keras.Model
        The model. A class of your own needs ``get_config`` and ``register_keras_serializable``.
    path : str or Path
        Where to write; the name ends in ``.keras``. ``keras.saving.load_model(path)`` reads it.

    Raises
    ------
    ValueError
        If the name has another ending, the model has no variables, or other weights come back.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from course_lib.tf.models import KerasLinearModel
    >>> with TemporaryDirectory() as folder:
    ...     save_keras_file(KerasLinearModel(weight=7.0), folder + "/line.keras")
    ...     model = tf.keras.models.load_model(folder + "/line.keras")
    >>> model.weight.numpy().item()
    7.0
    """
    if not str(path).endswith(".keras"):
        raise ValueError(f"`path` is {str(path)!r}; Keras 3 saves a model to a name that ends in '.keras'.")
    _check_has_variables(model)
    model.save(str(path))
    loaded = tf.keras.models.load_model(str(path))
    for variable, again in zip(model.variables, loaded.variables, strict=True):
        _check_same(variable.numpy(), again.numpy(), path)


def _check_has_variables(model: Any) -> None:
    if not model.variables:
        raise ValueError(
            "`model` has no variables to save. A Keras model makes them when it is first called; a "
            "tf.Variable inside a Keras 3 model is not tracked: use `add_weight`."
        )


def _check_same(left: ArrayLike, right: ArrayLike, path: str | Path) -> None:
    if not np.array_equal(left, right):
        raise ValueError(f"What was written to {str(path)!r} comes back with other numbers.")
