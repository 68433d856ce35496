"""What a subscription's rows take from elsewhere, all of it asked for at once."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.money import Plan
from bridge.stripe_api.facts import Kind, Need
from bridge.to_salesforce.translate import link
from bridge.to_salesforce.translate.fields import Context, Snapshot, cut
from bridge.to_salesforce.translate.lookup import gather_two
from bridge.to_salesforce.translate.phases import Schedule, agreed
from bridge.to_salesforce.translate.plan import items_of, plan_of, price_of, product_id
from bridge.to_salesforce.translate.shape import Json, text
from bridge.to_salesforce.translate.term import one_off, term_of


@dataclass(frozen=True, slots=True)
class Sold:
    """What was sold, in full."""

    items: list[Json]
    plan: Plan
    plan_name: str | None
    opportunity: str | None
    term: int | None
    """Months, where anybody said so."""
    one_off: int
    """Minor units charged once at the beginning; 0 without a term, when nobody asks."""
    schedule: Schedule


def sold_of(ctx: Context, at: Snapshot) -> Sold:
    """What a subscription sells."""
    items = items_of(ctx, at)
    ((plan, name), schedule), (opportunity, (term, once)) = gather_two(
        lambda: gather_two(
            lambda: gather_two(lambda: plan_of(ctx, at, items), lambda: _plan_name(ctx, items)),
            lambda: agreed(ctx, at),
        ),
        lambda: gather_two(
            lambda: link.of_subscription(ctx, at.object),
            lambda: _term(ctx, at.object),
        ),
    )
    return Sold(items, plan, name, opportunity, term, once, schedule)


def _term(ctx: Context, subscription: Json) -> tuple[int | None, int]:
    term = term_of(ctx, subscription)
    return term, 0 if term is None else one_off(ctx, subscription)


def _plan_name(ctx: Context, items: list[Json]) -> str | None:
    """The names of the products, each once, in the order of the items."""
    prices = [price_of(item) for item in items]
    inline = {
        key: name
        for price in prices
        if (key := product_id(price)) and (name := text(price, "product.name"))
    }
    keys = [key for key in dict.fromkeys(product_id(price) for price in prices) if key]
    unknown = [key for key in keys if key not in inline]
    facts = ctx.look.all(Need(Kind.PRODUCT, key) for key in unknown)
    names = inline | {
        key: text(fact.object or {}, "name") or key
        for key, fact in zip(unknown, facts, strict=True)
    }
    return cut(", ".join(dict.fromkeys(names[key] for key in keys)), 255) or None
