"""The Metadata API: deployments into the running org, over SOAP and REST."""

from rehearsal.org.server.metadata.api import MetadataApi

__all__ = ["MetadataApi"]
