"""Minor units: exponents, rounding, and the amounts that Stripe will not charge."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from .errors import invalid_parameter

# Stripe docs, "Supported currencies".
ZERO_DECIMAL = frozenset([
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
])  # fmt: skip
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
TWO_DECIMAL = frozenset([
    "usd", "aed", "ars", "aud", "bgn", "brl", "cad", "chf", "cny", "cop", "czk", "dkk", "egp",
    "eur", "gbp", "hkd", "huf", "idr", "ils", "inr", "isk", "mxn", "myr", "nok", "nzd", "pen",
    "php", "pln", "ron", "rub", "sar", "sek", "sgd", "thb", "try", "twd", "uah", "ugx", "zar",
])  # fmt: skip
CURRENCIES = ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL

# Stripe docs, "Minimum and maximum charge amounts", in minor units.
MINIMUM_CHARGE = {
    "usd": 50, "aud": 50, "cad": 50, "chf": 50, "eur": 50, "gbp": 30, "jpy": 50, "nzd": 50,
    "sgd": 50, "brl": 50, "inr": 50, "mxn": 1000, "sek": 300, "nok": 300, "dkk": 250, "hkd": 400,
    "pln": 200, "czk": 1500, "ron": 200, "bgn": 100, "huf": 17500, "aed": 200, "myr": 200,
    "thb": 1000,
}  # fmt: skip


def currency(code: str, param: str = "currency") -> str:
    """The currency in Stripe's lower case; refused if Stripe does not know it."""
    code = code.lower()
    if code not in CURRENCIES:
        raise invalid_parameter(param, f"Invalid currency: {code}. Stripe does not support it.")
    return code


def exponent(code: str) -> int:
    """Digits after the point that one minor unit stands for."""
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else 2


def check_amount(amount: int, code: str, param: str = "amount") -> int:
    """A chargeable amount in minor units; the last digit of a three-decimal one must be 0."""
    if amount < MINIMUM_CHARGE.get(code, 1):
        raise invalid_parameter(
            param,
            f"Amount must be no less than {MINIMUM_CHARGE.get(code, 1)} {code} in minor units",
            "amount_too_small",
        )
    if code in THREE_DECIMAL and amount % 10:
        raise invalid_parameter(
            param, f"Amounts in {code} must be evenly divisible by 10", "invalid_request_error"
        )
    return amount


def rounded(amount: Decimal, code: str = "usd") -> int:
    """Whole minor units, half away from zero; whole tens in three-decimal currencies."""
    step = Decimal(10) if code in THREE_DECIMAL else Decimal(1)
    return int((amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step)


def share(part: int, amount: int, whole: int) -> int:
    """``part`` of ``whole`` that belongs to ``amount`` of it, half up; 0 of nothing."""
    return rounded(Decimal(part) * amount / whole) if whole else 0
