# SPDX-License-Identifier: Apache-2.0
"""The services' database: locks that end with their holder, migrations, errors without passwords."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import postgres
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from makegood import keeper, sending
from makegood.database import Database, upgrade
from makegood.errors import MakegoodError, UsageError
from makegood.keeper import schema as keeper_schema
from makegood.sending import schema as sending_schema


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    if postgres.binaries() is None:
        pytest.fail(postgres.INSTALL)
    with postgres.server() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("server").fresh())
    return f"sqlite:///{tmp_path / 'shared.sqlite'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    made = Database(url)
    yield made
    made.close()


def versions(package: ModuleType) -> Path:
    return Path(str(package.__file__)).parent / "versions"


def test_one_at_a_time_has_a_lock(database: Database, url: str) -> None:
    other = Database(url)
    with database.lock("a") as first, other.lock("a") as second, other.lock("b") as third:
        assert (first, second, third) == (True, False, True)
    with other.lock("a") as again:
        assert again
    other.close()


def test_a_lock_ends_with_its_process(database: Database, url: str) -> None:
    program = (
        "import sys; from makegood.database import Database\n"
        "with Database(sys.argv[1]).lock('a') as mine:\n"
        "    print(mine, flush=True); sys.stdin.readline()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "True\n"
    with database.lock("a") as mine:
        assert not mine
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    # Postgres notices the end of a connection by itself, a moment later.
    for _ in range(200):
        with database.lock("a") as mine:
            if mine:
                return
        threading.Event().wait(0.05)
    pytest.fail("the lock is still held")


@pytest.mark.parametrize(
    ("package", "schema"), [(sending, sending_schema), (keeper, keeper_schema)], ids=["sending", "keeper"]
)
def test_the_migrations_make_the_tables(database: Database, package: ModuleType, schema: ModuleType) -> None:
    name = package.__name__.rpartition(".")[2]
    upgrade(database, name, versions(package))
    upgrade(database, name, versions(package))
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": f"{name}_version"})
        assert compare_metadata(context, schema.metadata) == []


def test_several_start_at_once(url: str) -> None:
    program = (
        "import sys; from pathlib import Path; from makegood.database import Database, upgrade\n"
        "upgrade(Database(sys.argv[1]), 'sending', Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, url, str(versions(sending))]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[1] for process in processes] == ["", "", ""]


@pytest.mark.parametrize("text", ["", "nothing", "mysql://me@host/x", "postgresql://me@host:port/x"])
def test_an_address_that_is_no_database_s_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Database(text)


@pytest.mark.parametrize(
    "address",
    [
        "me:secret@127.0.0.1:9/desk?connect_timeout=1",
        "me@127.0.0.1:9/desk?connect_timeout=1&password=secret",
        "me@127.0.0.1:9/desk?password=secret&sslpassword=secret&connect_timeout=1",
    ],
)
def test_an_error_does_not_repeat_the_password(address: str) -> None:
    database = Database(f"postgresql://{address}")
    with pytest.raises(MakegoodError) as refusal, database.reading():
        pass
    assert "secret" not in str(refusal.value)
    assert "secret" not in database.shown
    assert "127.0.0.1:9/desk?connect_timeout=1" in database.shown


def test_a_new_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path / 'new' / 'shared.sqlite'}")
    with made.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE told (text TEXT)")
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()}
    assert set(modes) == {"shared.sqlite", "shared.sqlite-wal", "shared.sqlite-shm"}
    assert set(modes.values()) == {0o600}
    made.close()
