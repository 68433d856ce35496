"""Minor units and major units.

Stripe, "Supported currencies": amounts are integers in the smallest unit that Stripe takes. Most
currencies have two decimals; some none, some three. ISK and UGX have no decimals any more, but are
still sent as if they had two (always ``00``), so here they have two.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

_ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV"}
    | {"XAF", "XOF", "XPF"},
)
_THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def exponent(currency: str) -> int:
    """How many decimals Stripe's amounts have in a currency (ISO code, any case)."""
    code = currency.upper()
    if code in _ZERO_DECIMAL:
        return 0
    if code in _THREE_DECIMAL:
        return 3
    return 2


def to_major(minor: int | Decimal, currency: str) -> Decimal:
    """Minor units as major units, exactly: ``1050`` USD is ``10.50``, ``1050`` JPY is ``1050``."""
    whole = Decimal(minor)
    places = exponent(currency)
    sign, digits, power = whole.as_tuple()
    return Decimal((sign, digits, int(power) - places))


def to_minor(major: Decimal, currency: str) -> int:
    """Major units as whole minor units.

    Raises ``ValueError`` where the amount has a fraction of a minor unit: rounding is the
    caller's decision (:func:`round_major`).
    """
    exact = Fraction(major.scaleb(exponent(currency)))
    if exact.denominator != 1:
        raise ValueError(f"{major} {currency} is not a whole number of minor units")
    return exact.numerator


def round_minor(minor: Fraction) -> int:
    """Minor units rounded to a whole one, half away from zero."""
    doubled = abs(minor) * 2
    whole = (doubled.numerator + doubled.denominator) // (2 * doubled.denominator)
    return whole if minor >= 0 else -whole


def round_major(minor: Fraction, currency: str) -> Decimal:
    """An exact amount in minor units as major units, rounded once, half away from zero."""
    return to_major(round_minor(minor), currency)
