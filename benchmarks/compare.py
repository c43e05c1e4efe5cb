"""Two files of results, of two commits say, side by side: `python -m benchmarks.compare old.json new.json`."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path


def figures(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, float]]:
    """Every number of a summary, by its path."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from figures(inner, (*path, str(name)))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield " · ".join(path), float(value)


def compared(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """A line for each number that both or one of them have."""
    before, after = (dict(figures(result["summary"])) for result in (old, new))
    lines = []
    for name in [*before, *(name for name in after if name not in before)]:
        left, right = before.get(name), after.get(name)
        change = f"{right / left:.2f} ×" if left and right is not None else ""
        lines.append(f"{name}: {_shown(left)} → {_shown(right)}  {change}".rstrip())
    return lines


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def main() -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    options = parser.parse_args()
    print("\n".join(compared(json.loads(options.old.read_text()), json.loads(options.new.read_text()))))


if __name__ == "__main__":
    main()
