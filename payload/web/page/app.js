"use strict";
/* The page of payload-sim serve. Whatever comes from a scenario or a folder is set as text, never as markup. */

const token = document.querySelector('meta[name="payload-sim-token"]').content;
const $ = (selector, within = document) => within.querySelector(selector);

/* --- small things ------------------------------------------------------------------------------- */

function make(tag, attributes = {}, ...children) {
  const element = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "content-type": "application/json", "x-payload-sim-token": token },
    body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer; is payload-sim serve still running?");
  }
  const type = answer.headers.get("content-type") ?? "";
  const said = type.startsWith("application/json") ? await answer.json() : { error: await answer.text() };
  if (!answer.ok) throw new Error(said.error ?? `status ${answer.status}`);
  return said;
}

const UNKNOWN = "—";
function scaled(value, units, step) {
  let index = 0;
  let size = Math.abs(value);
  while (size >= step * 0.9995 && index < units.length - 1) { size /= step; index += 1; }
  const digits = index === 0 && Number.isInteger(value) ? 0 : size < 10 ? 2 : size < 100 ? 1 : 0;
  return `${value < 0 ? "-" : ""}${size.toFixed(digits)} ${units[index]}`.trim();
}
function shown(value, unit) {
  if (value === null || value === undefined) return UNKNOWN;
  if (typeof value !== "number") return String(value);
  if (unit === "byte") return scaled(value, ["B", "kB", "MB", "GB", "TB", "PB"], 1000);
  if (unit === "px") return scaled(value, ["px", "kpx", "Mpx", "Gpx", "Tpx"], 1000);
  if (unit === "J") return scaled(value, ["J", "kJ", "MJ", "GJ"], 1000);
  if (unit === "s") return span(value);
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toPrecision(4);
}
function span(seconds) {
  const sign = seconds < 0 ? "-" : "";
  const size = Math.abs(seconds);
  if (size < 120) return `${sign}${size.toFixed(size < 10 ? 1 : 0)} s`;
  if (size < 7200) return `${sign}${Number((size / 60).toFixed(1))} min`;
  return `${sign}${Number((size / 3600).toFixed(1))} h`;
}
function difference(value, base, unit) {
  if (value === null || base === null || value === undefined || base === undefined) return UNKNOWN;
  const change = value - base;
  if (change === 0) return "same";
  const text = `${change > 0 ? "+" : ""}${shown(change, unit)}`;
  return base ? `${text} (${change > 0 ? "+" : "-"}${(Math.abs(change / base) * 100).toFixed(1)} %)` : text;
}
const link = (name) => `/results/${encodeURIComponent(name)}/report.html`;
const reportLink = (name, words) => make("a", { href: link(name), target: "_blank", rel: "noopener" }, words);

/* --- views --------------------------------------------------------------------------------------- */

const views = { results: showResults, fly: showFly, compare: showCompare };

