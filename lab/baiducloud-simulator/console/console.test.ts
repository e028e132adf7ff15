import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { createScene } from "../testing/client.ts";
import { worldYamlOf } from "../worlds/export.ts";
import { readWorld } from "../worlds/world-text.ts";
import type { Page } from "./testing/browser.ts";
import { must } from "./testing/lab.ts";
import { describePage, figure, keep, lines, show } from "./testing/page-test.ts";

const VIEWS = ["network", "balancers", "eips", "routes", "calls", "rates", "faults"];
const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

describePage("the page", { nodes: 24, blbs: 6, listeners: 2, backends: 5 }, (stage) => {
  it("counts what there is, and what an API call adds, without a reload", async (test) => {
    const page = await stage.open(test, "network");
    const figures = ["Nodes", "Load balancers", "Backends", "EIPs", "Routes"];
    for (const [index, value] of ["24", "6", "60", "4", "5"].entries())
      await page.until(`${figure(figures[index] ?? "")} === "${value}"`);
    const { vpcId, subnetIds } = stage.lab.simulator;
    const { blbId } = await must<{ blbId: string }>(stage.lab, "POST /v1/blb", {
      vpcId,
      subnetId: subnetIds[0],
      name: "fresh",
    });
    await page.until(`${figure("Load balancers")} === "7"`);
    await page.until(`/1 load balancer (added|changed)/.test(document.querySelector(".notice").textContent)`);
    await show(page, "balancers");
    await page.until(`${lines()}.some((line) => line.includes("fresh") && line.includes("available"))`);
    await must(stage.lab, `DELETE /v1/blb/${blbId}`);
    await page.until(`${figure("Load balancers")} === "6"`);
    await page.until(`document.querySelector(".notice").textContent === "1 load balancer removed"`);
  });

  it("shows the health of a backend, and that it dies with its machine", async (test) => {
    const page = await stage.open(test, "balancers");
    await page.click("#balancers-0 .twisty");
    await page.until(`${lines()}.filter((line) => /^Backend .* alive$/.test(line)).length === 10`);
    const [node] = stage.lab.simulator.inventory().instances;
    assert.ok(node);
    stage.lab.simulator.stopInstance(node.id);
    await page.until(`${lines()}.filter((line) => /^Backend ${node.name} .* dead$/.test(line)).length === 2`);
    await page.until(`${lines()}.some((line) => line.includes("4 of 5 alive"))`);
    await show(page, "network");
    await page.until(`${lines()}.some((line) => line.includes("${node.name} ") && line.includes("Stopped"))`);
    stage.lab.simulator.setInstanceStatus(node.id, "Running");
    await page.until(`${lines()}.some((line) => line.includes("${node.name} ") && line.includes("Running"))`);
  });

  it("filters the trees and the tables", async (test) => {
    const page = await stage.open(test, "network");
    await page.click(".filter input");
    await page.type("node-17");
    await page.until(`${lines()}.length === 4 && ${lines()}[3].includes("node-17")`);
    await page.type("xyz");
    await page.until(`document.querySelector(".empty")?.textContent === "Nothing fits this filter."`);
    await show(page, "routes");
    await page.until(`${lines()}.length === 5`);
    await page.click(".filter input");
    await page.type("172.16.2.");
    await page.until(`${lines()}.length === 1`);
  });

  it("filters the calls by product, operation, answer and text, and follows new ones", async (test) => {
    await stage.lab.call("GET /v1/blb/lb-nothere");
    await stage.lab.call("GET /v2/instance");
    const page = await stage.open(test, "calls");
    const choose = (label: string, value: string) =>
      page.evaluate(`(() => { const field = [...document.querySelectorAll("search label")]
        .find((one) => one.textContent.startsWith("${label}")).querySelector("input, select");
        field.value = "${value}"; field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input", { bubbles: true })); })()`);
    await page.until(`${lines()}[0]?.includes("ListInstances")`);
    await page.until(`[...document.querySelectorAll("search option")].some(({ value }) => value === "blb")`);
    await choose("Product", "blb");
    await page.until(`${lines()}.length > 5 && ${lines()}.every((line) => / blb /.test(line))`);
    await choose("Answer", "4xx");
    await page.until(`${lines()}.length > 0 && ${lines()}.every((line) => line.includes("404 NoSuchObject"))`);
    await choose("Text", "nothere");
    await page.until(`${lines()}.length === 1`);
    await stage.lab.call("GET /v1/blb/lb-nothere-either");
    await page.until(`${lines()}.length === 2 && ${lines()}[0].includes("lb-nothere-either")`);
    await choose("Operation", "DescribeListeners");
    await page.until(`document.querySelector(".empty")?.textContent === "No call fits these filters."`);
    await choose("Operation", "detail");
    await page.click("#calls-0");
    await page.until(`document.querySelector(".panel")?.innerText.includes("lb-nothere-either")`);
  });

  it("tells the rates and latencies of each product", async (test) => {
    const page = await stage.open(test, "rates");
    for (let count = 0; count < 20; count++) await stage.lab.call("GET /v2/instance");
    const row = `[...document.querySelectorAll("tbody tr")].find((one) => one.querySelector("th").textContent === "bcc")`;
    await page.until(`Number(${row}?.querySelector("td").textContent) >= 2`);
    await page.until(`/^[\\d.]+ ms$/.test(${row}.querySelectorAll("td")[3].textContent)`);
  });

  it("makes the cloud refuse by a fault, counts it, and lets it behave again", async (test) => {
    const page = await stage.open(test, "faults");
    await page.until(`document.querySelector(".empty")?.textContent === "No rules: the cloud behaves."`);
    await page.click(".new-fault input[type=text]");
    await page.type("DescribeLoadBalancers");
    await page.click(".new-fault button[type=submit]");
    await page.until(`document.querySelector(".rule [role=switch]")?.ariaChecked === "true"`);
    assert.equal((await stage.lab.call("GET /v1/blb")).status, 500);
    assert.equal((await stage.lab.call("GET /v2/instance")).status, 200);
    await page.until(`document.querySelector(".rule").innerText.includes("fired 1 time")`);
    await page.click(".rule [role=switch]");
    await page.until(`document.querySelector(".rule [role=switch]").ariaChecked === "false"`);
    assert.equal((await stage.lab.call("GET /v1/blb")).status, 200);
    await page.click(".rule [role=switch]");
    await page.until(`document.querySelector(".rule [role=switch]").ariaChecked === "true"`);
    assert.equal((await stage.lab.call("GET /v1/blb")).status, 500);
    await page.click(".rule .quiet");
    await page.until(`!document.querySelector(".rule")`);
    assert.equal((await stage.lab.call("GET /v1/blb")).status, 200);
  });

  it("can be used by the keyboard alone: Tab reaches everything, and what has the focus is seen", async (test) => {
    const page = await stage.open(test, "network");
    for (const view of VIEWS) {
      await show(page, view);
      assert.deepEqual(await unreached(page), [], `in the view ${view}`);
    }
    await show(page, "balancers");
    await page.click("#balancers-0");
    await page.until("document.querySelector('.panel .links')");
    assert.deepEqual(await unreached(page), [], "with the details of a load balancer");
  });

  it("moves in the trees with the arrows, opens, selects and shows", async (test) => {
    const page = await stage.open(test, "balancers");
    await page.until("document.querySelector('#balancers')");
    const active = `document.querySelector("#" + document.activeElement.getAttribute("aria-activedescendant"))`;
    await focusByTab(page, "balancers");
    await page.press("ArrowDown", "ArrowRight");
    await page.until(`${active}?.ariaExpanded === "true" && ${active}.innerText.includes("service-2")`);
    await page.press("ArrowRight", "Enter");
    await page.until(`${active}?.ariaSelected === "true" && ${active}.innerText.includes("TCP:80")`);
    await page.until(`document.querySelector(".panel h2")?.textContent === "TCP:80"`);
    await page.press("ArrowLeft", "ArrowLeft", "ArrowLeft");
    await page.until(`${active}?.ariaExpanded === "false" && ${active}.innerText.includes("service-2")`);
    await page.press("End");
    await page.until(`${active}?.innerText.includes("service-6")`);
  });

  it("exports the world as a file", async (test) => {
    const page = await stage.open(test, "network");
    // What the page would let the browser save.
    await page.evaluate(`(() => { URL.createObjectURL = (blob) => { window.saved = blob.text(); return "about:blank#"; };
      HTMLAnchorElement.prototype.click = function () { window.savedName = this.download; }; })()`);
    await page.click(".actions button");
    await page.until("window.savedName === 'world.yaml'");
    const saved = await page.evaluate<string>("window.saved");
    assert.match(saved, /accounts:\n {2}- id: lab\n[\s\S]*name: node-24\n/);
    const { simulator } = createScene({ worldFile: readWorld(saved) });
    assert.equal(worldYamlOf(simulator.world), saved);
  });

  it("says when the simulator does not answer, and goes on when it does again", async (test) => {
    const page = await stage.open(test, "network");
    const nodes = Number(await page.evaluate(figure("Nodes")));
    const { simulator } = stage.lab;
    let fresh = "";
    await stage.lab.cut(async () => {
      await page.until("document.querySelector('.connection.lost')");
      fresh = simulator.createInstance({ name: "meanwhile" }).id;
    });
    await page.until(`document.querySelector(".connection.live") && ${figure("Nodes")} === "${nodes + 1}"`);
    simulator.deleteInstance(fresh);
    await page.until(`${figure("Nodes")} === "${nodes}"`);
    assert.ok(
      page.problems.splice(0).every((text) => text.includes("ERR_CONNECTION") || text.includes("ERR_INCOMPLETE")),
    );
  });

  it("shows another account or region when it is chosen", async (test) => {
    const page = await stage.open(test, "network");
    const { world } = stage.lab.simulator;
    world.account("lab", "gz");
    world.store.flush();
    await page.until("document.querySelectorAll('label.place option').length === 2");
    await page.evaluate(`(() => { const choice = document.querySelector("label.place select");
      choice.value = "lab · gz"; choice.dispatchEvent(new Event("change", { bubbles: true })); })()`);
    await page.until(`${figure("Nodes")} === "0" && ${lines()}.some((line) => line.includes("cn-gz-a"))`);
    await page.until("document.querySelector('.connection.live')");
  });

  it("keeps the theme that was chosen", async (test) => {
    const page = await stage.open(test, "network", { theme: "dark" });
    const ground = "getComputedStyle(document.body).backgroundColor";
    const dark = await page.evaluate<string>(ground);
    await page.click(".actions [aria-pressed]");
    await page.until(`${ground} !== "${dark}" && document.querySelector("[aria-pressed=false]")`);
    const light = await page.evaluate<string>(ground);
    await page.evaluate("location.reload()");
    await page.until(`document.querySelector(".connection.live") && ${ground} === "${light}"`);
    await page.evaluate("localStorage.clear()");
  });

  for (const theme of ["light", "dark"] as const) {
    it(`keeps to the rules of accessibility in the ${theme} theme, wide and narrow`, async (test) => {
      for (const [device, width, height] of [
        ["desktop", 1280, 800],
        ["phone", 390, 844],
      ] as const) {
        const page = await stage.open(test, "network", { theme, width, height });
        await page.evaluate(AXE);
        for (const view of VIEWS) {
          await show(page, view);
          if (view === "balancers") {
            await page.click("#balancers-0 .twisty");
            await page.click("#balancers-1");
            await page.until("document.querySelector('.panel')");
          }
          assert.deepEqual(await violations(page), [], `in the view ${view} on a ${device}`);
          await keep(page, `${device}-${theme}-${view}`);
          if (view === "balancers") await page.click(".panel button");
        }
      }
    });
  }

  it("shows nothing to those without the token", async (test) => {
    const page = await stage.open(test, "network");
    await page.evaluate(`sessionStorage.setItem("admin-token", "wrong")`);
    await page.evaluate("location.reload()");
    await page.until(`document.querySelector(".connection.denied") && !document.querySelector(".row")`);
    await page.until(`document.querySelector(".empty").textContent.includes("#token=")`);
    // The refusal is the one complaint that belongs here.
    assert.ok(page.problems.splice(0).every((text) => text.includes("401")));
  });
});

