"""Reads a line's folder: checks all of it, and says everything that is wrong with it at once."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from pipeline.assistant.languages.language import Language
from pipeline.assistant.languages.reading import languages
from pipeline.assistant.tools.bound import check_bound, read_toolbox
from pipeline.assistant.tools.toolbox import NO_TOOLS, Toolbox
from pipeline.line import mend, shape, source, tongues
from pipeline.line.errors import LineInvalid, Problem
from pipeline.line.finding import Finding
from pipeline.line.headings import asked, headings
from pipeline.line.model import Line, Settings
from pipeline.line.music import fault_of
from pipeline.line.queue_checks import doubts, unstaffed
from pipeline.line.source import Source
from pipeline.line.topology_checks import keyless
from pipeline.line.validate import check
from telephony.agents import Agent

FILE: Final = "line.yaml"
MAX_FOLDER_BYTES: Final = 64 * 1024 * 1024
"""A line is texts; more than this is somebody's backup."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a line's folder says, and everything that is wrong with it."""

    settings: Settings | None
    """What could be read; None where that is too little."""
    problems: tuple[Problem, ...]
    """In the order of the file. With none, the settings can be used."""
    toolbox: Toolbox = NO_TOOLS
    """What its other files declare, as far as it can be used."""
    others: tuple[Settings, ...] = ()
    """The same in the line's other languages."""
    doubts: tuple[Problem, ...] = ()
    """What works and is hardly meant; looked for where nothing is wrong."""


def examine(folder: Path, tongues_folder: Path | None = None) -> Examined:
    """Read a line's folder and find everything that is wrong with it. Nothing in it is executed. Never raises.

    tongues_folder: of languages beside Cordboard's own.
    """
    path = folder / FILE
    try:
        with path.open("rb") as file:
            content = file.read(source.MAX_BYTES + 1)
    except OSError as wrong:
        remedy = f"a line is a folder with a file {FILE}; give its path"
        return Examined(None, (Problem(str(path), 0, f"cannot be read ({wrong.strerror})", remedy),))
    written = source.read(content)
    toolbox, wrong_beside = read_toolbox(folder)
    known = languages(tongues_folder)
    codes, findings = tongues.declared(written.data if written.whole else None, known)
    read = [_check_written(written, folder, toolbox, known[code], codes) for code in codes]
    settings, others = read[0][0], tuple(one for one, _ in read[1:] if one is not None)
    findings = [*findings, *(finding for _, found in read for finding in found)]
    findings += tongues.untranslated(written.data, codes, known) if written.whole else ()
    findings += tongues.unspoken(written.data, codes) if written.whole else ()
    faults = [Problem(str(path), fault.line, fault.what, fault.remedy) for fault in written.faults]
    bound = check_bound(toolbox, settings) if settings is not None else ()
    problems = {*faults, *_problems(findings, written, str(path)), *wrong_beside, *bound}
    doubted = [*doubts(settings, codes), *keyless(settings)] if settings is not None and not problems else ()
    return Examined(
        settings, tuple(sorted(problems)), toolbox, others, tuple(_problems(list(doubted), written, str(path)))
    )


def unstaffed_of(folder: Path, settings: Settings, agents: Sequence[Agent]) -> tuple[Problem, ...]:
    """What nobody of the directory can do in the queues of a line that was examined. Raises OSError."""
    path = folder / FILE
    written = source.read(path.read_bytes())
    codes, _ = tongues.declared(written.data, languages(None))
    return tuple(_problems([*unstaffed(settings, codes, agents)], written, str(path)))


def load_line(folder: Path, tongues_folder: Path | None = None) -> Line:
    """Read and check a line's folder. Nothing in it is executed. Raises LineInvalid with every problem found."""
    examined = examine(folder, tongues_folder)
    settings = examined.settings
    if examined.problems or settings is None:
        raise LineInvalid(examined.problems)
    knowledge = folder / settings.knowledge if settings.knowledge else None
    known, version = languages(tongues_folder), version_of(folder)
    read = (headings(knowledge), asked(knowledge)) if knowledge else ((), ())
    others = tuple(
        Line(other, folder, version, *read, examined.toolbox, known[other.language]) for other in examined.others
    )
    return Line(settings, folder, version, *read, examined.toolbox, known[settings.language], others)


def version_of(folder: Path) -> str:
    """The content hash of a folder: names and bytes of its files, but for hidden ones. Raises LineInvalid, OSError."""
    digest = hashlib.sha256()
    total = 0
    for path in sorted(files_of(folder), key=lambda path: path.relative_to(folder).as_posix()):
        content = path.read_bytes()
        total += len(content)
        if total > MAX_FOLDER_BYTES:
            what = f"the folder holds more than {MAX_FOLDER_BYTES // 2**20} MiB"
            raise LineInvalid([Problem(str(folder), 0, what, "keep recordings and backups elsewhere")])
        name = path.relative_to(folder).as_posix().encode()
        digest.update(b"%d:%s%d:" % (len(name), name, len(content)) + content)
    return digest.hexdigest()[:12]


def files_of(folder: Path) -> list[Path]:
    """The files that are a line: all in its folder, but for hidden ones."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return [path for path in found if path.is_file()]


def _check_written(
    written: Source, folder: Path, toolbox: Toolbox, language: Language, codes: tuple[str, ...]
) -> tuple[Settings | None, list[Finding]]:
    """What the file says in a language and what is wrong with that. Errors of its shape do not hide the others."""
    if not written.whole:
        return None, []
    if not isinstance(written.data, dict):
        return None, [Finding((), "this is not a line", "begin with 'name:' and the rest; see lines/example")]
    data = tongues.in_language(written.data, language.code, codes, language)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False)
        found = [*shape.findings(errors, data)]
        rest = mend.mended(data, errors)
        if rest is None:
            return None, found
        settings, doubt = rest
        rest_of_it = [*check(settings, toolbox.specs, language, codes), *_check_files(settings, folder)]
        return settings, [*found, *mend.sound(rest_of_it, doubt)]
    return settings, [*check(settings, toolbox.specs, language, codes), *_check_files(settings, folder)]


def _check_files(settings: Settings, folder: Path) -> list[Finding]:
    findings = []
    if settings.knowledge is not None:
        place = folder / settings.knowledge
        if not is_inside(place, folder) or not place.is_dir():
            findings.append(
                Finding(
                    ("knowledge",),
                    f"there is no folder {settings.knowledge!r} in the line's folder",
                    "make it, or drop 'knowledge'",
                )
            )
    if settings.backend is not None:
        seed = folder / settings.backend.seed
        if not is_inside(seed, folder) or not seed.is_file():
            findings.append(
                Finding(
                    ("backend", "seed"),
                    f"there is no file {settings.backend.seed!r} in the line's folder",
                    "name the SQL file that fills the backend",
                )
            )
    for index, queue in enumerate(settings.queues):
        if queue.music and (not is_inside(folder / queue.music, folder) or not (folder / queue.music).is_file()):
            what = f"there is no file {queue.music!r} in the line's folder"
            findings.append(Finding(("queues", index, "music"), what, "put the music there, or drop 'music'"))
        elif queue.music and (fault := fault_of(folder / queue.music)):
            findings.append(Finding(("queues", index, "music"), fault, "put music there, or drop 'music'"))
    return findings  # fmt: skip


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path that a line names stays in the line's folder, links followed."""
    return path.resolve().is_relative_to(folder.resolve())


def _problems(findings: list[Finding], written: Source, file: str) -> list[Problem]:
    return sorted({Problem(file, written.line_of(found.path), found.what, found.remedy) for found in findings})
