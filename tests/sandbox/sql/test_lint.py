"""squawk's findings, and the rules that a stack sets."""

import asyncio
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner

from stackwright.cli.sql import command
from stackwright.errors import Refused, UserInput
from stackwright.sql import lint
from stackwright.sql.lint import Finding, Rules
from stackwright.sql.migration import load


def found(folder: Path, rules: Rules | None = None, major: int = 17) -> list[Finding]:
    return asyncio.run(lint.of_migrations(folder, load(folder), rules or {}, major))


def test_a_finding_has_its_place_and_the_name_of_its_rule(folder: Path) -> None:
    (folder / "1_t.sql").write_text("select 1;\nalter table t alter column a type int;")
    rules = {finding.rule: (finding.file, finding.line) for finding in found(folder)}
    assert rules["changing-column-type"] == ("1_t.sql", 2)


def test_a_rule_can_be_left_out(folder: Path) -> None:
    (folder / "1_t.sql").write_text("alter table t alter column a type int;")
    left = found(folder, {"changing-column-type": "ignore"})
    assert "changing-column-type" not in {finding.rule for finding in left}


def test_a_rule_that_is_off_by_default_can_be_asked_for(folder: Path) -> None:
    (folder / "1_t.sql").write_text("create table t (id bigint);")
    assert "require-table-schema" not in {finding.rule for finding in found(folder)}
    assert "require-table-schema" in {
        finding.rule for finding in found(folder, {"require-table-schema": "warn"})
    }


def test_a_rule_that_our_engine_makes_needless_can_be_asked_for(folder: Path) -> None:
    (folder / "1_t.sql").write_text("alter table t add column a int;")
    rules = {finding.rule for finding in found(folder, {"require-lock-timeout": "warn"})}
    assert "require-lock-timeout" in rules
    assert "require-lock-timeout" not in {finding.rule for finding in found(folder)}


def test_a_refused_rule_stops_and_names_every_place(folder: Path) -> None:
    (folder / "1_t.sql").write_text("alter table t alter column a type int;\ndrop table u;")
    rules: Rules = {"changing-column-type": "refuse"}
    with pytest.raises(Refused) as caught:
        lint.refuse(found(folder, rules), rules)
    assert "1_t.sql:1:" in str(caught.value)
    assert "ban-drop-table" not in str(caught.value)
    lint.refuse(found(folder, rules), {"changing-column-type": "warn"})


def test_a_rule_that_does_not_exist_is_refused_by_name(folder: Path) -> None:
    (folder / "1_t.sql").write_text("select 1;")
    for rules in ({"no-such-rule": "refuse"}, {"no-such-rule": "ignore"}):
        with pytest.raises(UserInput, match="no-such-rule"):
            found(folder, cast("Rules", rules))


def test_squawk_is_told_which_files_have_a_transaction(folder: Path) -> None:
    (folder / "1_t.sql").write_text("alter table t add column a int; drop table u;")
    (folder / "2_t.sql").write_text(
        "-- stackwright: no-transaction\nalter table t add column a int; drop table u;"
    )
    repeatable = found(folder, {"prefer-robust-stmts": "warn"})
    assert {f.file for f in repeatable if f.rule == "prefer-robust-stmts"} == {"2_t.sql"}


def test_the_command_refuses_a_rule_with_its_exit_code(folder: Path) -> None:
    (folder / "1_t.sql").write_text("drop table u;")
    argv = ["lint", "--dir", str(folder)]
    assert CliRunner().invoke(command, argv).exit_code == 0
    result = CliRunner().invoke(command, [*argv, "--refuse", "ban-drop-table"])
    assert isinstance(result.exception, Refused)
    assert "warning ban-drop-table" in result.output
