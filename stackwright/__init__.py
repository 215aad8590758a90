"""Stackwright: one Pulumi program converges a whole small product, stack by stack."""

__version__ = "0.1.0"
