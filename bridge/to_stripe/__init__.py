"""The way back: what Opportunities say becomes metadata of Stripe's customers and subscriptions."""
