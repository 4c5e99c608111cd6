// Draws each [data-figure] once it comes near the screen, in the colours of the page's theme.

const CUSTOM_PROPERTY = /var\((--[\w-]+)\)/g;

export function mount(root) {
  const figures = [...root.querySelectorAll("[data-figure]")];
  const source = root.querySelector('meta[name="plotly-url"]')?.content;
  if (!figures.length || !source) return;
  const drawn = new Set();

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
  }
  document.addEventListener("themechange", () => drawn.forEach(draw));
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

async function draw(figure) {
  const canvas = figure.querySelector(".figure-canvas");
  const facts = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  const { data, layout, config } = coloured(facts, getComputedStyle(figure));
  await window.Plotly.react(canvas, data, layout, config);
  figure.dataset.state = "drawn";
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