async function route() {
  const [name, query] = location.hash.slice(1).split("?");
  const view = views[name] ? name : "results";
  for (const other of Object.keys(views)) $(`#view-${other}`).hidden = other !== view;
  for (const anchor of document.querySelectorAll("nav a")) {
    if (anchor.hash === `#${view}`) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  document.title = `${$(`#view-${view} h1`).textContent} – payload-sim`;
  delete document.documentElement.dataset.ready;
  try {
    await views[view](new URLSearchParams(query));
  } catch (error) {
    tellMistake(view, error.message);
  }
  document.documentElement.dataset.ready = view;
}

function tellMistake(view, words) {
  const place = { fly: "#mistake", compare: "#compare-mistake", results: "#view-results .where" }[view];
  $(place).textContent = words;
  if (view === "fly") markMistakes(words);
}

/* Show each mistake next to its setting too, which may be far down the form, and let nothing fly while it stands. */
function markMistakes(words) {
  for (const old of document.querySelectorAll("#knobs .wrong")) {
    old.classList.remove("wrong");
    old.querySelectorAll(".mistake").forEach((each) => each.remove());
    $("[data-path]", old).removeAttribute("aria-invalid");
  }
  for (const line of words.split("\n")) {
    let path = line.split(": ")[0];
    const fieldOf = () => document.querySelector(`#knobs [data-path="${CSS.escape(path)}"]`);
    while (!fieldOf() && path.includes(".")) path = path.slice(0, path.lastIndexOf("."));
    const field = fieldOf();
    if (!field) continue;
    const knob = field.closest(".knob");
    field.setAttribute("aria-invalid", "true");
    knob.classList.add("wrong");
    knob.append(make("p", { class: "about mistake" }, line));
    knob.closest("details").open = true;
  }
  allowFlying();
}

function allowFlying() {
  $("#take-off").disabled = lastState === "flying" || !flying.scenario || $("#knobs .wrong") !== null;
}

/* --- results ------------------------------------------------------------------------------------- */

const chosen = new Set();

async function showResults() {
  const found = await ask("/api/results");
  $("#view-results .where").textContent = found.results.length
    ? `In ${found.folder}, newest first.`
    : `There are none in ${found.folder} yet. Fly a scenario here or with payload-sim run.`;
  const box = $("#view-results .scroll");
  box.replaceChildren();
  for (const name of [...chosen]) if (!found.results.some((one) => one.name === name)) chosen.delete(name);
  if (found.results.length) box.append(resultsTable(found.results));
  $("#compare-chosen").hidden = found.results.length < 2;
  setChosen();
}

function resultsTable(results) {
  const rows = results.map((one) => {
    if (one.problem) {
      return make("tr", {}, make("td"), make("th", { scope: "row", class: "name" }, one.name),
        make("td", { colspan: 5, class: "mistake" }, one.problem));
    }
    const box = make("input", { type: "checkbox", "aria-label": `Compare ${one.name}` });
    box.checked = chosen.has(one.name);
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(one.name); else chosen.delete(one.name);
      setChosen();
    });
    return make("tr", {},
      make("td", {}, box),
      make("th", { scope: "row", class: "name" },
        one.has_report ? reportLink(one.name, one.name) : one.name,
        make("span", { class: "key" }, `seed ${one.seed}, ${span(one.duration_s)}${one.fidelity === "pixels" ? "" : `, ${one.fidelity}`}`)),
      make("td", { class: "number", "data-of": "Acquired" }, shown(one.acquired_bytes, "byte")),
      make("td", { class: "number", "data-of": "Delivered" }, shown(one.delivered_bytes, "byte")),
      make("td", { class: "number", "data-of": "Clear ground" }, shown(one.clear_px, "px")),
      make("td", { "data-of": "Flown (UTC)" }, one.finished_utc ? one.finished_utc.slice(0, 16).replace("T", " ") : UNKNOWN));
  });
  const head = make("thead", {}, make("tr", {},
    make("th", { scope: "col" }, make("span", {}, "Select")),
    make("th", { scope: "col" }, "Report"),
    make("th", { scope: "col", class: "number" }, "Acquired"),
    make("th", { scope: "col", class: "number" }, "Delivered"),
    make("th", { scope: "col", class: "number" }, "Clear ground delivered"),
    make("th", { scope: "col" }, "Flown (UTC)")));
  return make("table", { class: "stacked" }, head, make("tbody", {}, ...rows));
}

function setChosen() {
  $("#compare-chosen").disabled = chosen.size !== 2;
}
$("#compare-chosen").addEventListener("click", () => {
  const [left, right] = chosen;
  location.hash = `compare?${new URLSearchParams({ left, right })}`;
});

/* --- fly ----------------------------------------------------------------------------------------- */

const flying = { scenario: "", base: new Map(), changes: new Map(), waiting: 0, asked: 0 };
const WHOLE = "the flight";
const OPEN = [WHOLE, "pruning", "memory", "link"];

async function showFly() {
  const found = await ask("/api/scenarios");
  const select = $("#scenario");
  select.replaceChildren(...found.scenarios.map((name) => make("option", { value: name }, name)));
  allowFlying();
  if (!found.scenarios.length) {
    tellMistake("fly", `There is no scenario file in ${found.folder}; name another folder with --scenarios.`);
    return;
  }
  if (!found.scenarios.includes(flying.scenario)) {
    const first = found.scenarios.includes("quickstart.yaml") ? "quickstart.yaml" : found.scenarios[0];
    await open(first);
  }
  select.value = flying.scenario;
}
$("#scenario").addEventListener("change", () => open($("#scenario").value).catch((error) => tellMistake("fly", error.message)));

