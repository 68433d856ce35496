"""The local org's state as one plain page: HTML and inline SVG, nothing from elsewhere."""

from rehearsal.demo.page.document import render

__all__ = ["render"]
