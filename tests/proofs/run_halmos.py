# SPDX-License-Identifier: Apache-2.0
"""Halmos, mended in two places: `python run_halmos.py` takes what `halmos` takes.

For the SHA-256 precompile Halmos 0.3.3 declares an uninterpreted function of as many bits as the input has
bytes, and fails at the first call. Here the function has eight times as many.

Vyper's `min` and `max` are `y ^ (x ^ y) * c`, where the comparison c is 0 or 1. For Halmos that is a
product of two symbols, which solvers find hard. Here it is what it means: x where c holds, else y.
"""

import sys
from typing import Any

import z3
from halmos import sevm
from halmos.__main__ import main
from halmos.bitvec import HalmosBitVec

_declare = sevm.Function
_multiply = HalmosBitVec.mul
_differ = HalmosBitVec.bitwise_xor

# By the number of a term, which z3 gives to no other while the term is kept: x ^ y as (x, y), and
# (x ^ y) * c as (c, x, y).
_differences: dict[int, tuple[Any, Any, Any]] = {}
_products: dict[int, tuple[Any, Any, Any, Any]] = {}


def declare(name: str, *sorts: Any) -> Any:
    """The function that stands for a precompile."""
    if name.startswith("f_sha256_"):
        size = int(name.removeprefix("f_sha256_"))
        return _declare(name, sevm.BitVecSorts[8 * size], sorts[-1])
    return _declare(name, *sorts)


def condition(term: Any) -> Any | None:
    """What holds where this term is 1, if it can only be 0 or 1; None for any other term."""
    if not z3.is_app_of(term, z3.Z3_OP_ITE):
        return None
    outcome, *values = term.children()
    if not all(z3.is_bv_value(value) for value in values):
        return None
    match [value.as_long() for value in values]:
        case [1, 0]:
            return outcome
        case [0, 1]:
            return z3.Not(outcome)
    return None


def multiply(left: Any, right: Any, *, abstraction: Any = None) -> Any:
    """left * right, a choice where either is 0 or 1."""
    for one, other in ((left, right), (right, left)):
        term = other.as_z3()
        if (outcome := condition(one.as_z3())) is not None:
            product = HalmosBitVec(z3.If(outcome, term, z3.BitVecVal(0, other.size)), size=other.size)
            if term.get_id() in _differences and product.is_symbolic:
                _, x, y = _differences[term.get_id()]
                _products[product.value.get_id()] = (product.value, outcome, x, y)
            return product
    return _multiply(left, right, abstraction=abstraction)


def differ(left: Any, right: Any) -> Any:
    """left ^ right, a choice where that ends a `min` or `max`."""
    for one, other in ((left, right), (right, left)):
        if one.is_symbolic and one.value.get_id() in _products:
            _, outcome, x, y = _products[one.value.get_id()]
            term = other.as_z3()
            if z3.eq(term, y):
                return HalmosBitVec(z3.If(outcome, x, y), size=other.size)
            if z3.eq(term, x):
                return HalmosBitVec(z3.If(outcome, y, x), size=other.size)
    difference = _differ(left, right)
    if difference.is_symbolic:
        _differences[difference.value.get_id()] = (difference.value, left.as_z3(), right.as_z3())
    return difference


if __name__ == "__main__":
    sevm.Function = declare
    HalmosBitVec.mul, HalmosBitVec.bitwise_xor = multiply, differ
    sys.exit(main())
