"""A carrier that plays what the ledger sends it, in time of its own."""

from voice.playout_events import (
    MarkReturned,
    SendAudio,
    SendClear,
    SendMark,
)


def tone(duration_ms, code=0x20):
    return bytes([code]) * (duration_ms * 8)


class Carrier:
    """Plays what it is sent in real time and returns marks, `lag_ms` later; drives the core by its deadlines."""

    def __init__(self, playout, lag_ms=0, marks=True):
        self.playout, self.lag_ms, self.marks = playout, lag_ms, marks
        self.now_ms = 0
        self.actions = []
        self.due = []  # (at_ms, name)
        self.plays_until_ms = 0
        self.heard_bytes = []  # (at_ms, ulaw) as it truly sounds

    def post(self, event):
        self._carry_out(self.playout.handle(event))

    def _carry_out(self, actions):
        self.actions += [(self.now_ms, action) for action in actions]
        for action in actions:
            if isinstance(action, SendAudio):
                start = max(self.plays_until_ms, self.now_ms + self.lag_ms)
                self.heard_bytes.append((start, action.ulaw))
                self.plays_until_ms = start + len(action.ulaw) // 8
            elif isinstance(action, SendMark) and self.marks:
                self.due.append((max(self.plays_until_ms, self.now_ms), action.name))
            elif isinstance(action, SendClear):
                self.due = [(self.now_ms, name) for _, name in self.due]
                self.plays_until_ms = self.now_ms

    def run(self, until_ms):
        while True:
            nexts = [at for at, _ in self.due]
            if self.playout.deadline_ms is not None:
                nexts.append(self.playout.deadline_ms)
            if not nexts or min(nexts) > until_ms:
                self.now_ms = until_ms
                return
            self.now_ms = max(self.now_ms, min(nexts))
            returned = [name for at, name in self.due if at <= self.now_ms]
            self.due = [(at, name) for at, name in self.due if at > self.now_ms]
            for name in returned:
                self.post(MarkReturned(self.now_ms, name))
            self._carry_out(self.playout.tick(self.now_ms))

    def of(self, kind):
        return [action for _, action in self.actions if isinstance(action, kind)]
