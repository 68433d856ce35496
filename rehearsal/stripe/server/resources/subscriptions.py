"""Subscriptions and their items."""

from __future__ import annotations

from ...engine import changes, subscriptions
from ...engine.subscriptions import NewItem, NewSubscription, OneOff
from ...errors import invalid_parameter, missing_object, missing_parameter, unsupported
from ...objects.catalog import Price
from ...objects.subscriptions import Subscription
from ...params import Params, merged
from ...periods import DAY
from ...versions import CLOVER, before
from ...world import World
from ..call import Answer, Call, Route, bounds, listed
from . import catalog, fields

_METHODS = ("charge_automatically", "send_invoice")
_BEHAVIORS = ("allow_incomplete", "default_incomplete", "error_if_incomplete")
_STATUSES = (
    "active", "past_due", "unpaid", "canceled", "incomplete", "incomplete_expired", "trialing",
    "paused", "all", "ended",
)  # fmt: skip


def create(call: Call) -> Answer:
    world, params = call.world, call.params
    customer = fields.live_customer(world, params.required("customer"))
    items = [_new_item(world, child) for child in params.children("items")]
    one_offs = [_one_off(world, child) for child in params.children("add_invoice_items")]
    mode = params.child("billing_mode")
    default_mode = "classic" if before(call.version, CLOVER) else "flexible"
    at_period_end = params.boolean("cancel_at_period_end")
    wanted = NewSubscription(
        customer=customer,
        items=items,
        one_offs=one_offs,
        coupons=fields.discount_coupons(params),
        metadata=merged({}, params.metadata()),
        collection_method=params.choice("collection_method", _METHODS, _METHODS[0]),
        days_until_due=params.integer("days_until_due", minimum=0),
        payment_behavior=params.choice("payment_behavior", _BEHAVIORS, _BEHAVIORS[0]),
        default_payment_method=_method(call, customer.id),
        default_tax_rates=_tax_rates(world, params),
        description=params.optional("description"),
        trial_end=_trial_end(call),
        missing_payment_method=_missing_method(params),
        billing_mode=mode.choice("type", ("classic", "flexible"), "flexible")
        if mode
        else default_mode,
        cancel_at=params.integer("cancel_at"),
        cancel_at_period_end=at_period_end,
    )
    currency = params.optional("currency")
    params.boolean("off_session")
    params.done()
    if currency is not None and items and currency.lower() != items[0].price.currency:
        raise invalid_parameter("currency", "The price has another currency.")
    if wanted.collection_method == "send_invoice" and wanted.days_until_due is None:
        raise missing_parameter("days_until_due")
    return subscriptions.create(world, wanted)


def _new_item(world: World, params: Params) -> NewItem:
    return NewItem(
        price=_price(world, params),
        quantity=params.integer("quantity", minimum=0),
        metadata=merged({}, params.metadata()),
        coupons=tuple(fields.discount_coupons(params)),
    )


def _price(world: World, params: Params) -> Price:
    data = params.child("price_data")
    if data is None:
        name = params.name("price")
        return world.prices.named(params.required("price"), name)
    product = world.products.named(data.required("product"), data.name("product"))
    return world.prices.add(catalog.new_price(world, data, product.id))


def _one_off(world: World, params: Params) -> OneOff:
    price = world.prices.named(params.required("price"), params.name("price"))
    if price.recurring is not None:
        raise invalid_parameter(params.name("price"), "The price is recurring, not one_time.")
    quantity = params.integer("quantity", minimum=0)
    return OneOff(price, 1 if quantity is None else quantity)


def _method(call: Call, customer: str) -> str | None:
    ref = call.params.optional("default_payment_method")
    if ref is None:
        return None
    method = call.world.payment_methods.get(ref)
    if method is None:
        raise missing_object("PaymentMethod", ref, "default_payment_method", status=400)
    if method.customer != customer:
        raise invalid_parameter(
            "default_payment_method",
            f"The customer does not have a payment method with the ID {ref}. The payment method"
            " must be attached to the customer.",
            "resource_missing",
        )
    return method.id


def _tax_rates(world: World, params: Params) -> list[str]:
    ids = params.texts("default_tax_rates")
    return [world.tax_rates.named(ref, "default_tax_rates").id for ref in ids]


def _trial_end(call: Call) -> int | None:
    now = call.world.now()
    days = call.params.integer("trial_period_days", minimum=1)
    end = fields.timestamp_after(call.params, "trial_end", now)
    if days is not None and end is not None:
        raise invalid_parameter(
            "trial_end",
            "You may only specify one of these parameters: trial_end, trial_period_days.",
        )
    return now + days * DAY if days is not None else (end if end != now else None)


def _missing_method(params: Params, default: str = "create_invoice") -> str:
    settings = params.child("trial_settings")
    behavior = settings.child("end_behavior") if settings else None
    if behavior is None:
        return default
    choices = ("create_invoice", "cancel", "pause")
    return behavior.choice("missing_payment_method", choices, default)


def retrieve(call: Call) -> Answer:
    call.params.done()
    return call.world.subscriptions.need(call.id)


def list_(call: Call) -> Answer:
    params, world = call.params, call.world
    customer, price = params.optional("customer"), params.optional("price")
    method = params.optional("collection_method")
    status = params.optional("status")
    starts, ends = bounds(params, "current_period_start"), bounds(params, "current_period_end")
    if starts or ends:
        raise unsupported("listing subscriptions by their current period", "current_period_end")
    if status is not None and status not in _STATUSES:
        raise invalid_parameter("status", f"Invalid status: must be one of {', '.join(_STATUSES)}")
    source = world.subscriptions.by("customer", customer) if customer else world.subscriptions
    rows = [
        each
        for each in source
        if _status_fits(each, status)
        and method in (None, each.collection_method)
        and (price is None or any(item.price == price for item in each.items))
    ]
    return listed(params, rows)


