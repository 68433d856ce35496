"""The canonical model: one mutable dataclass a Stripe object, in the newest shape.

Amounts are integers in the currency's minor unit, instants are Unix seconds, a field that names
another object holds its id.
"""
