"""What production must not lose by a slip: nothing that holds something is deleted or replaced."""

import pulumi

HARMLESS = ("stackwright:probes:", "stackwright:render:Deploy")
"""Kinds that hold nothing: replacing or removing one destroys nothing."""


def protect() -> None:
    """Protect every resource of ours that is registered from here on.

    The engine then refuses to delete or replace it, also in `pulumi destroy`, until a person says
    `pulumi state unprotect URN`.
    """
    pulumi.runtime.register_stack_transformation(_protected)


def _protected(
    given: pulumi.ResourceTransformationArgs,
) -> pulumi.ResourceTransformationResult | None:
    if not given.type_.startswith("stackwright:") or given.type_.startswith(HARMLESS):
        return None
    opts = pulumi.ResourceOptions.merge(given.opts, pulumi.ResourceOptions(protect=True))
    return pulumi.ResourceTransformationResult(props=given.props, opts=opts)
