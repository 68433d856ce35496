"""A small Salesforce org on this machine. It knows nothing of Stripe."""
