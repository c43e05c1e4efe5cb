"""The composition root: builds the parts of a running server and passes them in."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, RedirectResponse

from pipeline import graph
from pipeline.assistant.codes import Codes
from pipeline.assistant.llm.port import LanguageModel
from pipeline.assistant.locking import Failures
from pipeline.assistant.memory import Memories
from pipeline.assistant.tools.approving import Approving
from pipeline.assistant.tools.bind import Surroundings
from pipeline.assistant.tools.kept import KeptTools
from pipeline.assistant.tools.kept_news import KeptNews
from pipeline.decisions import Decisions
from pipeline.drive import utc_now
from pipeline.line.ready import LineRuntime
from pipeline.office_clock import OfficeClock
from pipeline.runtime import Runtime
from pipeline.switchboard import Switchboard
from pipeline.transfers.conference import Conferences
from pipeline.transfers.office import Transfers
from recordings import disk
from recordings.audio import AudioWriter, CallAudio
from recordings.store import SqliteCallStore
from server import migrations
from server.after_calls import write_after_calls
from server.agent_webhooks import agent_router
from server.api.calls import calls_router
from server.api.lines import lines_router
from server.api.v1.app import PREFIX, api
from server.api.v1.staff import staff_of
from server.auth import Access
from server.callback_webhooks import callback_router
from server.data_dir import DATABASE, RECORDINGS, own
from server.engines import check_keys, open_llm, open_stt, open_turn_vote
from server.health import Trouble, line_json, line_trouble
from server.line_versions import LineVersions
from server.lines import Lines
from server.pages import unknown
from server.pages.desk import desk_page_router
from server.phoning import Phoning, open_phoning
from server.remembering import remember
from server.retention import InUse, keep_so_long
from server.room_webhooks import room_router
from server.settings import Settings, tool_secret
from server.supervisor_webhooks import supervisor_router
from server.task_webhooks import task_router
from server.texting import open_messages
from server.tokens import Tokens
from server.transferring import open_transfers
from server.voices import expect, open_tts
from server.webhooks import carrier_router
from telephony.token import MIN_SECRET_BYTES, CallTokens
from telephony.twilio.signature import Signatures
from voice.acknowledging import Acknowledging
from voice.errors import origin_of
from voice.phone_scores import PhoneModel
from voice.prompts import Prompts
from voice.silero import Silero
from voice.stt.port import SpeechToText
from voice.tts.port import TextToSpeech
from voice.vad import SpeechGate

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Office:
    """A running server's parts."""

    settings: Settings
    switchboard: Switchboard
    store: SqliteCallStore
    stt: SpeechToText
    tts: TextToSpeech
    llm: LanguageModel | None
    audio: AudioWriter
    lines: Lines
    transfers: Transfers
    phoning: Phoning | None
    """None: no account is set with which agents are called."""
    access_token: str
    app: FastAPI


