"""All state of one stand-in: an account, its objects, its clock, its agenda and its book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from . import versions
from .book import Book
from .clock import Agenda, Clock
from .ids import Ids
from .jsontypes import Body
from .objects.catalog import Price, Product, TaxRate
from .objects.checkout import CheckoutSession
from .objects.credit_notes import CreditNote
from .objects.customers import Customer, CustomerBalanceTransaction, PaymentMethod
from .objects.discounts import Coupon, Discount
from .objects.invoices import Invoice, InvoiceItem, InvoicePayment
from .objects.payments import BalanceTransaction, Charge, Dispute, PaymentIntent, Refund
from .objects.schedules import SubscriptionSchedule
from .objects.subscriptions import Subscription, SubscriptionItem
from .objects.webhooks import Event, WebhookEndpoint
from .periods import DAY
from .store import Table


@dataclass(slots=True)
class Settings:
    """What a company sets in the Dashboard, and what Stripe decides for it.

    ``retry_days``: days between automatic payment attempts, "Smart Retries" made predictable.
    ``after_retries``: what becomes of the subscription: ``cancel``, ``unpaid`` or ``past_due``.
    ``settlement_delay``: seconds until a charge has its balance transaction.
    ``lose_next``: so many events will never be generated, neither sent nor listed.
    ``events_listed_after``: seconds until the list of events has a new one.
    ``settlement_rates``: worth of a major unit in a major unit of the account's currency; a
    currency without a rate settles in itself, as with a bank account in that currency.
    ``overdue_events``, ``will_be_due_days``: the automations that send ``invoice.overdue`` and, so
    many days before the due date, ``invoice.will_be_due``.
    ``fail_finalizations``: so many drafts will not become final by themselves.
    """

    retry_days: tuple[int, ...] = (3, 5, 7)
    after_retries: str = "cancel"
    draft_seconds: int = 3600
    incomplete_seconds: int = 23 * 3600
    settlement_delay: int = 120
    settlement_rates: dict[str, Decimal] = field(
        default_factory=lambda: {
            "eur": Decimal("1.08"),
            "gbp": Decimal("1.27"),
            "jpy": Decimal("0.0067"),
            "kwd": Decimal("3.25"),
        }
    )
    fee_percent: Decimal = Decimal("2.9")
    fee_fixed: int = 30
    dispute_fee: int = 1500
    dispute_days: int = 9
    trial_warning: int = 3 * DAY
    lose_next: int = 0
    events_listed_after: int = 0
    overdue_events: bool = True
    will_be_due_days: int = 0
    fail_finalizations: int = 0


@dataclass(slots=True)
class Account:
    """The Stripe account itself; ``api_version`` is its default."""

    id: str
    api_version: str = versions.NEWEST
    country: str = "US"
    default_currency: str = "usd"
    name: str = "Rehearsal"
    email: str = "owner@example.com"
    timezone: str = "Etc/UTC"
    created: int = 1_577_836_800


@dataclass(slots=True)
class RequestContext:
    """The API request being served, as its events name it."""

    id: str
    idempotency_key: str | None


class World:
    """The state; only ``engine`` changes it."""

    def __init__(
        self, *, clock: Clock | None = None, livemode: bool = False, seed: int | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.livemode = livemode
        self.ids = Ids(seed)
        self.account = Account(self.ids.new("acct", 16))
        self.settings = Settings()
        self.after_retries: dict[str, str] = {}
        """Subscriptions that fare otherwise than the account's setting says."""
        self.agenda = Agenda()
        self.book = Book()
        self.request: RequestContext | None = None
        self.listeners: list[Callable[[Event], None]] = []
        self.lost: list[str] = []
        """Objects of the events that were never generated."""
        self.last_seen: dict[str, dict[str, Body]] = defaultdict(dict)

        self.customers: Table[Customer] = Table("customer")
        self.payment_methods: Table[PaymentMethod] = Table("PaymentMethod")
        self.balance_changes: Table[CustomerBalanceTransaction] = Table(
            "customer_balance_transaction", customer=lambda c: c.customer
        )
        self.products: Table[Product] = Table("product")
        self.prices: Table[Price] = Table("price", product=lambda p: p.product)
        self.tax_rates: Table[TaxRate] = Table("tax rate")
        self.coupons: Table[Coupon] = Table("coupon")
        self.discounts: Table[Discount] = Table("discount")
        self.subscriptions: Table[Subscription] = Table(
            "subscription", customer=lambda s: s.customer
        )
        self.schedules: Table[SubscriptionSchedule] = Table(
            "subscription_schedule", customer=lambda s: s.customer
        )
        self.items: Table[SubscriptionItem] = Table("subscription_item")
        self.invoices: Table[Invoice] = Table(
            "invoice", customer=lambda i: i.customer, subscription=lambda i: i.subscription
        )
        self.invoice_items: Table[InvoiceItem] = Table("invoiceitem", customer=lambda i: i.customer)
        self.invoice_payments: Table[InvoicePayment] = Table(
            "invoice_payment",
            invoice=lambda p: p.invoice,
            payment_intent=lambda p: p.payment_intent,
        )
        self.payment_intents: Table[PaymentIntent] = Table(
            "payment_intent", customer=lambda p: p.customer
        )
        self.charges: Table[Charge] = Table(
            "charge", customer=lambda c: c.customer, payment_intent=lambda c: c.payment_intent
        )
        self.refunds: Table[Refund] = Table(
            "refund", charge=lambda r: r.charge, payment_intent=lambda r: r.payment_intent
        )
        self.disputes: Table[Dispute] = Table(
            "dispute", charge=lambda d: d.charge, payment_intent=lambda d: d.payment_intent
        )
        self.balance_transactions: Table[BalanceTransaction] = Table(
            "balance transaction", source=lambda b: b.source
        )
        self.credit_notes: Table[CreditNote] = Table(
            "credit note", invoice=lambda c: c.invoice, customer=lambda c: c.customer
        )
        self.sessions: Table[CheckoutSession] = Table("checkout.session")
        self.events: Table[Event] = Table("event")
        self.endpoints: Table[WebhookEndpoint] = Table("webhook endpoint")

    def now(self) -> int:
        """Unix seconds of the stand-in's clock."""
        return self.clock.now()

    def charge_of(self, intent: PaymentIntent) -> Charge | None:
        return self.charges.get(intent.latest_charge) if intent.latest_charge else None
