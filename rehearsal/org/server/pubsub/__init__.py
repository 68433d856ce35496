"""The Pub/Sub API over gRPC."""

from rehearsal.org.server.pubsub.service import PubSubService

__all__ = ["PubSubService"]
