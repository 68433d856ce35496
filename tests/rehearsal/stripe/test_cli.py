"""The official Stripe CLI (npm ``@stripe/cli``) as a driver that nobody here wrote."""

from __future__ import annotations

import asyncio
import os
import shutil

import pytest

from .conftest import KEY

CLI = shutil.which("stripe")

TRIGGERS = [
    "customer.subscription.created",
    "invoice.paid",
    "invoice.payment_failed",
    "charge.refunded",
    "charge.dispute.closed",
    "checkout.session.completed",
    "payment_intent.amount_capturable_updated",
]


@pytest.mark.e2e
@pytest.mark.skipif(CLI is None, reason="the Stripe CLI is not on the PATH")
@pytest.mark.parametrize("event", TRIGGERS)
async def test_stripe_trigger(rig, tmp_path, event):
    environment = {
        **os.environ,
        "XDG_CONFIG_HOME": str(tmp_path),
        "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
    }
    process = await asyncio.create_subprocess_exec(
        str(CLI), "trigger", event, "--api-base", rig.url, "--api-key", KEY,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, output.decode()
    assert event in rig.types()
