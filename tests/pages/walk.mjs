// Walks through every page in Chromium: with and without scripts, light and dark, in English and in Arabic, wide and narrow, by keyboard. Ends with 1
// and a list if axe-core finds a violation of WCAG 2.2 A or AA, or anything else is not as it should be.
//
//   node walk.mjs https://localhost:8444 https://127.0.0.1:8444 [folder]    pages, the same for a login screen, and where to put pictures
//
// What is typed for which page stands in gateway/portal/examples/pages/staged.rs.
import axe from "axe-core";
import { chromium } from "playwright-core";
import { existsSync } from "node:fs";
import { join } from "node:path";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const HEAVIEST = 60_000;
const [base, kiosk, pictures] = process.argv.slice(2);
const CODE = "k7m2-9qxr";
const PASSWORD = "correct horse battery staple";
const wrong = [];

const browser = await launched();
for (const language of ["en", "ar"]) {
  for (const colorScheme of ["light", "dark"]) {
    await walk(`${language} ${colorScheme}`, { language, colorScheme, look: looked });
  }
  await walk(`${language} without scripts`, { language, colorScheme: "light", javaScriptEnabled: false, look: narrow });
}
await walk("de in forced colours", { language: "de", colorScheme: "dark", forcedColors: "active", look: narrow });
await byKeyboard();
await onPaper();
await atALoginScreen();
if (pictures) await picture();
await browser.close();

for (const line of wrong) console.log(line);
console.log(wrong.length ? `${wrong.length} things are wrong` : "every page is as it should be");
process.exit(wrong.length ? 1 : 0);

// --- the walk ---------------------------------------------------------------------------------------------------

// Every page once, in the order somebody could come to it.
async function walk(name, { look, ...options }) {
  const { page, at, done } = await opened(name, options);
  const scripts = options.javaScriptEnabled !== false;
  const shown = (what) => look(page, `${name}: ${what}`);
  const press = async (button = "button.main") => {
    await Promise.all([page.waitForNavigation(), page.locator(button).first().click()]);
  };
  // A request: the script works; without one there is a wait first.
  const ask = async (path, who) => {
    await page.goto(base + path);
    await page.fill("#name", who);
    await press();
    if (scripts) return;
    at(page, "a wait first", (await page.locator("input[name=ticket]").count()) === 1);
    if (path === "/reset" && who === "many") await shown("wait");
    await page.waitForTimeout(2100);
    await press();
  };

  for (const path of ["/", "/reset", "/unlock", "/name", "/change", "/help", "/privacy", "/accessibility", "/enroll", "/provider/example-sso",
    "/reset/l/good", "/reset/l/unlock", "/reset/l/used", "/reset/not-me/abc", "/nowhere"]) {
    await page.goto(base + path);
    await shown(path);
  }
  for (const who of ["busy", "down", "somebody@sso.example"]) {
    await ask("/reset", who);
    await shown(`request by ${who}`);
  }

  await ask("/name", "jdoe@example.org");
  await shown("reminded");
  await ask("/reset", "many");
  await shown("sent");
  await page.fill("#code", "nonsense");
  await press();
  await shown("wrong code");
  at(page, "focus on what is wrong", await page.evaluate(() => document.activeElement.className === "errors"));
  await page.fill("#code", CODE);
  await press();
  await shown("new password");
  await page.goto(base + "/reset/l/unlock");
  await shown("already begun");
  await page.goto(base + "/reset/password");
  for (const [password, what] of [["weak but long enough", "refused by us"], ["old but long enough", "refused by the directory"]]) {
    await page.fill("#new", password);
    await page.fill("#confirm", password);
    await press();
    await shown(what);
    at(page, "field emptied", (await page.inputValue("#new")) === "");
    at(page, "focus on what is wrong", await page.evaluate(() => document.activeElement.className === "errors"));
  }
  if (scripts) {
    await page.fill("#new", PASSWORD);
    await page.click("[data-reveal]");
    at(page, "a password can be looked at", (await page.getAttribute("#new", "type")) === "text");
    await shown("password shown");
  }
  await page.check("#account-1");
  for (const field of ["#new", "#confirm"]) await page.fill(field, "later than sooner it is");
  await press();
  await shown("partly done");
  await page.goto(base + "/reset/password");
  for (const field of ["#new", "#confirm"]) await page.fill(field, PASSWORD);
  await press();
  await shown("done");

  await page.goto(base + "/reset/l/unlock");
  await press();
  await shown("unlock");
  await press();
  await shown("unlocked");

  for (const [old, what] of [["wrong", "present password wrong"], ["right", "changed"]]) {
    await page.goto(base + "/change");
    await page.fill("#login", "jdoe");
    await page.fill("#old", old);
    for (const field of ["#new", "#confirm"]) await page.fill(field, PASSWORD);
    await press();
    await shown(what);
  }
  await page.goto(base + "/reset/not-me/abc");
  await press();
  await shown("it was not me");
  await page.goto(base + "/help");
  await press("button[name=theme][value=dark]");
  at(page, "colours are kept", (await page.getAttribute("html", "data-theme")) === "dark");
  await shown("dark by choice");
  await done();
}

