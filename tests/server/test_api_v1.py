"""/api/v1: who is let in, how errors look, and what people do with the approval queue."""

import asyncio
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pipeline.assistant.tools.approving import Approving
from pipeline.assistant.tools.kept import KeptTools
from pipeline.assistant.tools.ledger import Write
from pipeline.assistant.tools.port import Retry, ToolSpec
from pipeline.assistant.tools.runner import Asked, ToolRunner
from recordings.store import SqliteCallStore
from server.api.v1.app import PREFIX, api, routes
from server.auth import Access
from server.tokens import Tokens
from tests.fakes.agents import nobody_there
from tests.fakes.routes import walked
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

ACCESS = "the access token of this test"
CENTS = {"type": "object", "properties": {"cents": {"type": "integer"}}, "additionalProperties": False}
REFUND = ToolSpec("crm.refund", "refunds", CENTS, {"type": "object"}, "approval_only", retry=Retry(1))


@dataclass
class Bank:
    spec: ToolSpec = REFUND
    done: list[Mapping[str, Any]] = field(default_factory=list)

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        del call, deadline_ms
        self.done.append(arguments)
        return {"id": f"r{len(self.done)}"}


@dataclass
class Server:
    client: httpx.AsyncClient
    store: SqliteCallStore
    kept: KeptTools
    tokens: Tokens
    bank: Bank
    app: FastAPI

    async def asked(self, key: str = "CA1/k1") -> str:
        write = Write(key, "refund", {"cents": 300}, key.partition("/")[0], "Northfield")
        return (await self.kept.ask(Asked(write, "approval_only", "t1", "+14155550101", "pin"))).id

    async def send(
        self, method: str, path: str, body: Any = None, token: str = ACCESS, **headers: str
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, PREFIX + path, json=body, headers={**sent, **named})


@asynccontextmanager
async def serving(directory):
    async with open_store(directory) as store:
        kept, bank = KeptTools(store, "local"), Bank()
        runner = ToolRunner({"refund": bank}, ledger=kept, approvals=kept)
        approving = Approving(kept, {"Northfield": runner}.get)
        app = FastAPI()
        staff = await nobody_there(store)
        app.mount(PREFIX, api(store, kept, approving, no_line, staff, Access(ACCESS)))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://phone.example.com") as client:
            yield Server(client, store, kept, Tokens(store), bank, routes(store, kept, approving, no_line, staff))
        await runner.end()
        await staff.transfers.close()


def no_line(name: str) -> None:
    del name


def use(directory, do):
    async def scenario():
        async with serving(directory) as server:
            return await do(server)

    return asyncio.run(scenario())


def test_no_route_is_reached_without_a_token_and_each_says_what_it_needs(tmp_path):
    async def do(server):
        found = [one for one in walked(server.app.routes) if hasattr(one[1], "methods")]  # no WebSocket
        for template, route in found:
            path = template.replace(":path", "").format(
                approval_id="apr_1", token_id="tok_1", key="CA1/k1", errand_id="out_1", customer="c1",
                agent_id="ana", queue="support", transfer_id="CA1-h1", call_id="CA1",
            )  # fmt: skip
            for method in route.methods:
                for token in ("", "cbt_wrong", "wrong", ACCESS + "x"):
                    answer = await server.send(method, path, {}, token)
                    assert answer.status_code == 401, (method, path, token)
                    assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert (await server.send("GET", "/nowhere", token="")).status_code == 401
        assert (await server.send("GET", "/nowhere")).status_code == 404
        return {(method, path): _scopes(route.dependant) for path, route in found for method in route.methods}

    needed = use(tmp_path, do)
    assert needed.pop(("GET", "/me")) == set()  # whoever has a token may ask who they are
    assert len(needed) >= 9
    assert all(needed.values()), needed
    assert needed["POST", "/approvals/{approval_id}/approve"] == {"approvals:decide"}
    assert needed["POST", "/outbox/{errand_id}/done"] == {"approvals:decide"}
    for verb in ("accept", "decline", "hand_back", "hang_up", "wrap_up"):
        assert needed["POST", f"/transfers/{{transfer_id}}/{verb}"] == {"desk"}
    assert needed["GET", "/transfers/{transfer_id}/packet"] == {"desk or transfers:read"}
    for verb in ("control", "whisper", "say", "hold", "unhold", "transfer", "end", "hand_back"):
        assert needed["POST", f"/calls/{{call_id}}/{verb}"] == {"supervise:control"}
    assert needed["POST", "/calls/{call_id}/take_over"] == {"supervise:control", "supervise:speak"}
    assert needed["POST", "/calls/{call_id}/coach"] == {"supervise:speak"}
    assert needed["PUT", "/agents/{agent_id}"] == {"agents:write"}
    assert needed["GET", "/writes"] == needed["GET", "/writes/{key:path}"] == {"writes:read"}
    assert needed["POST", "/writes/{key:path}/reverse"] == {"writes:reverse"}


