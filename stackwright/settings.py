"""Settings of a stack: Pulumi configuration first, then the environment.

A program declares what it must be told as one pydantic model:

    class Settings(StackSettings):
        supabase_ref: str = Field(description="the project's ref", pattern="^[a-z]{20}$")
        stripe_api_key: SecretStr = Field(
            validation_alias=AliasChoices("stackwright:stripeApiKey", "STRIPE_API_KEY")
        )

A plain name is looked up in the project's own namespace, a name with a colon as it stands, an
upper-case one in the environment.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class PulumiConfigSource(PydanticBaseSettingsSource):
    """The stack's configuration as a source of settings. Values are never logged."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        for name in names(field, field_name):
            value = _lookup(name)
            if value is not None:
                return value, _key(field, field_name), False
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {}
        for name, field in self.settings_cls.model_fields.items():
            value, key, _ = self.get_field_value(field, name)
            if value is not None:
                found[key] = value
        return found


def names(field: FieldInfo, field_name: str) -> Iterator[str]:
    """Where a field may be given, first choice first."""
    alias = field.validation_alias
    choices = getattr(alias, "choices", [alias] if alias else [field_name])
    yield from (choice for choice in choices if isinstance(choice, str))
    if not any(str(choice).isupper() for choice in choices):
        yield field_name.upper()


def _key(field: FieldInfo, field_name: str) -> str:
    """The name under which pydantic expects the value: its first alias, else the field's."""
    return next(names(field, field_name)) if field.validation_alias else field_name


def _lookup(name: str) -> str | None:
    if name.isupper():
        return os.environ.get(name) or None
    namespace, _, key = name.rpartition(":")
    return pulumi.Config(namespace or None).get(key)


def elsewhere(name: str, default: str | None = None) -> dict[str, str]:
    """Stack to value of a plain name, of the project's other stacks as their files say.

    `default` stands for a file that has settings of this project, but not this one.
    """
    found, prefix = {}, f"{pulumi.get_project()}:"
    for path in sorted(Path.cwd().glob("Pulumi.*.yaml")):
        stack = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        config = (yaml.safe_load(path.read_text()) or {}).get("config") or {}
        value = config.get(f"{prefix}{name}", default)
        ours = any(key.startswith(prefix) for key in config)
        if ours and value is not None and stack != pulumi.get_stack():
            found[stack] = str(value)
    return found


class StackSettings(BaseSettings):
    """Base of a program's settings; unknown names are the business of others."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, PulumiConfigSource(settings_cls)
