"""A stack's users: exported to a file, and wiped, which a product declares in `sql/users.yaml`."""
