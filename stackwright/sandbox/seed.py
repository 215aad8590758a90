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
        starting_state = importlib.import_module("stackwright.sandbox.supabase.starting_state")
        for project in projects:
            made = {name: value for name, value in project.items() if name != "steps"}
            await supabase.ensure_project(world, **made)
            await starting_state.fill(
                world, project["ref"], scenario.folder, project.get("steps", [])
            )
    remember(world, scenario)
