"""Salesforce's protocols around one org: OAuth and REST over HTTP, the Pub/Sub API over gRPC.

`assembly.serving` starts them on loopback; `control` describes the switches for misbehaviour.
"""
