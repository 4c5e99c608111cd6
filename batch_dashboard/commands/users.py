"""`users`: manage the people who may sign in."""

import click

from batch_dashboard.commands.context import changing, in_application, store
from batch_dashboard.errors import NotFound
from batch_dashboard.model.access.users import Role
from batch_dashboard.services.access import users as user_service
from batch_dashboard.store.access import users as user_store


@click.group("users")
def users() -> None:
    """Manage the people who may sign in."""


@users.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.VIEWER.value,
    show_default=True,
    help="Administrators may change settings; viewers may see every page.",
)
@click.option("--ask", is_flag=True, help="Ask for a password instead of generating one.")
@in_application
def add(name: str, role: str, ask: bool) -> None:
    """Create a user; the password is generated and printed once, or asked for."""
    password = _asked() if ask else user_service.made_password()
    with changing() as change:
        user_service.add(change, name, password, role)
    click.echo(f"User {name} was created as {role}.")
    if not ask:
        click.echo(f"Password (shown once): {password}")


@users.command("list")
@in_application
def list_users() -> None:
    """List the users."""
    with store().read() as connection:
        for user in user_store.fetch_all(connection):
            seen = user.last_signed_in_at
            click.echo(f"{user.name}: {user.role}, last signed in {seen or 'never'}")


@users.command("password")
@click.argument("name")
@click.option("--ask", is_flag=True, help="Ask for a password instead of generating one.")
@in_application
def password(name: str, ask: bool) -> None:
    """Change a user's password; the user's browsers are signed out."""
    new = _asked() if ask else user_service.made_password()
    with changing() as change:
        user_service.set_password(change, _id_of(name), new)
    click.echo(f"The password of {name} was changed." if ask else f"Password (shown once): {new}")


@users.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@in_application
def role(name: str, role: str) -> None:
    """Change a user's role."""
    with changing() as change:
        user_service.set_role(change, _id_of(name), role)
    click.echo(f"{name} is now {role}.")


@users.command("remove")
@click.argument("name")
@in_application
def remove(name: str) -> None:
    """Remove a user; the last administrator cannot be removed."""
    with changing() as change:
        user_service.remove(change, _id_of(name))
    click.echo(f"User {name} was removed.")


def _asked() -> str:
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


def _id_of(name: str) -> int:
    with store().read() as connection:
        found = user_store.find_named(connection, name)
    if found is None:
        raise NotFound(f"there is no user {name}; list them with `users list`")
    return found[0].id
