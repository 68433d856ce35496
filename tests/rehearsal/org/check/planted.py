"""Single faults to plant in a copy of the package, and the check that must find each."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

CORE = "salesforce/core/main/default"
OBJECTS = f"{CORE}/objects"
ENTRY = f"{OBJECTS}/Bridge_Entry__c"
CUSTOMER = f"{OBJECTS}/Bridge_Customer__c"
EVENT = f"{OBJECTS}/Bridge_Stripe_Event__e"
CLASSES = f"{CORE}/classes"
FLOWS = "salesforce/flows/main/default/flows"
SYNC = f"{FLOWS}/Bridge_Sync_Opportunity.flow-meta.xml"
WIN = f"{FLOWS}/Bridge_Win_Opportunity.flow-meta.xml"
RECORD = "salesforce/settings/main/default/customMetadata/Bridge_Setting.Default.md-meta.xml"
READER = f"{CORE}/permissionsets/Bridge_Reader.permissionset-meta.xml"
ADMIN = f"{CORE}/permissionsets/Bridge_Admin.permissionset-meta.xml"
APP = f"{CORE}/applications/Bridge_Revenue.app-meta.xml"
LAYOUT = f"{CORE}/layouts/Bridge_Entry__c-Revenue Entry Layout.layout-meta.xml"
CONFIG = f"{CORE}/PlatformEventSubscriberConfigs/BridgeStripeEvent.platformEventSubscriberConfig-meta.xml"
CAPTURE = "salesforce/optional/change-data-capture/main/default"
CHANNEL = f"{CAPTURE}/platformEventChannels/Bridge_Changes__chn.platformEventChannel-meta.xml"
MEMBER = f"{CAPTURE}/platformEventChannelMembers/Bridge_Changes_chn_OpportunityChangeEvent.platformEventChannelMember-meta.xml"
TEST = f"{CLASSES}/tests/BridgeTestData.cls"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<{0} xmlns="http://soap.sforce.com/2006/04/metadata">\n{1}\n</{0}>\n'


_ANYWHERE = range(10_000)


@dataclass(frozen=True, slots=True)
class Planted:
    """A file and what becomes of its text; None is no file. `check` names the rules of which one
    must find it."""

    name: str
    check: str
    file: str
    change: Callable[[str | None], str | None]
    anywhere: bool = False
    """Whether the fault may be told of its whole: a file that ends too early, a missing part."""

    @property
    def kind(self) -> str:
        return self.name.split(":")[0]

    @contextmanager
    def planted(self, root: Path) -> Iterator[dict[Path, range]]:
        """Plants the fault for a while; gives the lines where the changed file may be blamed."""
        path = root / self.file
        before = path.read_text("utf-8") if path.exists() else None
        after = self.change(before)
        _put(path, after)
        try:
            yield {Path(self.file): _ANYWHERE if self.anywhere else _changed(before, after)}
        finally:
            _put(path, before)


def _put(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _changed(before: str | None, after: str | None) -> range:
    """The lines that differ and those beside them: a missing part is said at what lacks it."""
    if before is None or after is None:
        return _ANYWHERE
    old, new = before.split("\n"), after.split("\n")
    first = next(i for i, (a, b) in enumerate(zip_longest(old, new)) if a != b)
    return range(max(0, first - 8), first + max(1, len(new) - len(old)) + 8)


def swap(
    name: str, file: str, old: str, new: str, check: str, *, anywhere: bool = False
) -> Planted:
    """Replaces the first such text of a file."""

    def change(text: str | None) -> str | None:
        assert text is not None
        assert old in text, f"{name}: nothing to replace in {file}"
        return text.replace(old, new, 1)

    return Planted(name, check, file, change, anywhere)


def new_file(name: str, file: str, text: str, check: str) -> Planted:
    """Adds a file."""
    return Planted(name, check, file, lambda _: text)


def new_xml(name: str, file: str, kind: str, body: str, check: str) -> Planted:
    return new_file(name, f"{CORE}/{file}", _XML.format(kind, body), check)


def formula_field(name: str, formula: str, check: str) -> Planted:
    """Adds a formula field of an amount."""
    body = (
        f"<fullName>Planted__c</fullName><label>Planted</label>\n<formula>{formula}</formula>"
        "<precision>18</precision><scale>2</scale><type>Currency</type>"
    )
    file = "objects/Bridge_Subscription__c/fields/Planted__c.field-meta.xml"
    return new_xml(name, file, "CustomField", body, check)


def gone(name: str, file: str, check: str) -> Planted:
    """Takes a file away."""
    return Planted(name, check, file, lambda _: None)


def statement(name: str, text: str, check: str) -> Planted:
    """Adds a method with these statements to a class of the package."""
    return swap(
        f"apex: {name}",
        f"{CLASSES}/BridgeReceipts.cls",
        "    private static Bridge_Receipt__e receipt(",
        f"    private static void planted() {{\n        {text}\n    }}\n\n"
        "    private static Bridge_Receipt__e receipt(",
        check,
    )


FAULTS = [
    # --- XML and types ---------------------------------------------------------------------
    swap("xml: a tag is not closed", READER, "</label>", "", "xml", anywhere=True),
    swap("xml: another namespace", READER, "2006/04/metadata", "2010/04/metadata", "xml"),
    swap("xml: an entity is not escaped", SYNC, "&amp;", "&", "xml"),
    swap(
        "type: unknown element",
        f"{ENTRY}/fields/Kind__c.field-meta.xml",
        "inlineHelpText>",
        "helpText>",
        "metadata-element xml",
    ),
    swap(
        "type: unknown enum value",
        f"{ENTRY}/fields/Date__c.field-meta.xml",
        "<type>Date<",
        "<type>Day<",
        "metadata-value",
    ),
    swap(
        "type: no boolean",
        f"{ENTRY}/fields/Date__c.field-meta.xml",
        ">false<",
        ">no<",
        "metadata-value",
    ),
    swap(
        "type: no number",
        f"{ENTRY}/fields/Stripe_Key__c.field-meta.xml",
        ">255<",
        ">long<",
        "metadata-value",
    ),
    swap(
        "type: repeat that is not contiguous",
        SYNC,
        "    <triggerOrder>20",
        "    <loops><name>X</name><label>X</label><locationX>1</locationX><locationY>1</locationY><collectionReference>Get_Subscriptions</collectionReference></loops>\n    <triggerOrder>20",
        "metadata-repeat",
    ),
    swap(
        "type: two of what may be there once",
        APP,
        "<label>",
        "<label>Other</label><label>",
        "metadata-repeat",
    ),
    swap(
        "type: required part missing",
        READER,
        "    <label>Bridge Reader</label>\n",
        "",
        "metadata-required",
        anywhere=True,
    ),
    swap(
        "type: location missing in a Flow",
        SYNC,
        "<locationX>138</locationX>",
        "",
        "metadata-required",
    ),
    swap(
        "type: wrong root element",
        f"{CORE}/tabs/Bridge_Entry__c.tab-meta.xml",
        "CustomTab",
        "Tab",
        "metadata-type xml",
    ),
    new_xml(
        "type: unknown file suffix",
        "tabs/Other__c.tabs-meta.xml",
        "CustomTab",
        "<customObject>true</customObject>",
        "file-name",
    ),
    new_xml(
        "type: a field outside of an object's fields",
        "objects/Bridge_Entry__c/Extra__c.field-meta.xml",
        "CustomField",
        "<fullName>Extra__c</fullName><label>X</label><type>Date</type>",
        "file-name",
    ),
    gone("file: class without -meta.xml", f"{CLASSES}/BridgeOutcome.cls-meta.xml", "file-name"),
    gone("file: -meta.xml without class", f"{CLASSES}/BridgeSettings.cls", "file-name"),
    # --- objects and fields ----------------------------------------------------------------
    swap(
        "field: fullName differs from the file",
        f"{ENTRY}/fields/Date__c.field-meta.xml",
        "Date__c",
        "Day__c",
        "file-name",
    ),
    swap(
        "field: lookup to nothing",
        f"{ENTRY}/fields/Subscription__c.field-meta.xml",
        "Bridge_Subscription__c",
        "Bridge_Subscriptions__c",
        "reference-to",
    ),
    swap(
        "field: two ways down of one name",
        f"{OBJECTS}/Bridge_Renewal__c/fields/Subscription__c.field-meta.xml",
        "<relationshipName>Renewals<",
        "<relationshipName>Entries<",
        "relationship-name",
    ),
    swap(
        "field: text without length",
        f"{EVENT}/fields/Lane__c.field-meta.xml",
        "    <length>255</length>\n",
        "",
        "field-part",
    ),
    swap(
        "field: type that an event cannot have",
        f"{EVENT}/fields/As_Of__c.field-meta.xml",
        ">DateTime<",
        ">Url<",
        "event-field",
    ),
    swap(
        "field: the same picklist value twice",
        f"{ENTRY}/fields/Kind__c.field-meta.xml",
        "<fullName>Payment<",
        "<fullName>Charge<",
        "value-set",
    ),
    swap(
        "field: checkbox without default",
        f"{ENTRY}/fields/In_Totals__c.field-meta.xml",
        "    <defaultValue>false</defaultValue>\n",
        "",
        "load",
    ),
    swap(
        "field: precision out of range",
        f"{ENTRY}/fields/Amount__c.field-meta.xml",
        ">18<",
        ">19<",
        "load",
    ),
    swap(
        "field: long text that is an external id",
        f"{ENTRY}/fields/Stripe_Key__c.field-meta.xml",
        "<type>Text<",
        "<type>LongTextArea<",
        "field-part load",
    ),
    swap(
        "roll-up: of an unknown field",
        f"{CUSTOMER}/fields/Lifetime_Value__c.field-meta.xml",
        "Bridge_Entry__c.Amount__c",
        "Bridge_Entry__c.Amounts__c",
        "roll-up",
    ),
    swap(
        "roll-up: filter on an unknown field",
        f"{CUSTOMER}/fields/Lifetime_Value__c.field-meta.xml",
        "In_Totals__c<",
        "In_Total__c<",
        "roll-up",
    ),
    swap(
        "roll-up: over a lookup",
        f"{CUSTOMER}/fields/Lifetime_Value__c.field-meta.xml",
        "Bridge_Entry__c.Customer__c",
        "Bridge_Entry__c.Account__c",
        "roll-up",
    ),
    swap(
        "roll-up: sum of a date",
        f"{CUSTOMER}/fields/Lifetime_Value__c.field-meta.xml",
        "Bridge_Entry__c.Amount__c",
        "Bridge_Entry__c.Date__c",
        "roll-up",
    ),
    formula_field("formula: unknown field", "MMR__c * 12", "formula"),
    formula_field("formula: syntax", "(MRR__c * 12", "load"),
    formula_field("formula: unknown function", "YEARLY(MRR__c)", "load local-org"),
    formula_field("formula: wrong type", "TEXT(MRR__c)", "load"),
    new_xml(
        "rule: unknown field",
        "objects/Account/validationRules/Planted.validationRule-meta.xml",
        "ValidationRule",
        "<fullName>Planted</fullName><active>true</active>\n<errorConditionFormula>Bridge_AVC__c &lt; 0</errorConditionFormula>\n<errorMessage>No</errorMessage>",
        "formula",
    ),
    new_xml(
        "rule: error at an unknown field",
        "objects/Account/validationRules/Planted.validationRule-meta.xml",
        "ValidationRule",
        "<fullName>Planted</fullName><active>true</active>\n<errorConditionFormula>Bridge_ACV__c &lt; 0</errorConditionFormula><errorDisplayField>Bridge_AVC__c</errorDisplayField>\n<errorMessage>No</errorMessage>",
        "validation-rule",
    ),
    new_xml(
        "rule: unknown custom permission",
        "objects/Account/validationRules/Planted.validationRule-meta.xml",
        "ValidationRule",
        "<fullName>Planted</fullName><active>true</active>\n<errorConditionFormula>$Permission.Bridge_Nobody</errorConditionFormula>\n<errorMessage>No</errorMessage>",
        "formula",
    ),
    swap(
        "object: unknown compact layout",
        f"{ENTRY}/Bridge_Entry__c.object-meta.xml",
        ">Bridge_Entry<",
        ">Bridge_Entries<",
        "compact-layout",
    ),
    swap(
        "object: sharing of a detail",
        f"{ENTRY}/Bridge_Entry__c.object-meta.xml",
        "<sharingModel>ControlledByParent",
        "<sharingModel>ReadWrite",
        "load",
        anywhere=True,
    ),
    swap(
        "object: no name field",
        f"{ENTRY}/Bridge_Entry__c.object-meta.xml",
        "<nameField>\n        <displayFormat>RE-{000000}</displayFormat>\n        <label>Entry Number</label>\n        <type>AutoNumber</type>\n    </nameField>",
        "",
        "load",
        anywhere=True,
    ),
    gone(
        "object: parts without an object",
        f"{OBJECTS}/Bridge_Movement__c/Bridge_Movement__c.object-meta.xml",
        "object reference-to",
    ),
    swap("record: unknown field", RECORD, "Amount_Source__c", "Amount_Sauce__c", "custom-metadata"),
    swap("record: wrong type of value", RECORD, "xsd:double", "xsd:boolean", "custom-metadata"),
    swap("record: no number", RECORD, "12.0", "twelve", "custom-metadata"),
    swap(
        "record: given twice",
        RECORD,
        "Trialing_Wins__c",
        "Lifetime_Value_Includes_Tax__c",
        "custom-metadata",
    ),
    swap("record: value that the picklist lacks", RECORD, ">TCV<", ">TVC<", "custom-metadata"),
    swap(
        "event: partition key that is not there", CONFIG, "Lane__c", "Lanes__c", "subscriber-config"
    ),
    swap(
        "event: partition key that is not required",
        CONFIG,
        "Lane__c",
        "Type__c",
        "subscriber-config",
    ),
    swap(
        "event: unknown trigger",
        CONFIG,
        ">BridgeStripeEvent<",
        ">BridgeStripeEvents<",
        "subscriber-config",
    ),
    swap("event: batch size out of range", CONFIG, ">100<", ">5000<", "subscriber-config"),
    swap("channel: unknown type of channel", CHANNEL, ">data<", ">changes<", "metadata-value"),
    swap(
        "channel: unknown channel",
        MEMBER,
        ">Bridge_Changes__chn<",
        ">Bridge_Change__chn<",
        "event-channel",
    ),
    swap("channel: unknown object", MEMBER, ">OpportunityCh", ">OpportunitiesCh", "event-channel"),
    swap(
        "channel: unknown enriched field",
        MEMBER,
        "Customer_Id__c",
        "Customers_Id__c",
        "event-channel",
    ),
    swap(
        "channel: a long text cannot enrich",
        MEMBER,
        "Bridge_Stripe_Customer_Id__c",
        "Bridge_Stripe_Metadata__c",
        "event-channel",
    ),
    # --- grants and pages ------------------------------------------------------------------
    swap(
        "permission set: unknown field",
        READER,
        "Account.Bridge_ACV__c",
        "Account.Bridge_AVC__c",
        "permission-set",
    ),
    swap(
        "permission set: unknown object",
        READER,
        "<object>Bridge_Entry__c",
        "<object>Bridge_Entries__c",
        "permission-set",
    ),
    swap(
        "permission set: required field",
        READER,
        "Bridge_Entry__c.Amount__c",
        "Bridge_Entry__c.Stripe_Key__c",
        "permission-set",
    ),
    swap(
        "permission set: unknown app", READER, "Bridge_Revenue", "Bridge_Revenues", "permission-set"
    ),
    swap(
        "permission set: unknown tab",
        ADMIN,
        "<tab>Bridge_Entry__c",
        "<tab>Bridge_Entries__c",
        "permission-set",
    ),
    swap(
        "permission set: unknown custom metadata type",
        ADMIN,
        "Bridge_Setting__mdt",
        "Bridge_Settings__mdt",
        "permission-set",
    ),
    swap(
        "permission set: unknown class",
        READER,
        "    <description>",
        "    <classAccesses><apexClass>BridgeNobody</apexClass><enabled>true</enabled></classAccesses>\n    <description>",
        "permission-set",
    ),
    swap(
        "permission set: edit without read",
        READER,
        "<editable>false</editable>\n        <field>Account.Bridge_ACV__c</field>\n        <readable>true",
        "<editable>true</editable>\n        <field>Account.Bridge_ACV__c</field>\n        <readable>false",
        "permission-set",
    ),
    swap(
        "permission set: a field twice",
        READER,
        "Account.Bridge_Refunded__c",
        "Account.Bridge_ACV__c",
        "permission-set",
    ),
    swap(
        "permission set: delete without edit",
        READER,
        "<allowDelete>false",
        "<allowDelete>true",
        "permission-set",
    ),
    swap("layout: unknown field", LAYOUT, "<field>Fee__c", "<field>Fees__c", "layout"),
    swap("layout: a field twice", LAYOUT, "<field>Fee__c", "<field>Amount__c", "layout"),
    swap(
        "compact layout: unknown field",
        f"{ENTRY}/compactLayouts/Bridge_Entry.compactLayout-meta.xml",
        "Amount__c",
        "Amounts__c",
        "compact-layout",
    ),
    swap(
        "list view: unknown column",
        f"{ENTRY}/listViews/Refunds_And_Disputes.listView-meta.xml",
        "<columns>Amount__c",
        "<columns>Amounts__c",
        "list-view",
    ),
    swap(
        "list view: unknown field in a filter",
        f"{ENTRY}/listViews/Refunds_And_Disputes.listView-meta.xml",
        "<field>Kind__c",
        "<field>Kinds__c",
        "list-view",
    ),
    swap("app: unknown tab", APP, "Bridge_Movement__c", "Bridge_Movements__c", "app"),
    gone("tab: gone, though an app names it", f"{CORE}/tabs/Bridge_Entry__c.tab-meta.xml", "app"),
    new_xml(
        "tab: of no object",
        "tabs/Bridge_Nobody__c.tab-meta.xml",
        "CustomTab",
        "<customObject>true</customObject>\n<motif>Custom13: Box</motif>",
        "tab",
    ),
    new_xml(
        "field set: unknown field",
        "objects/Bridge_Entry__c/fieldSets/Planted.fieldSet-meta.xml",
        "FieldSet",
        "<fullName>Planted</fullName><description>x</description>\n<displayedFields><field>Nope__c</field><isFieldManaged>false</isFieldManaged><isRequired>false</isRequired></displayedFields><label>x</label>",
        "field-set",
    ),
    new_xml(
        "report type: unknown field",
        "reportTypes/Planted.reportType-meta.xml",
        "ReportType",
        "<baseObject>Bridge_Entry__c</baseObject><category>other</category><deployed>true</deployed><label>x</label>\n<sections><columns><checkedByDefault>true</checkedByDefault><field>Nope__c</field><table>Bridge_Entry__c</table></columns><masterLabel>x</masterLabel></sections>",
        "report-type",
    ),
    new_xml(
        "report type: unknown field of a looked-up object",
        "reportTypes/Planted.reportType-meta.xml",
        "ReportType",
        "<baseObject>Bridge_Entry__c</baseObject><category>other</category><deployed>true</deployed><label>x</label>\n<sections><columns><checkedByDefault>true</checkedByDefault><field>Account__c.Nope__c</field><table>Bridge_Entry__c</table></columns><masterLabel>x</masterLabel></sections>",
        "report-type",
    ),
    new_xml(
        "report: unknown field",
        "reports/Bridge/Planted.report-meta.xml",
        "Report",
        "<columns>\n<field>Bridge_Entry__c$Nope__c</field></columns><format>Tabular</format><name>x</name><reportType>CustomEntity$Bridge_Entry__c</reportType>",
        "report",
    ),
    new_xml(
        "dashboard: unknown report",
        "dashboards/Bridge/Planted.dashboard-meta.xml",
        "Dashboard",
        "<backgroundEndColor>#FFFFFF</backgroundEndColor><backgroundFadeDirection>Diagonal</backgroundFadeDirection><backgroundStartColor>#FFFFFF</backgroundStartColor><leftSection><columnSize>Medium</columnSize><components><autoselectColumnsFromReport>true</autoselectColumnsFromReport><componentType>Metric</componentType><report>Bridge/Nobody</report></components></leftSection><textColor>#000000</textColor><title>x</title><titleColor>#000000</titleColor><titleSize>12</titleSize>",
        "dashboard",
    ),
    # --- Flows -----------------------------------------------------------------------------
    swap(
        "flow: connector to nothing",
        SYNC,
        "<targetReference>Decide_If_Shown",
        "<targetReference>Decide_If_Shwon",
        "flow-connector",
    ),
    swap(
        "flow: unknown variable",
        SYNC,
        "<assignToReference>Shown_Rank",
        "<assignToReference>Shwon_Rank",
        "flow-reference",
    ),
    swap(
        "flow: unknown field of a looked-up record",
        SYNC,
        "Get_Opportunity.Bridge_Status__c",
        "Get_Opportunity.Bridge_State__c",
        "flow-field",
    ),
    swap(
        "flow: unknown field of $Record",
        SYNC,
        "$Record.Stripe_Id__c",
        "$Record.Stripe_Ids__c",
        "flow-field",
    ),
    swap(
        "flow: unknown relationship",
        SYNC,
        "$Record.Stripe_Id__c",
        "$Record.Customers__r.Stripe_Id__c",
        "flow-field",
    ),
    swap(
        "flow: unknown field in a loop",
        SYNC,
        "Loop_Over_Subscriptions.Status__c",
        "Loop_Over_Subscriptions.Statsu__c",
        "flow-field",
    ),
    swap(
        "flow: filter on an unknown field",
        SYNC,
        "<field>Automation_Hold__c",
        "<field>Automation_Hold",
        "flow-field",
    ),
    swap(
        "flow: unknown queried field",
        SYNC,
        "<queriedFields>Status__c",
        "<queriedFields>Statsu__c",
        "flow-field",
    ),
    swap(
        "flow: unknown object",
        SYNC,
        "<object>Opportunity<",
        "<object>Opportunities<",
        "flow-object",
    ),
    swap(
        "flow: unknown subflow",
        SYNC,
        "Bridge_Record_Exception</flowName>",
        "Bridge_Record_Exceptions</flowName>",
        "flow-subflow",
    ),
    swap(
        "flow: unknown input of a subflow",
        SYNC,
        "<name>Object_Name<",
        "<name>Object<",
        "flow-subflow",
    ),
    swap(
        "flow: merge field in a formula",
        SYNC,
        "{!$Flow.FaultMessage}</expression>",
        "{!Fault_Text}</expression>",
        "flow-reference",
    ),
    swap(
        "flow: unknown function in a formula",
        f"{FLOWS}/Bridge_Record_Exception.flow-meta.xml",
        "LEFT({!Reason}",
        "LEFTMOST({!Reason}",
        "load local-org",
    ),
    swap(
        "flow: two elements of one name",
        WIN,
        "<name>Keep_Contract<",
        "<name>Keep_Amounts<",
        "flow-name",
    ),
    swap(
        "flow: wrong type of value for a field",
        SYNC,
        "<field>Automation_Hold__c</field>\n            <value>\n                <booleanValue>true</booleanValue>",
        "<field>Automation_Hold__c</field>\n            <value>\n                <stringValue>yes</stringValue>",
        "flow-value",
    ),
    swap(
        "flow: sets a read-only field",
        SYNC,
        "<field>Automation_Hold__c</field>\n            <value>\n                <booleanValue>true</booleanValue>",
        "<field>IsDeleted</field>\n            <value>\n                <booleanValue>true</booleanValue>",
        "flow-field load",
    ),
    swap(
        "flow: logic names no condition",
        SYNC,
        "<conditionLogic>or<",
        "<conditionLogic>1 OR 2 OR 5<",
        "filter-logic",
    ),
    swap("flow: unknown operator", SYNC, "<operator>Assign<", "<operator>Set<", "metadata-value"),
    swap(
        "flow: unknown Apex action",
        SYNC,
        "    <customErrors>",
        "    <actionCalls><name>Act</name><label>Act</label><locationX>1</locationX><locationY>1</locationY>\n<actionName>BridgeNobody</actionName><actionType>apex</actionType></actionCalls>\n    <customErrors>",
        "flow-action",
    ),
    # --- SOQL and Apex ---------------------------------------------------------------------
    swap(
        "soql: unknown field",
        f"{CLASSES}/BridgeAccountHandler.cls",
        "Bridge_Create_Customer__c",
        "Bridge_Create_Customers__c",
        "soql",
    ),
    swap(
        "soql: unknown standard field",
        f"{CLASSES}/BridgeMatcher.cls",
        "[SELECT Id, AccountId, IsClosed",
        "[SELECT Id, Account_Id, IsClosed",
        "soql",
    ),
    swap(
        "soql: unknown object",
        f"{CLASSES}/BridgeExceptions.cls",
        "FROM Bridge_Exception__c",
        "FROM Bridge_Exceptions__c",
        "soql",
    ),
    swap(
        "soql: unknown field in a condition",
        f"{CLASSES}/BridgeExceptions.cls",
        "WHERE Key__c IN :keys",
        "WHERE Keys__c IN :keys",
        "soql",
    ),
    swap(
        "soql: unknown relationship",
        f"{CLASSES}/BridgeRisk.cls",
        "WHERE Subscription__c IN :ids",
        "WHERE Subscriptions__r.Id IN :ids",
        "soql",
    ),
    statement(
        "unknown way down in a query",
        "List<Bridge_Customer__c> c = [SELECT Id, (SELECT Id FROM Nobodies__r) FROM Bridge_Customer__c];",
        "soql",
    ),
    statement(
        "wrong type of value in a constructor", "Account a = new Account(Name = 5);", "value-type"
    ),
    statement(
        "wrong type of value in an assignment",
        "Bridge_Entry__c e = new Bridge_Entry__c(); e.Amount__c = 'ten';",
        "value-type",
    ),
    statement(
        "unknown field in a constructor",
        "Account a = new Account(Bridge_AVC__c = 5);",
        "apex-field",
    ),
    statement(
        "unknown field of a record",
        "Account a = new Account(); Object o = a.Bridge_AVC__c;",
        "apex-field",
    ),
    statement(
        "private member of another class", "BridgeOutcome.WORST_FIRST.clear();", "private-access"
    ),
    statement(
        "private method of another class",
        "Object o = BridgeRunAgain.work(null);",
        "private-access",
    ),
    statement(
        "upsert by a field that is no key",
        "Database.upsert(new List<Bridge_Entry__c>(), Bridge_Entry__c.Amount__c, false);",
        "upsert-key",
    ),
    statement(
        "upsert statement by a field that is no key",
        "List<Bridge_Entry__c> e = new List<Bridge_Entry__c>(); upsert e Amount__c;",
        "upsert-key",
    ),
    statement(
        "insert of an event", "insert new Bridge_Receipt__e(Results__c = '[]');", "event-dml"
    ),
    statement(
        "insert of a custom metadata record", "insert new Bridge_Setting__mdt();", "event-dml"
    ),
    statement(
        "read-only standard field",
        "Account a = new Account(CreatedDate = null);",
        "read-only-field",
    ),
    statement(
        "read-only standard field of an object",
        "Opportunity o = new Opportunity(); o.IsWon = true;",
        "read-only-field",
    ),
    statement(
        "roll-up written",
        "Bridge_Customer__c c = new Bridge_Customer__c(Current_ARR__c = 5);",
        "read-only-field",
    ),
    statement("unknown status", "Contract c = new Contract(Status = 'Signed');", "picklist-value"),
    statement(
        "unknown stage",
        "Opportunity o = new Opportunity(StageName = 'Closed Winning');",
        "picklist-value",
    ),
    statement("unknown variable", "nobody.clear();", "load"),
    statement("unknown class", "BridgeNobody.run();", "load"),
    statement("unknown method of a class", "BridgeOutcome.isBetter('a', 'b');", "load"),
    statement("unknown method of the platform", "'a'.leftmost(1);", "load local-org"),
    statement("wrong argument", "Boolean b = BridgeOutcome.isWorse(1, 2);", "load"),
    statement("wrong type in an assignment", "Integer i = 'one';", "load"),
    statement("missing semicolon", "Integer i = 1", "load"),
    statement("unknown custom label", "String s = System.Label.Bridge_Nobody;", "label load"),
    swap(
        "apex: no return",
        f"{CLASSES}/BridgeOutcome.cls",
        "return WORST_FIRST.indexOf(outcome) < WORST_FIRST.indexOf(other);",
        "",
        "load",
    ),
    swap(
        "apex: unknown annotation",
        f"{CLASSES}/BridgeReceipts.cls",
        "@TestVisible",
        "@VisibleToTests",
        "annotation",
    ),
    swap(
        "apex: unknown sObject type",
        f"{CLASSES}/BridgeAmounts.cls",
        "List<Bridge_Movement__c>",
        "List<Bridge_Movements__c>",
        "apex-object",
    ),
    swap(
        "apex: final reassigned",
        f"{CLASSES}/BridgeLedgerWriter.cls",
        "this.table = table;\n    }",
        "this.table = table;\n    }\n    private void planted() { this.table = null; }",
        "load",
    ),
    swap(
        "apex: class name differs from the file",
        f"{CLASSES}/BridgeOutcome.cls",
        "class BridgeOutcome",
        "class BridgeOutcomes",
        "load",
    ),
    swap(
        "apex: interface not implemented",
        f"{CLASSES}/BridgeLedgerWriter.cls",
        "public Integer compareTo(Object other)",
        "public Integer compare(Object other)",
        "load",
        anywhere=True,
    ),
    swap(
        "trigger: on an unknown object",
        f"{CORE}/triggers/BridgeEntry.trigger",
        "on Bridge_Entry__c",
        "on Bridge_Entries__c",
        "trigger",
    ),
    swap(
        "trigger: event before insert",
        f"{CORE}/triggers/BridgeStripeEvent.trigger",
        "after insert",
        "before insert",
        "trigger",
    ),
    swap(
        "trigger: missing argument",
        f"{CORE}/triggers/BridgeEntry.trigger",
        ", Trigger.oldMap",
        "",
        "load",
    ),
    # --- what an org alone knows -------------------------------------------------------------
    statement(
        "unknown API name in dynamic SOQL",
        "List<SObject> s = Database.query('SELECT Nope__c FROM Account');",
        "soql",
    ),
    swap(
        "permission set: user permission that does not exist",
        READER,
        "</PermissionSet>",
        "<userPermissions><enabled>true</enabled><name>FlyToTheMoon</name></userPermissions>\n</PermissionSet>",
        "permission-set",
    ),
    swap("app: colour that is none", APP, "#0176D3", "blueish", "app"),
    swap(
        "tab: unknown motif",
        f"{CORE}/tabs/Bridge_Entry__c.tab-meta.xml",
        "Custom13: Box",
        "Custom999: Box",
        "tab",
    ),
    swap(
        "permission set: unknown license",
        READER,
        "    <label>",
        "    <license>No Such Licence</license>\n    <label>",
        "permission-set",
    ),
]
