// Times are UTC on the page; their tooltips add the reader's own time. The clock runs.

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

export function mount(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-clock])")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.getTime())) {
      time.title = `${time.title}\n${local.format(moment)}`.trim();
    }
  }
  const clock = root.querySelector("[data-clock]");
  if (clock) {
    const tick = () => {
      const now = new Date().toISOString();
      clock.dateTime = now;
      clock.textContent = now.slice(11, 16);
    };
    tick();
    setInterval(tick, 10_000);
  }
}
