"""The people who may sign in."""

from flask import Blueprint, Response, abort, render_template, request, url_for
from wtforms import Form, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from batch_dashboard.errors import NotFound
from batch_dashboard.model.access.users import Role
from batch_dashboard.model.text.wording import plural
from batch_dashboard.services.access import users
from batch_dashboard.store.access import sessions
from batch_dashboard.store.access import users as user_store
from batch_dashboard.store.access.users import User
from batch_dashboard.views.access import current_principal
from batch_dashboard.views.context import connection
from batch_dashboard.views.forms import changing, confirmation, done, errors_in, page

blueprint = Blueprint("admin_users", __name__, url_prefix="/admin/users")


class UserForm(Form):  # type: ignore[misc]
    """Somebody new."""

    name = StringField(
        "Name",
        [InputRequired("Enter a name.")],
        render_kw={"maxlength": 60, "autocomplete": "off", "autocapitalize": "none"},
    )
    role = SelectField(
        "Role", choices=[SelectChoice(role, role) for role in Role], default=Role.VIEWER
    )
    password = PasswordField(
        "Password",
        [InputRequired("Enter a password.")],
        render_kw={"autocomplete": "new-password"},
    )


class RoleForm(Form):  # type: ignore[misc]
    """Another role."""

    role = SelectField("Role", choices=[SelectChoice(role, role) for role in Role])


class NewPasswordForm(Form):  # type: ignore[misc]
    """A new password for a user."""

    password = PasswordField(
        "New password",
        [InputRequired("Enter a new password.")],
        render_kw={"autocomplete": "new-password"},
    )


@blueprint.get("")
def index() -> str:
    """Every user."""
    return render_template(
        "pages/admin/users/index.html",
        users=user_store.fetch_all(connection()),
    )


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> Response | tuple[str, int]:
    """Create a user."""
    form = UserForm(request.form)
    if request.method == "POST" and form.validate():
        with errors_in(form):
            with changing() as change:
                user = users.add(change, form.name.data, form.password.data, form.role.data)
            return done(f"User {user.name} was created as {user.role}.", ".index")
    return page("pages/admin/users/new.html", form, form=form)


@blueprint.get("/<row_id:user_id>")
def show(user_id: int) -> tuple[str, int]:
    """The forms to change a user."""
    return _page(_user(user_id), NewPasswordForm())


@blueprint.post("/<row_id:user_id>/role")
def set_role(user_id: int) -> Response | tuple[str, int]:
    """Change the role of a user."""
    user, form = _user(user_id), RoleForm(request.form)
    if form.validate():
        with errors_in(form):
            with changing() as change:
                user = users.set_role(change, user_id, form.role.data)
            return done(f"{user.name} is now {user.role}.", ".index")
    return _page(user, NewPasswordForm(), form)


@blueprint.post("/<row_id:user_id>/password")
def set_password(user_id: int) -> Response | tuple[str, int]:
    """Change the password of a user."""
    user, form = _user(user_id), NewPasswordForm(request.form)
    if form.validate():
        with errors_in(form):
            with changing() as change:
                users.set_password(change, user_id, form.password.data)
            return done(
                f"The password of {user.name} was changed, and their browsers were signed out.",
                ".index",
            )
    return _page(user, form)


@blueprint.route("/<row_id:user_id>/remove", methods=["GET", "POST"])
def remove(user_id: int) -> Response | tuple[str, int]:
    """Remove a user, after a look at what that means."""
    user, form = _user(user_id), Form()
    if current_principal().is_user(user_id):
        abort(409, "You cannot remove your own account; another administrator can.")
    if request.method == "POST":
        with errors_in(form):
            with changing() as change:
                users.remove(change, user_id)
            return done(f"{user.name} was removed and signed out.", ".index")
    browsers = sessions.count_of_user(connection(), user_id)
    return confirmation(
        form,
        question=f"Remove the user {user.name}?",
        consequences=[
            f"{user.name} ({user.role}) can no longer sign in.",
            f"{plural(browsers, 'browser')} in which {user.name} is signed in will be signed out.",
            f"What {user.name} did stays in the audit log.",
            "This cannot be undone. You can create another user with the same name.",
        ],
        button=f"Remove {user.name}",
        back=url_for(".show", user_id=user_id),
        back_words=user.name,
    )


def _user(user_id: int) -> User:
    found = user_store.find(connection(), user_id)
    if found is None:
        raise NotFound("This user does not exist. The user may have been removed.")
    return found


def _page(user: User, password: NewPasswordForm, role: RoleForm | None = None) -> tuple[str, int]:
    role = role or RoleForm(role=user.role)
    return page(
        "pages/admin/users/show.html",
        password,
        role,
        user=user,
        role_form=role,
        password_form=password,
        is_own=current_principal().is_user(user.id),
    )
