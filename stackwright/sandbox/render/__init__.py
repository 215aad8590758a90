"""The Render stand-in: the REST API over real git clones, builds, processes and web servers.

Source: https://api-docs.render.com/reference and recorded exchanges of the official Terraform
provider.
"""
