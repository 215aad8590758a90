"""The declared area codes: complete, within the rules of their table, and true to the plan."""

import csv
import re
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from stackwright.sql.errors import BadReferenceData
from stackwright.sql.reference import ReferenceData
from tests.product.helpers import CHECKS, REFERENCE, load_reference_data

COLUMNS = [
    "npa",
    "country_code",
    "country_name",
    "state_province_code",
    "state_province_name",
    "category",
    "confidence_score",
    "source",
    "is_active",
]


def rows() -> list[dict[str, str]]:
    with REFERENCE.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_file_is_in_the_order_of_its_distinct_npas() -> None:
    npas = [row["npa"] for row in rows()]
    assert len(npas) == 450
    assert npas == sorted(set(npas))
    assert list(rows()[0]) == COLUMNS


def test_every_npa_can_be_dialled() -> None:
    """N11 are services, a 9 in the middle is kept for longer numbers, N00 and NXX with twice the
    same digit at the end are kept for codes that are no place."""
    for row in rows():
        assert re.fullmatch(r"[2-9][0-8][0-9]", row["npa"]), row
        assert row["npa"][1] != row["npa"][2], row


def test_the_file_is_accepted_by_the_rules_beside_it() -> None:
    data = ReferenceData.load(REFERENCE)
    declaration = data.declaration
    assert (declaration.table, declaration.key) == ("public.enhanced_lerg", ("npa",))
    assert declaration.rows == data.count == 450
    assert declaration.keep == {"source": "manual"}
    assert not declaration.prune


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (("\n202,", "\n201,"), "201"),
        (("\n202,", "\n1202,"), "1202"),
        ((",pacific,100,lerg,true\n671", ",us-territory,100,lerg,true\n671"), "670"),
        (("\n438,", "\n460,"), "438"),
        (("\n787,PR,Puerto Rico,", "\n787,PR,Costa Rica,"), "787"),
        ((",caribbean,", ",tropical,"), "tropical"),
        ((",90,inferred", ",101,inferred"), "101"),
        ((",inferred,", ",guessed,"), "guessed"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, wrong: tuple[str, str], expected: str) -> None:
    text = REFERENCE.read_text()
    assert wrong[0] in text
    copy = tmp_path / REFERENCE.name
    copy.write_text(text.replace(*wrong, 1))
    copy.with_suffix(".yaml").write_text(REFERENCE.with_suffix(".yaml").read_text())
    with pytest.raises(BadReferenceData, match=expected):
        ReferenceData.load(copy)


def test_the_source_tells_how_sure_a_row_is() -> None:
    for row in rows():
        assert (row["source"], row["confidence_score"]) in {("lerg", "100"), ("inferred", "90")}
        assert row["is_active"] == "true"


def test_every_npa_that_the_product_names_is_required() -> None:
    required = {row["npa"] for row in ReferenceData.load(REFERENCE).declaration.require}
    assert required == {"670", "671", "684", "438", "212", "416", "787", "264"}


def test_the_category_follows_from_the_country() -> None:
    territories = {"PR": "us-territory", "VI": "us-territory"}
    pacific = {"AS": "pacific", "GU": "pacific", "MP": "pacific"}
    special = {"US": "us-domestic", "CA": "canadian"} | territories | pacific
    for row in rows():
        assert row["category"] == special.get(row["country_code"], "caribbean"), row
        assert bool(row["state_province_code"]) == (row["category"] != "caribbean"), row
        assert bool(row["state_province_code"]) == bool(row["state_province_name"]), row


def test_every_state_and_province_is_there_under_one_name() -> None:
    names: dict[tuple[str, str], set[str]] = {}
    for row in rows():
        key = (row["country_code"], row["state_province_code"])
        names.setdefault(key, set()).add(row["state_province_name"])
    assert all(len(found) == 1 for found in names.values())
    assert len([key for key in names if key[0] == "US"]) == 51
    assert len([key for key in names if key[0] == "CA"]) == 10


def test_one_country_has_one_name() -> None:
    pairs = {(row["country_code"], row["country_name"]) for row in rows()}
    assert len(pairs) == len({code for code, _ in pairs}) == len({name for _, name in pairs})
    assert len(pairs) == 2 + 18 + 5


def test_the_check_of_the_categories_counts_as_the_file_does() -> None:
    declared = dict(
        re.findall(r"\('([a-z-]+)', (\d+)\)", CHECKS["v07_lerg_categories"].read_text())
    )
    counted = Counter(row["category"] for row in rows())
    assert {category: int(count) for category, count in declared.items()} == counted


def test_the_table_takes_every_row(database: psycopg.Connection) -> None:
    load_reference_data(database)
    query = f"select {', '.join(COLUMNS)} from public.enhanced_lerg order by npa"
    stored = [[_text(value) for value in row] for row in database.execute(query)]
    assert stored == [list(row.values()) for row in rows()]


def _text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
