"""Which Opportunity a subscription or a payment is of, as far as Stripe knows."""

from __future__ import annotations

import re

from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import metadata
from bridge.to_salesforce.translate.fields import Context
from bridge.to_salesforce.translate.rules import BookingRules
from bridge.to_salesforce.translate.shape import Json, first, reference, required, text

_OPPORTUNITY_ID = re.compile(r"006[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?")
"""Salesforce, "Object Reference": 006 begins the id of every Opportunity."""


def of_subscription(ctx: Context, subscription: Json) -> str | None:
    """Its own metadata; else what the Checkout session said that it came from.

    A session that made a subscription does not change any more, so the answer is the subscription's
    own for good.
    """
    named = metadata.opportunity(ctx.rules, subscription)
    if named is not None:
        return named
    fact = ctx.look.one(Need(Kind.CHECKOUT_SESSION, required(subscription, "id")))
    return None if fact.object is None else of_session(ctx.rules, fact.object)


def of_payment(ctx: Context, charge: Json) -> str | None:
    """Of a payment of no invoice: the charge's metadata, its payment intent's, its session's.

    A charge has a copy of the metadata that its payment intent had when it was made.
    """
    named = metadata.opportunity(ctx.rules, charge)
    intent = reference(first(charge, "payment_intent"))
    if named is not None or intent is None:
        return named
    needs = (Need(Kind.PAYMENT_INTENT, intent), Need(Kind.PAYMENT_SESSION, intent))
    payment, session = (fact.object for fact in ctx.look.all(needs))
    named = metadata.opportunity(ctx.rules, payment) if payment is not None else None
    return named or (of_session(ctx.rules, session) if session is not None else None)


def of_session(rules: BookingRules, session: Json) -> str | None:
    """A session's metadata; else its ``client_reference_id``, if that can be an Opportunity's.

    Companies keep ids of all kinds there, most of them of no concern to Salesforce.
    """
    named = metadata.opportunity(rules, session)
    if named is not None:
        return named
    reference = text(session, "client_reference_id")
    return reference if reference and _OPPORTUNITY_ID.fullmatch(reference) else None
