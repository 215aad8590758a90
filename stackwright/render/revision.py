"""What a change of a service leaves behind, so that a deploy knows whether it has been seen.

A revision is `<newest deploy at that time>/<random>`: every deploy that is newer than the one it
names was started after the change and carries it. Order is the vendor's own, never two clocks'.
"""

import secrets

from stackwright.context import Reading

NONE = "none"


async def of_service(context: Reading, service: str) -> str:
    """The revision of a change that was just made. Ask after the change, never before."""
    newest = await context.render.deploys(service)
    return f"{newest[0]['id'] if newest else NONE}/{secrets.token_hex(4)}"


def deploy_of(revision: str) -> str:
    """The deploy that was the newest when the change was made; `none` when there was none."""
    return revision.partition("/")[0]
