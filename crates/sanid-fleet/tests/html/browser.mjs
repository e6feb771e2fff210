// One check of a page in a real Chromium: `node browser.mjs MODULES CHECK PAGE [PICTURE]`. It fails by
// throwing. MODULES is the directory with the Python packages playwright, which brings Playwright and node, and
// axe-playwright-python, which brings axe-core.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, check, path, picture] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const { chromium } = require(join(modules, "playwright/driver/package"));

const texts = (page, column) =>
  page.$$eval("#hosts tbody tr[aria-rowindex]", (rows, at) => rows.map((row) => row.cells[at].textContent), column);
const counted = (page, text) => page.waitForFunction((wanted) => document.getElementById("count").textContent === wanted, text);
const sorted = (page, name) => page.locator("#hosts thead").getByRole("columnheader", { name, exact: true }).getAttribute("aria-sort");

const checks = {
  async search(page) {
    await counted(page, "300 hosts");
    await page.getByRole("searchbox").fill("r00003-n0");
    await counted(page, "10 of 300 hosts");
    assert.ok((await texts(page, 0)).every((host) => host.startsWith("r00003-n0")));
    // Names that are put together in the page are found whole, without regard to case.
    const iqn = (await texts(page, 5))[0];
    await page.getByRole("searchbox").fill(iqn.toUpperCase());
    await counted(page, "1 of 300 hosts");
    await page.getByRole("searchbox").fill("scheme:nvme-cli-1 r0000");
    await page.waitForFunction(() => /^[1-9]\d? of/.test(document.getElementById("count").textContent));
    assert.ok((await texts(page, 3)).every((scheme) => scheme === "nvme-cli-1"));
    await page.getByRole("searchbox").fill("no such host");
    await counted(page, "0 of 300 hosts");
  },
  async states(page) {
    await page.locator("#state").selectOption("warning");
    assert.ok((await texts(page, 1)).every((state) => state === "warning"));
    // A bar and a finding lead to their hosts.
    await page.getByRole("button", { name: "fine", exact: true }).click();
    assert.ok((await texts(page, 1)).every((state) => state === "fine"));
    assert.equal(await page.getByRole("searchbox").inputValue(), "state:fine");
    const finding = page.locator("details.finding", { hasText: "iqn-differs" });
    await finding.locator("summary").click();
    await finding.getByRole("button", { name: "show in the table" }).click();
    const findings = await texts(page, 2);
    assert.ok(findings.length > 0 && findings.every((codes) => codes.includes("iqn-differs")), findings);
  },
  async sort(page) {
    const head = (name) => page.locator("#hosts thead").getByRole("button", { name, exact: true });
    await head("Host").click();
    assert.equal(await sorted(page, "Host"), "ascending");
    assert.equal((await texts(page, 0))[0], "r00000-n00.dc1.example.net");
    await head("Host").click();
    assert.equal(await sorted(page, "Host"), "descending");
    assert.equal((await texts(page, 0))[0], "r00007-n19.dc1.example.net");
    await head("Own state").click();
    assert.equal(await sorted(page, "Host"), "none");
    assert.equal((await texts(page, 1))[0], "fine");
    await head("Own state").click();
    assert.notEqual((await texts(page, 1))[0], "fine");
  },
  async keyboard(page) {
    // The first stop leads past everything, to the table.
    await page.keyboard.press("Tab");
    const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.id);
    assert.equal(await focused(), "Skip to the table of hosts");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "search");
    await page.keyboard.type("r00000");
    await counted(page, "40 of 300 hosts");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "grid");
    await page.keyboard.press("Home");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await sorted(page, "Host"), "ascending");
    await page.locator("#state").selectOption("");
    await page.locator("#grid").focus();
    await page.keyboard.press("End");
    await page.waitForFunction(() => document.getElementById("grid").scrollTop > 0);
    const inSight = await page.locator("#hosts tbody th", { hasText: "r00000-n39" }).boundingBox();
    const grid = await page.locator("#grid").boundingBox();
    assert.ok(inSight.y + inSight.height <= grid.y + grid.height + 1);
  },
  async colours(page) {
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: "light" });
    const light = await paper();
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await paper();
    assert.notEqual(light, dark);
    await page.getByRole("button", { name: "Switch to light colours" }).click();
    assert.equal(await paper(), light);
    await page.getByRole("button", { name: "Switch to dark colours" }).click();
    assert.equal(await paper(), dark);
  },
  async hundred_thousand(page) {
    await counted(page, "100,000 hosts");
    assert.equal(await page.locator("#hosts").getAttribute("aria-rowcount"), "100001");
    assert.ok((await page.locator("#hosts tbody tr").count()) < 100);
    await page.locator("#hosts thead").getByRole("button", { name: "Host", exact: true }).click();
    await page.locator("#grid").focus();
    await page.keyboard.press("End");
    await page.waitForFunction(() => [...document.querySelectorAll("#hosts tbody th")].some((cell) => cell.textContent === "r02499-n39.dc1.example.net"));
    const last = page.locator("#hosts tbody tr[aria-rowindex]").last();
    assert.equal(await last.getAttribute("aria-rowindex"), "100001");
    await page.getByRole("searchbox").fill("r01234-n05");
    await counted(page, "1 of 100,000 hosts");
    await page.getByRole("searchbox").fill("");
    await counted(page, "100,000 hosts");
  },
  async hostile(page) {
    // Nothing in a report becomes a part of the page.
    assert.equal(await page.evaluate(() => window.hit), undefined);
    assert.equal(await page.locator("b#hit, img, [data-hit]").count(), 0);
    await page.getByRole("searchbox").fill("script");
    const hosts = await texts(page, 0);
    assert.deepEqual(hosts, ["</script><script>window.hit=1</script>\"'><img src=x onerror=hit=1><b id=hit>\\u{202e}x"]);
    assert.ok(!(await page.content()).includes("\u202e"));
    await page.getByRole("searchbox").fill("");
    await page.getByRole("searchbox").fill("اسم");
    assert.equal((await texts(page, 0)).length, 1);
  },
  async policy(page) {
    // Even a script that got in could not run, and could not call out.
    const refused = await page.evaluate(() => new Promise((done) => {
      const seen = [];
      // A policy that lets one of them through is waited for no longer.
      setTimeout(() => done(seen.sort()), 20000);
      addEventListener("securitypolicyviolation", (event) => { seen.push(event.effectiveDirective); if (seen.length === 3) done(seen.sort()); });
      const script = document.createElement("script");
      script.textContent = "window.hit = 1";
      document.body.append(script);
      const image = new Image();
      image.src = "https://host.invalid/x.png";
      fetch("https://host.invalid/").catch(() => {});
    }));
    assert.deepEqual(refused.map((one) => one.replace("-elem", "")), ["connect-src", "img-src", "script-src"]);
    assert.equal(await page.evaluate(() => window.hit), undefined);
  },
  async readers(page) {
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.locator("details.finding").evaluateAll((all) => all.forEach((one) => { one.open = true; }));
      await page.evaluate(require("node:fs").readFileSync(join(modules, "axe_playwright_python/axe.min.js"), "utf8"));
      const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
      const told = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.html} ${node.failureSummary}`).slice(0, 3).join("\n")}`);
      assert.deepEqual(told, [], colorScheme);
    }
  },
  async narrow(page) {
    await page.setViewportSize({ width: 360, height: 740 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0);
  },
  // A picture to look at, and for the docs.
  async picture(page) {
    const [width, height, colorScheme, where] = picture.split(":").slice(0, 4);
    await page.setViewportSize({ width: Number(width), height: Number(height) });
    await page.emulateMedia({ colorScheme });
    if (where === "table") await page.locator("#table").scrollIntoViewIfNeeded().then(() => page.evaluate(() => document.getElementById("table").scrollIntoView()));
    await page.screenshot({ path: picture.split(":")[4] });
  },
};

const profile = mkdtempSync(join(tmpdir(), "sanid-html-"));
// A busy machine has its time; Playwright gives up after 30 s.
const timeout = 600_000;
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  headless: true,
  timeout,
  // So that a check can put axe-core into a page whose policy allows no other script.
  bypassCSP: check === "readers",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await context.newPage();
  page.setDefaultTimeout(timeout);
  const requests = [];
  const said = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  const url = pathToFileURL(path).href;
  await page.goto(url);
  await checks[check](page);
  if (check !== "policy") {
    assert.deepEqual(said, []);
    assert.deepEqual(requests.filter((one) => one.split("#")[0] !== url), [], "a request was made");
    assert.equal(requests.length, 1);
  }
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
