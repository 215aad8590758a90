"""Our marks on a Render service: two variables of reserved names, readable and never secret.

A service has no metadata, so the owner tag is a variable. It reaches builds, where nothing reads
it. The set of variables has a tag of its own, because it is a resource of its own.
"""

SERVICE_OWNER = "STACKWRIGHT_OWNER"
VARIABLES_OWNER = "STACKWRIGHT_ENV_OWNER"
RESERVED = frozenset({SERVICE_OWNER, VARIABLES_OWNER})
