"""What the stories of one org share."""

from __future__ import annotations

from dataclasses import dataclass, field

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.org import API, name_of
from tests.stories.telling.records import Reader, Records


@dataclass(slots=True)
class Company:
    """The three processes, the reps, and what is in Salesforce now."""

    clouds: Clouds
    kind: str
    """``plain``, ``multicurrency`` or ``hostile``."""
    reader: Reader
    records: Records = field(default_factory=dict)
    reps: dict[str, str] = field(default_factory=dict)
    """Users by first name."""

    @property
    def currencies(self) -> str:
        """``single-currency`` or ``multicurrency``."""
        return "multicurrency" if self.kind == "multicurrency" else "single-currency"

    async def rep(self, name: str) -> str:
        """The user of a first name, made when it is first heard."""
        if name not in self.reps:
            org = self.clouds.org
            (profile,) = await org.query("SELECT Id FROM Profile WHERE Name = 'Standard User'")
            username = f"{name.lower()}@sales.example"
            body = {
                "FirstName": name,
                "LastName": "Rep",
                "Username": username,
                "Email": username,
                "Alias": name.lower()[:8],
                "TimeZoneSidKey": "Europe/Berlin",
                "LocaleSidKey": "en_US",
                "LanguageLocaleKey": "en_US",
                "EmailEncodingKey": "UTF-8",
                "ProfileId": profile["Id"],
            }
            made = await org.request("POST", f"{API}/sobjects/User", body)
            self.reps[name] = made["id"]
        return self.reps[name]

    def name_of(self, record_id: str) -> str:
        """What people call the record of an id."""
        for name, rep in self.reps.items():
            if rep == record_id:
                return name
        for rows in self.records.values():
            if record_id in rows:
                return name_of(rows[record_id])
        return record_id
