"""What Stripe does: the only modules that change the world.

``catalog``, ``customers`` and ``discounts`` keep what is sold and to whom; ``subscriptions``,
``renewals`` and ``proration`` bill it; ``invoices`` and ``dunning`` ask for it; ``payments``,
``settlement``, ``refunds`` and ``disputes`` move the money, and write the book; ``due`` runs what
the clock brings.
"""
