"""Controls of what the stand-in cannot know by itself: what banks, buyers and companies do."""

from __future__ import annotations

from aiohttp import web

from ..engine import disputes, paying, payments, refunds
from ..errors import StripeError
from ..jsontypes import Body
from .asked import Asked, integer, only, optional, shown, text
from .standin import StandIn


async def open_dispute(standin: StandIn, asked: Asked, _: web.Request) -> Body:
    """A bank disputes ``charge``: ``amount`` (all), ``reason``, ``inquiry``."""
    only(asked, "charge", "amount", "reason", "inquiry")
    standin.catch_up()
    charge = standin.world.charges.need(text(asked, "charge"), "charge")
    amount = integer(asked, "amount") if "amount" in asked else charge.amount_captured
    dispute = disputes.open_dispute(
        standin.world,
        charge,
        amount,
        optional(asked, "reason") or "fraudulent",
        inquiry=bool(asked.get("inquiry")),
    )
    return shown(standin, dispute)


async def move_dispute(standin: StandIn, _: Asked, request: web.Request) -> Body:
    """``submit``, ``escalate``, ``win`` or ``lose`` a dispute."""
    moves = {
        "submit": disputes.submit,
        "escalate": disputes.escalate,
        "win": disputes.win,
        "lose": disputes.lose,
    }
    standin.catch_up()
    dispute = standin.world.disputes.need(request.match_info["id"])
    move = moves.get(request.match_info["move"])
    if move is None:
        raise StripeError(f"A dispute can {', '.join(moves)}.", status=404)
    move(standin.world, dispute)
    return shown(standin, dispute)


async def create_refund(standin: StandIn, asked: Asked, _: web.Request) -> Body:
    """Refund ``charge`` as ``pending`` or ``succeeded``, whatever its card does."""
    only(asked, "charge", "amount", "status", "reason")
    standin.catch_up()
    charge = standin.world.charges.need(text(asked, "charge"), "charge")
    amount = integer(asked, "amount") if "amount" in asked else None
    status = optional(asked, "status") or "pending"
    if status not in ("pending", "succeeded"):
        raise StripeError("status must be pending or succeeded.")
    refund = refunds.create(
        standin.world, charge, amount, optional(asked, "reason"), {}, status=status
    )
    return shown(standin, refund)


async def move_refund(standin: StandIn, _: Asked, request: web.Request) -> Body:
    """``succeed`` or ``fail`` a refund."""
    standin.catch_up()
    refund = standin.world.refunds.need(request.match_info["id"])
    move = request.match_info["move"]
    if move == "succeed":
        refunds.succeed(standin.world, refund)
    elif move == "fail":
        refunds.fail(standin.world, refund)
    else:
        raise StripeError("A refund can succeed or fail.", status=404)
    return shown(standin, refund)


async def fail_charge(standin: StandIn, _: Asked, request: web.Request) -> Body:
    """The bank takes back a debit that had succeeded."""
    standin.catch_up()
    charge = standin.world.charges.need(request.match_info["id"])
    return shown(standin, payments.fail(standin.world, charge))


async def pay_outside(standin: StandIn, asked: Asked, request: web.Request) -> Body:
    """An invoice is paid outside Stripe: ``amount`` of it, or what is left."""
    only(asked, "amount")
    standin.catch_up()
    invoice = standin.world.invoices.need(request.match_info["id"])
    amount = integer(asked, "amount") if "amount" in asked else None
    paying.pay_out_of_band(standin.world, invoice, amount)
    return shown(standin, invoice)


async def authenticate(standin: StandIn, asked: Asked, request: web.Request) -> Body:
    """The customer answers 3D Secure; ``succeed`` (true) says how."""
    only(asked, "succeed")
    standin.catch_up()
    intent = standin.world.payment_intents.need(request.match_info["id"])
    paying.authenticated(standin.world, intent, succeeds=bool(asked.get("succeed", True)))
    return shown(standin, intent)


async def set_card(standin: StandIn, asked: Asked, request: web.Request) -> Body:
    """From now on a saved card ``declines_with`` a code (null: works)."""
    only(asked, "declines_with")
    method = standin.world.payment_methods.need(request.match_info["id"])
    method.declines_with = optional(asked, "declines_with")
    return shown(standin, method)


ROUTES = (
    ("POST", "/disputes", open_dispute),
    ("POST", "/disputes/{id}/{move}", move_dispute),
    ("POST", "/refunds", create_refund),
    ("POST", "/refunds/{id}/{move}", move_refund),
    ("POST", "/charges/{id}/fail", fail_charge),
    ("POST", "/invoices/{id}/pay_outside", pay_outside),
    ("POST", "/payment_intents/{id}/authenticate", authenticate),
    ("POST", "/payment_methods/{id}", set_card),
)
