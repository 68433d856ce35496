"""Balance transactions: what a movement of money is worth on Stripe's balance, and its fee."""

from __future__ import annotations

from decimal import Decimal

from .. import book
from ..book import Entry
from ..events import emit
from ..money import exponent, rounded
from ..objects.payments import BalanceTransaction
from ..periods import DAY
from ..world import World

AVAILABLE_AFTER = 2 * DAY


def rate_to_settlement(world: World, currency: str) -> tuple[str, Decimal | None]:
    """The currency that ``currency`` settles in, and minor units of it for one minor unit."""
    home = world.account.default_currency
    rate = world.settings.settlement_rates.get(currency)
    if currency == home or rate is None:
        return currency, None
    return home, rate * Decimal(10) ** (exponent(home) - exponent(currency))


def record(
    world: World,
    *,
    amount: int,
    currency: str,
    kind: str,
    category: str,
    source: str,
    fee: int = 0,
) -> BalanceTransaction:
    """Move ``amount`` (minor units of ``currency``, negative when it leaves) on the balance.

    ``fee`` is in minor units of the settlement currency.
    """
    home, rate = rate_to_settlement(world, currency)
    settled = amount if rate is None else rounded(amount * rate, home)
    transaction = world.balance_transactions.add(
        BalanceTransaction(
            id=world.ids.new("txn"),
            created=world.now(),
            amount=settled,
            fee=fee,
            currency=home,
            type=kind,
            reporting_category=category,
            source=source,
            available_on=world.now() + AVAILABLE_AFTER,
            exchange_rate=rate,
        )
    )
    entries = [
        Entry(book.SETTLED, None, currency, -amount),
        Entry(book.BALANCE, None, home, settled - fee),
        Entry(book.FEES, None, home, fee),
    ]
    if home != currency:
        entries.append(Entry(book.CONVERSION, None, currency, amount))
        entries.append(Entry(book.CONVERSION, None, home, -settled))
    world.book.post(world.now(), transaction.id, "settlement", entries)
    return transaction


def settle_charge(world: World, charge_id: str) -> None:
    """Give a captured charge its balance transaction; a job, some time after the charge."""
    charge = world.charges[charge_id]
    if charge.balance_transaction is not None or not charge.captured:
        return
    home, rate = rate_to_settlement(world, charge.currency)
    amount = charge.amount_captured + charge.released
    gross = amount if rate is None else rounded(amount * rate, home)
    percent = rounded(gross * world.settings.fee_percent / 100, home)
    fixed = Decimal(world.settings.fee_fixed).scaleb(exponent(home) - 2)
    transaction = record(
        world,
        amount=amount,
        currency=charge.currency,
        kind="charge",
        category="charge",
        source=charge.id,
        fee=min(percent + rounded(fixed, home), gross),
    )
    charge.balance_transaction = transaction.id
    for refund in world.refunds.by("charge", charge.id):
        if refund.releases:
            refund.balance_transaction = record(
                world,
                amount=-refund.amount,
                currency=charge.currency,
                kind="refund",
                category="partial_capture_reversal",
                source=refund.id,
            ).id
    emit(world, "charge.updated", charge)
