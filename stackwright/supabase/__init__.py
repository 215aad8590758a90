"""Supabase: a project's secrets and edge functions."""

from stackwright.supabase.functions import Functions, functions
from stackwright.supabase.project import Project
from stackwright.supabase.secrets import Secrets

__all__ = ["Functions", "Project", "Secrets", "functions"]
