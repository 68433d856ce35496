"""The functions of the formula language, by subject.

Salesforce Help, "Formula Operators and Functions by Context"; behaviour at the edges as in
github.com/salesforce/formula-engine.
"""

from __future__ import annotations

from rehearsal.org.formula.functions import dates, logic, numbers, records, texts
from rehearsal.org.formula.runtime import Function

FUNCTIONS: dict[str, Function] = {
    function.name: function
    for module in (logic, texts, numbers, dates, records)
    for function in module.FUNCTIONS
}

REFUSED = frozenset(
    [
        "ACOS",
        "ADDMONTHSBYTYPE",
        "ASCII",
        "ASIN",
        "ATAN",
        "ATAN2",
        "CHR",
        "COS",
        "CURRENCYRATE",
        "DATETOMILLIS",
        "DAYOFYEAR",
        "DISTANCE",
        "EXP",
        "FORMATDURATION",
        "FROMUNIXTIME",
        "GEOLOCATION",
        "GETRECORDIDS",
        "GETSESSIONID",
        "HOUR",
        "HTMLENCODE",
        "IMAGE",
        "IMAGEPROXYURL",
        "INITCAP",
        "ISCLONE",
        "ISOWEEK",
        "ISOYEAR",
        "JSENCODE",
        "JSINHTMLENCODE",
        "JUNCTIONIDLIST",
        "LINKTO",
        "LN",
        "LOG",
        "MILLISECOND",
        "MINUTE",
        "PARENTGROUPVAL",
        "PI",
        "PICKLISTCOUNT",
        "PREDICT",
        "PREVGROUPVAL",
        "REQUIRESCRIPT",
        "REVERSE",
        "SECOND",
        "SIN",
        "TAN",
        "TIMENOW",
        "TIMEVALUE",
        "TRUNC",
        "UNIXTIMESTAMP",
        "URLENCODE",
        "URLFOR",
        "VLOOKUP",
    ]
)
"""Functions that Salesforce has and this org has not."""
