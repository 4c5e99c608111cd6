// Times are UTC on the page; the exact one and the reader's own show on hover and on focus.

import * as tooltip from "./tooltip.js";

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

export function mount(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-clock])")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const exact = `${time.title}\n${local.format(moment)} (your time)`.trim();
    time.removeAttribute("title");
    for (const event of ["pointerenter", "focus"]) {
      time.addEventListener(event, () => show(time, exact));
    }
    for (const event of ["pointerleave", "blur"]) time.addEventListener(event, tooltip.hide);
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

function show(time, text) {
  time.setAttribute("aria-describedby", tooltip.show(text, time.getBoundingClientRect()));
}
