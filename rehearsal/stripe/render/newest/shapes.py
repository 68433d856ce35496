"""Small shapes that many objects share."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ...jsontypes import Body, Json


def listing(url: str, data: Sequence[Body], *, has_more: bool = False) -> Body:
    """A list object (API reference, "Pagination")."""
    return {"object": "list", "data": list(data), "has_more": has_more, "url": url}


def address(value: dict[str, str | None] | None) -> Body | None:
    if value is None:
        return None
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: value.get(name) for name in names}


def decimal_string(value: Decimal | None) -> str | None:
    """Stripe's decimal strings: no exponent, no zeros behind."""
    if value is None:
        return None
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole(value: Decimal | None) -> int | None:
    """The integer form of an amount, ``None`` when it has a fraction of a minor unit."""
    return int(value) if value is not None and value == value.to_integral_value() else None


AUTOMATIC_TAX: Body = {
    "disabled_reason": None,
    "enabled": False,
    "liability": None,
}

PAYMENT_SETTINGS: Body = {
    "default_mandate": None,
    "payment_method_options": None,
    "payment_method_types": None,
}


def card(brand: str, last4: str) -> dict[str, Json]:
    return {
        "brand": brand,
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"{brand}{last4}",
        "funding": "credit",
        "last4": last4,
    }
