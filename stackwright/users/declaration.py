"""What a product says of its users in `sql/users.yaml`; see that of this repository.

`export` is one SELECT whose first column is the user's id, `rows` names the tables whose rows
belong to a user, `checks` what `stackwright verify` must find right before a wipe, `notices` the
days before it on which users were told, `backup_within` hours.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import pydantic
import yaml
from pydantic import Field

from stackwright.errors import UserInput

PATH = Path("sql/users.yaml")
_Name = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$")]
_Table = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$")]


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Rows(_Strict):
    """A table, `schema.table`, and its column that holds the id of a user."""

    table: _Table
    user: _Name


class Declared(_Strict):
    """The file's content."""

    export: str = Field(min_length=1)
    rows: Mapping[_Name, Rows]
    checks: tuple[str, ...] = ()
    notices: Mapping[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    backup_within: float = Field(24, gt=0)


def load(path: Path = PATH) -> Declared:
    """The declaration of the project in the working folder; raises `UserInput`."""
    try:
        content = yaml.safe_load(path.read_text())
        return Declared.model_validate(content)
    except FileNotFoundError:
        raise UserInput(
            f"{path} is missing: it says what a user's rows are; see the page "
            "docs/tasks/export-and-wipe-users.md"
        ) from None
    except yaml.YAMLError as error:
        raise UserInput(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UserInput(f"{path}: {where or 'the file'}: {first['msg']}") from None
