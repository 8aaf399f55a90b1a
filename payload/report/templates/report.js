(function () {
  "use strict";
  const drawing = JSON.parse(document.getElementById("drawing").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 44rem)");
  const coarse = matchMedia("(pointer: coarse)").matches;
  const PRINT_PX = 680;
  const MAP_SHAPE = 0.53;

  // A light colour, alone or with two digits of alpha behind it, becomes its dark one.
  function recolour(value) {
    if (typeof value === "string") {
      const found = drawing.dark[value.slice(0, 7)];
      return found && (value.length === 7 || value.length === 9) ? found + value.slice(7) : value;
    }
    if (Array.isArray(value)) return value.map(recolour);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, recolour(inner)]));
    }
    return value;
  }

  function put(plot, path, value) {
    const keys = path.split(".");
    const last = keys.pop();
    let here = plot;
    for (const key of keys) here = here[key] = here[key] || {};
    here[last] = value;
  }

  function chosen(id, figure) {
    const selects = [...document.querySelectorAll(`select[data-draws="${id}"]`)];
    return (figure.variants || {})[selects.map((item) => item.value).join("|")] || {};
  }

  let printing = false;

  function draw(id) {
    const place = document.getElementById(id);
    if (!place) return null;
    const figure = drawing.figures[id];
    let plot = JSON.parse(JSON.stringify(figure.plot));
    for (const [path, value] of Object.entries(chosen(id, figure))) put(plot, path, value);
    if (narrow.matches && !printing) {
      for (const [path, value] of Object.entries(figure.narrow)) put(plot, path, value);
    }
    if (dark.matches && !printing) plot = recolour(plot);
    plot.layout.width = printing ? PRINT_PX : place.clientWidth;
    if (plot.layout.yaxis && plot.layout.yaxis.scaleanchor) {
      plot.layout.height = Math.round(MAP_SHAPE * plot.layout.width);
    }
    plot.layout.dragmode = coarse ? false : plot.layout.dragmode || "zoom";
    place.style.minHeight = plot.layout.height + "px";
    // Plotly moves and fades a sankey from its last drawing to the next, even in print: begin anew instead.
    if (plot.data.some((trace) => trace.type === "sankey")) Plotly.purge(place);
    return Plotly.react(place, plot.data, plot.layout, {
      displayModeBar: false, displaylogo: false, doubleClick: "reset", showTips: false,
    });
  }

  function drawAll() {
    return Promise.all(Object.keys(drawing.figures).map(draw));
  }

  // The words come first: each figure is drawn in a turn of its own, after the page has been shown.
  // A later round ends an earlier one.
  let round = 0;
  function drawInTurn(ids, own) {
    if (own !== round) return;
    if (!ids.length) {
      document.documentElement.dataset.drawn = "yes";
      return;
    }
    setTimeout(() => Promise.resolve(draw(ids[0])).then(() => drawInTurn(ids.slice(1), own)), 0);
  }
  function drawFromTop() {
    round += 1;
    drawInTurn(Object.keys(drawing.figures), round);
  }
  drawFromTop();
  document.querySelectorAll("select[data-draws]").forEach((item) => {
    item.addEventListener("change", () => draw(item.dataset.draws));
  });
  dark.addEventListener("change", drawAll);

  // A phone also fires this whenever its address bar comes or goes: only another width matters.
  let width = innerWidth;
  let settled = 0;
  addEventListener("resize", () => {
    if (innerWidth === width || printing) return;
    width = innerWidth;
    clearTimeout(settled);
    settled = setTimeout(drawFromTop, 100);
  });
  function print(begins) {
    printing = begins;
    drawAll();
  }
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((item) => { item.open = true; });
    print(true);
  });
  addEventListener("afterprint", () => print(false));
})();