async function open(name) {
  tellMistake("fly", "");
  flying.scenario = name;
  flying.changes.clear();
  const number = (flying.asked += 1); // answers to earlier requests belong to another form
  const found = await ask("/api/knobs", { scenario: name, changes: {} });
  if (name !== flying.scenario) return;
  flying.base = new Map(found.knobs.map((knob) => [knob.path, knob.value]));
  if (number !== flying.asked) await check(true); // a setting was changed meanwhile
  else {
    draw(found);
    allowFlying();
  }
}

function draw(found) {
  $("#description").textContent = found.description;
  const groups = new Map();
  for (const knob of found.knobs) {
    const group = knob.path.includes(".") || knob.kind === "json" ? knob.path.split(".")[0] : WHOLE;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(knob);
  }
  const wasOpen = new Set([...document.querySelectorAll("#knobs details[open]")].map((one) => one.dataset.group));
  const isFirst = !document.querySelector("#knobs details");
  const focused = document.activeElement?.dataset?.path;
  $("#knobs").replaceChildren(...[...groups].map(([group, knobs]) => {
    const isOpen = isFirst ? OPEN.includes(group) : wasOpen.has(group);
    return make("details", { "data-group": group, open: isOpen },
      make("summary", {}, group, make("span", { class: "muted small" }, `${knobs.length}`)),
      ...knobs.map(drawKnob));
  }));
  if (focused) document.querySelector(`#knobs [data-path="${CSS.escape(focused)}"]`)?.focus();
  find();
  drawChanges();
}

function drawKnob(knob) {
  const id = `knob-${knob.path}`;
  const about = make("p", { class: "about", id: `${id}-about` },
    ...knob.about.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part)));
  const field = makeField(knob, { id, "data-path": knob.path, "aria-describedby": `${id}-about` });
  field.addEventListener("change", () => turn(knob, field));
  const changed = flying.changes.has(knob.path);
  return make("div", { class: changed ? "knob changed" : "knob", "data-words": `${knob.path} ${knob.about}`.toLowerCase() },
    make("label", { for: id }, knob.path), field, about);
}

function makeField(knob, attributes) {
  if (knob.kind === "choice") {
    const options = knob.options.map((value) => make("option", { value: JSON.stringify(value) }, String(value)));
    if (knob.can_be_nothing) options.unshift(make("option", { value: "null" }, "(none)"));
    const select = make("select", attributes, ...options);
    select.value = JSON.stringify(knob.value);
    return select;
  }
  if (knob.kind === "flag") {
    const box = make("input", { ...attributes, type: "checkbox" });
    box.checked = knob.value === true;
    return box;
  }
  if (knob.kind === "json") {
    const area = make("textarea", { ...attributes, rows: Math.min(8, 1 + Math.floor(knob.value.length / 60)), spellcheck: "false" });
    area.value = knob.value;
    return area;
  }
  const isNumber = knob.kind === "number" || knob.kind === "integer";
  const field = make("input", isNumber
    ? { ...attributes, type: "number", step: knob.kind === "integer" ? 1 : "any", min: knob.least ?? knob.above, max: knob.most ?? knob.below, required: !knob.can_be_nothing }
    : { ...attributes, type: "text", autocomplete: "off", spellcheck: "false" });
  field.value = knob.value ?? "";
  if (knob.can_be_nothing) field.placeholder = "none";
  return field;
}

function valueOf(knob, field) {
  if (knob.kind === "choice") return JSON.parse(field.value);
  if (knob.kind === "flag") return field.checked;
  if (knob.kind === "json") return JSON.parse(field.value);
  if (field.value.trim() === "" && knob.can_be_nothing) return null;
  if (knob.kind === "text") return field.value;
  if (field.value.trim() === "") throw new Error("enter a number");
  return Number(field.value);
}

function same(knob, value) {
  const base = flying.base.get(knob.path);
  if (base === undefined) return false;
  return knob.kind === "json" ? JSON.stringify(JSON.parse(base)) === JSON.stringify(value) : base === value;
}

async function turn(knob, field) {
  let value;
  try {
    value = valueOf(knob, field);
  } catch (error) {
    tellMistake("fly", `${knob.path}: ${knob.kind === "json" ? "not valid JSON" : error.message}`);
    return;
  }
  if (same(knob, value)) flying.changes.delete(knob.path); else flying.changes.set(knob.path, value);
  if (knob.path.endsWith(".kind")) {
    const section = knob.path.slice(0, -"kind".length);
    for (const path of [...flying.changes.keys()]) {
      if (path.startsWith(section) && path !== knob.path) flying.changes.delete(path);
    }
  }
  field.closest(".knob").classList.toggle("changed", flying.changes.has(knob.path));
  drawChanges();
  await check(knob.reshapes);
}

