"""Products, prices and tax rates."""

from __future__ import annotations

from decimal import Decimal

from ...errors import invalid_parameter, missing_object, missing_parameter
from ...events import emit
from ...money import currency as known_currency
from ...objects.catalog import Price, Product, Recurring, TaxRate, Tier, TransformQuantity
from ...params import Params, merged
from ...world import World
from ..call import Answer, Call, Route, listed

_INTERVALS = {"day": 1095, "week": 156, "month": 36, "year": 3}
"""The longest ``interval_count`` of each interval: three years."""


def create_product(call: Call) -> Answer:
    product = _new_product(call.world, call.params)
    default = call.params.child("default_price_data")
    price = _new_price(call.world, default, product.id) if default else None
    call.params.done()
    _check_unused(call.world, product)
    call.world.products.add(product)
    if price is not None:
        product.default_price = price.id
    emit(call.world, "product.created", product)
    if price is not None:
        emit(call.world, "price.created", call.world.prices.add(price))
    return product


def _check_unused(world: World, product: Product) -> None:
    if product.id in world.products:
        raise invalid_parameter(
            "id", f"Product already exists: {product.id}", "resource_already_exists"
        )


def _new_product(world: World, params: Params) -> Product:
    product = Product(
        id=params.optional("id") or world.ids.new("prod", 14),
        created=world.now(),
        updated=world.now(),
        name=params.required("name"),
        active=params.boolean("active", True),
        description=params.optional("description"),
        statement_descriptor=params.optional("statement_descriptor"),
        unit_label=params.optional("unit_label"),
        tax_code=params.optional("tax_code"),
        metadata=merged({}, params.metadata()),
    )
    params.choice("type", ("service",), "service")
    return product


def update_product(call: Call) -> Answer:
    world, params = call.world, call.params
    product = _product(call)
    texts = {
        name: params.optional(name)
        for name in ("description", "statement_descriptor", "unit_label", "tax_code")
        if params.has(name)
    }
    name = params.optional("name") or product.name
    active = params.boolean("active", product.active)
    default = params.optional("default_price")
    metadata = merged(product.metadata, params.metadata())
    params.done()
    if default is not None:
        product.default_price = world.prices.named(default, "default_price").id
    for key, value in texts.items():
        setattr(product, key, value)
    product.name, product.active, product.metadata = name, active, metadata
    product.updated = world.now()
    emit(world, "product.updated", product)
    return product


def delete_product(call: Call) -> Answer:
    call.params.done()
    product = _product(call)
    if call.world.prices.by("product", product.id):
        raise invalid_parameter(
            "id",
            "This product cannot be deleted because it has one or more user-created prices.",
        )
    emit(call.world, "product.deleted", product)
    product.deleted = True
    return product


def retrieve_product(call: Call) -> Answer:
    call.params.done()
    return _product(call)


def list_products(call: Call) -> Answer:
    params = call.params
    active, ids = params.optional("active"), params.texts("ids")
    rows = [
        each
        for each in call.world.products
        if not each.deleted
        and active in (None, str(each.active).lower())
        and (not ids or each.id in ids)
    ]
    return listed(params, rows)


def _product(call: Call) -> Product:
    product = call.world.products.need(call.id)
    if product.deleted:
        raise missing_object("product", call.id)
    return product


def create_price(call: Call) -> Answer:
    world, params = call.world, call.params
    product_data = params.child("product_data")
    product = _new_product(world, product_data) if product_data else None
    if product is None:
        held = world.products.named(params.required("product"), "product")
        if held.deleted:
            raise missing_object("product", held.id, "product", status=400)
        price = _new_price(world, params, held.id)
    else:
        price = _new_price(world, params, product.id)
    active = params.boolean("active", True)
    params.done()
    price.active = active
    if product is not None:
        _check_unused(world, product)
        emit(world, "product.created", world.products.add(product))
    world.prices.add(price)
    emit(world, "price.created", price)
    return price


def new_price(world: World, params: Params, product: str) -> Price:
    """A price from ``price_data``, for the one use that it was made for."""
    price = _new_price(world, params, product)
    price.active = False
    return price


def _new_price(world: World, params: Params, product: str) -> Price:
    currency = known_currency(params.required("currency"), params.name("currency"))
    scheme = params.choice("billing_scheme", ("per_unit", "tiered"), "per_unit")
    amount = params.integer("unit_amount", minimum=0)
    decimal = params.decimal("unit_amount_decimal")
    if amount is not None and decimal is not None:
        raise invalid_parameter(
            params.name("unit_amount"),
            "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
        )
    unit = Decimal(amount) if amount is not None else decimal
    tiers = tuple(_tier(child) for child in params.children("tiers"))
    mode = params.optional("tiers_mode")
    if scheme == "tiered":
        _check_tiers(params, tiers, mode)
    elif unit is None:
        raise missing_parameter(params.name("unit_amount"))
    return Price(
        id=world.ids.new("price"),
        created=world.now(),
        currency=currency,
        product=product,
        unit_amount=None if scheme == "tiered" else unit,
        recurring=_recurring(params),
        tiers=tiers if scheme == "tiered" else (),
        tiers_mode=mode if scheme == "tiered" else None,
        transform_quantity=_transform(params),
        nickname=params.optional("nickname"),
        lookup_key=params.optional("lookup_key"),
        tax_behavior=params.choice(
            "tax_behavior", ("exclusive", "inclusive", "unspecified"), "unspecified"
        ),
        metadata=merged({}, params.metadata()),
    )


