"""Currency fields in the queries of a multicurrency org.

SOQL and SOSL Reference, "convertCurrency()": what an aggregate function says of a currency field is
in the org's default currency, and ORDER BY goes by converted values, while WHERE compares the
numbers as they are. A plain field is in the currency of its record.

`convertCurrency()`, `FORMAT()` and a filter like `USD5000` do not exist here. With advanced
currency management dated rates hold for opportunities and what hangs on them; which queries use
them besides `convertCurrency()` is not said, so a conversion of these is refused.
"""

from __future__ import annotations

from dataclasses import replace

from rehearsal.org.currencies import CODE, Rates
from rehearsal.org.errors import QueryError
from rehearsal.org.schema import FieldType, Schema
from rehearsal.org.soql import ast
from rehearsal.org.soql.paths import Getter, Scope
from rehearsal.org.soql.source import Source

_DATED = frozenset({"Opportunity", "OpportunityLineItem"})


class Amounts:
    """The conversions of one query."""

    def __init__(self, schema: Schema, source: Source) -> None:
        self._schema, self._source = schema, source
        self._rates: Rates | None = None

    def concern(self, scope: Scope, path: ast.Path) -> bool:
        """Whether the path leads to an amount whose currency differs from record to record."""
        if not self._schema.multicurrency:
            return False
        resolved = scope.resolve(path)
        holders = resolved.steps[-1].targets if resolved.steps else (scope.object,)
        if resolved.field.type is not FieldType.CURRENCY or holders[0].find(CODE) is None:
            return False
        if self._schema.advanced_currencies and holders[0].name in _DATED:
            raise unsupported(
                f"converting {holders[0].name}.{resolved.field.name} with advanced currency "
                "management"
            )
        return True

    def converted(self, scope: Scope, path: ast.Path) -> Getter:
        """Reads the amount in the corporate currency."""
        amount = scope.resolve(path).read
        # the code has no field-level security, and is read with the rights of the system
        own = replace(scope, user=None)
        code = own.resolve(ast.Path((*path.parts[:-1], CODE))).read
        rates = self._rates = self._rates or Rates(self._source.scan("CurrencyType"))
        return lambda row: rates.convert(amount(row), code(row), rates.corporate)


def unsupported(feature: str) -> QueryError:
    """The refusal of SOQL that this org does not run."""
    return QueryError("MALFORMED_QUERY", f"not supported by the local org: {feature}")