// --- what is looked at on each page -----------------------------------------------------------------------------

// axe-core's rules, and that nothing is cut off.
async function looked(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((tags) => axe.run(document, { runOnly: tags, resultTypes: ["violations"] }), RULES);
  for (const { id, help, nodes } of violations) {
    for (const node of nodes) wrong.push(`${name}: ${id}: ${help}: ${node.html} ${node.failureSummary}`);
  }
  await narrow(page, name);
}

// WCAG 2.2, 1.4.10: at 320 pixels, which is four times the size on a small screen, nothing is scrolled sideways. And 2.5.8, with room to spare.
async function narrow(page, name) {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const found = await page.evaluate(() => {
    const root = document.scrollingElement;
    const said = root.scrollWidth > root.clientWidth ? [`${root.scrollWidth} pixels wide where there are ${root.clientWidth}`] : [];
    for (const target of document.querySelectorAll("button, .button, input:not([type=hidden], .away, [type=checkbox]), .check, .ways a")) {
      const { width, height } = target.getBoundingClientRect();
      if (width && (width < 43.9 || height < 43.9)) said.push(`${width} by ${height} pixels: ${target.outerHTML.slice(0, 120)}`);
    }
    if (!document.documentElement.lang) said.push("no language");
    return said;
  });
  await page.setViewportSize(size);
  for (const said of found) wrong.push(`${name}: ${said}`);
}

// --- the rest ---------------------------------------------------------------------------------------------------

// Nothing but keys: from the skip link to the end of a form.
async function byKeyboard() {
  const { page, at, done } = await opened("by keyboard", { language: "en", colorScheme: "light" });
  await page.goto(base + "/reset");
  await page.keyboard.press("Tab");
  at(page, "the first stop is the skip link", await page.evaluate(() => document.activeElement.className === "skip"));
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  at(page, "behind it is the field", await page.evaluate(() => document.activeElement.id === "name"));
  await page.keyboard.type("many");
  await Promise.all([page.waitForURL("**/reset/sent"), page.keyboard.press("Enter")]);
  const stops = new Set();
  for (let count = 0; count < 40; count++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const { activeElement } = document;
      const visible = activeElement.matches(":focus-visible") && getComputedStyle(activeElement).outlineStyle !== "none";
      return activeElement === document.body ? null : { visible, html: activeElement.outerHTML.slice(0, 120) };
    });
    if (!stop) continue;
    if (!stop.visible) wrong.push(`by keyboard: one cannot see where one is: ${stop.html}`);
    stops.add(stop.html);
  }
  at(page, `every field and button is come to (${stops.size})`, stops.size >= 12);
  await done();
}

