"""Arithmetic that no order of sums, no fused multiply-add and no compiler changes."""

import numpy as np
import pytest

from regression.network import exact, step
from regression.network.backend import keras, tf
from regression.network.ensemble import stack_weights
from regression.network.exact import (
    bits_for,
    double,
    largest_power,
    on_grid,
    settled,
    short,
    summand,
    to_units,
)
from regression.network.step import Batch, Setup, dense, dropout, move, squared_errors, train_step

generator = np.random.default_rng(0)


def compiled(function, *arguments):
    """What XLA makes of a function, as arrays."""
    arguments = tf.nest.map_structure(tf.constant, arguments)
    results = tf.function(function, jit_compile=True)(*arguments)
    return tf.nest.map_structure(lambda tensor: tensor.numpy(), results)


def units(values: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers of a member's unit, as Python has them, and the unit."""
    largest = np.abs(values).max(axis=(1, 2), keepdims=True)
    unit = np.ldexp(1.0, np.frexp(largest)[1] - bits)
    return np.rint(values / unit).astype(int).astype(object), unit


@pytest.mark.parametrize("terms", [1, 512, 2048])
def test_the_worst_sum_is_exact_in_any_order(terms):
    """Even where it starts with the anchor that guards it: every product is as large as it can be.

    With one bit more it would not be: random operands would pass.
    """
    largest = 2 ** bits_for(terms) - 1
    products = np.full(terms, float(largest) ** 2)
    products[generator.permutation(terms)[: terms // 3]] -= 2 * largest - 1

    for _ in range(20):
        anchor = 1.5 * 2.0**52
        total = np.add.accumulate([anchor, *generator.permutation(products)])[-1] - anchor
        assert int(total) == sum(map(int, products))


def test_the_power_of_two_is_never_missed():
    """Beside an exact power, and from the smallest to the largest that training meets."""
    for dtype in ("float32", "float64"):
        reach = 120 if dtype == "float32" else 900
        powers = np.ldexp(1.0, np.arange(-reach, reach)).astype(dtype)[:, None, None]
        for values, expected in [
            (powers, powers),
            (np.nextafter(powers, powers * 2), powers),
            (np.nextafter(powers, 0 * powers), powers / 2),
        ]:
            assert (compiled(largest_power, values) == expected).all()
            assert (compiled(largest_power, -values) == expected).all()


@pytest.mark.parametrize("largest", [1.0, np.nextafter(1, 0), 0.7, 3e30, 1e-30])
def test_a_grid_has_the_bits_asked_for(largest):
    """The compiler leaves the rounding in place, whatever a member's largest figure is."""
    values = generator.uniform(-largest, largest, (1, 40, 30))
    values[0, 0, 0] = largest
    whole, unit = units(values, 21)

    grid, found = compiled(lambda values: on_grid(values, 21), values)

    np.testing.assert_array_equal(grid, whole.astype(float) * unit)
    assert found == unit
    assert np.abs(whole).max() <= 2**21


def test_each_member_has_a_grid_of_its_own():
    """And nothing but zeros is a grid as well."""
    values = generator.uniform(-1, 1, (3, 4, 5)) * np.array([1, 1e-9, 0])[:, None, None]

    grid, _ = compiled(lambda values: on_grid(values, 21), values)

    for member, alone in zip(grid, values, strict=True):
        np.testing.assert_array_equal(
            member[None], compiled(lambda v: on_grid(v, 21), alone[None])[0]
        )
    assert (grid[2] == 0).all()


@pytest.mark.parametrize(
    ("members", "rows", "inputs", "outputs"),
    [(3, 7, 5, 4), (2, 32, 50, 30), (1, 1, 512, 1), (1, 1, 2048, 3), (1, 1, 1, 1)],
)
@pytest.mark.parametrize("size", [1.0, 1e-6])
def test_a_dense_layer_is_computed_exactly(members, rows, inputs, outputs, size):
    """There and back, as whole numbers have it; the bias, however large, is added once."""
    bits = bits_for(max(rows, inputs, outputs))
    a = generator.uniform(-1, 1, (members, rows, inputs)) * size
    kernel = generator.uniform(-1, 1, (members, inputs, outputs)).astype("float32")
    bias = generator.uniform(-1, 1, (members, outputs)).astype("float32")
    given = generator.uniform(-1, 1, (members, rows, outputs))

    def there_and_back(a, kernel, bias, given):
        answers, backward = dense(a, kernel, bias, bits)
        return answers, backward(given)

    answers, (gradient, (kernels, biases)) = compiled(there_and_back, a, kernel, bias, given)

    (a, ua), (w, uw) = units(a, bits), units(kernel.astype(float), bits)
    g, ug = units(given, bits)
    expected = (a @ w).astype(float) * (ua * uw) + bias[:, None].astype(float)
    np.testing.assert_array_equal(answers, expected)
    np.testing.assert_array_equal(kernels, (a.swapaxes(1, 2) @ g).astype(float) * (ua * ug))
    np.testing.assert_array_equal(gradient, (g @ w.swapaxes(1, 2)).astype(float) * (ug * uw))
    np.testing.assert_array_equal(biases, g.sum(axis=1).astype(float) * ug[:, 0])


def test_what_is_added_to_a_product_does_not_enter_its_sum():
    """However large it is."""
    a = generator.uniform(-1, 1, (1, 1, 500))
    w = generator.uniform(-1, 1, (1, 500, 1))

    def added(a, w, bias):
        return summand(on_grid(a, 21), on_grid(w, 21)) + bias

    (whole_a, ua), (whole_w, uw) = units(a, 21), units(w, 21)
    exact = (whole_a @ whole_w).astype(float) * (ua * uw)
    for bias in (1e-3, 1.0, 1e6, 1e12):
        np.testing.assert_array_equal(compiled(added, a, w, np.array(bias)), exact + bias)


def test_a_grid_is_never_finer_than_products_of_products_allow():
    """What is smaller than any weight may be is none: its products would be denormal."""
    values = generator.uniform(0.5, 1, (1, 5, 4)) * 1e-200

    grid, unit = compiled(lambda values: on_grid(values, 21), values)

    assert (grid == 0).all()
    assert unit**2 >= np.finfo("float64").tiny


def test_dropout_scales_what_has_few_enough_bits():
    """The product is exact, whatever is added to it, as the next grid's anchor is.

    The grid is finer than any in training, so that hundreds of thousands of figures show it.
    """
    layers = [keras.layers.Dropout(0.3, seed=seed) for seed in (1, 2)]
    x = generator.uniform(0, 1, (2, 500, 400))
    before = [layer.seed_generator.state.numpy() for layer in layers]
    masks = compiled(
        lambda ones: dropout(ones, layers, tf.fill([len(layers)], True))[0], np.ones_like(x)
    )
    for layer, state in zip(layers, before, strict=True):
        layer.seed_generator.state.assign(state)

    def gridded(x):
        outputs, backward = dropout(x, layers, tf.fill([len(layers)], True))
        return on_grid(outputs, 42)[0], on_grid(backward(x)[0], 42)[0]

    outputs, gradient = compiled(gridded, x)

    exact = x.astype("float32").astype("float64") * masks
    unit = np.ldexp(1.0, np.frexp(exact.max(axis=(1, 2), keepdims=True))[1] - 42)
    assert set(np.unique(masks)) == {0.0, float(np.float32(1 / 0.7))}
    np.testing.assert_array_equal(outputs, np.rint(exact / unit) * unit)
    np.testing.assert_array_equal(gradient, outputs)


@pytest.mark.parametrize("decay", [0.0, 0.01, 0.9])
def test_a_step_of_adam_rounds_every_operation(decay):
    """As NumPy does, which fuses none with the next."""
    weight, mean, gradient = generator.normal(size=(3, 1, 500, 400)).astype("float32")
    square, gradient = mean * mean, gradient.astype("float64")
    rate = np.float32([0.001])
    divisors = np.array([[10], [1000]], "float32")
    decays = np.array([decay], "float32") if decay else None

    moved = compiled(
        lambda *given: move(*given, decays, 1e-7), weight, mean, square, gradient, rate, divisors
    )

    g = gradient.astype("float32")
    mean = mean - (mean - g) / divisors[0]
    square = square - square / divisors[1] + g * g / divisors[1]
    weight = (
        weight.astype("float64") - weight.astype("float64") * np.float64(np.float32(decay))
    ).astype("float32")
    weight = weight - mean * rate / (np.sqrt(square) + np.float32(1e-7))
    for found, expected in zip(moved, (weight, mean, square), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_nothing_comes_near_what_some_processors_take_for_zero():
    """Neither a weight that decays nor what a dead one remembers."""
    values = np.array([1e-29, -1e-29, 1e-31, -1e-31, 0, np.nan], "float32")

    found = compiled(settled, values)

    np.testing.assert_array_equal(found, [values[0], values[1], 0, 0, 0, np.nan])


def test_a_row_that_fills_a_batch_changes_nothing():
    """Neither the sum of the squared errors, nor their gradient, nor its grid."""
    answers, targets = generator.normal(size=(2, 2, 5, 1))
    filled = np.array([1.0, 1, 1, 0, 0])[:, None] * np.ones((2, 1, 1))
    whole = [each[:, :3] for each in (answers, targets, filled)]
    answers[:, 3:] = 1e9

    sums, gradient = compiled(squared_errors, answers, targets, filled)
    expected, expected_gradient = compiled(squared_errors, *whole)

    np.testing.assert_array_equal(sums, expected)
    np.testing.assert_array_equal(gradient[:, :3], expected_gradient)
    assert (gradient[:, 3:] == 0).all()
    errors = (whole[0] - whole[1]).astype("float32").astype("float64")
    np.testing.assert_allclose(sums, (errors * errors).sum(axis=(1, 2)), rtol=1e-11)
    np.testing.assert_array_equal(gradient[:, :3], 2 * errors / 3)


def test_short_has_the_bits_of_a_float32():
    """The compiler does not carry more of them from one conversion to the next."""
    values = generator.normal(size=1000)

    found = compiled(lambda values: short(values - 1.0) * 1.0, values)

    assert (found.view("int64") & (2**29 - 1) == 0).all()
    np.testing.assert_array_equal(compiled(double, values.astype("float32")), values.astype("f4"))
    assert compiled(to_units, np.array([0.3]), np.array([0.25])) == 0.25


def test_no_operand_of_a_whole_step_has_a_bit_too_many(monkeypatch):
    """Beside everything else that the compiler does with a step, every rounding is in place.

    So every product that it takes is that of Python's integers.
    """
    found: dict[str, list] = {"on_grid": [], "short": [], "product": []}

    def watched(module, name):
        function = getattr(module, name)

        def watching(*arguments, **options):
            found[name].append((arguments, options, function(*arguments, **options)))
            return found[name][-1][2]

        monkeypatch.setattr(module, name, watching)

    def step_and_operands(state, batch, rate, divisors):
        moved = train_step(setup, state, Batch(*batch), rate, divisors)
        grids = [(grid.values, grid.unit) for _, _, grid in found["on_grid"]]
        shorts = [values for _, _, values in found["short"]]
        products = [(a.values, b.values, ab) for (a, b), _, ab in found["product"]]
        return moved, grids, shorts, products

    networks = [
        keras.Sequential(
            [
                *(keras.Input((5,)), keras.layers.Dense(40, "relu"), keras.layers.Dense(30)),
                *(keras.layers.Dropout(0.3, seed=seed), keras.layers.Dense(1)),
            ]
        )
        for seed in (1, 2)
    ]
    layers = list(zip(*(network.layers for network in networks), strict=True))
    setup = Setup(layers, bits=21, decay=0.001, epsilon=1e-7)
    weights = [weight.numpy() for weight in stack_weights(networks)]
    moments = [generator.normal(0, 1e-3, w.shape).astype("float32") for w in weights]
    x, y = (generator.normal(size=(2, 32, n)).astype("float32") for n in (5, 1))
    filled = np.arange(32) < [[32], [20]]
    for module, name in [(step, "on_grid"), (step, "short"), (step, "product"), (exact, "product")]:
        watched(module, name)

    _, grids, shorts, products = compiled(
        step_and_operands,
        (weights, moments, [m * m for m in moments]),
        (x, y, filled),
        np.float32([0.01, 0.01]),
        np.float32([[10], [1000]]),
    )

    assert (len(grids), len(shorts), len(products)) == (10, 3, 9)
    for (values, unit), ((_, bits), _, _) in zip(grids, found["on_grid"], strict=True):
        whole = values / unit
        assert (whole == np.rint(whole)).all()
        assert (np.abs(whole).max(axis=(1, 2)) <= 2.0**bits).all()
        assert (np.abs(whole).max(axis=(1, 2)) >= 2.0 ** (bits - 1)).all()
    for values in shorts:
        assert (values.view("int64") & (2**29 - 1) == 0).all()
    for (a, b, ab), (_, options, _) in zip(products, found["product"], strict=True):
        a = a.swapaxes(1, 2) if options.get("transpose_a") else a
        b = b.swapaxes(1, 2) if options.get("transpose_b") else b
        (a, ua), (b, ub) = units(a, 21), units(b, 21)
        np.testing.assert_array_equal(ab, (a @ b).astype(float) * (ua * ub))
