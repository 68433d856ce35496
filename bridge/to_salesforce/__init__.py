"""From Stripe's webhooks to Salesforce's records."""