def _recurring(params: Params) -> Recurring | None:
    child = params.child("recurring")
    if child is None:
        return None
    interval = child.choice("interval", tuple(_INTERVALS), child.required("interval"))
    count = child.integer("interval_count", minimum=1) or 1
    if count > _INTERVALS[interval]:
        raise invalid_parameter(
            child.name("interval_count"), "The maximum allowed interval is three years."
        )
    usage = child.choice("usage_type", ("licensed", "metered"), "licensed")
    return Recurring(interval, count, usage)


def _transform(params: Params) -> TransformQuantity | None:
    child = params.child("transform_quantity")
    if child is None:
        return None
    divide_by = child.required_integer("divide_by", minimum=1)
    return TransformQuantity(divide_by, child.choice("round", ("up", "down"), "up"))


def _tier(params: Params) -> Tier:
    up_to = params.required("up_to")
    amounts = []
    for name in ("unit_amount", "flat_amount"):
        whole, decimal = params.integer(name, minimum=0), params.decimal(f"{name}_decimal")
        amounts.append(Decimal(whole) if whole is not None else decimal or Decimal(0))
    return Tier(None if up_to == "inf" else int(up_to), amounts[0], amounts[1])


def _check_tiers(params: Params, tiers: tuple[Tier, ...], mode: str | None) -> None:
    if mode not in ("graduated", "volume"):
        raise missing_parameter(params.name("tiers_mode"))
    if not tiers or tiers[-1].up_to is not None:
        raise invalid_parameter(params.name("tiers"), "The last tier must have `up_to` of `inf`.")
    edges = [tier.up_to for tier in tiers[:-1]]
    if any(edge is None for edge in edges) or edges != sorted(set(edges), key=lambda e: e or 0):
        raise invalid_parameter(params.name("tiers"), "Tiers must be in ascending order.")


def update_price(call: Call) -> Answer:
    params, price = call.params, call.world.prices.need(call.id)
    active = params.boolean("active", price.active)
    nickname = params.optional("nickname") if params.has("nickname") else price.nickname
    lookup = params.optional("lookup_key") if params.has("lookup_key") else price.lookup_key
    metadata = merged(price.metadata, params.metadata())
    params.done()
    price.active, price.nickname, price.lookup_key = active, nickname, lookup
    price.metadata = metadata
    emit(call.world, "price.updated", price)
    return price


def retrieve_price(call: Call) -> Answer:
    call.params.done()
    return call.world.prices.need(call.id)


def list_prices(call: Call) -> Answer:
    params = call.params
    active, currency = params.optional("active"), params.optional("currency")
    product, kind = params.optional("product"), params.optional("type")
    keys = params.texts("lookup_keys")
    rows = [
        each
        for each in call.world.prices
        if active in (None, str(each.active).lower())
        and currency in (None, each.currency)
        and product in (None, each.product)
        and kind in (None, "recurring" if each.recurring else "one_time")
        and (not keys or each.lookup_key in keys)
    ]
    return listed(params, rows)


def create_tax_rate(call: Call) -> Answer:
    params = call.params
    percentage = params.decimal("percentage")
    if percentage is None:
        raise missing_parameter("percentage")
    rate = TaxRate(
        id=call.world.ids.new("txr"),
        created=call.world.now(),
        display_name=params.required("display_name"),
        percentage=percentage,
        inclusive=params.choice("inclusive", ("true", "false"), params.required("inclusive"))
        == "true",
        country=params.optional("country"),
        description=params.optional("description"),
        jurisdiction=params.optional("jurisdiction"),
        metadata=merged({}, params.metadata()),
    )
    params.done()
    call.world.tax_rates.add(rate)
    emit(call.world, "tax_rate.created", rate)
    return rate


def retrieve_tax_rate(call: Call) -> Answer:
    call.params.done()
    return call.world.tax_rates.need(call.id)


def list_tax_rates(call: Call) -> Answer:
    return listed(call.params, call.world.tax_rates)


ROUTES = (
    Route("POST", "/v1/products", create_product),
    Route("GET", "/v1/products", list_products),
    Route("GET", "/v1/products/{id}", retrieve_product),
    Route("POST", "/v1/products/{id}", update_product),
    Route("DELETE", "/v1/products/{id}", delete_product),
    Route("POST", "/v1/prices", create_price),
    Route("GET", "/v1/prices", list_prices),
    Route("GET", "/v1/prices/{id}", retrieve_price),
    Route("POST", "/v1/prices/{id}", update_price),
    Route("POST", "/v1/tax_rates", create_tax_rate),
    Route("GET", "/v1/tax_rates", list_tax_rates),
    Route("GET", "/v1/tax_rates/{id}", retrieve_tax_rate),
)