def _scopes(dependant):
    own = {dependant.call.scope} if hasattr(dependant.call, "scope") else set()
    return own.union(*map(_scopes, dependant.dependencies))


def test_a_token_opens_what_it_was_made_for_and_nothing_else(tmp_path):
    async def do(server):
        _, reader = await server.tokens.create("a dashboard", ["approvals:read"])
        approval = await server.asked()
        listed = await server.send("GET", "/approvals", token=reader)
        refused = await server.send("POST", f"/approvals/{approval}/approve", {}, reader)
        me = await server.send("GET", "/me", token=reader)
        return listed, refused, me.json(), server.bank.done

    listed, refused, me, done = use(tmp_path, do)
    assert listed.status_code == 200
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert refused.json()["type"] == "urn:cordboard:problem:scope"
    assert me == {"name": "a dashboard", "scopes": ["approvals:read"], "agent": None}
    assert done == []


def test_who_decides_on_approvals_neither_sees_nor_takes_back_what_was_written(tmp_path):
    async def do(server):
        _, decides = await server.tokens.create("the desk", ["approvals:read", "approvals:decide"])
        _, reads = await server.tokens.create("the audit", ["writes:read"])
        answers = [
            await server.send("GET", "/writes", token=decides),
            await server.send("GET", "/writes/CA1/k1", token=decides),
            await server.send("POST", "/writes/CA1/k1/reverse", {}, decides),
            await server.send("POST", "/writes/CA1/k1/reverse", {}, reads),
        ]
        return [one.status_code for one in answers], (await server.send("GET", "/writes", token=reads)).status_code

    assert use(tmp_path, do) == ([403, 403, 403, 403], 200)


def test_a_revoked_or_ended_token_opens_nothing(tmp_path):
    async def do(server):
        made, revoked = await server.tokens.create("x", ["*"])
        _, ended = await server.tokens.create("y", ["*"], datetime.now(UTC) - timedelta(seconds=1))
        before = await server.send("GET", "/me", token=revoked)
        assert (await server.send("DELETE", f"/tokens/{made.id}")).status_code == 204
        assert (await server.send("DELETE", "/tokens/tok_none")).status_code == 404
        return before, await server.send("GET", "/me", token=revoked), await server.send("GET", "/me", token=ended)

    before, after, ended = use(tmp_path, do)
    assert [before.status_code, after.status_code, ended.status_code] == [200, 401, 401]


def test_a_token_is_shown_once_and_kept_nowhere(tmp_path):
    async def do(server):
        wanted = {"name": "desk", "scopes": ["approvals:decide"]}
        first = await server.send("POST", "/tokens", wanted, Idempotency_Key="k1")
        again = await server.send("POST", "/tokens", wanted, Idempotency_Key="k1")
        listed = await server.send("GET", "/tokens")
        opens = await server.send("GET", "/me", token=first.json()["token"])
        beyond = await server.send("POST", "/tokens", wanted, token=first.json()["token"])
        unknown = await server.send("POST", "/tokens", {"name": "x", "scopes": ["all"]})
        return first, again, listed, opens, beyond, unknown

    first, again, listed, opens, beyond, unknown = use(tmp_path, do)
    text = first.json()["token"]
    assert (first.status_code, opens.status_code, beyond.status_code, unknown.status_code) == (201, 200, 403, 403 + 19)
    assert again.json() == {name: value for name, value in first.json().items() if name != "token"}
    assert text not in listed.text
    assert text.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("calls.db*"))


def test_nobody_gives_away_what_they_lack(tmp_path):
    async def do(server):
        _, manager = await server.tokens.create("m", ["tokens:manage"])
        return await server.send("POST", "/tokens", {"name": "x", "scopes": ["*"]}, manager)

    assert use(tmp_path, do).status_code == 403


