"""The account whose key it is."""

from __future__ import annotations

from ...errors import missing_object
from ...jsontypes import Body
from ..call import Call, Route


def retrieve(call: Call) -> Body:
    call.params.done()
    account = call.world.account
    if call.path.get("id", account.id) != account.id:
        raise missing_object("account", call.id)
    return {
        "id": account.id,
        "object": "account",
        "business_profile": {"name": account.name, "url": None},
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": account.country,
        "created": account.created,
        "default_currency": account.default_currency,
        "details_submitted": True,
        "email": account.email,
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "dashboard": {"display_name": account.name, "timezone": account.timezone},
        },
        "type": "standard",
    }


ROUTES = (
    Route("GET", "/v1/account", retrieve),
    Route("GET", "/v1/accounts/{id}", retrieve),
)
