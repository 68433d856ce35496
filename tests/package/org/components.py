"""What an admin changes in an org: settings, validation rules, permissions, users."""

from __future__ import annotations

from tests.package.org.local import ROOT, Package

SETTINGS = "salesforce/settings/main/default/customMetadata/Bridge_Setting.Default.md-meta.xml"
ON = '<value xsi:type="xsd:boolean">true</value>'
OFF = '<value xsi:type="xsd:boolean">false</value>'


def text(value: str) -> str:
    return f'<value xsi:type="xsd:string">{value}</value>'


def number(value: int) -> str:
    return f'<value xsi:type="xsd:double">{value}.0</value>'


def settings(**changes: str) -> dict[str, str | None]:
    """The shipped record with other values, by field and XML value, as a component."""
    found = (ROOT / SETTINGS).read_text("utf-8")
    for name, value in changes.items():
        start = found.index("<value", found.index(f"<field>{name}</field>"))
        end = found.index("</values>", start)
        found = found[:start] + value + "\n    " + found[end:]
    return {SETTINGS: found}


def validation_rule(name: str, condition: str, message: str) -> str:
    return (
        '<ValidationRule xmlns="http://soap.sforce.com/2006/04/metadata">'
        f"<fullName>{name}</fullName><active>true</active>"
        f"<errorConditionFormula>{condition}</errorConditionFormula>"
        f"<errorMessage>{message}</errorMessage></ValidationRule>"
    )


def rule(sobject: str, condition: str, message: str = "Not here.") -> dict[str, str | None]:
    """A validation rule of the org's own, as a component."""
    where = f"objects/{sobject}/validationRules/Theirs.validationRule-meta.xml"
    return {where: validation_rule("Theirs", condition, message)}


def bypass() -> dict[str, str | None]:
    """A permission set that keeps the Flows out; the local org's administrator has them all."""
    body = (
        '<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">'
        "<customPermissions><enabled>true</enabled><name>Bridge_Bypass_Flows</name>"
        "</customPermissions><hasActivationRequired>false</hasActivationRequired>"
        "<label>Quiet</label></PermissionSet>"
    )
    return {"permissionsets/Quiet.permissionset-meta.xml": body}


def user(org: Package, name: str, *, active: bool = True) -> str:
    """A person of the org, by user name."""
    profile = org.query("SELECT Id FROM Profile LIMIT 1")[0]["Id"]
    row = {
        "$ref": "user",
        "Username": name,
        "LastName": name.split("@", maxsplit=1)[0],
        "Email": name,
        "Alias": name[:8],
        "TimeZoneSidKey": "Europe/Berlin",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
        "ProfileId": profile,
        "IsActive": active,
    }
    return org.org.seed({"User": [row]})["user"]
