"""The HTTP side: Stripe's API under ``/v1`` and the stand-in's own controls under ``/_standin``."""
