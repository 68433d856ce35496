"""``stripe-sf resync``: read Stripe again, and send what is so now."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bridge import store
from bridge.binding import Binding
from bridge.cli import show
from bridge.cli.store import with_store
from bridge.clock import system_clock
from bridge.errors import BridgeError
from bridge.settings import StripeSettings, load
from bridge.store import Arrival, Inbox
from bridge.stripe_api import StripeReader
from bridge.to_salesforce import resync as rows
from bridge.to_salesforce.touched import Touched, touched

_LOOK = 0.5
_ASKED = 200
"""Rows that are asked for in one transaction, so that webhooks come in between."""


@dataclass(frozen=True, slots=True)
class _Row:
    """An id that was asked for, and the row of the inbox that serves it, as it stands."""

    asked: str
    event_id: str
    lane: str
    state: str
    outcome: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is printed. ``outcomes`` counts all rows that came of it, if they were awaited."""

    rows: list[_Row]
    touched: Touched | None = None
    """With --since: of whom Stripe told meanwhile; then there are no rows here."""
    outcomes: dict[str, int] | None = None
    dead: int = 0


class _Moment(click.ParamType[float]):
    name = "moment"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Unix seconds; a moment without a zone is UTC."""
        if isinstance(value, float):
            return value
        try:
            moment = dt.datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is not like 2026-11-30 or 2026-11-30T08:15:00Z", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--since", type=_Moment(), help="All that Stripe has had events of since (ISO 8601).")
@click.option("--wait", is_flag=True, help="Until Salesforce has said what became of it.")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=3600.0, show_default=True,
    help="How long to wait at most, in seconds.",
)  # fmt: skip
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
@click.pass_context
def resync(
    ctx: click.Context,
    env_file: Path,
    ids: tuple[str, ...],
    since: float | None,
    wait: bool,
    timeout: float,
    json_: bool,
) -> None:
    """Read Stripe again, and send what is so now through the serving bridge.

    IDS are Stripe's (sub_…, in_…, ch_…, pi_…, re_…, dp_…, cn_…, inpay_…, txn_…) or keys of the
    ledger. A customer's (cus_…) stands for the customer with all its subscriptions, invoices,
    charges, refunds, disputes and credit notes. Asking again while one waits adds nothing.

    --since, instead of IDS, is for each customer of whom Stripe lists an event since then, and for
    payments that have no customer. Stripe lists events of 30 days.

    Exits 1 if, after --wait, an object could not be applied or the time is over.
    """
    if bool(ids) == (since is not None):
        raise click.UsageError("give either IDS, or --since")
    settings = load(env_file)
    began = system_clock()
    given = _arrivals(ids, began, settings.stripe.mode)
    served = False

    async def act(inbox: Inbox) -> _Asked:
        nonlocal served
        served = await inbox.is_served()
        if wait and not served:
            raise BridgeError(
                f"no bridge serves from {inbox.where}, so there is nothing to wait for: "
                "start `stripe-sf serve`, or leave out --wait"
            )
        keys, arrivals, found = ids, given, None
        async with _open_reader(settings.stripe) as reader:
            await (await Binding.of(inbox)).vouch(settings, reader.account)
            if since is not None:
                found = await touched(reader, since)
                keys = found.keys
                arrivals = _arrivals(keys, began, settings.stripe.mode)
        serving: dict[str, str] = {}
        for start in range(0, len(arrivals), _ASKED):
            some = slice(start, start + _ASKED)
            serving |= zip(keys[some], await inbox.ask(arrivals[some]), strict=True)
        shown = serving if found is None else {}
        if not wait:
            return _Asked(await _look(inbox, shown), found)
        now = await _await(inbox, {arrival.lane for arrival in arrivals}, began, timeout)
        return _Asked(await _look(inbox, shown), found, dict(now.outcomes), now.dead)

    asked = with_store(env_file, act)
    if json_:
        show.as_json({**asdict(asked), "served": served})
    else:
        _tell(asked, since, served)
    if asked.dead:
        ctx.exit(1)


@asynccontextmanager
async def _open_reader(settings: StripeSettings) -> AsyncIterator[StripeReader]:
    """A reader of Stripe."""
    reader = StripeReader(settings.api_key.get_secret_value(), settings.api_base)
    try:
        yield reader
    finally:
        await reader.close()


def _arrivals(ids: Sequence[str], at: float, livemode: bool) -> list[Arrival]:
    try:
        return [rows.asked_for(each, f"{at:.3f}", at=at, livemode=livemode) for each in ids]
    except ValueError as error:
        raise click.UsageError(str(error)) from None


async def _look(inbox: Inbox, serving: dict[str, str]) -> list[_Row]:
    found = []
    for asked, event_id in serving.items():
        event = await inbox.get_event(event_id)
        assert event is not None
        row, _ = event
        found.append(_Row(asked, event_id, row.lane, row.state.value, row.outcome, row.reason))
    return found


async def _await(inbox: Inbox, lanes: set[str], since: float, timeout: float) -> store.Progress:
    """Watches the rows of the lanes until none waits. Raises BridgeError when the time is over."""
    columns = (TextColumn("resync"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("resync")
        while True:
            now = await inbox.progress(sorted(lanes), rows.PREFIX, since)
            finished = now.done + now.dead
            bar.update(task, completed=finished, total=finished + now.waiting)
            if not now.waiting:
                return now
            if system_clock() - since > timeout:
                raise BridgeError(
                    f"{now.waiting} still wait after {timeout:.0f} seconds; they go on. "
                    "See `stripe-sf status` and /readyz"
                )
            await asyncio.sleep(_LOOK)


def _tell(asked: _Asked, since: float | None, served: bool) -> None:
    if (found := asked.touched) is not None and since is not None:
        if found.since > since:
            click.echo(
                "Stripe has forgotten its events from before "
                f"{show.moment(found.since)}: name the customers of the time before by their IDS",
                err=True,
            )
        click.echo(f"{len(found.keys)} customers and payments, of {found.events} events, are read")
    else:
        show.as_table(
            ("asked for", "row of the inbox", "state", "outcome", "reason"),
            [(row.asked, row.event_id, row.state, row.outcome, row.reason) for row in asked.rows],
        )
    if asked.outcomes is None:
        if not served:
            click.echo("No bridge serves from this store now: it will be done when one does.")
        return
    dead = [("dead", asked.dead)] if asked.dead else []
    show.as_table(
        ("outcome", "rows"), [*asked.outcomes.items(), *dead], title="All that came of it"
    )
    if asked.dead:
        click.echo("See `stripe-sf events list --state dead` for the reasons.", err=True)
