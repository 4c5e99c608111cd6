// The search over everything: a dialog that opens with "/" and shows what the search page finds.

const PAUSE_MS = 120;
const REMEMBERED = "search-key";
const TYPED_INTO = "input, textarea, select, [contenteditable]";

export function start() {
  const dialog = document.querySelector("[data-search]");
  if (!dialog?.showModal) return;
  const form = dialog.querySelector("form");
  const input = form.querySelector("input");
  const list = dialog.querySelector(".search-found");
  const status = dialog.querySelector("[role=status]");
  const hints = [...list.cloneNode(true).childNodes];
  let shown = "";
  let asking = null;
  let pause = 0;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector('[aria-selected="true"]');

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function show(nodes, words) {
    list.replaceChildren(...nodes);
    for (const part of list.querySelectorAll("section")) part.setAttribute("role", "group");
    for (const part of list.querySelectorAll("h2, ul, li")) part.setAttribute("role", "presentation");
    for (const [index, link] of [...list.querySelectorAll("a")].entries()) {
      link.id = `search-option-${index}`;
      link.tabIndex = -1;
      link.setAttribute("role", "option");
      link.setAttribute("aria-selected", "false");
    }
    const found = options();
    if (found.length) list.setAttribute("role", "listbox");
    else list.removeAttribute("role");
    input.setAttribute("aria-expanded", String(found.length > 0));
    list.scrollTop = 0;
    choose(found[0]);
    status.textContent = words;
  }

  async function ask() {
    const text = input.value.trim();
    if (text === shown) return;
    asking?.abort();
    if (!text) {
      shown = text;
      show(hints.map((node) => node.cloneNode(true)), "");
      return;
    }
    asking = new AbortController();
    const { signal } = asking;
    try {
      const address = `${form.action}?${new URLSearchParams({ q: text })}`;
      const answer = await fetch(address, { headers: { Accept: "text/html" }, signal });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      shown = text;
      const results = page.querySelector("[data-search-results]");
      show(results.childNodes, page.querySelector(".page-scope").textContent);
    } catch (error) {
      if (error.name === "AbortError") return;
      const note = document.createElement("p");
      note.className = "search-nothing";
      note.textContent = "The search did not answer. Press Enter to search on a separate page.";
      shown = "";
      show([note], note.textContent);
    }
  }

  function open() {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
  }

  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(ask, PAUSE_MS);
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = options();
    if (step && all.length) {
      event.preventDefault();
      choose(all.at((all.indexOf(chosen()) + step) % all.length));
    }
    // While an answer is on its way, Enter asks for it as a page.
    if (event.key === "Enter" && chosen() && input.value.trim() === shown) {
      event.preventDefault();
      chosen().click();
    }
  });

  list.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) dialog.close();
  });
  dialog.addEventListener("click", (event) => {
    // The backdrop belongs to the dialog itself, everything in it to its parts.
    if (event.target === dialog || event.target.closest("[data-search-close]")) dialog.close();
  });
  for (const link of document.querySelectorAll("[data-search-open]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open();
    });
  }
  const key = keySwitch(dialog.querySelector("[data-search-key]"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!key.checked || event.target.closest?.(TYPED_INTO)) return;
    event.preventDefault();
    const own = document.querySelector("main [name=q]");
    if (own) own.select();
    else open();
  });
}

// Whoever speaks to their computer, or has another use for the key, can switch it off.
function keySwitch(box) {
  try {
    box.checked = localStorage.getItem(REMEMBERED) !== "off";
    box.addEventListener("change", () => {
      if (box.checked) localStorage.removeItem(REMEMBERED);
      else localStorage.setItem(REMEMBERED, "off");
    });
  } catch {
    // Storage may be forbidden; the switch then holds for this page.
  }
  return box;
}
