"""Which Opportunity a subscription is of, as far as Stripe knows."""

from __future__ import annotations

import re

from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import metadata
from bridge.to_salesforce.translate.fields import Context
from bridge.to_salesforce.translate.rules import BookingRules
from bridge.to_salesforce.translate.shape import Json, required, text

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


def of_session(rules: BookingRules, session: Json) -> str | None:
    """A session's metadata; else its ``client_reference_id``, if that can be an Opportunity's.

    Companies keep ids of all kinds there, most of them of no concern to Salesforce.
    """
    named = metadata.opportunity(rules, session)
    if named is not None:
        return named
    reference = text(session, "client_reference_id")
    return reference if reference and _OPPORTUNITY_ID.fullmatch(reference) else None