def test_a_token_for_a_desk_belongs_to_an_agent_and_gives_away_no_other(tmp_path):
    async def do(server):
        _, ana = await server.tokens.create("Ana", ["desk", "tokens:manage"], agent="ana")
        own = await server.send("POST", "/tokens", {"name": "x", "scopes": ["desk"], "agent": "ana"}, ana)
        other = await server.send("POST", "/tokens", {"name": "x", "scopes": ["desk"], "agent": "ben"}, ana)
        nobodys = await server.send("POST", "/tokens", {"name": "x", "scopes": ["desk"]})
        return own.json()["agent"], other.status_code, nobodys.status_code, (await server.send("GET", "/me", token=ana))

    agent, other, nobodys, me = use(tmp_path, do)
    assert (agent, other, nobodys) == ("ana", 403, 422)
    assert me.json() == {"name": "Ana", "scopes": ["desk", "tokens:manage"], "agent": "ana"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "headers"),
    [
        ("GET", "/approvals?limit=0", None, 422, {}),
        ("GET", "/approvals?state=maybe", None, 422, {}),
        ("GET", "/approvals?cursor=!!", None, 400, {}),
        ("GET", "/approvals/apr_none", None, 404, {}),
        ("POST", "/approvals/apr_none/approve", {}, 404, {}),
        ("POST", "/approvals/apr_none/approve", {"notes": 1}, 422, {}),
        ("POST", "/approvals/apr_none/approve", {}, 400, {"If_Match": "soon"}),
        ("PUT", "/approvals", {}, 405, {}),
        ("GET", "/nowhere", None, 404, {}),
    ],
)
def test_every_error_is_a_problem(tmp_path, method, path, body, status, headers):
    answer = use(tmp_path, lambda server: server.send(method, path, body, **headers))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    told = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= told.keys()
    assert (told["status"], told["instance"]) == (status, PREFIX + path.partition("?")[0])


def test_the_queue_is_worked_through_with_every_verb(tmp_path):
    async def do(server):
        first, second = await server.asked("CA1/k1"), await server.asked("CA2/k1")
        page = (await server.send("GET", "/approvals?limit=1")).json()
        rest = (await server.send("GET", f"/approvals?limit=1&cursor={page['next_cursor']}")).json()
        assert [page["items"][0]["id"], rest["items"][0]["id"]] == [first, second]
        assert (await server.send("POST", f"/approvals/{first}/edit", {"arguments": {"cents": "x"}})).status_code == 422
        edited = await server.send("POST", f"/approvals/{first}/edit", {"arguments": {"cents": 100}}, If_Match='"1"')
        assert edited.headers["ETag"] == '"2"'
        stale = await server.send("POST", f"/approvals/{first}/reassign", {"assignee": "x"}, If_Match='"1"')
        assert stale.status_code == 412
        await server.send("POST", f"/approvals/{first}/reassign", {"assignee": "billing"})
        assert len((await server.send("GET", "/approvals?assignee=billing")).json()["items"]) == 1
        approved = await server.send("POST", f"/approvals/{first}/approve", {"note": "fine"}, Idempotency_Key="a")
        again = await server.send("POST", f"/approvals/{first}/approve", {"note": "fine"}, Idempotency_Key="a")
        other = await server.send("POST", f"/approvals/{first}/reject", {"note": "fine"}, Idempotency_Key="a")
        late = await server.send("POST", f"/approvals/{first}/reject", {})
        rejected = await server.send("POST", f"/approvals/{second}/reject", {"note": "no"})
        assert (approved.json()["state"], rejected.json()["state"]) == ("done", "rejected")
        assert again.json() == approved.json()
        assert (other.status_code, late.status_code) == (422, 409)
        steps = (await server.send("GET", f"/approvals/{first}")).json()["steps"]
        assert [step["verb"] for step in steps] == ["asked", "edited", "reassigned", "approved", "done"]
        assert steps[-2]["who"] == "operator"
        outbox = (await server.send("GET", "/outbox?kind=callback")).json()["items"]
        assert [one["data"]["outcome"] for one in outbox] == ["done", "rejected"]
        return server.bank.done

    assert use(tmp_path, do) == [{"cents": 100}]


def test_a_form_of_another_site_does_nothing_with_the_cookie_of_a_person(tmp_path):
    async def do(server):
        access = Access(ACCESS)
        approval = await server.asked()
        session = access._proof("9999999999")
        cookie = {"Cookie": f"cordboard_session=9999999999.{session}"}
        assert (await server.send("GET", "/me", token="", **cookie)).status_code == 200
        path = f"/approvals/{approval}/approve"
        foreign = await server.send("POST", path, {}, "", Origin="https://evil.example.com", **cookie)
        own = await server.send("POST", path, {}, "", Origin="http://phone.example.com", **cookie)
        return foreign, own

    foreign, own = use(tmp_path, do)
    assert (foreign.status_code, own.status_code) == (403, 200)


def test_while_the_disk_is_gone_the_api_says_so(tmp_path):
    async def do(server):
        server.store._writer.close(1000)
        approval = "apr_1"
        return await server.send("POST", f"/approvals/{approval}/reject", {}, Idempotency_Key="a")

    answer = use(tmp_path, do)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
