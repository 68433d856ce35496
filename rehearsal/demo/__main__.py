"""`python -m rehearsal.demo`: what `stripe-sf demo` runs."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from rehearsal.demo.clouds import Clouds, NotSettled
from rehearsal.demo.page import render
from rehearsal.demo.page.serve import PageServer
from rehearsal.demo.processes import DidNotStart
from rehearsal.demo.story import SEED, Story
from rehearsal.demo.tell import Teller


def project_root() -> Path:
    """The project above the working directory, else the one that this code stands in."""
    for folder in (Path.cwd(), *Path.cwd().parents, Path(__file__).parents[2]):
        if (folder / "sfdx-project.json").exists():
            return folder
    raise click.ClickException(
        "No sfdx-project.json here or above: run the demo from a clone of the repository, "
        "or name the package with --project."
    )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the story as one JSON object.")
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The sfdx project whose Flows and Apex run; by default the one around you.",
)
@click.option("--api-version", help="Stripe API version of the webhook endpoint.")
@click.option(
    "--page",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the org's state at the end to this file, as a page for a browser.",
)
def main(as_json: bool, project: Path | None, api_version: str | None, page: Path | None) -> None:
    """Plays a customer's story through Stripe, the bridge and Salesforce, all on this machine.

    Exits 0 when the story came out, 1 when it did not.
    """
    console = Console(file=sys.stderr if as_json else sys.stdout)
    try:
        story = asyncio.run(
            play(
                console,
                project or project_root(),
                as_json=as_json,
                api_version=api_version,
                page=page,
            )
        )
    except (DidNotStart, NotSettled) as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        story = {"ok": False, "error": str(error), "steps": [], "records": {}}
    except KeyboardInterrupt:
        sys.exit(1)
    if as_json:
        encode = msgspec.json.Encoder(decimal_format="number").encode
        sys.stdout.buffer.write(encode(story) + b"\n")
    sys.exit(0 if story["ok"] else 1)


async def play(
    console: Console,
    project: Path,
    *,
    as_json: bool,
    api_version: str | None,
    page: Path | None = None,
) -> dict[str, Any]:
    """The story as the JSON that `--json` prints; `page` is where its end is written as a page."""
    watched = sys.stdin.isatty() and console.is_terminal and not as_json
    if not as_json:
        console.print("Starting a local Salesforce org, a Stripe stand-in and the bridge …")
    steps = []
    async with contextlib.AsyncExitStack() as stack:
        clouds = await stack.enter_async_context(Clouds(project, SEED, api_version=api_version))
        server = await stack.enter_async_context(PageServer(clouds.org)) if watched else None
        if server is not None:
            console.print(f"Watch it in a browser: {server.url}", highlight=False)
        story = Story(clouds)
        teller = Teller(console, clouds.org.types)
        began = time.monotonic()
        async for told in story.play():
            steps.append(told.to_json())
            if not as_json:
                seconds = time.monotonic() - began
                teller.step(len(steps), told, story.snapshot, seconds)
            began = time.monotonic()
        if not as_json:
            teller.end(story.snapshot)
        if page is not None:
            await asyncio.to_thread(page.write_text, render(story.snapshot), "utf-8")
        if server is not None:
            await wait_for_the_person(console, clouds, server)
    records = {name: list(rows.values()) for name, rows in story.snapshot.items()}
    return {"ok": True, "steps": steps, "records": records}


async def wait_for_the_person(console: Console, clouds: Clouds, server: PageServer) -> None:
    """Leaves everything running until Enter."""
    console.print()
    console.print(f"Page         {server.url}")
    console.print(f"Salesforce   {clouds.salesforce_said['http_url']}")
    console.print(f"  token      {clouds.salesforce_said['access_token']}")
    console.print(f"Stripe       {clouds.stripe_said['url']}  key {clouds.stripe_said['api_key']}")
    console.print(f"Bridge       {clouds.bridge_url}/metrics  {clouds.bridge_url}/readyz")
    console.print(f"Files        {clouds.home}")
    await asyncio.to_thread(console.input, "Everything is still running. Enter ends it. ")


if __name__ == "__main__":
    main()
