"""What a .tflite file answers by its own weights, in arithmetic that no processor changes.

The reasons are those of regression/network/exact.py: a product of matrices has operands on a
grid, so that its sums are exact; all else is rounded once in float64, an operation at a time.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

MOST_TERMS = 2048
DTYPES = {schema.TensorType.FLOAT32: "<f4", schema.TensorType.INT32: "<i4"}
ACTIVATIONS = {
    schema.ActivationFunctionType.NONE: lambda values: values,
    schema.ActivationFunctionType.RELU: lambda values: np.maximum(values, 0),
}


class UnknownError(Exception):
    """The file has something that is not computed here."""


def answers(content: bytes, output: str, x: np.ndarray, absolute: bool = False) -> np.ndarray:
    """The output of that name for predictors `x`: float64 of shape (rows, ...).

    Each row's answer depends on that row alone. `absolute`: what the largest sums on the way to
    an answer come to where nothing in them cancels, as if all weights and predictors were
    positive. Raises UnknownError.
    """
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    if len(model.subgraphs) != 1 or len(model.signatureDefs) != 1:
        raise UnknownError("more than one graph")
    (graph,), (signature,) = model.subgraphs, model.signatureDefs
    (given,) = (each.tensorIndex for each in signature.inputs)
    (asked,) = (each.tensorIndex for each in signature.outputs if each.name.decode() == output)
    sized = np.abs if absolute else np.asarray
    operators = OPERATORS | {SUB: OPERATORS[ADD]} if absolute else OPERATORS
    known = {given: sized(x.astype("float64"))}
    known |= {
        index: sized(np.frombuffer(bytes(data), DTYPES[tensor.type]).reshape(tensor.shape))
        for index, tensor in enumerate(graph.tensors)
        if (data := model.buffers[tensor.buffer].data) is not None and tensor.type in DTYPES
    }
    for operator in graph.operators:
        if asked in known:
            break
        code = model.operatorCodes[operator.opcodeIndex]
        compute = operators.get(max(code.builtinCode, code.deprecatedBuiltinCode))
        if not compute or any(index not in known for index in operator.inputs if index >= 0):
            raise UnknownError(f"operator {code.builtinCode}")
        inputs = [known[index] if index >= 0 else None for index in operator.inputs]
        (index,) = operator.outputs
        known[index] = activated(compute(inputs, operator.builtinOptions), operator.builtinOptions)
    return known[asked]


def activated(values: np.ndarray, options: object) -> np.ndarray:
    function = ACTIVATIONS.get(getattr(options, "fusedActivationFunction", 0))
    if not function:
        raise UnknownError("activation")
    return function(values)


def fully_connected(inputs: list, options: object) -> np.ndarray:
    rows, kernel, bias = (*inputs, None)[:3]
    terms = kernel.shape[1]
    if terms > MOST_TERMS or rows.ndim != 2:
        raise UnknownError(f"{terms} terms")
    bits = (53 - (terms - 1).bit_length()) // 2
    # Inputs of unlike sizes, as before the scaling, would share a unit: powers of two even them.
    even = power_above(kernel.astype("float64"), axis=0)
    products = on_grid(rows * even, bits) @ on_grid(kernel / even, bits).T
    return products if bias is None else products + bias


def on_grid(rows: np.ndarray, bits: int) -> np.ndarray:
    """Each row with `bits` bits below its own largest figure, whatever rows are beside it."""
    unit = power_above(rows, axis=1) * 2.0**-bits
    return np.rint(rows / unit) * unit


def power_above(values: np.ndarray, axis: int) -> np.ndarray:
    """The power of two next above the largest along an axis; where all are 0, it is 1."""
    _, exponents = np.frexp(np.abs(values).max(axis=axis, keepdims=True))
    return np.ldexp(1.0, exponents)


ADD, SUB = schema.BuiltinOperator.ADD, schema.BuiltinOperator.SUB
OPERATORS = {
    schema.BuiltinOperator.FULLY_CONNECTED: fully_connected,
    schema.BuiltinOperator.MUL: lambda inputs, options: inputs[0] * inputs[1],
    ADD: lambda inputs, options: inputs[0] + inputs[1],
    SUB: lambda inputs, options: inputs[0] - inputs[1],
    schema.BuiltinOperator.CONCATENATION: lambda inputs, options: np.concatenate(
        inputs, axis=options.axis
    ),
}
