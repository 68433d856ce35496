"""Amounts and recurring numbers, in Decimal and whole minor units, never in float.

Pure functions on plain inputs: nothing here knows Stripe's JSON or Salesforce's fields.
"""

from bridge.money.currency import exponent, round_major, round_minor, to_major, to_minor
from bridge.money.discounts import Discount, Duration
from bridge.money.pricing import Interval, Item, Price, Round, Tier, TiersMode, Transform, amount
from bridge.money.recurring import Plan, add_months, first_invoice, invoice, monthly, value
from bridge.money.tax import allocate, allocate_back, shares

__all__ = [
    "Discount",
    "Duration",
    "Interval",
    "Item",
    "Plan",
    "Price",
    "Round",
    "Tier",
    "TiersMode",
    "Transform",
    "add_months",
    "allocate",
    "allocate_back",
    "amount",
    "exponent",
    "first_invoice",
    "invoice",
    "monthly",
    "round_major",
    "round_minor",
    "shares",
    "to_major",
    "to_minor",
    "value",
]
