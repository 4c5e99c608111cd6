// Filter forms: chosen at once where asked for, no empty parts in the address, folded on phones.

// As in the style sheets.
const phone = matchMedia("(max-width: 640px)");

export function mount(root) {
  fold(root);
  for (const select of root.querySelectorAll("[data-submit-on-change]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  for (const form of root.querySelectorAll("form[data-drop-empty]")) {
    form.addEventListener("formdata", (event) => {
      for (const [name, value] of [...event.formData]) {
        if (value === "") event.formData.delete(name);
      }
      // Days that were filled in go before the named period that was shown.
      if (event.formData.has("since") || event.formData.has("until")) {
        event.formData.delete("last");
      }
    });
  }
}

function fold(root) {
  for (const details of root.querySelectorAll("[data-fold-on-phones]")) {
    details.open = !phone.matches;
    details.dataset.ready = "";
  }
}

phone.addEventListener("change", () => fold(document));
