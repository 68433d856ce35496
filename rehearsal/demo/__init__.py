"""The whole house on this machine: a local org, a Stripe stand-in, a bridge, and a story.

The bridge is started as the command `stripe-sf`, as a company would run it.
"""
