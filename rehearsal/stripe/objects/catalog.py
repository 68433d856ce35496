"""What is sold: products, prices, tax rates."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar


@dataclass(slots=True, kw_only=True)
class Product:
    object: ClassVar[str] = "product"
    id: str
    created: int
    updated: int
    name: str
    active: bool = True
    description: str | None = None
    default_price: str | None = None
    statement_descriptor: str | None = None
    unit_label: str | None = None
    tax_code: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Recurring:
    interval: str
    interval_count: int
    usage_type: str


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to ``up_to`` (``None``: without end); amounts may be fractions of a minor unit."""

    up_to: int | None
    unit_amount: Decimal
    flat_amount: Decimal


@dataclass(frozen=True, slots=True)
class TransformQuantity:
    divide_by: int
    round: str


@dataclass(slots=True, kw_only=True)
class Price:
    object: ClassVar[str] = "price"
    id: str
    created: int
    currency: str
    product: str
    unit_amount: Decimal | None
    recurring: Recurring | None = None
    tiers: tuple[Tier, ...] = ()
    tiers_mode: str | None = None
    transform_quantity: TransformQuantity | None = None
    active: bool = True
    nickname: str | None = None
    lookup_key: str | None = None
    tax_behavior: str = "unspecified"
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def metered(self) -> bool:
        return self.recurring is not None and self.recurring.usage_type == "metered"


@dataclass(slots=True, kw_only=True)
class TaxRate:
    object: ClassVar[str] = "tax_rate"
    id: str
    created: int
    display_name: str
    percentage: Decimal
    inclusive: bool
    active: bool = True
    country: str | None = None
    description: str | None = None
    jurisdiction: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