@asynccontextmanager
async def open_office(settings: Settings, public_url: str) -> AsyncIterator[Office]:
    """Build everything, in the order in which it can fail soonest, and take it down again.

    Raises LineInvalid, StoreUnavailable, ProviderAbsent or ProviderRefused, each with what to do.
    """
    data_dir = settings.data_dir.absolute()
    async with AsyncExitStack() as stack:
        store = await _store(data_dir, stack)
        audio = AudioWriter()
        stack.push_async_callback(asyncio.to_thread, audio.close)
        await check_keys(settings)
        llm = await open_llm(settings, stack)
        tts = await open_tts(settings, stack)
        prompts = Prompts(tts, data_dir / "prompts")
        kept = KeptTools(store, settings.org_id)
        messages = await open_messages(settings, public_url, stack)
        memories = Memories(store, settings.org_id)
        around = Surroundings(
            tool_secret,
            settings.tools_on_loopback,
            settings.mcp_programs,
            kept,
            kept,
            Codes(store, messages, settings.org_id) if messages is not None else None,
            Failures(store, settings.org_id),
            memories,
            messages,
        )
        lines = await stack.enter_async_context(Lines.open(settings, data_dir, prompts, around))
        _beside(stack, remember(store, memories), write_after_calls(store, lines.line_of, public_url))
        decisions = Decisions(KeptNews(store), store)
        approving = Approving(kept, lines.tools_of, tell=decisions.tell)
        await approving.finish_started()
        expect(tts, lines.spoken)
        stt = await open_stt(settings, lines.vocabularies(), data_dir, stack, lines.spoken)
        silero = await asyncio.to_thread(Silero)
        judge = Acknowledging(await asyncio.to_thread(PhoneModel))
        tokens, clock = CallTokens(_secret(settings, data_dir)), OfficeClock(utc_now)
        phoning = open_phoning(
            settings, public_url, store, clock, stack, lambda call_sid: tokens.listening(call_sid, time.time())
        )
        phones = phoning.phones if phoning is not None else None
        transfers = await open_transfers(store, settings.org_id, clock, lines.current, llm, phones)
        stack.push_async_callback(transfers.close)
        runtime = Runtime(
            org_id=settings.org_id,
            store=store,
            recording=lambda call_id: CallAudio(data_dir / RECORDINGS / f"{call_id}.wav", audio),
            stt=stt,
            tts=tts,
            prompts=prompts,
            carry=graph.carry,
            gate=lambda: SpeechGate(silero=silero.voice(), judge=judge),
            model=llm,
            turn_vote=await open_turn_vote(settings, stack),
            decisions=decisions,
            transfers=transfers,
            hang_up=phoning.hang_up if phoning is not None else None,
            rooms=phoning.rooms if phoning is not None else None,
        )

        async def earlier(version: str) -> LineRuntime | None:
            return await lines.earlier(version, stt.learn, switchboard.lines_in_use)

        switchboard = Switchboard(runtime, lines.by_number(), tokens, settings.max_calls, earlier)
        await switchboard.finish_abandoned()
        transfers.promised.errands = kept
        conferences = await _go_on(transfers, phoning, switchboard)
        access_token = settings.access_token.get_secret_value() or secrets.token_urlsafe(24)
        office = Office(
            settings,
            switchboard,
            store,
            stt,
            tts,
            llm,
            audio,
            lines,
            transfers,
            phoning,
            access_token,
            FastAPI(title="Cordboard", docs_url=None, openapi_url=None),
        )
        _add_routes(office, public_url, kept, approving, conferences)
        _beside(
            stack,
            decisions.settled(),
            keep_so_long(settings.keep_days, store, LineVersions(data_dir / "lines"), _in_use(lines, switchboard)),
        )
        async with lines.watched(stt.learn, switchboard.lines_in_use, switchboard.use_lines):
            yield office


async def _go_on(transfers: Transfers, phoning: Phoning | None, switchboard: Switchboard) -> Conferences | None:
    """With what an earlier process began, before anybody asks for anything new. Raises StoreUnavailable.

    Gives the conferences of callers and agents by telephone; None: no account is set.
    """
    if phoning is None:
        await transfers.recall()
        return None
    reconciler = phoning.serve(transfers)
    await phoning.recover(await transfers.store.live())
    transfers.spawn(reconciler.run())
    await transfers.recall()
    phoning.look_after(switchboard, transfers)
    return await phoning.conferences(transfers)


async def _store(data_dir: Path, stack: AsyncExitStack) -> SqliteCallStore:
    """The call store in a directory that is ours alone from now on."""
    await asyncio.to_thread(disk.prepare, data_dir / RECORDINGS)
    lock = own(data_dir)
    stack.callback(lock.close)
    await asyncio.to_thread(data_dir.chmod, 0o700)
    database = data_dir / DATABASE
    await asyncio.to_thread(migrations.upgrade, f"sqlite:///{database}")
    store = SqliteCallStore(database)
    stack.push_async_callback(store.close)
    return store


def _in_use(lines: Lines, switchboard: Switchboard) -> Callable[[], InUse]:
    """What retention leaves alone."""

    def used() -> InUse:
        current = lines.current()
        documents = {
            (line.settings.name, document, version)
            for line in current
            if (shelf := lines.shelf_of(line.settings.name)) is not None
            for document, version in shelf.index.connection().execute("SELECT path, version FROM documents")
        }
        versions = {line.version for line in (*current, *switchboard.lines_in_use())}
        return InUse(frozenset(versions), frozenset(documents))

    return used


def _beside(stack: AsyncExitStack, *works: Coroutine[None, None, None]) -> None:
    """Run these until everything is taken down."""
    for work in works:
        task = asyncio.create_task(work)
        task.add_done_callback(tell_if_broken)
        stack.push_async_callback(_ended, task)


