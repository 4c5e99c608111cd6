"""The principal of a request, and its permissions."""

from dataclasses import dataclass

from batch_dashboard.errors import Forbidden
from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.model.access.users import Role
from batch_dashboard.services.access.identity_tokens import Identity
from batch_dashboard.store.access.users import User


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The sender of a request: a user, a program, or a visitor without `user`."""

    user: User | None = None
    roles: tuple[str, ...] = ()  # the role of a person, the scopes of a program
    ecosystems: tuple[str, ...] | None = None  # None: every one

    @classmethod
    def of_user(cls, user: User) -> "Principal":
        """A person who signed in."""
        return cls(user=user, roles=(user.role,))

    @property
    def name(self) -> str:
        """The name in the audit log."""
        return self.user.name if self.user else "nobody"

    def is_user(self, user_id: int) -> bool:
        """Whether they are a user."""
        return self.user is not None and self.user.id == user_id

    @property
    def is_administrator(self) -> bool:
        """Whether they may change what applies to everybody."""
        return Role.ADMINISTRATOR in self.roles

    @property
    def is_limited(self) -> bool:
        """Whether they may ask about some ecosystems only."""
        return self.ecosystems is not None

    def may_see(self, ecosystem: str) -> bool:
        """Whether the principal may read an ecosystem."""
        return self.ecosystems is None or ecosystem in self.ecosystems

    def require(self, *ecosystems: str) -> None:
        """Raises Forbidden for the first ecosystem they may not ask about or send results of."""
        for ecosystem in ecosystems:
            if not self.may_see(ecosystem):
                raise Forbidden(
                    f"this token is limited to {self._limits}; it cannot be used for {ecosystem}"
                )

    def require_one(self) -> None:
        """Raises Forbidden where a request about all ecosystems must name one of the allowed."""
        if self.is_limited:
            raise Forbidden(f"this token is limited to {self._limits}; choose one")

    def require_all(self, subject: str) -> None:
        """Raises Forbidden unless they may ask about all ecosystems, which a subject is about."""
        if self.is_limited:
            raise Forbidden(f"{subject} covers all ecosystems, but this token is limited to some")

    @property
    def _limits(self) -> str:
        return ", ".join(self.ecosystems or ())


@dataclass(frozen=True, kw_only=True)
class Program(Principal):
    """A program that showed a valid token, or the identity token of its workflow."""

    roles: tuple[str, ...] = tuple(Scope)
    ingest_token_id: int | None = None  # None: the token of the environment, or an identity token
    identity: Identity | None = None  # None: not the identity token of a workflow
    is_use_noted: bool = True  # whether the database has a recent time of use


VISITOR = Principal()
