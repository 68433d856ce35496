"""Two kinds of plots as SVG: bars, and lines through points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

_COLOURS = ("#2f6fb0", "#c2572b", "#3a8f5c", "#7b5ea7", "#b08a1e", "#5a6b7b", "#a83e62")
_WIDTH = 720
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.t{font-weight:600;font-size:15px}"
    ".g{stroke:#ddd}.s{fill:#777;font-size:12px}"
)


def bars(title: str, unit: str, values: Mapping[str, float]) -> str:
    """Horizontal bars, each with its value."""
    left, top, step = 250, 44, 30
    most = max(values.values(), default=1.0) or 1.0
    parts = []
    for place, (name, value) in enumerate(values.items()):
        y = top + place * step
        width = max(1.0, (_WIDTH - left - 110) * value / most)
        colour = _COLOURS[0] if name.startswith("bridge") else _COLOURS[5]
        parts += [
            f'<text x="{left - 10}" y="{y + 15}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{left}" y="{y}" width="{width:.1f}" height="20" fill="{colour}"/>',
            f'<text x="{left + width + 8:.1f}" y="{y + 15}">{value:,.0f} {escape(unit)}</text>',
        ]
    return _page(title, top + step * len(values) + 10, parts)


def lines(title: str, x_name: str, y_name: str, series: Mapping[str, Points]) -> str:
    """Lines over common axes that begin at 0."""
    left, right, top, bottom, height = 64, 20, 62, 52, 400
    points = [point for each in series.values() for point in each]
    x_ticks, y_ticks = (_ticks(max((p[i] for p in points), default=1.0)) for i in (0, 1))
    wide, high = _WIDTH - left - right, height - top - bottom

    def at(x: float, y: float) -> str:
        return f"{left + wide * x / x_ticks[-1]:.1f},{top + high * (1 - y / y_ticks[-1]):.1f}"

    parts = []
    for tick in y_ticks:
        _, y = at(0, tick).split(",")
        parts += [
            f'<line class="g" x1="{left}" x2="{_WIDTH - right}" y1="{y}" y2="{y}"/>',
            f'<text x="{left - 8}" y="{float(y) + 4:.1f}" text-anchor="end">{tick:g}</text>',
        ]
    for tick in x_ticks:
        x, _ = at(tick, 0).split(",")
        parts.append(
            f'<text x="{x}" y="{height - bottom + 18}" text-anchor="middle">{tick:g}</text>'
        )
    middle = left + wide / 2
    parts += [
        f'<text class="s" x="{middle}" y="{height - 12}" text-anchor="middle">'
        f"{escape(x_name)}</text>",
        f'<text class="s" x="16" y="{top - 14}">{escape(y_name)}</text>',
    ]
    for place, (name, each) in enumerate(series.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        path = " ".join(at(*point) for point in each)
        y_key = top + 14 + place * 18
        parts += [
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<rect x="{left + 14}" y="{y_key - 9}" width="12" height="4" fill="{colour}"/>',
            f'<text x="{left + 32}" y="{y_key - 2}">{escape(name)}</text>',
        ]
    return _page(title, height, parts)


def _ticks(most: float) -> list[float]:
    """Round numbers from 0 to the first that is not less."""
    if most <= 0:
        return [0.0, 1.0]
    power = 10 ** math.floor(math.log10(most))
    step = next(s * power for s in (0.2, 0.25, 0.5, 1, 2) if most / (s * power) <= 6)
    return [round(n * step, 10) for n in range(math.ceil(most / step) + 1)]


def _page(title: str, height: float, parts: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
            f'role="img" aria-label="{escape(title, quote=True)}">',
            f"<style>{_STYLE}</style>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
            f'<text class="t" x="16" y="24">{escape(title)}</text>',
            *parts,
            "</svg>\n",
        ]
    )
