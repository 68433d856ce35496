"""The part of Apex's standard library that this org has; anything else is refused by name."""

from rehearsal.org.apex.library import (
    collections as collections,
)
from rehearsal.org.apex.library import (
    database as database,
)
from rehearsal.org.apex.library import (
    dates as dates,
)
from rehearsal.org.apex.library import (
    encoding as encoding,
)
from rehearsal.org.apex.library import (
    eventbus as eventbus,
)
from rehearsal.org.apex.library import (
    exceptions as exceptions,
)
from rehearsal.org.apex.library import (
    json as json,
)
from rehearsal.org.apex.library import (
    limits as limits,
)
from rehearsal.org.apex.library import (
    numbers as numbers,
)
from rehearsal.org.apex.library import (
    patterns as patterns,
)
from rehearsal.org.apex.library import (
    schema_describe as schema_describe,
)
from rehearsal.org.apex.library import (
    sobjects as sobjects,
)
from rehearsal.org.apex.library import (
    strings as strings,
)
from rehearsal.org.apex.library import (
    system as system,
)
from rehearsal.org.apex.library import (
    testing as testing,
)
from rehearsal.org.apex.library import (
    trigger as trigger,
)
