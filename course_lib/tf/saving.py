"""Save a trained model and prove that what comes back is the same."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib.tf.quiet import tf


def save_checkpoint(model: Any, path: str | Path, optimizer: Any = None) -> str:
    """Write the values of a model's variables, to go on training later with the same code.

    Parameters
    ----------
    model : tf.Module or keras.Model
        The model, with its variables made (a Keras model makes them when it is first called).
    path : str or Path
        Where to write; TensorFlow appends a number and makes several files.
    optimizer : keras.optimizers.Optimizer, optional
        What it remembers between steps is saved too, so that a resumed training equals an unbroken one.

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
    return str(_checkpoint(model, optimizer).save(str(path)))


def _checkpoint(model: Any, optimizer: Any) -> tf.train.Checkpoint:
    if optimizer is None:
        return tf.train.Checkpoint(model=model)
    if not optimizer.built:
        # A fresh optimizer has no memory yet, and TensorFlow would find nowhere to put what was saved.
        optimizer.build(model.trainable_variables)
    return tf.train.Checkpoint(model=model, optimizer=optimizer)


def restore_checkpoint(model: Any, path: str | Path, optimizer: Any = None) -> None:
    """Read the values of a model's variables from a checkpoint, all of them or none.

    Parameters
    ----------
    model : tf.Module or keras.Model
        A model of the same making; its variables change.
    path : str or Path
        What `save_checkpoint` returned. The file may hold an optimizer besides the model.
    optimizer : keras.optimizers.Optimizer, optional
        One of the same making, fresh or used; its memory changes too.

    Raises
    ------
    ValueError
        If there is no such checkpoint, or its variables are not those of the model, or it holds no memory
        of such an optimizer. TensorFlow alone would restore what fits and leave the rest alone, without a
        word.

    Examples
    --------
    See `save_checkpoint`.
    """
    _check_has_variables(model)
    try:
        stored = _stored_variables(str(path))
    except (tf.errors.NotFoundError, tf.errors.DataLossError, ValueError) as error:
        raise ValueError(
            f"There is no checkpoint at {str(path)!r}; pass what `save_checkpoint` returned."
        ) from error
    checkpoint = _checkpoint(model, optimizer)
    with TemporaryDirectory() as folder:
        wanted = _stored_variables(checkpoint.write(folder + "/wanted"))
    for part in ("model", "optimizer") if optimizer is not None else ("model",):
        held = {name: kind for name, kind in stored.items() if name.startswith(part + "/")}
        if held != {name: kind for name, kind in wanted.items() if name.startswith(part + "/")}:
            raise ValueError(
                f"The checkpoint {str(path)!r} is of another {part}: it holds "
                f"{', '.join(sorted(held)) or f'no {part}'}. The model was left as it was."
            )
    checkpoint.restore(str(path)).expect_partial()  # a file may hold more, such as its own count of saves


def _stored_variables(path: str) -> dict[str, tuple[tuple[int, ...], str]]:
    """List the variables of a checkpoint: shape and dtype, by the way from the file's root to each.

    The file's own names do not serve: a variable that both the model and the optimizer know is stored
    once, under the shorter of its two names.
    """
    # Here, because an import of TensorFlow before `quiet` would print its log lines.
    from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

    reader = tf.train.load_checkpoint(path)
    shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    graph = TrackableObjectGraph()
    graph.ParseFromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    found = {}
    for part in graph.nodes[0].children:
        queue, seen = [(part.local_name, part.node_id)], {part.node_id}
        for place, number in queue:
            node = graph.nodes[number]
            for value in node.attributes:
                if value.checkpoint_key in shapes:
                    kind = tuple(shapes[value.checkpoint_key]), dtypes[value.checkpoint_key].name
                    found[f"{place}/.ATTRIBUTES/{value.name}"] = kind
            for child in sorted(node.children, key=lambda child: child.local_name):
                if child.node_id not in seen:
                    seen.add(child.node_id)
                    queue.append((f"{place}/{child.local_name}", child.node_id))
    return found


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
            "`model` has no variables to save. A Keras model makes them when it is first called. It does not "
            "list a tf.Variable: use `add_weight`. And a tf.Module does not list those of a Keras layer: use "
            "a keras.Model."
        )


def _check_same(left: ArrayLike, right: ArrayLike, path: str | Path) -> None:
    if not np.array_equal(left, right):
        raise ValueError(f"What was written to {str(path)!r} comes back with other numbers.")
