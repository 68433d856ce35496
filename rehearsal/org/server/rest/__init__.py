"""The REST API, without HTTP: a call in, a reply out. Synchronous, as the org is."""

from rehearsal.org.server.rest.api import RestApi
from rehearsal.org.server.rest.call import Call, Reply

__all__ = ["Call", "Reply", "RestApi"]
