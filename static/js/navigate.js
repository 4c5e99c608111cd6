// Other choices of the same page (a filter, an order, another page of a table) change its content
// without loading everything again. The address is always that of what is shown.

let mountAll;
let asked = 0;
let shown = choiceOf(location.href);

export function start(mount) {
  mountAll = mount;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("main a[href]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!link || !plain || event.altKey || link.hasAttribute("download") || link.target) return;
    if (!isOtherChoice(link.href)) return;
    event.preventDefault();
    show(link.href, true);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "get" || !form.closest("main")) return;
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form)).toString();
    if (!isOtherChoice(address.href)) return;
    event.preventDefault();
    show(address.href, true);
  });
  addEventListener("popstate", () => {
    // A link to another place of what is shown needs nothing to be loaded.
    if (choiceOf(location.href) !== shown) show(location.href, false);
  });
}

function choiceOf(href) {
  return href.split("#")[0];
}

function isOtherChoice(href) {
  const address = new URL(href);
  const isOfThisPage =
    address.origin === location.origin && address.pathname === location.pathname;
  // A part of what is shown already is scrolled to by the browser.
  return isOfThisPage && (!address.hash || address.search !== location.search);
}

async function show(href, isNew) {
  const turn = ++asked;
  const main = document.querySelector("main");
  main.setAttribute("aria-busy", "true");
  let text;
  try {
    const answer = await fetch(href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    text = await answer.text();
  } catch {
    // The browser says better than we could what is wrong.
    if (turn === asked) location.assign(href);
    return;
  }
  // A later choice has been made meanwhile.
  if (turn !== asked) return;
  const other = new DOMParser().parseFromString(text, "text/html");
  const focused = placeOf(document.activeElement, main);
  if (isNew) history.pushState(null, "", href);
  shown = choiceOf(href);
  document.title = other.title;
  main.replaceChildren(...other.querySelector("main").childNodes);
  main.removeAttribute("aria-busy");
  mountAll(main);
  elementAt(focused, main)?.focus({ preventScroll: true });
  announce(other.querySelector(".page-scope")?.textContent.trim() ?? other.title);
}

// Whoever works with the keyboard goes on where they were: at the same control of the same kind.
function placeOf(element, main) {
  if (!main.contains(element)) return null;
  const name = element.name ? `[name="${CSS.escape(element.name)}"]` : "";
  const region = element.closest("section[aria-labelledby]")?.getAttribute("aria-labelledby");
  const within = region ? main.querySelector(`section[aria-labelledby="${region}"]`) : main;
  const kind = element.localName + name;
  return { kind, region, index: [...within.querySelectorAll(kind)].indexOf(element) };
}

function elementAt(place, main) {
  if (!place) return null;
  const within = place.region
    ? main.querySelector(`section[aria-labelledby="${place.region}"]`)
    : main;
  return within?.querySelectorAll(place.kind)[place.index] ?? main;
}

function announce(text) {
  const region = document.querySelector("[data-announce]");
  if (region) region.textContent = text;
}
