// Times are UTC on the page; the exact one and the reader's own show on hover and on focus.

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const GAP = 6;

export function mount(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-clock])")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const exact = `${time.title}\n${local.format(moment)} (your time)`.trim();
    time.removeAttribute("title");
    for (const event of ["pointerenter", "focus"]) {
      time.addEventListener(event, () => show(time, exact));
    }
    for (const event of ["pointerleave", "blur"]) time.addEventListener(event, hide);
  }
}

export function runClock(root) {
  const clock = root.querySelector("[data-clock]");
  if (!clock) return;
  const tick = () => {
    const now = new Date().toISOString();
    clock.dateTime = now;
    clock.textContent = now.slice(11, 16);
  };
  tick();
  setInterval(tick, 10_000);
}

let tooltip;

function show(time, text) {
  if (!tooltip) {
    tooltip = document.createElement("div");
    tooltip.className = "tooltip";
    tooltip.id = "exact-time";
    tooltip.setAttribute("role", "tooltip");
    document.body.append(tooltip);
    addEventListener("keydown", (event) => event.key === "Escape" && hide());
    addEventListener("scroll", hide, { capture: true, passive: true });
  }
  tooltip.textContent = text;
  tooltip.hidden = false;
  time.setAttribute("aria-describedby", tooltip.id);
  const at = time.getBoundingClientRect();
  const own = tooltip.getBoundingClientRect();
  const left = Math.min(at.left, document.documentElement.clientWidth - own.width - GAP);
  const above = at.top - own.height - GAP;
  // Through the object model: the policy allows no style attributes.
  tooltip.style.left = `${Math.max(GAP, left)}px`;
  tooltip.style.top = `${above > 0 ? above : at.bottom + GAP}px`;
}

function hide() {
  if (tooltip) tooltip.hidden = true;
}
