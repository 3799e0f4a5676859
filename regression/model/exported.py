"""Run the exported model: without TensorFlow, and without running any code from its file."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from regression.errors import InputError


def predict(path: str, x: np.ndarray) -> np.ndarray:
    """What the members at `path` answer: float32 of shape (rows, members), in the unit
    of the loss.

    `x` holds unscaled predictors: float32 of shape (rows, predictors).
    Raises InputError where the file is no such model.
    """
    with open(path, "rb") as file:
        content = file.read()
    try:
        # Its own kernels do: the default delegate only gains on larger models.
        kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kernels)
        return interpreter.get_signature_runner()(predictors=x)["members"]
    except (ValueError, RuntimeError, KeyError) as error:
        raise InputError(
            f"{path} should be a LiteRT model of {x.shape[1]} predictors: {error}"
        ) from None
