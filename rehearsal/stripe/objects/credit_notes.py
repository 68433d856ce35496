"""Credit notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(slots=True, kw_only=True)
class CreditNote:
    object: ClassVar[str] = "credit_note"
    id: str
    created: int
    customer: str
    invoice: str
    currency: str
    number: str
    amount: int
    tax: int
    inclusive_tax: bool
    pre_payment_amount: int = 0
    post_payment_amount: int = 0
    out_of_band_amount: int = 0
    credit_amount: int = 0
    refund: str | None = None
    refund_amount: int = 0
    balance_transaction: str | None = None
    reason: str | None = None
    memo: str | None = None
    status: str = "issued"
    voided_at: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
