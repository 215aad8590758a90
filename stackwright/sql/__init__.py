"""SQL migrations, their ledger, the shadow run, checks and reference data.

No file here imports Pulumi except the two resources (`migrations.py`, `reference_data.py`):
the engine is the same under `pulumi up` and under `stackwright sql`.
"""