def tell_if_broken(task: "asyncio.Task[None]") -> None:
    """Log that something which runs until the end broke before it: the server goes on without it."""
    if not task.cancelled() and (error := task.exception()) is not None:
        name = getattr(task.get_coro(), "__qualname__", "")
        _log.error("background work broke", work=name, where=origin_of(error), pii_error=repr(error))


async def _ended(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait for it."""
    task.cancel()
    await asyncio.wait([task])


def _secret(settings: Settings, data_dir: Path) -> bytes:
    given = settings.call_token_secret.get_secret_value()
    if given:
        return given.encode()
    path = data_dir / "call_token_secret"
    if not path.exists() or path.stat().st_size < MIN_SECRET_BYTES:
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(32))
        fresh.replace(path)
    return path.read_bytes()


def _add_routes(
    office: Office, public_url: str, kept: KeptTools, approving: Approving, conferences: Conferences | None
) -> None:
    settings, app = office.settings, office.app
    unknown.add_to(app)
    # Without a token nobody can sign, so nobody gets in: a random one keeps the routes and their refusals.
    auth_token = settings.twilio_auth_token.get_secret_value() or secrets.token_urlsafe(32)
    signatures = Signatures(auth_token, public_url)
    stream_url = "ws" + public_url.removeprefix("http") + "/twilio/media"
    app.include_router(carrier_router(office.switchboard, signatures, public_url, stream_url))
    if office.phoning is not None:
        legs = office.phoning.legs
        app.include_router(
            agent_router(office.phoning.phones.desk, signatures, legs.addresses, stream_url, legs.jitter)
        )
        if office.phoning.rooms is not None:
            rooms, desk = office.phoning.rooms, office.phoning.phones.desk
            app.include_router(room_router(rooms, desk, office.switchboard, signatures, public_url, stream_url))
        if office.phoning.phones.memory.tasks is not None:
            app.include_router(task_router(office.phoning.phones.memory.tasks, signatures))
        app.include_router(
            callback_router(office.phoning.phones.desk, office.switchboard, signatures, public_url, stream_url)
        )
    if conferences is not None:
        app.include_router(supervisor_router(conferences, signatures, conferences.legs.addresses))
    access = Access(office.access_token, public_url=public_url)
    recordings = settings.data_dir.absolute() / RECORDINGS
    app.include_router(
        calls_router(office.store, office.transfers.store.packets_of, recordings, access, lambda: _troubles(office))
    )
    app.include_router(lines_router(office.lines.health, access))
    staff = staff_of(office.transfers, office.store, settings.org_id)
    app.include_router(desk_page_router(staff.directory, access, Tokens(office.store)))
    live = office.switchboard.supervised, conferences
    app.mount(PREFIX, api(office.store, kept, approving, office.lines.shelf_of, staff, access, *live))

    @app.get("/", include_in_schema=False)
    async def home() -> Response:
        return RedirectResponse("/calls")

    @app.get("/healthz", include_in_schema=False)
    async def health() -> Response:
        """Whether calls are taken, which lines take them, and what is wrong with them; open to all, without paths."""
        return JSONResponse(
            {
                "ok": True,
                "calls": office.switchboard.live,
                "degraded": bool(_troubles(office)),
                "lines": [line_json(line) for line in office.lines.health()],
            }
        )


def _troubles(office: Office) -> list[Trouble]:
    stored, audio, stt = office.store.health().degraded, office.audio.health().degraded, office.stt.trouble
    return [
        *([Trouble(f"Not everything is on the disk: {stored}")] if stored else ()),
        *([Trouble(f"Not all sound is on the disk: {audio}")] if audio else ()),
        *([Trouble(f"Callers are heard with less than was asked for: {stt}")] if stt else ()),
        *([Trouble(f"The voice failed: {tts}")] if (tts := office.tts.trouble) else ()),
        *([Trouble(f"A line's voice failed: {own}")] if (own := office.lines.voices.trouble) else ()),
        *([Trouble(f"The language model failed: {llm}")] if (llm := office.llm and office.llm.trouble) else ()),
        *(trouble for line in office.lines.health() for trouble in line_trouble(line)),
    ]
