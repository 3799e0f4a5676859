"""Run the exported model: without TensorFlow, and without running any code from its file."""

import os
from collections.abc import Callable
from math import ceil

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from regression.errors import InputError
from regression.model import computed

ROWS = 65_536  # at a time, so that a long table fits into memory
MOST_APART = 1e-5  # beside the largest answer
NOISE = 2.0**-22  # four times what a float32 is rounded by

LARGEST = 2**30  # bytes: a quarter of a billion weights


def predict(path: str, x: np.ndarray) -> np.ndarray:
    """What the members at `path` answer: float32 of shape (rows, members), in the unit
    of the loss.

    `x` holds unscaled predictors: float32 of shape (rows, predictors). The answers are computed
    exactly, from the weights in the file, and LiteRT's own are held to them; a file with
    operators that are not computed so has LiteRT's answers.
    Raises InputError where the file is no such model, before any of it is run, or LiteRT answers
    otherwise.
    """
    if (size := os.path.getsize(path)) > LARGEST:
        raise InputError(f"{path} should have at most {LARGEST} bytes, found {size}")
    with open(path, "rb") as file:
        content = file.read()
    blocks = np.array_split(x, max(1, ceil(len(x) / ROWS)))
    try:
        if content[4:8] != b"TFL3":
            raise ValueError("it does not begin as one")
        # Its own kernels do: the default delegate only gains on larger models.
        kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kernels)
        model = interpreter.get_signature_runner()
        check_ends("takes", model.get_input_details(), {"predictors": x.shape[1]})
        check_ends("gives", model.get_output_details(), {"predicted": 1, "members": None})
        litert = np.concatenate([model(predictors=block)["members"] for block in blocks])
    except (ValueError, RuntimeError, KeyError, OverflowError) as error:
        raise InputError(
            f"{path} should be a LiteRT model of {x.shape[1]} predictors: {error}"
        ) from None
    try:
        with np.errstate(all="ignore"):  # where LiteRT's answers are not finite either
            exact = np.concatenate([computed.answers(content, "members", each) for each in blocks])
    except computed.UnknownError:
        return litert
    hold(litert, exact, path, lambda: np.concatenate([noise(content, each) for each in blocks]))
    return np.where(np.isfinite(litert), exact.astype("float32"), litert)


def check_ends(verb: str, found: dict[str, dict], columns: dict[str, int | None]) -> None:
    """Raise ValueError where a model's inputs or outputs are not tables of these columns.

    None stands for any number of columns.
    """
    ends = {
        name: (end["dtype"], [*map(int, end["shape_signature"])]) for name, end in found.items()
    }
    for name, width in columns.items():
        dtype, shape = ends.pop(name, (None, []))
        right = dtype is np.float32 and len(shape) == 2 and shape[0] == -1 and shape[1] > 0
        if not right or width not in (None, shape[1]):
            told = f"{dtype.__name__} of shape {shape}" if dtype else "no such thing"
            raise ValueError(
                f"it {verb} {name} as {told}, not float32 of shape [-1, {width or 'members'}]"
            )
    if ends:
        raise ValueError(f"it {verb} {', '.join(ends)} too")


def hold(
    litert: np.ndarray, exact: np.ndarray, path: str, allowance: Callable[[], np.ndarray]
) -> None:
    """Raise InputError where LiteRT's finite answers are not those of the weights.

    `allowance` tells how far float32 alone may take them, and is asked only where they are apart.
    """
    finite = np.isfinite(litert)
    apart = np.abs(litert - exact)
    largest = np.abs(exact).max(where=finite, initial=0)
    if (apart <= MOST_APART * largest).all(where=finite):
        return
    if not (apart <= MOST_APART * largest + allowance()).all(where=finite):
        raise InputError(
            f"{path}: LiteRT should answer as the weights say, to {MOST_APART:g} of the largest "
            f"answer ({largest:.6g}), found {apart.max(where=finite, initial=0):.6g} between "
            "them: install requirements.txt"
        )


def noise(content: bytes, x: np.ndarray) -> np.ndarray:
    """How far float32 may take an answer: some last digits of the sums on the way to it.

    They are large beside an answer in which they cancel, as where the mean is taken off a year.
    """
    return NOISE * computed.answers(content, "members", x, absolute=True)
