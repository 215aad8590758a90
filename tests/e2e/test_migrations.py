"""Migrations as users meet them: shown, applied once, refused when edited or broken."""

from tests.e2e.project import Project

LEDGER = "SELECT version FROM supabase_migrations.schema_migrations ORDER BY version"
NEW = "20991201000000_notes.sql"
OLD = "sql/migrations/20261121000000_profiles.sql"


def test_a_new_file_is_shown_first_and_applied_once(project: Project) -> None:
    project.migration(NEW, "CREATE TABLE public.notes (id bigint PRIMARY KEY);\n")
    mark = project.mark()

    shown = project.preview("--diff").out
    assert "20991201000000_notes.sql" in shown
    assert project.database("SELECT to_regclass('public.notes')") == [(None,)]
    assert project.writes(mark) == []

    project.up()
    assert project.database("SELECT to_regclass('public.notes') IS NOT NULL") == [(True,)]
    assert ("20991201000000",) in project.database(LEDGER)

    assert project.up().nothing_changed


def test_an_edited_applied_file_is_refused_and_nothing_is_changed(project: Project) -> None:
    project.edit(OLD, "\n", "\n-- another thought\n")
    mark, ledger = project.mark(), project.database(LEDGER)

    said = project.try_up()

    assert said.code != 0
    assert "REFUSED" in said.text
    assert "20261121000000" in said.text
    assert project.writes(mark) == []
    assert project.database(LEDGER) == ledger


def test_broken_sql_names_its_place_and_is_not_half_applied(project: Project) -> None:
    project.migration(
        NEW,
        "CREATE TABLE public.notes (id bigint PRIMARY KEY);\n"
        "ALTER TABLE public.notes\n  ADD COLUMN author bigint REFERENCES public.nobody;\n",
    )
    mark, ledger = project.mark(), project.database(LEDGER)

    previewed = project.pulumi("preview")
    applied = project.try_up()

    for said in (previewed, applied):
        assert said.code != 0
        assert "20991201000000_notes.sql:2:" in said.text or (
            "20991201000000_notes.sql:3:" in said.text
        )
        assert "nobody" in said.text
        assert "Traceback" not in said.text
    assert project.database("SELECT to_regclass('public.notes')") == [(None,)]
    assert project.database(LEDGER) == ledger
    assert project.writes(mark) == []


def test_reference_data_with_a_row_too_few_is_refused(project: Project) -> None:
    path = project.folder / "sql/reference/enhanced_lerg.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    mark = project.mark()

    said = project.try_up()

    assert said.code != 0
    assert "449" in said.text
    assert "450" in said.text
    assert project.writes(mark) == []
    assert project.database("SELECT count(*) FROM enhanced_lerg") == [(450,)]


def test_the_newer_files_of_another_commit_are_left_alone(project: Project) -> None:
    project.migration(NEW, "CREATE TABLE public.notes (id bigint PRIMARY KEY);\n")
    project.up()
    project.tidy()

    said = project.up()

    assert "ahead" in said.text
    assert ("20991201000000",) in project.database(LEDGER)
