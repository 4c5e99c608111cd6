// Forms that change something: sent once, and pages of work in progress looked at again.

const LOOK_AGAIN_MS = 2000;

export function mount(root) {
  for (const form of root.querySelectorAll("form[data-send-once]")) {
    form.addEventListener("submit", () => {
      // After this turn, so that the button that was pressed is still sent.
      setTimeout(() => {
        for (const button of form.querySelectorAll("button")) button.disabled = true;
      });
    });
  }
  if (root.querySelector("[data-look-again]")) setTimeout(lookAgain, LOOK_AGAIN_MS);
}

function lookAgain() {
  // Whoever is writing goes on writing.
  if (document.activeElement?.closest("form")) setTimeout(lookAgain, LOOK_AGAIN_MS);
  else location.reload();
}

// A page the browser kept may have buttons that were switched off.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("form[data-send-once] button")) {
    button.disabled = false;
  }
});
