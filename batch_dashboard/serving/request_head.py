"""The part of a request that must arrive before a thread processes it."""

HEAD_END = b"\r\n\r\n"
MAX_HEAD_BYTES = 64 * 1024
# The forms of the pages have far less.
MAX_FORM_BYTES = 64 * 1024
FORM_TYPES = (b"application/x-www-form-urlencoded", b"multipart/form-data")


class Arrival:
    """The bytes of a request received so far, and whether a thread can process them.

    A thread is never to wait for a head, nor for a form: whoever has no token can send those. A
    body with a token is left to the application, which looks at the token before it reads.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.received = bytearray()
        self._searched = 0
        self._needed: int | None = None

    def add(self, data: bytes) -> None:
        """Add received bytes."""
        self.received += data
        if self._needed is not None:
            return
        end = self.received.find(HEAD_END, max(0, self._searched - len(HEAD_END)))
        self._searched = len(self.received)
        if end >= 0:
            body = end + len(HEAD_END)
            self._needed = body + form_length(bytes(self.received[:end]))

    @property
    def is_complete(self) -> bool:
        """Whether a thread can process the request."""
        return self._needed is not None and len(self.received) >= self._needed

    @property
    def is_too_long(self) -> bool:
        """Whether the head has no end in sight."""
        return self._needed is None and len(self.received) > MAX_HEAD_BYTES


def form_length(head: bytes) -> int:
    """The bytes of the form that follows a request's head, 0 where something else does.

    0 too for a form that is too long or of unknown length, which the application refuses unread.
    """
    length, is_form = 0, False
    for line in head.lower().split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        value = value.strip()
        if name == b"content-type":
            is_form = value.startswith(FORM_TYPES)
        elif name == b"content-length" and value.isdigit() and len(value) < 10:
            length = int(value)
        elif name == b"authorization" and value.startswith(b"bearer "):
            return 0
    return length if is_form and length <= MAX_FORM_BYTES else 0
