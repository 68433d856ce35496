"""Bars by month, drawn as inline SVG.

Everything has a name that a screen reader says, and a table of the same numbers stands beside it.
Colours are classes of the style sheet, so that they follow a dark page.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rehearsal.demo.page.figures import Month
from rehearsal.demo.page.words import Html, join, money, short_money, tag

WIDTH, HEIGHT = 540, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 6, 12, 38
_GAP = Decimal("0.32")
_TICKS = 5

Series = Sequence[tuple[str, str]]
"""Key of a month's sum and its words."""


def picture(
    title: str,
    months: Sequence[Month],
    series: Series,
    line: tuple[str, Sequence[Decimal]],
    currency: str,
) -> Html:
    """Stacked bars, positive ones up and negative ones down from zero, and a line over them.

    `line` is its words and one value a month. Amounts are in major units of `currency`.
    """
    words, points = line
    scale = _Scale(months, points)
    said = (
        f"{title}, {len(months)} months, from {months[0].first:%B %Y} to {months[-1].first:%B %Y}."
    )
    inside = [
        tag("title", title),
        tag("desc", f"{said} The table below has the same numbers."),
        *(_tick(value, scale, currency) for value in scale.ticks),
        *(_bar(index, month, series, scale, currency) for index, month in enumerate(months)),
        _line(words, points, months, scale, currency),
    ]
    drawn = tag("svg", *inside, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=said)
    legend = [
        tag("li", tag("span", class_=f"key {key.lower()}", aria_hidden="true"), name)
        for key, name in series
        if any(month.sums.get(key) for month in months)
    ]
    legend.append(tag("li", tag("span", class_="key line", aria_hidden="true"), words))
    return tag(
        "figure",
        tag("figcaption", title),
        drawn,
        tag("ul", *legend, class_="legend"),
        _numbers(title, months, series, line, currency),
    )


class _Scale:
    """From amounts to places."""

    def __init__(self, months: Sequence[Month], points: Sequence[Decimal]) -> None:
        up = [sum((v for v in m.sums.values() if v > 0), Decimal()) for m in months]
        down = [sum((v for v in m.sums.values() if v < 0), Decimal()) for m in months]
        step = _step(max([*up, *points, Decimal()]), min([*down, *points, Decimal()]))
        self.low = _floor(min([*down, *points, Decimal()]), step)
        self.high = -_floor(-max([*up, *points, step]), step)
        self.ticks = [
            self.low + step * index for index in range(int((self.high - self.low) / step) + 1)
        ]
        self.column = Decimal(WIDTH - _LEFT - _RIGHT) / len(months)

    def y(self, amount: Decimal) -> Decimal:
        share = (self.high - amount) / (self.high - self.low)
        return _round(_TOP + share * (HEIGHT - _TOP - _BOTTOM))

    def x(self, index: int) -> Decimal:
        """The middle of a month."""
        return _round(_LEFT + self.column * (index + Decimal("0.5")))

    @property
    def width(self) -> Decimal:
        return min(_round(self.column * (1 - _GAP)), Decimal(44))


def _round(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"))


def _floor(amount: Decimal, step: Decimal) -> Decimal:
    return (amount / step).to_integral_value(rounding="ROUND_FLOOR") * step


def _step(high: Decimal, low: Decimal) -> Decimal:
    """A round number of which some five make the whole height."""
    rough = (high - low) / _TICKS or Decimal(1)
    size = Decimal(10) ** rough.adjusted()
    return next(size * n for n in (1, 2, 5, 10) if size * n >= rough)


def _tick(value: Decimal, scale: _Scale, currency: str) -> Html:
    y = scale.y(value)
    rule = tag("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, class_="zero" if not value else "")
    label = tag("text", short_money(value, currency), x=_LEFT - 8, y=y + 4, text_anchor="end")
    return join([rule, label])


def _bar(index: int, month: Month, series: Series, scale: _Scale, currency: str) -> Html:
    up = down = Decimal()
    parts: list[Html] = []
    for key, name in series:
        amount = month.sums.get(key, Decimal())
        if not amount:
            continue
        start = up if amount > 0 else down
        top, bottom = sorted((scale.y(start), scale.y(start + amount)))
        says = tag("title", f"{month.first:%B %Y}: {name} {money(amount, currency)}")
        parts.append(
            tag(
                "rect",
                says,
                x=_round(scale.x(index) - scale.width / 2),
                y=top,
                width=scale.width,
                height=max(bottom - top, Decimal(1)),
                rx=2,
                class_=key.lower(),
            )
        )
        if amount > 0:
            up += amount
        else:
            down += amount
    middle = scale.x(index)
    parts.append(tag("text", f"{month.first:%b}", x=middle, y=HEIGHT - 20, text_anchor="middle"))
    if index == 0 or month.first.month == 1:
        parts.append(tag("text", month.first.year, x=middle, y=HEIGHT - 5, text_anchor="middle"))
    return join(parts)


def _line(
    words: str, points: Sequence[Decimal], months: Sequence[Month], scale: _Scale, currency: str
) -> Html:
    places = [(scale.x(index), scale.y(value)) for index, value in enumerate(points)]
    path = tag("polyline", points=" ".join(f"{x},{y}" for x, y in places), class_="line")
    dots = [
        tag(
            "circle",
            tag("title", f"{month.first:%B %Y}: {words} {money(value, currency)}"),
            cx=x,
            cy=y,
            r="3.5",
            class_="line",
        )
        for (x, y), value, month in zip(places, points, months, strict=True)
    ]
    return join([path, *dots])


def _numbers(
    title: str,
    months: Sequence[Month],
    series: Series,
    line: tuple[str, Sequence[Decimal]],
    currency: str,
) -> Html:
    """The picture for those who do not see it, and for those who want to check it."""
    words, points = line
    head = tag("tr", *(tag("th", name, scope="col") for name in ("Month", *_names(series), words)))
    body = [
        tag(
            "tr",
            tag("th", f"{month.first:%b %Y}", scope="row"),
            *(
                tag("td", money(month.sums.get(key, Decimal()), currency), class_="num")
                for key, _ in series
            ),
            tag("td", money(value, currency), class_="num"),
        )
        for month, value in zip(months, points, strict=True)
    ]
    table = tag("table", tag("caption", title), tag("thead", head), tag("tbody", *body))
    return tag(
        "details",
        tag("summary", "The numbers behind it"),
        tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=title),
    )


def _names(series: Series) -> list[str]:
    return [name for _, name in series]
