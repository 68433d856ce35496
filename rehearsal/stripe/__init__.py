"""A Stripe on loopback: objects, billing, events, webhooks, in the API version asked for.

``python -m rehearsal.stripe`` starts it. One canonical model (the newest shapes) lives in
``objects``; ``engine`` moves it as Stripe Billing does; ``render`` turns it into JSON for an API
version; ``book`` is its own double-entry account of every movement of money, which never looks at
what the API renders.
"""
