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

  function draw(id, printing) {
    const place = document.getElementById(id);
    if (!place) return null;
    const figure = drawing.figures[id];
    let plot = JSON.parse(JSON.stringify(figure.plot));
    for (const [path, value] of Object.entries(chosen(id, figure))) put(plot, path, value);
    if (narrow.matches && !printing) {
      for (const [path, value] of Object.entries(figure.narrow)) put(plot, path, value);
    }
    if (printing) plot.layout.width = PRINT_PX;
    else if (dark.matches) plot = recolour(plot);
    if (plot.layout.yaxis && plot.layout.yaxis.scaleanchor) {
      plot.layout.height = Math.round(MAP_SHAPE * (printing ? PRINT_PX : place.clientWidth));
    }
    plot.layout.dragmode = coarse ? false : plot.layout.dragmode || "zoom";
    place.style.minHeight = plot.layout.height + "px";
    return Plotly.react(place, plot.data, plot.layout, {
      displayModeBar: false, displaylogo: false, responsive: !printing, doubleClick: "reset",
      showTips: false,
    });
  }

  function drawAll(printing) {
    return Promise.all(Object.keys(drawing.figures).map((id) => draw(id, printing)));
  }

  // The words come first: each figure is drawn in a turn of its own, after the page has been shown.
  function drawInTurn(ids) {
    if (!ids.length) {
      document.documentElement.dataset.drawn = "yes";
      return;
    }
    setTimeout(() => Promise.resolve(draw(ids[0], false)).then(() => drawInTurn(ids.slice(1))), 0);
  }
  drawInTurn(Object.keys(drawing.figures));
  document.querySelectorAll("select[data-draws]").forEach((item) => {
    item.addEventListener("change", () => draw(item.dataset.draws, false));
  });
  dark.addEventListener("change", () => drawAll(false));
  narrow.addEventListener("change", () => drawAll(false));
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((item) => { item.open = true; });
    drawAll(true);
  });
  addEventListener("afterprint", () => drawAll(false));
})();
