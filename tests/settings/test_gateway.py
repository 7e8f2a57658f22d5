"""Roles of one's own, and other limits of those that there are."""

from fakeai.app import roles_of
from fakeai.settings import load


def test_roles_of_the_settings_come_to_those_of_the_table() -> None:
    roles = roles_of(load(None, {"gateway.roles": '{"free":{"rpm":5},"guest":{"tpd":7}}'}))
    assert (roles["free"].limits.rpm, roles["guest"].limits.tpd, roles["standard"].limits.rpm) == (5, 7, 120)
