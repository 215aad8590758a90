"""What a stack of Optio must be told. All that is missing is reported at once."""

from typing import Literal, Self

from pydantic import Field, model_validator

from stackwright.settings import StackSettings, elsewhere


class Settings(StackSettings):
    """One field a line of the stack's file."""

    flask_env: Literal["development", "production"] = Field(description="what the backend calls it")

    supabase_ref: str = Field(description="the project's ref", pattern="^[a-z]{20}$")
    supabase_region: str = Field(description="the region that the project must be in")

    migrations_baseline: str | None = Field(
        None, description="the database has migrations up to this version", pattern=r"^\d+$"
    )
    backup: bool = Field(False, description="take a backup before migrations if none is fresh")
    row_level_security_approved_by: str | None = Field(
        None, description="who saw the tests of the roles pass on dev"
    )
    rename_friendships: bool = Field(False, description="friendships becomes team_requests")
    drop_friendships_view: bool = Field(False, description="the backend has moved to the new name")
    seed: bool = Field(False, description="sample quests and tasks, which no user made")

    @property
    def is_production(self) -> bool:
        return self.flask_env == "production"

    @model_validator(mode="after")
    def _production_is_not_seeded(self) -> Self:
        if self.seed and self.is_production:
            raise ValueError(
                "production cannot have sample quests: users would see them; set seed to false"
            )
        return self

    @model_validator(mode="after")
    def _the_renaming_comes_after_the_policies_and_before_the_end_of_the_view(self) -> Self:
        if self.rename_friendships and not self.row_level_security_approved_by:
            raise ValueError(
                "rename_friendships comes after row-level security, which is written for the old "
                "name; set row_level_security_approved_by first"
            )
        if self.drop_friendships_view and not self.rename_friendships:
            raise ValueError(
                "drop_friendships_view ends what rename_friendships begins; set both, the view's "
                "end in a later run"
            )
        return self

    @model_validator(mode="after")
    def _no_other_stack_has_the_project(self) -> Self:
        twins = [s for s, ref in elsewhere("supabase_ref").items() if ref == self.supabase_ref]
        if twins:
            raise ValueError(
                f"stack {twins[0]} names the same supabase_ref {self.supabase_ref}: each stack has "
                "a database of its own; correct one of the two files"
            )
        return self
