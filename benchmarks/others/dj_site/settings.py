"""As dj-stripe's installation page says; production's switches, not those of development."""

import os
from urllib.parse import urlsplit

_database = urlsplit(os.environ["BENCH_DATABASE"])

SECRET_KEY = "benchmark"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "dj_site.urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "djstripe"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.path.strip("/"),
        "USER": _database.username,
        "HOST": _database.hostname,
        "PORT": _database.port,
        # Else each request opens a connection: Django's default, and slower.
        "CONN_MAX_AGE": None,
    }
}
# The tables as the models say: the same as after a hundred migrations, which take minutes.
MIGRATION_MODULES = dict.fromkeys(("auth", "contenttypes", "djstripe"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STRIPE_TEST_SECRET_KEY = os.environ["BENCH_STRIPE_KEY"]
STRIPE_LIVE_MODE = False
STRIPE_API_HOST = os.environ["BENCH_STRIPE"]
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"


def _queued(trigger: object, **_: object) -> None:
    """Where an application would hand the event to its task queue."""


if os.environ.get("BENCH_QUEUED"):
    DJSTRIPE_WEBHOOK_EVENT_CALLBACK = _queued
