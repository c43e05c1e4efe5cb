import sqlite3
import stat
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

import recordings.tables
import server.migrations
from recordings.errors import StoreUnavailable
from server.migrations import upgrade
from server.migrations.metadata import TABLES

pytestmark = pytest.mark.adapter


def test_an_upgraded_database_has_the_tables_that_the_packages_declare(tmp_path):
    url = f"sqlite:///{tmp_path / 'calls.db'}"
    upgrade(url)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, TABLES) == []  # type: ignore[arg-type]  # takes several, as env.py gives it
    assert recordings.tables.metadata in TABLES


def test_upgrading_again_changes_nothing_and_keeps_what_is_there(tmp_path):
    path = tmp_path / "calls.db"
    upgrade(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO events VALUES ('CA1', 1, 'local', 0, '', 'x', 1, '{}')")
    upgrade(f"sqlite:///{path}")
    assert connection.execute("SELECT count(*) FROM events").fetchone() == (1,)
    connection.close()


def test_only_its_owner_may_read_the_file(tmp_path):
    upgrade(f"sqlite:///{tmp_path / 'calls.db'}")
    assert stat.S_IMODE((tmp_path / "calls.db").stat().st_mode) == 0o600


def test_processes_that_start_at_once_do_not_disturb_one_another(tmp_path):
    url = f"sqlite:///{tmp_path / 'calls.db'}"
    errors = []

    def start():
        try:
            upgrade(url)
        except StoreUnavailable as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.parametrize("place", ["none/calls.db", "file/calls.db", "folder"])
def test_a_place_that_cannot_hold_a_database_is_said_in_one_sentence(tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreUnavailable, match=r"^The call store sqlite:.* cannot be created: [^.]*\.$"):
        upgrade(f"sqlite:///{tmp_path / place}")


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path):
    (tmp_path / "calls.db").write_text("Dear aunt, " * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        upgrade(f"sqlite:///{tmp_path / 'calls.db'}")
    assert (tmp_path / "calls.db").read_text() == "Dear aunt, " * 100


def test_a_database_of_a_later_version_is_left_alone_and_said_so(tmp_path):
    path = tmp_path / "calls.db"
    upgrade(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreUnavailable, match="from a later version of Cordboard"):
        upgrade(f"sqlite:///{path}")


def test_calls_from_before_messages_were_listed_say_for_whom_one_was_left(tmp_path):
    path = tmp_path / "calls.db"
    _step(path, "0001")
    with sqlite3.connect(path) as connection:
        call = "INSERT INTO calls (call_id, org_id, begun_at, last_seq, last_at_ms) VALUES (?, 'local', '2026', 1, 0)"
        connection.executemany(call, [("CA1",), ("CA2",)])
        taken = "INSERT INTO events VALUES ('CA1', ?, 'local', 0, '', 'message.taken', 1, ?)"
        connection.executemany(taken, [(2, '{"queue": "care"}'), (3, '{"queue": "repairs"}')])
    upgrade(f"sqlite:///{path}")
    told = connection.execute("SELECT call_id, message_for FROM calls ORDER BY call_id").fetchall()
    connection.close()
    assert told == [("CA1", "care"), ("CA2", None)]


@pytest.mark.parametrize(("there", "further"), [("0001", "0002"), ("0002", "0003")])
def test_a_step_back_is_as_if_it_had_not_been_taken(tmp_path, there, further):
    path = tmp_path / "calls.db"
    _step(path, there)
    before = _shape(path)
    _step(path, further)
    assert _shape(path) != before
    _step(path, there)
    assert _shape(path) == before


def _step(path, revision):
    """Go to this revision, up or down."""
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(server.migrations.__file__).parent))
        config.attributes["connection"] = connection
        there = MigrationContext.configure(connection).get_current_revision() or ""
        (command.upgrade if there < revision else command.downgrade)(config, revision)


def _shape(path):
    with sqlite3.connect(path) as connection:
        found = connection.execute(
            "SELECT name, type FROM sqlite_schema UNION SELECT name, type FROM pragma_table_info('calls')"
        )
        shape = set(found.fetchall())
    connection.close()
    return shape
