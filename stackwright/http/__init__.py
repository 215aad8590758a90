"""The transports between a vendor's client and the network, one job each.

From the client outwards: `read_only` (only in previews), `retry`, `errors`, `rate_limit`,
`record`, `auth`, network. `client.build` stacks them; `rules.Rules` holds what differs between
vendors.
"""
