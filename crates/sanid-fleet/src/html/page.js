"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);

  // Light and dark: as the system has it, until somebody chooses.
  const root = document.documentElement;
  const keep = (value) => { try { return value ? localStorage.setItem("theme", value) : localStorage.getItem("theme"); } catch { return null; } };
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const theme = byId("theme");
  const name = () => { theme.textContent = dark() ? "Light" : "Dark"; theme.setAttribute("aria-label", `Switch to ${dark() ? "light" : "dark"} colours`); };
  const kept = keep();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  name();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; keep(root.dataset.theme); name(); });

  // The hosts, one column each; names that follow from the Host ID are put together here.
  const t = data.hosts;
  const count = t.host.length;
  const STATES = ["fine", "warning", "danger"];
  const dashed = (hex) => [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  const value = {
    host: (i) => t.host[i],
    state: (i) => STATES[t.state[i]],
    scheme: (i) => data.words[t.scheme[i]],
    source: (i) => data.words[t.iqnSource[i]] === data.words[t.nvmeSource[i]] ? data.words[t.iqnSource[i]] : `${data.words[t.iqnSource[i]]} / ${data.words[t.nvmeSource[i]]}`,
    iqn: (i) => typeof t.iqn[i] === "number" ? `${data.words[t.iqn[i]]}:${t.id[i]}` : t.iqn[i] || "",
    nqn: (i) => t.nqn[i] === 1 ? `nqn.2014-08.org.nvmexpress:uuid:${dashed(t.id[i])}` : t.nqn[i] || "",
    id: (i) => t.id[i] ? dashed(t.id[i]) : "",
    findings: (i) => data.sets[t.findings[i]] + (t.audit[i] ? (data.sets[t.findings[i]] ? " " : "") + t.audit[i].map((n) => data.codes[n]).filter((c, n, all) => c !== "host-finding" && all.indexOf(c) === n).join(" ") : ""),
  };
  const COLUMNS = ["host", "state", "findings", "scheme", "source", "iqn", "nqn", "id"];

  // Searching: words that all have to be there; `state:danger` looks into one column.
  const text = new Array(count);
  const textOf = (i) => text[i] || (text[i] = COLUMNS.map((column) => value[column](i)).join("\n").toLowerCase());
  const matcher = (query) => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
      const at = word.indexOf(":");
      const column = at > 0 ? word.slice(0, at) : "";
      const rest = word.slice(at + 1);
      if (column === "finding") return (i) => value.findings(i).split(" ").includes(rest);
      if (column === "listed") return (i) => (t.audit[i] || []).includes(Number(rest));
      if (["host", "state", "scheme", "source"].includes(column)) return (i) => value[column](i).toLowerCase().includes(rest);
      return (i) => textOf(i).includes(word);
    });
    return (i) => words.every((word) => word(i));
  };

  let order = { column: null, down: false };
  let rows = [];
  let sorted = Array.from({ length: count }, (_, i) => i);
  const key = (column) => {
    if (column === "state") return (i) => t.state[i];
    return (i) => value[column](i).toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, "0"));
  };
  const sort = () => {
    if (!order.column) return;
    const of = key(order.column);
    const keys = sorted.slice().fill(0);
    for (let i = 0; i < count; i++) keys[i] = of(i);
    const sign = order.down ? -1 : 1;
    sorted.sort((a, b) => (keys[a] < keys[b] ? -sign : keys[a] > keys[b] ? sign : a - b));
  };
  const said = (number) => number.toLocaleString("en-US");
  const search = byId("search");
  const state = byId("state");
  const filter = () => {
    const match = matcher(search.value);
    const only = state.value;
    rows = sorted.filter((i) => (!only || value.state(i) === only) && match(i));
    byId("count").textContent = rows.length === count ? `${said(count)} hosts` : `${said(rows.length)} of ${said(count)} hosts`;
    table.setAttribute("aria-rowcount", String(rows.length + 1));
    grid.scrollTop = 0;
    draw(true);
  };

  // Only the rows in sight are in the page: a hundred thousand are as light as forty.
  const grid = byId("grid");
  const table = byId("hosts");
  const body = table.tBodies[0];
  const HEIGHT = 33;
  const MOST = 8000000;
  const MORE = 12;
  let first = -1;
  let last = -1;
  const space = (height) => {
    const row = document.createElement("tr");
    row.className = "space";
    row.setAttribute("aria-hidden", "true");
    const cell = document.createElement("td");
    cell.colSpan = COLUMNS.length;
    cell.style.height = `${height}px`;
    row.append(cell);
    return row;
  };
  const line = (place) => {
    const i = rows[place];
    const row = document.createElement("tr");
    row.setAttribute("aria-rowindex", String(place + 2));
    COLUMNS.forEach((column) => {
      const cell = document.createElement(column === "host" ? "th" : "td");
      const content = value[column](i);
      if (column === "host") cell.scope = "row";
      if (column === "state") {
        const badge = document.createElement("span");
        badge.className = `badge ${content}`;
        badge.textContent = content;
        cell.append(badge);
      } else {
        const isolated = document.createElement("bdi");
        isolated.textContent = content;
        cell.append(isolated);
        cell.title = content;
      }
      if (["iqn", "nqn", "id"].includes(column)) cell.className = "mono";
      row.append(cell);
    });
    return row;
  };
  const draw = (again) => {
    // No element may be higher than browsers can lay out: beyond that, scrolling goes by proportion.
    const whole = rows.length * HEIGHT;
    const shown = Math.min(whole, MOST);
    const view = Math.ceil(grid.clientHeight / HEIGHT);
    const part = shown > grid.clientHeight ? grid.scrollTop / (shown - grid.clientHeight) : 0;
    const top = whole > MOST ? Math.round(part * Math.max(0, rows.length - view)) : Math.floor(grid.scrollTop / HEIGHT);
    const from = Math.max(0, top - MORE);
    const to = Math.min(rows.length, top + view + MORE);
    if (!again && from === first && to === last) return;
    first = from;
    last = to;
    const before = whole > MOST ? Math.max(0, grid.scrollTop - (top - from) * HEIGHT) : from * HEIGHT;
    const after = Math.max(0, shown - before - (to - from) * HEIGHT);
    const lines = [space(before)];
    for (let place = from; place < to; place++) lines.push(line(place));
    lines.push(space(after));
    body.replaceChildren(...lines);
  };
  let waiting = false;
  grid.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(false); });
  });
  addEventListener("resize", () => draw(true));
  grid.addEventListener("keydown", (event) => {
    const step = { ArrowDown: HEIGHT, ArrowUp: -HEIGHT, PageDown: grid.clientHeight - 80, PageUp: 80 - grid.clientHeight }[event.key];
    if (event.target !== grid || (step === undefined && event.key !== "Home" && event.key !== "End")) return;
    event.preventDefault();
    grid.scrollTop = event.key === "Home" ? 0 : event.key === "End" ? grid.scrollHeight : grid.scrollTop + step;
  });

  for (const head of table.tHead.rows[0].cells) {
    head.firstElementChild.addEventListener("click", () => {
      const column = head.dataset.column;
      order = { column, down: order.column === column ? !order.down : false };
      for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", other === head ? (order.down ? "descending" : "ascending") : "none");
      sort();
      filter();
    });
  }
  let timer = 0;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, count > 20000 ? 120 : 0); });
  state.addEventListener("change", filter);
  for (const button of document.querySelectorAll("[data-find]")) {
    button.addEventListener("click", () => {
      search.value = button.dataset.find;
      state.value = "";
      filter();
      byId("table").scrollIntoView({ block: "start" });
      search.focus({ preventScroll: true });
    });
  }
  // A link to a finding opens it.
  const open = () => { const target = location.hash.length > 1 && byId(location.hash.slice(1)); if (target && target.tagName === "DETAILS") target.open = true; };
  addEventListener("hashchange", open);
  open();
  filter();
})();
