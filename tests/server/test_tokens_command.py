import asyncio

import pytest
from typer.testing import CliRunner

from recordings.store import SqliteCallStore
from server.cli.main import app
from server.data_dir import DATABASE
from server.settings import tool_secret
from server.tokens import Tokens

pytestmark = pytest.mark.adapter


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CORDBOARD_DATA_DIR", str(tmp_path / "data"))
    return lambda *words: CliRunner().invoke(app, ["tokens", *words])


def opens(tmp_path, text):
    async def scenario():
        store = SqliteCallStore(tmp_path / "data" / DATABASE)
        try:
            return await Tokens(store).principal(text)
        finally:
            await store.close()

    return asyncio.run(scenario())


def test_a_token_is_made_listed_and_revoked(tmp_path, run):
    made = run("create", "the desk", "--scope", "approvals:read", "--scope", "approvals:decide", "--days", "7")
    assert made.exit_code == 0, made.output
    text = made.output.strip()
    principal = opens(tmp_path, text)
    assert principal is not None
    assert principal.scopes == {"approvals:read", "approvals:decide"}
    listed = run("list").output
    assert "the desk" in listed
    assert text not in listed
    assert run("revoke", listed.split()[0]).exit_code == 0
    assert "revoked" in run("list").output
    assert opens(tmp_path, text) is None


def test_a_token_of_an_agent_opens_their_desk_alone(tmp_path, run):
    assert CliRunner().invoke(app, ["agents", "add", "ana", "--name", "Ana", "--queue", "support"]).exit_code == 0
    made = run("create", "Ana's browser", "--scope", "desk", "--agent", "ana")
    assert made.exit_code == 0, made.output
    principal = opens(tmp_path, made.output.strip())
    assert (principal.agent, principal.scopes) == ("ana", {"desk"})
    assert "of ana" in run("list").output
    assert run("create", "x", "--scope", "desk").exit_code == 2
    assert run("create", "x", "--scope", "queues:read", "--agent", "ana").exit_code == 2
    unknown = run("create", "x", "--scope", "desk", "--agent", "anna")
    assert unknown.exit_code == 2
    assert "there is no agent anna" in unknown.output


def test_what_cannot_be_is_said(run):
    assert run("create", "x", "--scope", "everything").exit_code == 2
    assert run("create", " ", "--scope", "*").exit_code == 2
    assert run("revoke", "tok_none").exit_code == 1


def test_a_tools_secret_is_read_under_its_prefix_only(monkeypatch):
    monkeypatch.setenv("CORDBOARD_SECRET_CRM", "s3cret")
    monkeypatch.setenv("AWS_KEY", "not yours")
    assert tool_secret("CRM") == "s3cret"
    assert tool_secret("AWS_KEY") is None
