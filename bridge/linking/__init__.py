"""Linking Stripe customers to Accounts from a sheet that a person made."""

from bridge.linking.links import Links, Plan, Summary
from bridge.linking.sheet import Line, Rejected, Sheet, SheetError, read_sheet

__all__ = [
    "Line",
    "Links",
    "Plan",
    "Rejected",
    "Sheet",
    "SheetError",
    "Summary",
    "read_sheet",
]
