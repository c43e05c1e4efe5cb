"""Documents of every group, written to a folder."""

from pathlib import Path

TOPICS = (
    ("refunds", "Refunds", "When you get your money back", "Refunds arrive within seven days of the return."),
    ("shipping", "Shipping", "What shipping costs", "Standard shipping costs six dollars."),
    ("repairs", "Repairs", "How to have a zipper repaired", "Bring the jacket to a store, a new zipper takes a week."),
    ("stores", "Stores", "Opening hours", "Our stores open at nine in the morning."),
    ("warranty", "Warranty", "What the warranty covers", "The warranty covers faults of material for two years."),
    ("rentals", "Rentals", "Renting a kayak", "A kayak rents for sixty dollars a day."),
)
SECRET = "The goodwill limit for refunds is five hundred dollars, the door code is seven four one."


def write(folder: Path, name: str, title: str, heading: str, text: str, **labels: str) -> None:
    """One Markdown document with front matter."""
    path = folder / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    front = "".join(f"{label}: {value}\n" for label, value in labels.items())
    path.write_text(f"---\n{front}---\n# {title}\n\n## {heading}\n\n{text}\n", encoding="utf-8")


def public(folder: Path) -> None:
    """Six public documents."""
    for name, title, heading, text in TOPICS:
        write(folder, name, title, heading, text)


def kept(folder: Path) -> None:
    """Documents that a caller about whom nothing is known may not hear of."""
    write(folder, "staff/refunds", "Refunds", "Goodwill limits for refunds", SECRET, group="internal")
    write(folder, "staff/billing", "Billing", "How refunds are booked", "Book refunds on 4400.", group="internal",
          roles="[billing]")  # fmt: skip
    write(folder, "steps/refund", "Refund steps", "How to refund an order", "Check the age of the order first.",
          group="operational")  # fmt: skip
    write(folder, "accounts/a", "Account A", "Your refunds", "Your refund of forty dollars is on its way.",
          group="account", customer="A", level="one_time_code")  # fmt: skip
    write(folder, "accounts/b", "Account B", "Your refunds", "Your refund of ninety dollars was declined.",
          group="account", customer="B")  # fmt: skip
    write(folder, "tickets/1", "Ticket 1", "Refund after forty days", "We made an exception, after forty days.",
          kind="ticket_history")  # fmt: skip
