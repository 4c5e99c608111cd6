// The switch between the system's theme, light and dark; the choice is remembered.

const CHOICES = ["system", "light", "dark"];

export function mount(root) {
  const button = root.querySelector("[data-theme-switch]");
  if (!button) return;
  const words = button.querySelector("[data-theme-words]");
  const html = document.documentElement;

  const show = () => {
    const current = html.dataset.theme ?? "system";
    const next = CHOICES[(CHOICES.indexOf(current) + 1) % CHOICES.length];
    words.textContent = `Theme: ${current}`;
    button.title = `Switch to ${next}`;
  };
  button.addEventListener("click", () => {
    const current = html.dataset.theme ?? "system";
    const next = CHOICES[(CHOICES.indexOf(current) + 1) % CHOICES.length];
    if (next === "system") delete html.dataset.theme;
    else html.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch {
      // Not remembered, but in force until the page is left.
    }
    show();
    document.dispatchEvent(new Event("themechange"));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    document.dispatchEvent(new Event("themechange")),
  );
  button.hidden = false;
  show();
}
