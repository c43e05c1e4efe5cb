"""Every kind of REST request that the suite makes is one that Twilio's own specification allows: Prism is the judge."""

import json
import re

import pytest

from tests.fakes.prism import cache_folder, judged, prism, prism_command, trimmed
from tests.fakes.rest_requests import Kept, kept

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

SPECIFICATIONS = {"/2010-04-01/": "twilio_api_v2010.subset.json", "/v1/": "twilio_taskrouter_v1.subset.json"}


@pytest.fixture
def anyio_backend() -> str:
    """Real time: Prism is another process."""
    return "asyncio"


def nameless(path: str) -> str:
    """A path whose names are forgotten."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def wrong() -> list[Kept]:
    """What Twilio refuses, so that we know that Prism can refuse."""
    calls = "/2010-04-01/Accounts/{account}/Calls"
    path = calls.replace("{account}", "AC" + "a" * 32)
    return [
        Kept("POST", calls + ".json", path + ".json", (("From", "+14155550100"), ("Url", "https://e.example.com"))),
        Kept("POST", calls + "/{sid}.json", f"{path}/CA{'0' * 32}.json", (("Status", "bogus"),)),
        Kept("GET", calls + "/{sid}.json", f"{path}/nonsense.json", ()),
    ]


def test_the_double_serves_no_request_that_is_not_recorded():
    made = {each.template for each in kept().values()}
    assert len(kept()) >= 30
    assert any("/Participants/" in each for each in made)
    assert any("/Reservations/" in each for each in made)


@pytest.mark.parametrize("prefix", SPECIFICATIONS)
@pytest.mark.timeout(240)
async def test_prism_accepts_every_kind_of_request_and_refuses_what_is_wrong(prefix, shared, tmp_path):
    whole = shared / "twilio" / SPECIFICATIONS[prefix]
    known = {nameless(path): path for path in json.loads(whole.read_text())["paths"]}
    asked = [each for each in kept().values() if each.template.startswith(prefix)]
    paths = {known[nameless(each.template)] for each in asked}
    specification = trimmed(whole, paths, tmp_path / "specification.json")
    refused = []
    async with prism(prism_command(cache_folder()), specification) as url:
        for each in asked:
            status, why = await judged(url, each.method, each.path, each.fields)
            if not 200 <= status < 300:
                refused.append((status, each.method, each.path, each.fields, why))
        wrongs = [await judged(url, each.method, each.path, each.fields) for each in wrong() if prefix != "/v1/"]
    assert refused == []
    assert all(status == 422 for status, _ in wrongs)
