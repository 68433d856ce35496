"""SOQL: text to a query, a query to rows."""

from rehearsal.org.soql.execute import Source, execute
from rehearsal.org.soql.parser import parse

__all__ = ["Source", "execute", "parse"]
