"""What crosses the border between the bridge and Salesforce, field by field.

The models here and the metadata in ``salesforce/`` say the same thing; a test compares them.
"""

from bridge.contract.ledger import (
    KEYS,
    LEDGER_ORDER,
    CustomerRow,
    EntryRow,
    LedgerRow,
    MovementRow,
    RenewalRow,
    SubscriptionRow,
    dump_rows,
)
from bridge.contract.messages import (
    CONTRACT_VERSION,
    RECEIPT_TOPIC,
    REQUEST_TOPIC,
    STRIPE_EVENT_TOPIC,
    TIME_FIELDS,
    Outcome,
    ReceiptMessage,
    ReceiptResult,
    RequestMessage,
    StripeEventMessage,
)

__all__ = [
    "CONTRACT_VERSION",
    "KEYS",
    "LEDGER_ORDER",
    "RECEIPT_TOPIC",
    "REQUEST_TOPIC",
    "STRIPE_EVENT_TOPIC",
    "TIME_FIELDS",
    "CustomerRow",
    "EntryRow",
    "LedgerRow",
    "MovementRow",
    "Outcome",
    "ReceiptMessage",
    "ReceiptResult",
    "RenewalRow",
    "RequestMessage",
    "StripeEventMessage",
    "SubscriptionRow",
    "dump_rows",
]
