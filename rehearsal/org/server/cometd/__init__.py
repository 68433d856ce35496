"""The Streaming API: Bayeux over HTTP long polling, as CometD speaks it."""

from rehearsal.org.server.cometd.http import CometDHttp
from rehearsal.org.server.cometd.server import HOLD, CometD

__all__ = ["HOLD", "CometD", "CometDHttp"]
