"""Names are kept as they are, but for the one character that PostgreSQL has no place for."""

from sqlalchemy.dialects import postgresql

from fakeai.store.tables import Name


def test_a_name_without_nul_is_kept_as_it_is() -> None:
    kept = Name().process_bind_param
    dialect = postgresql.dialect()
    assert [kept(value, dialect) for value in (None, "", "file-1", "a\0b")] == [None, "", "file-1", "a\ufffdb"]