async function check(redraw) {
  const number = (flying.asked += 1);
  try {
    const found = await ask("/api/knobs", asked());
    if (number !== flying.asked) return;
    tellMistake("fly", "");
    if (redraw) draw(found);
  } catch (error) {
    if (number === flying.asked) tellMistake("fly", error.message);
  }
}

const asked = () => ({ scenario: flying.scenario, changes: Object.fromEntries(flying.changes) });

function drawChanges() {
  const items = [...flying.changes].map(([path, value]) => make("li", {}, make("code", {}, `${path}=${JSON.stringify(value)}`)));
  $("#changes").replaceChildren(...(items.length ? items : [make("li", { class: "muted" }, "None: the scenario as in its file.")]));
  $("#undo").disabled = !items.length;
}

function find() {
  const words = $("#find").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  for (const group of document.querySelectorAll("#knobs details")) {
    let any = false;
    for (const knob of group.querySelectorAll(".knob")) {
      const fits = words.every((word) => knob.dataset.words.includes(word));
      knob.hidden = !fits;
      any ||= fits;
    }
    group.hidden = !any;
    if (words.length && any) group.open = true;
  }
}
$("#find").addEventListener("input", find);
$("#knobs").addEventListener("submit", (event) => event.preventDefault());
$("#undo").addEventListener("click", () => open(flying.scenario).catch((error) => tellMistake("fly", error.message)));
$("#take-off").addEventListener("click", async () => {
  tellMistake("fly", "");
  try {
    tellFlight(await ask("/api/flight", asked()));
  } catch (error) {
    tellMistake("fly", error.message);
  }
});

/* --- the flight ---------------------------------------------------------------------------------- */

function leftWords(left_s) {
  if (left_s === null) return "";
  return left_s === 0 ? ", longer than expected" : `, about ${span(left_s)} left`;
}

let lastState = "";
function tellFlight(status) {
  const box = $("#flight");
  box.hidden = status.state === "idle";
  box.dataset.state = status.state;
  box.classList.toggle("failed", status.state === "failed");
  const progress = $("progress", box);
  progress.hidden = status.state !== "flying";
  const words = {
    flying: `Flying ${status.scenario}, ${span(status.elapsed_s)}${leftWords(status.left_s)}`,
    done: `${status.scenario} has flown in ${span(status.elapsed_s)}`,
    failed: `${status.scenario} failed`,
    cancelled: `${status.scenario} was cancelled after ${span(status.elapsed_s)}; nothing was kept`,
    idle: "",
  };
  $(".now", box).textContent = words[status.state];
  if (status.state === "flying") {
    if (status.arms) progress.value = status.arms; else progress.removeAttribute("value");
    $(".what", box).textContent = status.image
      ? `arm ${status.arm}, ${status.images.toLocaleString("en")} images so far, ${status.image}` : "preparing";
  } else {
    $(".what", box).textContent = status.message;
  }
  if (status.state !== lastState) {
    // Screen readers are told once, not at every tick of the clock.
    $("#said").textContent = status.state === "flying" ? `Flying ${status.scenario}` : [words[status.state], status.message].filter(Boolean).join(": ");
    const place = $(".do", box);
    place.replaceChildren();
    if (status.state === "flying") {
      const button = make("button", { type: "button" }, "Cancel");
      button.addEventListener("click", () => { button.disabled = true; ask("/api/flight/cancel", {}).then(tellFlight).catch(() => {}); });
      place.append(button);
    }
    if (status.state === "done") place.append(reportLink(status.folder, "Open the report"));
    const wasFlying = lastState === "flying";
    lastState = status.state;
    if (wasFlying && location.hash.slice(1).split("?")[0] !== "fly") route();
  }
  allowFlying();
}

function follow() {
  const events = new EventSource("/api/flight/events");
  events.addEventListener("message", (event) => tellFlight(JSON.parse(event.data)));
  addEventListener("pagehide", () => events.close());
}

/* --- compare ------------------------------------------------------------------------------------- */

