// Filter forms: chosen at once where asked for, and no empty parts in the address.

export function mount(root) {
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