describePage(
  "the page over 5,000 nodes and 500 load balancers",
  { nodes: 5000, blbs: 500, listeners: 2, backends: 10 },
  (stage) => {
    /** However long a list is, the page has so few elements. */
    const MOST_ELEMENTS = 1500;

    it("draws only what is seen, from the first row to the last", async (test) => {
      const page = await stage.open(test, "network");
      await page.until(`${figure("Nodes")} === "5,000" && ${figure("Backends")} === "10,000"`);
      for (const view of ["network", "balancers", "routes", "calls"]) {
        await show(page, view);
        await page.until("document.querySelector('.row')");
        await focusByTab(page, view);
        await page.press("End");
        await page.until(`Number(document.activeElement.getAttribute("aria-activedescendant")?.split("-")[1]) > 3`);
        const elements = await page.evaluate<number>("document.querySelectorAll('*').length");
        assert.ok(elements < MOST_ELEMENTS, `${elements} elements in the view ${view}`);
      }
      await show(page, "network");
      await page.until(`${lines()}.length < 100 && ${lines()}.length > 10`);
    });

    it("finds one node among them, and shows what happens to it", async (test) => {
      const page = await stage.open(test, "network");
      await page.click(".filter input");
      await page.type("node-4711");
      await page.until(`${lines()}.length === 4 && ${lines()}[3].includes("node-4711")`);
      const node = stage.lab.simulator.inventory().instances.find(({ name }) => name === "node-4711");
      assert.ok(node);
      stage.lab.simulator.setInstanceStatus(node.id, "Error");
      await page.until(`${lines()}[3].includes("Error")`);
    });
  },
);

