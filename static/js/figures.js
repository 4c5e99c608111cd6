// Draws each [data-figure] once it comes near the screen, in the colours of the page's theme.

import * as tooltip from "./tooltip.js";

const CUSTOM_PROPERTY = /var\((--[\w-]+)\)/g;

const drawn = new Set();
document.addEventListener("themechange", () => {
  for (const figure of drawn) {
    if (figure.isConnected) draw(figure);
    else drawn.delete(figure);
  }
});

export function mount(root) {
  const figures = [...root.querySelectorAll("[data-figure]")];
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        loadAndDraw(target);
      }
    },
    { rootMargin: "300px" },
  );
  for (const figure of figures) {
    showTable(figure, !source());
    if (!source()) continue;
    figure.dataset.state = "waiting";
    observer.observe(figure);
    const button = figure.querySelector("[data-figure-png]");
    if (!button) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await load();
      await saveAsPng(figure, button.dataset.figurePng);
    });
  }
}

// The table stands in place of a chart that is not drawn, else it waits to be unfolded.
export function showTable(figure, isOpen) {
  const table = figure.querySelector(".figure-table");
  table.open = isOpen;
  table.dataset.ready = "";
  if (isOpen) delete figure.dataset.state;
}

async function loadAndDraw(figure) {
  try {
    await load();
    await draw(figure);
    drawn.add(figure);
  } catch (error) {
    showTable(figure, true);
    throw error;
  }
}

const source = () => document.querySelector('meta[name="plotly-url"]')?.content;
let loading;

export function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = source();
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return loading;
}

function described(figure) {
  const facts = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  return coloured(facts, getComputedStyle(figure));
}

// A picture stands alone: it has its own ground and its title.
async function saveAsPng(figure, name) {
  const { data, layout } = described(figure);
  const style = getComputedStyle(figure);
  const title = figure.querySelector("h2").innerText.replaceAll("\n", " ");
  layout.paper_bgcolor = style.getPropertyValue("--surface").trim();
  layout.title = {
    text: title.replaceAll("&", "&amp;").replaceAll("<", "&lt;"),
    font: { size: 15, color: style.getPropertyValue("--ink").trim() },
    x: 0.01,
    y: 0.98,
    yanchor: "top",
  };
  layout.legend = { ...layout.legend, y: 0.93 };
  layout.margin = { ...layout.margin, t: 76 };
  await window.Plotly.downloadImage(
    { data, layout },
    { format: "png", filename: name, width: 1000, height: 480, scale: 2 },
  );
}

// Everything is drawn when this returns; without a `size` the chart fills its place on the screen.
export function draw(figure, size = { autosize: true }) {
  const canvas = figure.querySelector(".figure-canvas");
  const { data, layout, config } = described(figure);
  const isFirst = figure.dataset.state !== "drawn";
  figure.dataset.state = "drawn";
  const done = window.Plotly.react(canvas, data, { ...layout, ...size }, config);
  if (isFirst) tellOnHover(canvas);
  return done;
}

// The words that Plotly would write over the marks stand above all of them instead.
function tellOnHover(canvas) {
  const tell = ({ points }) => {
    const words = [...canvas.querySelectorAll(".hovertext text.nums")].map(linesOf).join("\n");
    const { bbox, fullData } = points[0];
    const { left, top } = canvas.getBoundingClientRect();
    const plot = canvas._fullLayout._size;
    tooltip.show(
      words,
      {
        left: left + (bbox.x0 + bbox.x1) / 2,
        top: top + plot.t,
        bottom: top + plot.t + plot.h,
      },
      { mark: fullData.marker?.color ?? fullData.line?.color, isCentred: true },
    );
  };
  canvas.on("plotly_hover", tell);
  // What a finger does is a click.
  canvas.on("plotly_click", tell);
  canvas.on("plotly_unhover", tooltip.hide);
}

function linesOf(text) {
  const lines = [...text.querySelectorAll("tspan.line")];
  return lines.length ? lines.map((line) => line.textContent).join("\n") : text.textContent;
}

function coloured(value, style) {
  if (typeof value === "string") {
    return value.includes("var(")
      ? value.replace(CUSTOM_PROPERTY, (_, name) => style.getPropertyValue(name).trim())
      : value;
  }
  if (Array.isArray(value)) return value.map((item) => coloured(item, style));
  if (value && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, coloured(item, style)]),
    );
  }
  return value;
}
