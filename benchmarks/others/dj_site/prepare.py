"""Makes the tables and the webhook endpoint; prints the endpoint's UUID."""

import os

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dj_site.settings")
django.setup()

from djstripe.models import WebhookEndpoint  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)
endpoint = WebhookEndpoint.objects.create(
    id="we_benchmark",
    livemode=False,
    secret=os.environ["BENCH_SECRET"],
    url="https://example.com/stripe",
    enabled_events=["*"],
    status="enabled",
)
print(endpoint.djstripe_uuid)
