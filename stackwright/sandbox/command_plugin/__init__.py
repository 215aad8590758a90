"""A stand-in for Pulumi's own `command` plugin, in the sandbox's PULUMI_HOME only.

`pulumi_command` resources need a plugin that the CLI downloads. The sandbox must work where it
cannot, and must not depend on who can: so it always uses this one, which speaks the same protocol
for `command:local:Command`. It never shadows the real plugin, which lives in the user's own home.
"""

from stackwright.sandbox.command_plugin.install import VERSION, install

__all__ = ["VERSION", "install"]
