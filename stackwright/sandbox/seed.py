"""Puts a scenario into a new sandbox."""

import importlib

from stackwright.sandbox.scenario import Scenario, remember
from stackwright.sandbox.world import World


async def before_start(world: World, scenario: Scenario) -> None:
    """What the stand-ins must find when they start."""
    for url, folder in scenario.part("render").get("repos", {}).items():
        world.store.put("render.repo", url, {"url": url, "folder": folder})
    for name, value in scenario.part("render").get("settings", {}).items():
        world.set_setting(f"render.{name}", value)


async def after_start(world: World, scenario: Scenario) -> None:
    """What running stand-ins make for real, such as a database project."""
    projects = scenario.part("supabase").get("projects", [])
    if projects:
        supabase = importlib.import_module("stackwright.sandbox.supabase.projects")
        for project in projects:
            await supabase.ensure_project(world, **project)
    remember(world, scenario)