/** Presses Tab until the element with this id has the focus. */
async function focusByTab(page: Page, id: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    if (await page.evaluate<boolean>(`document.activeElement.id === "${id}"`)) return;
    await page.press("Tab");
  }
  assert.fail(`Tab does not reach #${id}`);
}

/** What a user must be able to reach and Tab does not, or reaches without showing it. */
async function unreached(page: Page): Promise<readonly string[]> {
  await page.evaluate(`(() => {
    document.activeElement?.blur();
    const focusable = "a[href], button, input, select, [tabindex='0'], [role=tree], [role=grid]";
    // Of a group of radio buttons Tab reaches the chosen one, arrows the others.
    window.left = new Set([...document.querySelectorAll(focusable)].filter((one) => one.type !== "radio" || one.checked));
  })()`);
  const hidden: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.press("Tab");
    const problem = await page.evaluate<string>(`(() => {
      const one = document.activeElement;
      window.left.delete(one);
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return one === document.body || (outlineStyle !== "none" && outlineWidth !== "0px") ? "" : "no outline: " + one.outerHTML.slice(0, 100);
    })()`);
    if (problem) hidden.push(problem);
    if (await page.evaluate<boolean>("window.left.size === 0")) break;
  }
  const left = await page.evaluate<string[]>("[...window.left].map((one) => one.outerHTML.slice(0, 100))");
  return [...hidden, ...left];
}

/** What axe finds of the impact "serious" or "critical". */
function violations(page: Page): Promise<readonly string[]> {
  return page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => id + ": " + nodes.map(({ html, failureSummary }) => html.slice(0, 160) + failureSummary).join(" | ")))`);
}
