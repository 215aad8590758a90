"""What a rolled-out stack must be able to do: `stackwright verify --list`."""
