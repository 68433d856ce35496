"""Salesforce as the bridge speaks to it: tokens, the Pub/Sub API both ways, CometD, and REST."""

from bridge.salesforce_api.auth import Authenticator, Session
from bridge.salesforce_api.cometd import CometD
from bridge.salesforce_api.delivery import Delivery, Received
from bridge.salesforce_api.opening import Salesforce, open_salesforce
from bridge.salesforce_api.pubsub import (
    PublishOutcome,
    PublishStatus,
    PubSub,
    TopicInfo,
)
from bridge.salesforce_api.rest import Rest
from bridge.salesforce_api.subscription import EventSource, position_name, position_names, subscribe

__all__ = [
    "Authenticator",
    "CometD",
    "Delivery",
    "EventSource",
    "PubSub",
    "PublishOutcome",
    "PublishStatus",
    "Received",
    "Rest",
    "Salesforce",
    "Session",
    "TopicInfo",
    "open_salesforce",
    "position_name",
    "position_names",
    "subscribe",
]
