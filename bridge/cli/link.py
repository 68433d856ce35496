"""``stripe-sf link``: Stripe customers get their Accounts from a sheet."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from bridge.binding import Binding
from bridge.cli import show
from bridge.cli.store import open_store
from bridge.linking import Links, Plan, Rejected, Sheet, SheetError, Summary, read_sheet
from bridge.salesforce_api import open_salesforce
from bridge.salesforce_api.rest import MOST_RECORDS, Record
from bridge.settings import SalesforceSettings, load_salesforce, load_store

_SUGGESTED = ("Stripe Customer Id", "Customer", "Email", "Account Id", "Account", "Reason")
_REJECTED = ("Stripe Customer Id", "Account Id", "Line", "Reason")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHOWN = 20


@click.command()
@click.argument(
    "file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--suggested", is_flag=True, help="Print the suggestions as a sheet, link nothing.")
@click.option("--dry-run", is_flag=True, help="Check everything, change nothing.")
@click.option("--relink", is_flag=True, help="Move customers that have another Account.")
@click.option("--partial", is_flag=True, help="Link the good lines though others are faulty.")
@click.option(
    "--rejected",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Where rejected lines go; by default beside FILE.",
)
@click.option("--customer-column", help="The column with the Stripe customers' ids.")
@click.option("--account-column", help="The column with the Accounts' ids.")
@click.option(
    "--batch",
    type=click.IntRange(1, MOST_RECORDS),
    default=MOST_RECORDS,
    show_default=True,
    help="Records in one request.",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
@click.pass_context
def link(
    ctx: click.Context,
    env_file: Path,
    file: Path | None,
    suggested: bool,
    dry_run: bool,
    relink: bool,
    partial: bool,
    rejected: Path | None,
    customer_column: str | None,
    account_column: str | None,
    batch: int,
    json_: bool,
) -> None:
    """Link Stripe customers to Accounts from FILE, a CSV with a column for each.

    All lines are checked first, and one that is faulty stops all, unless --partial is given. Then
    each customer's Account is set, and Salesforce does the rest: the customer's records are
    stamped, the Account's totals computed, the Flows run that waited. Doing it again changes
    nothing. Rejected lines are written to a file, with the reason.

    --suggested prints the customers for whom Salesforce suggests an Account: look it over, delete
    what is wrong, and link the rest.

    Exits 1 if a line is rejected.
    """
    if suggested == (file is not None):
        raise click.UsageError("give either a FILE, or --suggested")
    settings = load_salesforce(env_file)
    if file is None:
        _print_suggestions(asyncio.run(_suggestions(settings)), json_)
        return
    try:
        text = file.read_text(encoding="utf-8-sig")
        sheet = read_sheet(text, customer_column=customer_column, account_column=account_column)
    except (SheetError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file}: {error}") from None
    plan, summary = asyncio.run(
        _carry_out(
            env_file,
            settings,
            sheet,
            relink=relink,
            partial=partial,
            dry_run=dry_run,
            batch=batch,
        )
    )
    faults = sorted([*sheet.rejected, *plan.rejected, *summary.rejected], key=lambda f: f.number)
    where = None
    if faults:
        where = rejected or file.with_name(f"{file.stem}.rejected.csv")
        _write(where, faults)
    _tell(sheet, plan, summary, faults, where, dry_run, json_)
    if faults:
        ctx.exit(1)


async def _carry_out(
    env_file: Path,
    settings: SalesforceSettings,
    sheet: Sheet,
    *,
    relink: bool,
    partial: bool,
    dry_run: bool,
    batch: int,
) -> tuple[Plan, Summary]:
    console = Console(stderr=True)
    async with AsyncExitStack() as stack:
        salesforce = await open_salesforce(settings, stack)
        if load_store(env_file).path.is_file():  # there need be none on an administrator's machine
            binding = await Binding.of(await open_store(env_file, stack))
            binding.hold(salesforce.authenticator)
        links = Links(salesforce.rest)
        plan = await links.plan(sheet.lines, relink=relink)
        faulty = bool(sheet.rejected or plan.rejected)
        if dry_run or (faulty and not partial):
            return plan, Summary()
        with Progress(console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("link", total=len(plan.changes))
            summary = await links.apply(
                plan.changes, batch=batch, done=lambda n: bar.advance(task, n)
            )
        return plan, summary


async def _suggestions(settings: SalesforceSettings) -> list[Record]:
    async with AsyncExitStack() as stack:
        return await Links((await open_salesforce(settings, stack)).rest).suggested()


def _print_suggestions(found: Sequence[Record], json_: bool) -> None:
    rows = [
        (
            record["Stripe_Id__c"],
            record["Name"],
            record["Email__c"],
            record["Suggested_Account__c"],
            (record["Suggested_Account__r"] or {}).get("Name"),
            record["Suggestion_Reason__c"],
        )
        for record in found
    ]
    if json_:
        show.as_json([dict(zip(_SUGGESTED, row, strict=True)) for row in rows])
        return
    click.echo(_csv(_SUGGESTED, rows), nl=False)


def _tell(
    sheet: Sheet,
    plan: Plan,
    summary: Summary,
    faults: Sequence[Rejected],
    where: Path | None,
    dry_run: bool,
    json_: bool,
) -> None:
    to_link = len(plan.changes)
    if json_:
        show.as_json(
            {
                "dry_run": dry_run,
                "to_link": to_link,
                "linked": len(summary.linked),
                "unchanged": len(plan.unchanged),
                "skipped": sheet.skipped,
                "rejected": [asdict(fault) for fault in faults],
                "rejected_file": None if where is None else str(where),
            }
        )
        return
    if faults:
        show.as_table(
            ("line", "customer", "account", "reason"),
            [(f.number, f.customer, f.account, f.reason) for f in faults[:_SHOWN]],
            title=f"Rejected: {len(faults)}",
        )
        click.echo(f"All of them, with the reasons, are in {where}")
    if dry_run:
        click.echo(f"{to_link} would be linked; nothing was changed")
    elif to_link and not summary.linked and not summary.rejected:
        click.echo(
            f"Nothing was changed: mend these lines, or link the other {to_link} (--partial)"
        )
    else:
        click.echo(f"{len(summary.linked)} linked")
    click.echo(f"{len(plan.unchanged)} were linked so already, {sheet.skipped} name no Account")


def _write(where: Path, faults: Sequence[Rejected]) -> None:
    rows = [(fault.customer, fault.account, fault.number, fault.reason) for fault in faults]
    where.write_text(_csv(_REJECTED, rows), encoding="utf-8")


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return text.getvalue()


def _harmless(cell: object) -> object:
    """A customer chooses its own name, and a spreadsheet would carry it out as a formula."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return "" if cell is None else cell
