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
  const source = document.querySelector('meta[name="plotly-url"]')?.content;
  if (!figures.length || !source) return;

  const observer = new IntersectionObserver(
    async (entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        observer.unobserve(entry.target);
        await load(source);
        await draw(entry.target);
        drawn.add(entry.target);
      }
    },
    { rootMargin: "300px" },
  );
  for (const figure of figures) {
    figure.dataset.state = "waiting";
    observer.observe(figure);
    const button = figure.querySelector("[data-figure-png]");
    if (!button) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await load(source);
      await saveAsPng(figure, button.dataset.figurePng);
    });
  }
}

let loading;

function load(source) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = source;
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

async function draw(figure) {
  const canvas = figure.querySelector(".figure-canvas");
  const { data, layout, config } = described(figure);
  await window.Plotly.react(canvas, data, layout, config);
  if (figure.dataset.state !== "drawn") tellOnHover(canvas);
  figure.dataset.state = "drawn";
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
