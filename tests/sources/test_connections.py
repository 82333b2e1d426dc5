"""Connections come from the environment as Airflow writes them, and keep their password."""

import json
from collections.abc import Callable

import pytest

from kam_kpi.errors import KamError
from kam_kpi.sources.connections import Connection, connection

Given = Callable[[str], Connection]
SECRET = "p@ss/w:rd"  # noqa: S105


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    def read(value: str) -> Connection:
        monkeypatch.setenv("AIRFLOW_CONN_ACME_ERP", value)
        return connection("acme_erp")

    return read


def test_a_uri_with_percent_encoded_password(given: Given) -> None:
    found = given("postgresql://kam:p%40ss%2Fw%3Ard@db.acme.example:5433/erp?sslmode=require")
    assert (found.engine, found.host, found.port) == ("postgres", "db.acme.example", 5433)
    assert (found.user, found.password, found.database) == ("kam", SECRET, "erp")
    assert found.extra == {"sslmode": "require"}


def test_the_json_form_and_the_uri_form_are_the_same(given: Given) -> None:
    parts = {"conn_type": "mysql", "host": "h", "login": "kam", "password": SECRET, "port": 3307,
             "schema": "erp", "extra": {"ssl_ca": "/ca.pem"}}  # fmt: skip
    by_uri = given("mysql+pymysql://kam:p%40ss%2Fw%3Ard@h:3307/erp?ssl_ca=/ca.pem")
    assert given(json.dumps(parts)) == by_uri
    assert given(json.dumps({**parts, "extra": json.dumps(parts["extra"])})) == by_uri


@pytest.mark.parametrize(
    "uri", ["sqlite:////data/Erp.db", '{"conn_type": "sqlite", "host": "/data/Erp.db"}']
)
def test_sqlite_is_a_path(given: Given, uri: str) -> None:
    assert given(uri).database == "/data/Erp.db"


def test_a_socket_folder_keeps_its_case(given: Given) -> None:
    assert given("postgresql://kam@%2Frun%2FPg:5433/erp").host == "/run/Pg"


def test_the_password_is_in_no_text(given: Given) -> None:
    found = given("postgresql://kam:p%40ss%2Fw%3Ard@h/erp")
    shown = f"{found!r} {found.place} {found.without_secrets(f'{SECRET} p%40ss%2Fw%3Ard')}"
    assert SECRET not in shown and "p%40ss" not in shown
    assert "acme_erp (postgres h/erp)" in shown


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("postgresql://kam:p@ss/w:rd@h/erp", "sources.bad_connection"),
        ("postgresql://kam:p#w:rd@h/erp", "sources.bad_connection"),
        ("postgresql://kam:p?w:rd@h/erp", "sources.bad_connection"),
        ('{"conn_type": "postgres", "password": "p@ss/w:rd"', "sources.bad_connection"),
        (
            '{"conn_type": "postgres", "password": "p@ss/w:rd", "port": "x"}',
            "sources.bad_connection",
        ),
        ("mongodb://kam:p%40ss%2Fw%3Ard@h/erp", "sources.unknown_engine"),
    ],
)
def test_a_connection_that_cannot_be_read_is_named_and_not_shown(
    given: Given, value: str, key: str
) -> None:
    with pytest.raises(KamError) as caught:
        given(value)
    assert caught.value.key == key
    assert "acme_erp" in str(caught.value).lower() and "w:rd" not in str(caught.value)
    assert caught.value.__cause__ is None
