"""What a stack of BEE MVP must be told. All that is missing is reported at once."""

from typing import Literal, Self

from pydantic import Field, model_validator

from stackwright.settings import StackSettings, elsewhere


class Settings(StackSettings):
    """One field a line of the stack's file."""

    supabase_ref: str = Field(description="the project's ref", pattern="^[a-z]{20}$")
    supabase_region: str = Field(description="the region that the project must be in")
    backup: bool = Field(False, description="take a backup before migrations if none is fresh")

    flags: Literal["debug", "release"] = Field(description="which build the flags are those of")

    gcp_project_id: str = Field(description="the Google Cloud project that monitors the functions")
    gcp_region: str = Field("us-central1", description="its region")
    adopt_functions: bool = Field(False, description="overwrite functions that somebody deployed")
    adopt_secrets: bool = Field(False, description="overwrite secrets that somebody set")

    @model_validator(mode="after")
    def _no_other_stack_has_the_project(self) -> Self:
        twins = [s for s, ref in elsewhere("supabase_ref").items() if ref == self.supabase_ref]
        if twins:
            raise ValueError(
                f"stack {twins[0]} names the same supabase_ref {self.supabase_ref}: each stack has "
                "a database of its own; correct one of the two files"
            )
        return self
