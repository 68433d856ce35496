"""Salesforce as the bridge speaks to it: tokens, the Pub/Sub API both ways, and REST."""

from bridge.salesforce_api.auth import Authenticator, Session
from bridge.salesforce_api.opening import Salesforce, open_salesforce
from bridge.salesforce_api.pubsub import (
    PublishOutcome,
    PublishStatus,
    PubSub,
    TopicInfo,
)
from bridge.salesforce_api.rest import Rest
from bridge.salesforce_api.subscription import Delivery, Received, subscribe

__all__ = [
    "Authenticator",
    "Delivery",
    "PubSub",
    "PublishOutcome",
    "PublishStatus",
    "Received",
    "Rest",
    "Salesforce",
    "Session",
    "TopicInfo",
    "open_salesforce",
    "subscribe",
]
