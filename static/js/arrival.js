// Waits for the first batch run on the set-up page: asks a small address, less often later on.

const QUICK_MS = 5_000;
const SLOW_MS = 30_000;
const QUICK_TURNS = 60;
const MOST_TURNS = 300;

export function mount(root) {
  const place = root.querySelector("[data-arrival][data-poll]");
  if (place) wait(place, 0);
}

function wait(place, turn) {
  if (turn === MOST_TURNS) {
    stop(place);
    return;
  }
  setTimeout(
    async () => {
      // Another choice was made meanwhile.
      if (!place.isConnected) return;
      // Who looks elsewhere need not be told; the turn counts, so that the page stops some day.
      const found = document.hidden ? null : await look(place);
      if (found === "stop") stop(place);
      else if (!found) wait(place, turn + 1);
    },
    turn < QUICK_TURNS ? QUICK_MS : SLOW_MS,
  );
}

async function look(place) {
  try {
    const answer = await fetch(place.dataset.poll, { cache: "no-cache" });
    // Signed out: asking again would not help.
    if (answer.status === 401) return "stop";
    if (!answer.ok || (await answer.json()).batch_run_id === null) return null;
    const page = await fetch(place.querySelector("[data-look-now]").href);
    const text = await page.text();
    const other = new DOMParser().parseFromString(text, "text/html");
    place.replaceChildren(...other.querySelector("[data-arrival]").childNodes);
    return "found";
  } catch {
    // The server may be back at the next turn.
    return null;
  }
}

function stop(place) {
  place.querySelector(".arrival-wait").hidden = true;
  place.querySelector(".arrival-stopped").hidden = false;
}
