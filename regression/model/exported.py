"""Run the exported model: without TensorFlow, and without running any code from its file."""

from math import ceil

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from regression.errors import InputError
from regression.model import computed

ROWS = 65_536  # at a time, so that a long table fits into memory
MOST_APART = 1e-5  # beside the largest answer


def predict(path: str, x: np.ndarray) -> np.ndarray:
    """What the members at `path` answer: float32 of shape (rows, members), in the unit
    of the loss.

    `x` holds unscaled predictors: float32 of shape (rows, predictors). The answers are computed
    exactly, from the weights in the file, and LiteRT's own are held to them; a file with
    operators that are not computed so has LiteRT's answers.
    Raises InputError where the file is no such model, or LiteRT answers otherwise.
    """
    with open(path, "rb") as file:
        content = file.read()
    blocks = np.array_split(x, max(1, ceil(len(x) / ROWS)))
    try:
        # Its own kernels do: the default delegate only gains on larger models.
        kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kernels)
        run = interpreter.get_signature_runner()
        litert = np.concatenate([run(predictors=block)["members"] for block in blocks])
    except (ValueError, RuntimeError, KeyError) as error:
        raise InputError(
            f"{path} should be a LiteRT model of {x.shape[1]} predictors: {error}"
        ) from None
    try:
        with np.errstate(all="ignore"):  # where LiteRT's answers are not finite either
            exact = np.concatenate([computed.answers(content, "members", each) for each in blocks])
    except computed.UnknownError:
        return litert
    hold(litert, exact, path)
    return np.where(np.isfinite(litert), exact.astype("float32"), litert)


def hold(litert: np.ndarray, exact: np.ndarray, path: str) -> None:
    """Raise InputError where LiteRT's finite answers are not those of the weights."""
    finite = np.isfinite(litert)
    apart = np.abs(litert - exact).max(where=finite, initial=0)
    largest = np.abs(exact).max(where=finite, initial=0)
    if not apart <= MOST_APART * largest:
        raise InputError(
            f"{path}: LiteRT should answer as the weights say, to {MOST_APART:g} of the largest "
            f"answer ({largest:.6g}), found {apart:.6g} between them: install requirements.txt"
        )