async function showCompare(query) {
  const found = await ask("/api/results");
  const names = found.results.filter((one) => !one.problem).map((one) => one.name);
  const wanted = [query.get("left") ?? names[1] ?? names[0], query.get("right") ?? names[0]];
  for (const [index, side] of ["left", "right"].entries()) {
    $(`#${side}`).replaceChildren(...names.map((name) => make("option", { value: name }, name)));
    if (names.includes(wanted[index])) $(`#${side}`).value = wanted[index];
  }
  tellMistake("compare", "");
  $("#comparison").replaceChildren();
  if (!names.length) {
    tellMistake("compare", `There are no results in ${found.folder} yet.`);
    return;
  }
  await drawComparison();
}
for (const side of ["left", "right"]) {
  $(`#${side}`).addEventListener("change", () => {
    const query = new URLSearchParams({ left: $("#left").value, right: $("#right").value });
    location.hash = `compare?${query}`;
  });
}

async function drawComparison() {
  const query = new URLSearchParams({ left: $("#left").value, right: $("#right").value });
  const found = await ask(`/api/compare?${query}`);
  const [left, right] = found.variants;
  const legend = make("ul", { class: "legend" },
    ...[["one", left], ["two", right]].map(([mark, name]) => make("li", {}, make("i", { class: mark }), reportLink(name, name))));
  const parts = [legend];
  parts.push(make("h2", {}, "Clear ground delivered, by arm"), bars(found.arms, "clear_px", "px"));
  parts.push(make("h2", {}, "Bytes sent, by arm"), bars(found.arms, "downlinked_bytes", "byte"));
  parts.push(make("h2", {}, "Settings that differ"), changedTable(found.changed));
  parts.push(make("h2", {}, "Figures of the scenario's own arm"), figuresTable(found.rows));
  if (found.notes.length) parts.push(make("h2", {}, "Notes"), ...found.notes.map((note) => make("p", { class: "muted" }, note)));
  $("#comparison").replaceChildren(...parts);
}

function bars(arms, key, unit) {
  const names = arms[0].map((arm) => arm.name);
  const values = arms.map((side) => names.map((name) => side.find((arm) => arm.name === name)?.[key] ?? null));
  const most = Math.max(1, ...values.flat().map((value) => value ?? 0));
  const [left, right, height, thick] = [96, 100, 46, 16];
  const width = innerWidth < 600 ? 380 : 640;
  const svg = make("svg:svg", { class: "bars", viewBox: `0 0 ${width} ${names.length * height}`, role: "img",
    "aria-label": names.map((name, row) => `${name}: ${values.map((side) => shown(side[row], unit)).join(" and ")}`).join("; ") });
  names.forEach((name, row) => {
    const top = row * height + 4;
    svg.append(make("svg:text", { x: 0, y: top + thick + 5 }, name));
    values.forEach((side, which) => {
      const y = top + which * (thick + 2);
      const value = side[row];
      const long = value === null ? 0 : (value / most) * (width - left - right);
      svg.append(make("svg:rect", { class: which ? "two" : "one", x: left, y, width: Math.max(long, value ? 1 : 0), height: thick, rx: 2 }));
      svg.append(make("svg:text", { x: left + long + 6, y: y + thick - 3 }, shown(value, unit)));
    });
  });
  return make("figure", {}, svg);
}

function changedTable(changed) {
  if (!changed.length) return make("p", {}, "None: both flew the same scenario.");
  return scrolling(make("table", {},
    make("thead", {}, make("tr", {}, ...["Key", "Base", "Other"].map((word) => make("th", { scope: "col" }, word)))),
    make("tbody", {}, ...changed.map((row) => make("tr", {},
      make("th", { scope: "row" }, make("code", {}, row.key)),
      ...row.values.map((value) => make("td", { class: "name" }, value === null || value === undefined ? UNKNOWN : typeof value === "string" ? value : JSON.stringify(value))))))));
}

function figuresTable(rows) {
  return scrolling(make("table", {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Figure"),
      ...["Base", "Other", "Difference"].map((word) => make("th", { scope: "col", class: "number" }, word)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {},
      make("th", { scope: "row" }, row.label, make("span", { class: "key" }, row.key)),
      ...row.values.map((value) => make("td", { class: "number" }, shown(value, row.unit))),
      make("td", { class: "number" }, difference(row.values[1], row.values[0], row.unit)))))));
}

const scrolling = (table) => make("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": "Table" }, table);

addEventListener("hashchange", route);
route();
follow();
