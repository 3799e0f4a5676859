"""Arithmetic that is the same on every processor, to the last bit.

Processors differ in the order in which they add up a product of matrices, and in whether they
round a product before they add to it. Neither matters where nothing is rounded. So:

- An operand of a product of matrices is first rounded to a grid: whole multiples of a power of
  two, a unit for each member, with so few bits that in float64 every sum of products is exact
  (pre-rounding: Demmel and Nguyen, Fast Reproducible Floating-Point Summation, 2013).
- A product that something is added to has factors of at most 24 bits, as float32 has, and is
  exact in float64: then it is rounded once, whether or not the processor fuses the two steps.
- What is left are single additions, divisions and roots, which the standard has rounded
  correctly. No function beyond these is used: exp and log have last bits of their own.

The compiler would take some of this apart. What the functions here do against that, a test each
holds in place: the unit comes from the data, for (v + c) - c with a literal c is v to XLA; a
divisor is no literal, which would be turned into a factor; nothing is divided by a bare root.
"""

from typing import NamedTuple

from regression.network.backend import tf

# The most products in a sum that operands are rounded for.
MOST_TERMS = 2048

# The integer of each type's size, and its bits that hold the exponent.
EXPONENTS = {tf.float32: ("int32", 0x7F80_0000), tf.float64: ("int64", 0x7FF0_0000_0000_0000)}

# Sums stay below so many units, of which float64 counts to 2^53: the anchor takes the rest.
ROOM = 51


class Grid(NamedTuple):
    """Whole multiples of a unit: float64 of shape (members, rows, columns), (members, 1, 1)."""

    values: tf.Tensor
    unit: tf.Tensor


def bits_for(terms: int) -> int:
    """How many bits two operands may have whose products are added up, so many at a time."""
    return (ROOM - (terms - 1).bit_length()) // 2


def largest_power(values: tf.Tensor) -> tf.Tensor:
    """The largest power of two in each member's values, by their bits: a logarithm could miss it.

    float64 of shape (members, 1, 1). Whole numbers have the order of the floats whose bits they
    are, and take a fraction of the time to compare.
    """
    integer, exponent = EXPONENTS[values.dtype]
    bits = tf.reduce_max(tf.bitcast(tf.abs(values), integer), axis=[1, 2], keepdims=True)
    return double(tf.bitcast(bits & exponent, values.dtype))


def to_units(values: tf.Tensor, unit: tf.Tensor) -> tf.Tensor:
    """The nearest whole multiples, of values up to 2^51 units.

    Beside 1.5 · 2^52 units a float64 has no bit for less than one. A sum of products that
    begins with this anchor, as the compiler may have it, stays exact.
    """
    anchor = unit * (1.5 * 2.0**52)
    return (values + anchor) - anchor


def on_grid(values: tf.Tensor, bits: int) -> Grid:
    """Figures of shape (members, rows, columns) with `bits` bits below a member's largest."""
    # The bound keeps the products of products above what some processors take for zero.
    unit = tf.maximum(largest_power(values), 2.0**-300) * 2.0 ** (1 - bits)
    return Grid(to_units(double(values), unit), unit)


def product(a: Grid, b: Grid, **transposed: bool) -> tf.Tensor:
    """The exact product of each member's matrices, which nothing may be added to: the compiler
    might begin the sum with it."""
    return tf.matmul(a.values, b.values, **transposed)


def summand(a: Grid, b: Grid, **transposed: bool) -> tf.Tensor:
    """The same, which may be added to."""
    return to_units(product(a, b, **transposed), a.unit * b.unit)


def single(values: tf.Tensor) -> tf.Tensor:
    return tf.cast(values, "float32")


def double(values: tf.Tensor) -> tf.Tensor:
    return tf.cast(values, "float64")


def short(values: tf.Tensor) -> tf.Tensor:
    """float64 rounded to the 24 bits of a float32."""
    return double(single(values))


def settled(values: tf.Tensor) -> tf.Tensor:
    """float32 without what comes near the smallest, of which some processors make zero."""
    return tf.where(tf.abs(values) < 1e-30, tf.zeros_like(values), values)
