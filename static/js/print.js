// Charts on paper: all of them drawn, at the width of a sheet and in the colours of the day.

import { draw, load, showTable } from "./figures.js";

// About the width of A4 and Letter between their margins; the style sheet fits it to the paper.
const SHEET = { width: 720, height: 300, autosize: false };
const paper = matchMedia("print");
const root = document.documentElement;
let themeBefore = null;

export function start() {
  addEventListener("beforeprint", before);
  addEventListener("afterprint", after);
  paper.addEventListener("change", () => (paper.matches ? before() : after()));
  // A browser that is about to print waits for nothing, so what draws has to be there already.
  if (document.querySelector("[data-figure][data-state]") && matchMedia("(min-width: 641px)").matches) {
    globalThis.requestIdleCallback?.(load);
  }
}

function before() {
  if (themeBefore) return;
  themeBefore = { theme: root.dataset.theme };
  root.dataset.theme = "light";
  for (const figure of document.querySelectorAll("[data-figure][data-state]")) {
    if (!window.Plotly) {
      showTable(figure, true);
      continue;
    }
    draw(figure, SHEET);
    for (const drawing of figure.querySelectorAll(".main-svg")) {
      drawing.setAttribute("viewBox", `0 0 ${SHEET.width} ${SHEET.height}`);
    }
  }
}

function after() {
  if (!themeBefore) return;
  if (themeBefore.theme) root.dataset.theme = themeBefore.theme;
  else delete root.dataset.theme;
  themeBefore = null;
  for (const figure of document.querySelectorAll('[data-figure][data-state="drawn"]')) {
    for (const drawing of figure.querySelectorAll(".main-svg")) drawing.removeAttribute("viewBox");
    draw(figure);
    window.Plotly.Plots.resize(figure.querySelector(".figure-canvas"));
  }
}