async function onPaper() {
  const { page, at, done } = await opened("on paper", { language: "en", colorScheme: "dark" });
  await page.goto(base + "/help");
  await page.emulateMedia({ media: "print" });
  at(page, "the foot is left out", !(await page.locator("footer").isVisible()));
  at(page, "it is black on white", await page.evaluate(() => getComputedStyle(document.body).color === "rgb(0, 0, 0)"));
  await done();
}

// Nothing leads away, and there is nothing to install.
async function atALoginScreen() {
  const { page, done } = await opened("at a login screen", { language: "en", colorScheme: "light" });
  for (const path of ["/", "/reset", "/change", "/help", "/provider/example-sso", "/reset/l/good"]) {
    await page.goto(kiosk + path);
    const away = await page.evaluate(() => [...document.querySelectorAll("a, form, link")]
      .map((element) => element.href || element.action).filter((address) => address && new URL(address).origin !== location.origin));
    for (const address of away) wrong.push(`at a login screen: ${path} leads to ${address}`);
    await looked(page, `at a login screen: ${path}`);
  }
  await done();
}

// For README.
async function picture() {
  const shot = async (file, options, steps) => {
    const { page, done } = await opened(file, { viewport: { width: 420, height: 760 }, ...options });
    await steps(page);
    await page.screenshot({ path: join(pictures, file) });
    await done();
  };
  const proven = async (page) => {
    await page.goto(base + "/reset/l/good");
    await Promise.all([page.waitForNavigation(), page.click("button.main")]);
  };
  await shot("start.png", { language: "en", colorScheme: "light" }, (page) => page.goto(base + "/"));
  await shot("link.png", { language: "de", colorScheme: "light" }, (page) => page.goto(base + "/reset/l/good"));
  await shot("sent-arabic.png", { language: "ar", colorScheme: "dark" }, async (page) => {
    await page.goto(base + "/reset");
    await page.fill("#name", "many");
    await Promise.all([page.waitForURL("**/reset/sent"), page.click("button.main")]);
  });
  await shot("refused.png", { language: "en", colorScheme: "light", viewport: { width: 420, height: 900 } }, async (page) => {
    await proven(page);
    for (const field of ["#new", "#confirm"]) await page.fill(field, "leaked but long enough");
    await Promise.all([page.waitForNavigation(), page.click("button.main")]);
  });
  await shot("done.png", { language: "fr", colorScheme: "dark" }, async (page) => {
    await proven(page);
    await page.check("#account-1");
    for (const field of ["#new", "#confirm"]) await page.fill(field, PASSWORD);
    await Promise.all([page.waitForNavigation(), page.click("button.main")]);
  });
}

// A fresh browser, and a watch on all it does.
async function opened(name, { language, colorScheme, forcedColors, ...options }) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true, viewport: { width: 1024, height: 900 }, locale: language, colorScheme, forcedColors: forcedColors ?? "none",
    reducedMotion: "reduce", ...options,
  });
  const page = await context.newPage();
  const weights = new Map();
  page.on("request", (request) => {
    if (![base, kiosk].includes(new URL(request.url()).origin)) wrong.push(`${name}: asks elsewhere: ${request.url()}`);
    if (request.isNavigationRequest()) weights.clear();
  });
  page.on("response", async (response) => {
    const body = await response.body().catch(() => "");
    weights.set(response.url(), body.length);
    const weight = [...weights.values()].reduce((sum, length) => sum + length, 0);
    if (weight > HEAVIEST) wrong.push(`${name}: ${page.url()} is ${weight} octets with all it needs`);
  });
  page.on("pageerror", (error) => wrong.push(`${name}: ${error}`));
  // What the policy on content forbids is said there; so is each answer that is an error page, and is meant to be.
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) wrong.push(`${name}: ${message.text()}`);
  });
  const at = (page, what, so) => { if (!so) wrong.push(`${name}: not so: ${what} (${page.url()})`); };
  return { page, at, done: () => context.close() };
}

async function launched() {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  if (!executablePath) throw new Error("chromium is missing; tests/setup installs it");
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--disable-dev-shm-usage"],
  });
}
