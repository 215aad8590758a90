"""Data files and the rules beside them."""

from pathlib import Path

import pytest

from stackwright.sql.errors import BadReferenceData
from stackwright.sql.reference import ReferenceData

HEAD = "table: public.codes\nkey: code\n"
CSV = "code,kind,score\n001,a,1\n002,b,\n"


def data(tmp_path: Path, yaml: str = HEAD, csv: str = CSV) -> ReferenceData:
    (tmp_path / "codes.csv").write_text(csv)
    (tmp_path / "codes.yaml").write_text(yaml)
    return ReferenceData.load(tmp_path / "codes.csv")


def test_a_good_file_is_read(tmp_path: Path) -> None:
    read = data(tmp_path)
    assert read.columns == ["code", "kind", "score"]
    assert read.count == 2
    assert [key for key, _ in read.keyed] == [("001",), ("002",)]


def test_another_byte_or_another_rule_is_another_checksum(tmp_path: Path) -> None:
    first = data(tmp_path).checksum
    assert data(tmp_path).checksum == first
    assert data(tmp_path, csv=CSV + "003,c,3\n").checksum != first
    assert data(tmp_path, HEAD + "keep: {kind: a}\n").checksum != first


def test_how_rows_are_carried_is_no_other_content(tmp_path: Path) -> None:
    first = data(tmp_path).checksum
    assert data(tmp_path, HEAD + "batch: 2\nexclude: [id]\n").checksum == first


def test_batches_are_whole_records_whatever_is_in_them(tmp_path: Path) -> None:
    csv = 'code,kind,score\n001,"a\n,b",1\n\n002,,2\n003,c,3\n'
    read = data(tmp_path, csv=csv)
    assert list(read.batches(1)) == [
        (1, 'code,kind,score\n001,"a\n,b",1\n'),
        (2, "code,kind,score\n\n002,,2\n"),
        (3, "code,kind,score\n003,c,3\n"),
    ]
    assert list(read.batches(2, 2)) == [(3, "code,kind,score\n003,c,3\n")]
    assert list(read.batches(2, 3)) == []


def test_rules_hold_beyond_the_rows_that_are_looked_at_together(tmp_path: Path) -> None:
    rows = [f"{n:04},a,1\n" for n in range(1200)]
    csv = "code,kind,score\n" + "".join(rows)
    assert data(tmp_path, HEAD + 'require: [{code: "1100"}]\n', csv).count == 1200
    with pytest.raises(BadReferenceData, match="line 1202: key 0003 is also on line 5"):
        data(tmp_path, csv=csv + rows[3])


@pytest.mark.parametrize(
    ("yaml", "csv", "complaint"),
    [
        (HEAD + "rows: 3\n", CSV, "it has 2 rows, and 3 are declared"),
        (HEAD, CSV + "001,c,3\n", "line 4: key 001 is also on line 2"),
        (HEAD, CSV + "003,c\n", "line 4: 2 fields, and the header has 3"),
        (HEAD, CSV + ",c,3\n", "line 4: a part of its key is empty"),
        (HEAD, "code,kind,kind\n", "column kind stands twice in the header"),
        (HEAD, "kind,score\n", "column code is declared but missing in the header"),
        (HEAD, "", "the first line must name the columns"),
        (HEAD, 'code,kind,score\n001,"a"b,1\n', "codes.csv:2: "),
        (
            HEAD + 'columns: {code: {pattern: "^1"}}\n',
            CSV,
            r"line 2: code '001' does not match \^1",
        ),
        (HEAD + "columns: {kind: {allowed: [a]}}\n", CSV, "line 3: kind 'b' is not one of a"),
        (HEAD + "columns: {score: {max: 0}}\n", CSV, "line 2: score '1' is not between None and 0"),
        (HEAD + "columns: {kind: {min: 0}}\n", CSV, "line 2: kind 'a' is not a number"),
        (HEAD + "columns: {score: {required: true}}\n", CSV, "line 3: score '' is empty"),
        (HEAD + 'require: [{code: "001", kind: b}]\n', CSV, "'001', kind 'b' is required and miss"),
        (HEAD + "exclude: kind\n", CSV, "column kind is excluded and in the header"),
        (HEAD + "batch: 0\n", CSV, "codes.yaml: batch: Input should be greater"),
        (HEAD + "keys: x\n", CSV, "codes.yaml: keys: Extra inputs"),
        ("table: codes\nkey: code\n", CSV, "codes.yaml: table: String should match"),
        ("table: [", CSV, "codes.yaml: while parsing"),
    ],
)
def test_a_broken_rule_is_named_with_its_line(
    tmp_path: Path, yaml: str, csv: str, complaint: str
) -> None:
    with pytest.raises(BadReferenceData, match=complaint):
        data(tmp_path, yaml, csv)


def test_all_problems_are_told_at_once_but_not_more_than_ten(tmp_path: Path) -> None:
    csv = "code,kind,score\n" + "".join(f"{i:03},z,1\n" for i in range(15))
    with pytest.raises(BadReferenceData, match=r"line 2: .*; line 11: .*; and 5 more"):
        data(tmp_path, HEAD + "columns: {kind: {allowed: [a]}}\n", csv)


def test_a_missing_description_is_named(tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text(CSV)
    with pytest.raises(BadReferenceData, match=r"codes\.yaml: No such file"):
        ReferenceData.load(tmp_path / "codes.csv")
