"""The ecosystems that a token or a trusted publisher is limited to: known ones, and others."""

from wtforms import Form, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.views.context import connection


class EcosystemFields(Form):  # type: ignore[misc]
    """The fields of a form that `ecosystem_fields` in macros/forms.html draws."""

    known = SelectMultipleField(
        "Ecosystems", option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    ecosystems = TextAreaField(
        "Other ecosystems", render_kw={"rows": 2, "autocapitalize": "none", "spellcheck": "false"}
    )

    def offer(self, names: list[str]) -> None:
        """Offer the known ecosystems as choices."""
        self.known.choices = [SelectChoice(name, name) for name in names]

    @property
    def named(self) -> list[str] | None:
        """The ecosystems chosen and typed, None for every one."""
        typed = (line.strip() for line in (self.ecosystems.data or "").splitlines())
        return [*self.known.data, *filter(None, typed)] or None


def known_ecosystems() -> list[str]:
    """The ecosystems that batch runs are stored of."""
    return [span.ecosystem for span in batch_runs.fetch_ecosystems(connection())]
