import asyncio
import json
from dataclasses import replace

import httpx2
import pytest
from aiohttp import web

from pipeline.assistant.tools.egress import CheckedTransport, Egress
from pipeline.assistant.tools.http import HttpTool
from pipeline.assistant.tools.port import Retry, ToolSpec
from pipeline.assistant.tools.request import Request
from pipeline.assistant.tools.runner import ToolRunner

pytestmark = pytest.mark.adapter

SECRET = "s3cret-token-of-the-crm"
OBJECT = {"type": "object"}
FIND = ToolSpec("crm.find", "finds", OBJECT, OBJECT, "read_only", retry=Retry(1))
WRITE = ToolSpec("crm.refund", "refunds", OBJECT, OBJECT, "automated", retry=Retry(1))


class Crm:
    """A system on this machine: answers as it is told, and remembers."""

    def __init__(self, answer=None):
        self.answer = answer or (lambda _request: web.json_response({"id": "c1"}))
        self.asked = []

    async def serve(self, request):
        body = await request.text()
        self.asked.append((request.method, request.path_qs, dict(request.headers), body))
        answer = self.answer(request)
        return await answer if asyncio.iscoroutine(answer) else answer


def use(crm, request, arguments, spec=FIND, deadline_ms=2000, secret_of={"CRM": SECRET}.get):
    async def scenario():
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", crm.serve)
        server = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await server.setup()
        await web.TCPSite(server, "127.0.0.1", 0).start()
        port = server.addresses[0][1]
        egress = Egress.of([f"127.0.0.1:{port}"], loopback=True)
        client = httpx2.AsyncClient(transport=CheckedTransport(egress), trust_env=False)
        there = replace(request, url=request.url.replace("PORT", str(port)))
        runner = ToolRunner({"it": HttpTool(spec, there, client, secret_of)}, closes=[client.aclose])
        try:
            return await runner.run("CA1/k1", "it", arguments, deadline_ms)
        finally:
            await runner.end()
            await server.cleanup()

    return asyncio.run(scenario())


def moved(status, there):
    return web.Response(status=status, headers={"Location": there})


GET = Request("GET", "http://127.0.0.1:PORT/customers/{customer_id}", {"full": "{full}", "note": "{note}"})


def test_arguments_go_where_the_request_says_and_nowhere_else():
    crm = Crm()
    result = use(crm, GET, {"customer_id": "a/../b?x=1", "full": True})
    assert result.result == {"id": "c1"}
    assert crm.asked[0][:2] == ("GET", "/customers/a%2F..%2Fb%3Fx%3D1?full=true")


@pytest.mark.parametrize("customer_id", ["..", ".", ""])
def test_an_argument_does_not_lead_to_another_path(customer_id):
    crm = Crm()
    assert use(crm, GET, {"customer_id": customer_id}).error == "bad_arguments"
    assert crm.asked == []


def test_a_write_carries_its_key_and_its_body():
    crm = Crm()
    request = Request(
        "POST", "http://127.0.0.1:PORT/refunds", body={"order": "{order_id}", "cents": "{cents}", "x": "{x}"}
    )
    result = use(crm, request, {"order_id": "o1", "cents": 300}, WRITE)
    method, _, headers, body = crm.asked[0]
    assert (method, json.loads(body)) == ("POST", {"order": "o1", "cents": 300})
    assert headers["Idempotency-Key"] == result.id == "CA1/k1"


@pytest.mark.row(64)
def test_secrets_come_from_outside_and_are_never_in_a_result():
    crm = Crm(lambda request: web.json_response({"said": request.headers["Authorization"]}))
    request = replace(GET, secret_headers={"Authorization": "Bearer {CRM}"})
    result = use(crm, request, {"customer_id": "1"})
    assert crm.asked[0][2]["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in repr(result)
    assert use(crm, request, {"customer_id": "1"}, secret_of=lambda _name: None).error == "unavailable"


@pytest.mark.parametrize(
    ("answer", "read", "write"),
    [
        (lambda _: web.json_response([1, 2]), "", ""),
        (lambda _: web.Response(status=204), "", ""),
        (lambda _: web.json_response({}, status=404), "refused", "refused"),
        (lambda _: web.json_response({}, status=422), "refused", "refused"),
        (lambda _: web.json_response({}, status=401), "unavailable", "unavailable"),
        (lambda _: web.json_response({}, status=429), "unavailable", "unavailable"),
        (lambda _: web.json_response({}, status=503), "unavailable", "unavailable"),
        (lambda _: web.json_response({}, status=500), "unavailable", "checking"),
        (lambda _: web.json_response({}, status=502), "unavailable", "checking"),
        (lambda _: web.Response(text="<html>", content_type="text/html"), "malformed", "checking"),
        (lambda _: web.Response(text='{"a": NaN}', content_type="application/json"), "malformed", "checking"),
        (lambda _: web.Response(text='{"a": ', content_type="application/json"), "malformed", "checking"),
        (lambda _: web.Response(body=b"x" * 2_000_000, content_type="application/json"), "malformed", "checking"),
        (lambda _: web.Response(text="[" * 200_000, content_type="application/json"), "malformed", "checking"),
        (lambda _: moved(302, "http://169.254.169.254/latest/meta-data/"), "egress", "checking"),
        (lambda _: moved(307, "http://127.0.0.1:1/"), "egress", "egress"),
    ],
)
def test_every_answer_is_a_typed_outcome_and_a_lost_write_is_in_doubt(answer, read, write):
    crm = Crm(answer)
    assert use(crm, GET, {"customer_id": "1"}).error == read
    written = use(crm, replace(GET, method="POST"), {"customer_id": "1"}, WRITE)
    assert written.error == write
    assert written.effect == ("done" if not write else "unknown" if write == "checking" else "none")
    assert len(crm.asked) == 2


def test_a_slow_read_is_late_and_a_slow_write_in_doubt():
    async def slow():
        await asyncio.sleep(5)
        return web.json_response({})

    crm = Crm(lambda _: slow())
    assert use(crm, GET, {"customer_id": "1"}, deadline_ms=150).error == "late"
    assert use(crm, replace(GET, method="POST"), {"customer_id": "1"}, WRITE, deadline_ms=150).error == "checking"


def test_a_system_that_is_down_is_unavailable_and_nothing_was_done():
    gone = replace(GET, method="POST", url="http://127.0.0.1:1/x/{customer_id}")

    async def scenario():
        client = httpx2.AsyncClient(transport=CheckedTransport(Egress.of(["127.0.0.1:1"], loopback=True)))
        runner = ToolRunner({"it": HttpTool(WRITE, gone, client, lambda _: None)}, closes=[client.aclose])
        result = await runner.run("CA1/k1", "it", {"customer_id": "1"}, 500)
        await runner.end()
        return result

    result = asyncio.run(scenario())
    assert (result.error, result.effect) == ("unavailable", "none")


def test_a_404_may_be_a_result_and_the_result_a_part_of_the_answer():
    missing = replace(GET, not_found={"found": False})
    assert use(Crm(lambda _: web.json_response({}, status=404)), missing, {"customer_id": "1"}).result == {
        "found": False
    }
    inside = Crm(lambda _: web.json_response({"data": {"order": {"n": 1}}}))
    assert use(inside, replace(GET, at="data.order"), {"customer_id": "1"}).result == {"n": 1}
    assert use(inside, replace(GET, at="data.none"), {"customer_id": "1"}).error == "malformed"
