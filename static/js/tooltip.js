// One box of words over the page, above what it is about, or below where there is no room.

const GAP = 6;
let box;

// `at` is what the words are about; `mark` is a colour that ties them to it.
export function show(text, at, { mark = "transparent", isCentred = false } = {}) {
  if (!box) {
    box = document.createElement("div");
    box.className = "tooltip";
    box.id = "tooltip";
    box.setAttribute("role", "tooltip");
    document.body.append(box);
    addEventListener("keydown", (event) => event.key === "Escape" && hide());
    addEventListener("pointerdown", hide, { capture: true });
    addEventListener("scroll", hide, { capture: true, passive: true });
  }
  box.textContent = text;
  box.hidden = false;
  // Through the object model: the policy allows no style attributes.
  box.style.left = "0";
  box.style.borderColor = mark;
  const own = box.getBoundingClientRect();
  const wished = isCentred ? at.left - own.width / 2 : at.left;
  const left = Math.min(wished, document.documentElement.clientWidth - own.width - GAP);
  const above = at.top - own.height - GAP;
  box.style.left = `${Math.max(GAP, left)}px`;
  box.style.top = `${above > 0 ? above : at.bottom + GAP}px`;
  return box.id;
}

export function hide() {
  if (box) box.hidden = true;
}
