"""What a stack of the VoIP Accelerator must be told. All that is missing is reported at once.

Each value comes from `Pulumi.<stack>.yaml` or from the environment (the upper-case name).
"""

from typing import Literal, Self

from pydantic import AliasChoices, Field, SecretStr, model_validator

from stackwright.settings import StackSettings, elsewhere


class Settings(StackSettings):
    """One field a line of the stack's file."""

    app_env: Literal["staging", "production"] = Field(description="what the web app calls itself")

    supabase_ref: str = Field(description="the project's ref", pattern="^[a-z]{20}$")
    supabase_region: str = Field(description="the region that the project must be in")
    migrations_baseline: str | None = Field(
        None,
        description="migrations of the database up to this version are history",
        pattern=r"^\d+$",
    )
    backup_within: int | None = Field(
        None,
        description="hours: before the schema changes, a verified backup this fresh must be there "
        "or is made, on a machine with stackwright[sandbox]; without it none is asked for",
        gt=0,
    )
    user_policy: Literal["preserve", "wipe"] = Field(
        "preserve",
        description="whether `stackwright users wipe` may delete the users; no `up` ever does",
    )
    usage_metrics: bool = Field(
        False, description="a table and a view of usage, whose columns are assumed"
    )
    adopt_functions: bool = Field(False, description="overwrite functions that somebody deployed")
    adopt_secrets: bool = Field(False, description="overwrite secrets that somebody set")

    cancel_subscription: bool = Field(
        True, description="users may end their subscription in the app, not only in the portal"
    )

    stripe_mode: Literal["test", "live"] = Field(
        description="the mode that the key must have",
        validation_alias=AliasChoices("stackwright:stripeMode", "STRIPE_MODE"),
    )
    stripe_api_key: SecretStr = Field(
        description="Stripe's secret key",
        validation_alias=AliasChoices("stackwright:stripeApiKey", "STRIPE_API_KEY"),
    )
    stripe_publishable_key: str = Field(
        description="Stripe's publishable key", pattern="^pk_(test|live)_"
    )
    stripe_api_version: str = Field("2024-04-10", description="of the events that we receive")
    monthly_amount: int = Field(description="US cents a month", gt=0)
    annual_amount: int = Field(description="US cents a year", gt=0)
    amounts_confirmed: str | None = Field(
        None, description="both amounts once more, by whoever answers for them in production"
    )
    beta_trial_days: int = Field(
        7, description="days that BETATESTER2025 adds to the usual trial", ge=0, le=723
    )

    web_app_repo: str = Field(description="the git repository of the web app")
    web_app_branch: str = Field(description="the branch that is built")
    web_app_commit: str | None = Field(None, description="a commit to build instead of the newest")

    @model_validator(mode="after")
    def _keys_fit_the_mode(self) -> Self:
        if f"_{self.stripe_mode}_" not in self.stripe_api_key.get_secret_value()[:9]:
            raise ValueError(
                f"STRIPE_API_KEY is not a {self.stripe_mode} key, but this stack is declared for "
                f"Stripe's {self.stripe_mode} mode: export the {self.stripe_mode} key"
            )
        if not self.stripe_publishable_key.startswith(f"pk_{self.stripe_mode}_"):
            raise ValueError(
                f"stripe_publishable_key is not a {self.stripe_mode} key: it must begin with "
                f"pk_{self.stripe_mode}_"
            )
        return self

    @model_validator(mode="after")
    def _production_is_live(self) -> Self:
        if (self.app_env == "production") != (self.stripe_mode == "live"):
            raise ValueError(
                f"a {self.app_env} stack cannot run in Stripe's {self.stripe_mode} mode: real "
                "money belongs to production and to nothing else; correct stackwright:stripeMode"
            )
        return self

    @model_validator(mode="after")
    def _amounts_are_confirmed(self) -> Self:
        wanted = f"{self.monthly_amount} and {self.annual_amount}"
        if self.app_env == "production" and self.amounts_confirmed != wanted:
            raise ValueError(
                "real customers would pay amounts that nobody has confirmed: check monthly_amount "
                f'and annual_amount, then run pulumi config set amounts_confirmed "{wanted}"'
            )
        return self

    @model_validator(mode="after")
    def _no_other_stack_has_the_project(self) -> Self:
        twins = [
            stack for stack, ref in elsewhere("supabase_ref").items() if ref == self.supabase_ref
        ]
        if twins:
            raise ValueError(
                f"stack {twins[0]} names the same supabase_ref {self.supabase_ref}: each stack has "
                "a database of its own; correct one of the two files"
            )
        return self

    @model_validator(mode="after")
    def _all_stacks_have_one_api_version(self) -> Self:
        default = type(self).model_fields["stripe_api_version"].default
        for stack, version in elsewhere("stripe_api_version", default).items():
            if version != self.stripe_api_version:
                raise ValueError(
                    f"stripe_api_version is {self.stripe_api_version} here and {version} in stack "
                    f"{stack}: what is tested there would get other events here; change both files"
                )
        return self
