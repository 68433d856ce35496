"""What Stripe does: billing, payments, and the book that both write.

``subscriptions``, ``changes``, ``renewals`` and ``proration`` bill; ``lines`` and ``discounting``
say how much; ``invoices``, ``paying`` and ``dunning`` collect; ``payments``, ``settlement``,
``refunds``, ``disputes``, ``balance`` and ``credit_notes`` move money; ``standing`` tells the
subscription how its invoice fared; ``cash`` writes the book; ``checkout`` plays the buyer; ``due``
runs what the clock brings.
"""
