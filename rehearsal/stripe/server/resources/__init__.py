"""The endpoints under ``/v1``, a module a family of resources."""

from __future__ import annotations

from ..call import Route
from . import (
    account,
    catalog,
    checkout,
    credit_notes,
    customers,
    discounts,
    invoice_items,
    invoices,
    money,
    payment_methods,
    payments,
    schedules,
    subscriptions,
    webhooks,
)

ROUTES: tuple[Route, ...] = (
    *account.ROUTES,
    *customers.ROUTES,
    *payment_methods.ROUTES,
    *catalog.ROUTES,
    *discounts.ROUTES,
    *subscriptions.ROUTES,
    *schedules.ROUTES,
    *invoices.ROUTES,
    *invoice_items.ROUTES,
    *payments.ROUTES,
    *money.ROUTES,
    *credit_notes.ROUTES,
    *checkout.ROUTES,
    *webhooks.ROUTES,
)
