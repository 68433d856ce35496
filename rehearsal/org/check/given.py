"""Names that every org has without a project's declaring them, in lower case."""

from __future__ import annotations

import re

from rehearsal.org.check.words import words

SUFFIX = re.compile(
    r"__(c|e|mdt|b|x|kav|r|pc|pr|history|share|feed|tag|changeevent|dlm|dll|ka|hd|xo|latitude__s"
    r"|longitude__s|countrycode__s|street__s|city__s|postalcode__s|statecode__s"
    r"|geocodeaccuracy__s|s)$",
    re.IGNORECASE,
)
"""What an API name may end in."""
DERIVED_SUFFIX = re.compile(
    r"__(share|history|feed|changeevent|kav|tag|xo|hd|dlm|dll)$", re.IGNORECASE
)
"""Objects that follow from another, or come from outside the project."""
COMPOUND_PART = re.compile(r"__(latitude|longitude|\w+code|street|city|geocodeaccuracy)__s$")

FIELDS = words(
    """
    id isdeleted createddate createdbyid lastmodifieddate lastmodifiedbyid systemmodstamp name
    ownerid currencyisocode recordtypeid lastactivitydate lastvieweddate lastreferenceddate
    setupownerid
    """
)
"""Fields of a custom object."""
EVENT_FIELDS = words("replayid eventuuid createddate createdbyid createdby id")
METADATA_FIELDS = words(
    """
    id developername masterlabel label language namespaceprefix qualifiedapiname isprotected
    systemmodstamp
    """
)
UP = {
    "createdby": "User",
    "lastmodifiedby": "User",
    "owner": "Name",
    "recordtype": "RecordType",
    "setupowner": "Name",
    "userrecordaccess": "UserRecordAccess",
}
"""Ways up from a custom object."""
DOWN = words(
    """
    histories shares feeds tasks events openactivities activityhistories notes attachments
    notesandattachments processinstances processsteps contentdocumentlinks attachedcontentdocuments
    attachedcontentnotes combinedattachments googledocs duplicaterecorditems topicassignments
    recordactions recordactionhistories emails emailmessages flowrecordrelations
    networkactivityaudits networkuserhistoryrecent fieldhistories contactrequests relatedrecords
    """
)
"""Ways down that objects have by their settings."""
NAME_FIELDS = words(
    """
    id name firstname lastname email alias username isactive phone title type profileid profile
    userroleid userrole recordtypeid nameorralias middlename suffix
    """
)
"""Fields behind a polymorphic way up (SOQL and SOSL Reference, "Name")."""
SETUP = re.compile(r"Definition(View|Version)?$|^(Flow|Apex|Metadata|Package)", re.IGNORECASE)
"""Objects of the setup, of which the list of the platform's objects lacks much."""
_PERSON = words("genderidentity pronouns")
LATER = {
    "contact": _PERSON,
    "lead": _PERSON,
    "account": words("persongenderidentity personpronouns"),
}
"""Standard fields that the list of the platform's objects lacks."""
VALUE_SETS = {
    ("opportunity", "stagename"): "OpportunityStage",
    ("contract", "status"): "ContractStatus",
    ("task", "status"): "TaskStatus",
    ("task", "priority"): "TaskPriority",
    ("case", "status"): "CaseStatus",
    ("lead", "status"): "LeadStatus",
}
"""The standard value set of a field."""
