"""``stripe-sf demo``: a customer's year on this machine."""

from __future__ import annotations

import importlib.util
import os
import sys

import click


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def demo(arguments: tuple[str, ...]) -> None:
    """Play a customer's year against a local Salesforce and a local Stripe.

    The rehearsal runs as a process of its own, with the arguments given here.
    """
    if importlib.util.find_spec("rehearsal") is None:
        raise click.ClickException(
            "the rehearsal is not installed: pip install stripe-salesforce-rehearsal, "
            "or `make demo` in the repository"
        )
    # The rehearsal takes this process's place, and so its signals and its exit code.
    os.execv(sys.executable, [sys.executable, "-m", "rehearsal.demo", *arguments])  # noqa: S606
