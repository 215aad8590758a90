"""Render: services, their variables and their deploys."""

from stackwright.render.deploy import Deploy
from stackwright.render.env_vars import EnvVars
from stackwright.render.service import Service

__all__ = ["Deploy", "EnvVars", "Service"]