def _status_fits(subscription: Subscription, status: str | None) -> bool:
    if status == "all":
        return True
    if status == "ended":
        return subscription.ended
    if status is None:
        return subscription.status != "canceled"
    return subscription.status == status


def update(call: Call) -> Answer:
    world, params = call.world, call.params
    subscription = world.subscriptions.need(call.id)
    edits = [_item_edit(world, child) for child in params.children("items")]
    change = changes.Change(
        items=edits,
        proration=params.choice(
            "proration_behavior",
            ("create_prorations", "always_invoice", "none"),
            "create_prorations",
        ),
        proration_date=params.integer("proration_date"),
        metadata=params.metadata(),
        days_until_due=params.integer("days_until_due", minimum=0),
    )
    if params.has("cancel_at_period_end"):
        change.cancel_at_period_end = params.boolean("cancel_at_period_end")
    if params.has("cancel_at"):
        change.cancel_at = params.integer("cancel_at") or 0
    if params.has("discounts"):
        change.coupons = fields.discount_coupons(params)
    if params.has("default_payment_method"):
        change.default_payment_method = _method(call, subscription.customer) or ""
    if params.has("default_tax_rates"):
        change.default_tax_rates = _tax_rates(world, params)
    if params.has("description"):
        change.description = params.text("description")
    if params.has("collection_method"):
        change.collection_method = params.choice("collection_method", _METHODS, _METHODS[0])
    if params.has("trial_end"):
        change.trial_end = fields.timestamp_after(params, "trial_end", world.now())
    change.missing_payment_method = _missing_method(params, subscription.missing_payment_method)
    details = params.child("cancellation_details")
    if details is not None:
        change.comment, change.feedback = details.optional("comment"), details.optional("feedback")
    if params.has("pause_collection"):
        pause = params.child("pause_collection")
        change.pause = (
            changes.Pause(
                pause.choice(
                    "behavior",
                    ("keep_as_draft", "mark_uncollectible", "void"),
                    pause.required("behavior"),
                ),
                pause.integer("resumes_at"),
            )
            if pause
            else changes.Pause(None, None)
        )
    params.choice("payment_behavior", ("allow_incomplete",), "allow_incomplete")
    params.boolean("off_session")
    params.done()
    return changes.apply(world, subscription, change)


def _item_edit(world: World, params: Params) -> changes.ItemEdit:
    wants_price = params.has("price") or params.has("price_data")
    return changes.ItemEdit(
        id=params.optional("id"),
        price=_price(world, params) if wants_price else None,
        quantity=params.integer("quantity", minimum=0),
        deleted=params.boolean("deleted"),
        metadata=params.metadata(),
        coupons=tuple(fields.discount_coupons(params)) if params.has("discounts") else None,
        param=params.name("id"),
    )


def cancel(call: Call) -> Answer:
    params, world = call.params, call.world
    subscription = world.subscriptions.need(call.id)
    if params.boolean("invoice_now") or params.boolean("prorate"):
        raise unsupported("a final proration invoice at cancellation", "prorate")
    details = params.child("cancellation_details")
    comment = details.optional("comment") if details else None
    feedback = details.optional("feedback") if details else None
    params.done()
    return subscriptions.cancel(world, subscription, comment=comment, feedback=feedback)


def resume(call: Call) -> Answer:
    params = call.params
    params.choice("billing_cycle_anchor", ("now",), "now")
    params.done()
    return changes.resume(call.world, call.world.subscriptions.need(call.id))


def delete_discount(call: Call) -> Answer:
    call.params.done()
    world, subscription = call.world, call.world.subscriptions.need(call.id)
    if not subscription.discounts:
        raise missing_object("discount", call.id)
    first = subscription.discounts[0]
    changes.apply(world, subscription, changes.Change(coupons=[]))
    return {"id": first, "object": "discount", "deleted": True}


def list_items(call: Call) -> Answer:
    subscription = call.world.subscriptions.named(
        call.params.required("subscription"), "subscription"
    )
    return listed(call.params, subscription.items)


def retrieve_item(call: Call) -> Answer:
    call.params.done()
    return call.world.items.need(call.id)


def update_item(call: Call) -> Answer:
    world, params = call.world, call.params
    item = world.items.need(call.id)
    edit = changes.ItemEdit(
        id=item.id,
        price=_price(world, params) if params.has("price") else None,
        quantity=params.integer("quantity", minimum=0),
        deleted=False,
        metadata=params.metadata(),
        coupons=None,
        param="id",
    )
    proration = params.choice(
        "proration_behavior", ("create_prorations", "always_invoice", "none"), "create_prorations"
    )
    params.done()
    change = changes.Change(items=[edit], proration=proration)
    changes.apply(world, world.subscriptions[item.subscription], change)
    return item


ROUTES = (
    Route("POST", "/v1/subscriptions", create),
    Route("GET", "/v1/subscriptions", list_),
    Route("GET", "/v1/subscriptions/{id}", retrieve),
    Route("POST", "/v1/subscriptions/{id}", update),
    Route("DELETE", "/v1/subscriptions/{id}", cancel),
    Route("POST", "/v1/subscriptions/{id}/resume", resume),
    Route("DELETE", "/v1/subscriptions/{id}/discount", delete_discount),
    Route("GET", "/v1/subscription_items", list_items),
    Route("GET", "/v1/subscription_items/{id}", retrieve_item),
    Route("POST", "/v1/subscription_items/{id}", update_item),
)
