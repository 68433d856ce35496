"""How work goes on while others die: topics under leases, claims kept, gates, requests taken."""
