"""The command group, and how errors leave the process."""

from __future__ import annotations

import importlib
import os
from importlib.metadata import version
from pathlib import Path

import click

from bridge.errors import BridgeError, SettingsError

_COMMANDS = {
    "serve": "bridge.cli.serve:serve",
    "demo": "bridge.cli.demo:demo",
    "doctor": "bridge.cli.doctor:doctor",
    "events": "bridge.cli.events:events",
    "link": "bridge.cli.link:link",
    "rebind": "bridge.cli.rebind:rebind",
    "resync": "bridge.cli.resync:resync",
    "setup": "bridge.cli.setup:setup",
    "status": "bridge.cli.status:status",
}


class _Group(click.Group):
    """Imports a command when it is wanted: looking into the inbox needs no gRPC."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            for line in str(error).splitlines():
                click.echo(f"settings: {line}", err=True)
            ctx.exit(2)
        except BridgeError as error:
            click.echo(f"failed: {error}", err=True)
            ctx.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("stripe-salesforce-bridge"), prog_name="stripe-sf")
@click.option(
    "--env-file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(".env"),
    show_default=True,
    help="Settings that are not in the environment.",
)
@click.pass_context
def cli(ctx: click.Context, env_file: Path) -> None:
    """Stripe's events as Salesforce records.

    Settings are BRIDGE_ variables or lines of a .env file; `stripe-sf doctor` checks them.
    """
    ctx.obj = env_file


def main() -> None:
    """The console script."""
    # gRPC's own lines on stderr are not JSON, and say nothing that our logs do not.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    cli()
