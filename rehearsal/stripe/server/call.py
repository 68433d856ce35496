"""What a handler is given, and what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from ..errors import invalid_parameter, missing_object
from ..jsontypes import Body
from ..params import Params
from ..render import Renderable
from ..store import Stored
from ..versions import ACACIA
from ..world import World

T = TypeVar("T", bound=Stored)
R = TypeVar("R", bound=Renderable)

PAGE, LARGEST_PAGE = 10, 100


@dataclass(slots=True)
class Call:
    """One API request: its parameters, the ids in its path, the version it is answered in."""

    world: World
    params: Params
    path: dict[str, str]
    version: str

    @property
    def id(self) -> str:
        return self.path["id"]


@dataclass(slots=True)
class Page(Generic[R]):
    """A page of a list, newest first."""

    rows: Sequence[R]
    has_more: bool


Answer: TypeAlias = "Renderable | Page[Renderable] | Body"
Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """``since``: the API version that brought the endpoint."""

    method: str
    path: str
    handler: Handler
    since: str = ACACIA


@dataclass(frozen=True, slots=True)
class Paging:
    """The list parameters that every list takes."""

    limit: int
    after: str | None
    before: str | None
    created: dict[str, int]

    def page(self, rows: Iterable[T]) -> tuple[list[T], bool]:
        """The page of rows (given oldest first), and whether there is more."""
        newest_first = [row for row in rows if self._created_fits(row.created)]
        newest_first.reverse()
        if self.before is not None:
            at = _position(newest_first, self.before, "ending_before")
            start = max(at - self.limit, 0)
            return newest_first[start:at], start > 0
        start = 0
        if self.after is not None:
            start = _position(newest_first, self.after, "starting_after") + 1
        return newest_first[start : start + self.limit], len(newest_first) > start + self.limit

    def _created_fits(self, created: int) -> bool:
        bounds = self.created
        return (
            ("gt" not in bounds or created > bounds["gt"])
            and ("gte" not in bounds or created >= bounds["gte"])
            and ("lt" not in bounds or created < bounds["lt"])
            and ("lte" not in bounds or created <= bounds["lte"])
        )


def paging(params: Params) -> Paging:
    """Read the list parameters (API reference, "Pagination")."""
    limit = params.integer("limit", minimum=1) or PAGE
    if limit > LARGEST_PAGE:
        raise invalid_parameter(
            "limit",
            f"This value must be less than or equal to {LARGEST_PAGE} (it currently is {limit}).",
            "parameter_invalid_integer",
        )
    return Paging(
        limit,
        params.optional("starting_after"),
        params.optional("ending_before"),
        bounds(params, "created"),
    )


def bounds(params: Params, key: str) -> dict[str, int]:
    """A range such as ``created[gte]=…``, or the very second."""
    found: dict[str, int] = {}
    if not params.nested(key):
        exact = params.integer(key)
        return {} if exact is None else {"gte": exact, "lte": exact}
    child = params.child(key)
    for name in ("gt", "gte", "lt", "lte"):
        value = child.integer(name) if child else None
        if value is not None:
            found[name] = value
    return found


def listed(params: Params, rows: Iterable[R]) -> Page[R]:
    """A page by the list parameters, which are all that is left to read."""
    page = paging(params)
    params.done()
    shown, more = page.page(rows)
    return Page(shown, more)


def _position(rows: Sequence[T], ref: str, param: str) -> int:
    for index, row in enumerate(rows):
        if row.id == ref:
            return index
    raise missing_object("object", ref, param, status=400)
