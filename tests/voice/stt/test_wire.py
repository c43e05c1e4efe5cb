import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.stt.wire import Kind, Message, Unpacker, saying

pytestmark = pytest.mark.unit

messages = st.lists(
    st.builds(Message, st.sampled_from(list(Kind)), st.integers(0, 2**32 - 1), st.binary(max_size=40)), max_size=8
)


@given(messages, st.integers(1, 30))
def test_messages_arrive_whole_however_the_stream_is_cut(sent: list[Message], piece: int) -> None:
    stream = b"".join(message.packed() for message in sent)
    unpacker = Unpacker()
    received = [one for at in range(0, len(stream), piece) for one in unpacker.feed(stream[at : at + piece])]
    assert received == sent


def test_a_message_carries_json() -> None:
    assert saying(Kind.FINAL, 3, [["yes", 0.9]]).content() == [["yes", 0.9]]


def test_an_unknown_kind_is_not_ours() -> None:
    with pytest.raises(ValueError, match="99"):
        list(Unpacker().feed(b"\x63" + bytes(8)))
