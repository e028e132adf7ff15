/** What the simulator's page costs at 5,000 nodes and 500 load balancers, in a real headless Chromium. */
import { gzipSync } from "node:zlib";
import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { createTopologyTracker } from "../lab/baiducloud-simulator/admin/topology-tracker.ts";
import { findChromium, launch } from "../lab/baiducloud-simulator/console/testing/browser.ts";
import { decorate, fill, startLab } from "../lab/baiducloud-simulator/console/testing/lab.ts";
import { bundleConsole } from "../lab/baiducloud-simulator/node/console-bundle.ts";
import { instancesOf } from "../lab/baiducloud-simulator/products/bcc/records.ts";
import { machine } from "./lib/machine.ts";

const SIZE = { nodes: 5000, blbs: 500, listeners: 2, backends: 10 };
const DELTAS = 20;
const NODES_PER_DELTA = 100;

const program = findChromium();
if (!program) throw new Error("no Chromium on the PATH: apt-get install chromium, or set CHROMIUM");
const lab = await startLab();
await fill(lab, SIZE);
await decorate(lab, 4);
const account = lab.simulator.world.account("lab");
const browser = await launch(program);
try {
  const tracker = createTopologyTracker(account);
  const looks = 20;
  const began = performance.now();
  for (let look = 0; look < looks; look++) tracker.refresh();
  const lookMs = (performance.now() - began) / looks;
  const files = await bundleConsole();
  // The first page warms the browser up.
  await (await browser.open(lab.url)).close();
  const page = await browser.open(lab.url);
  await page.until(`document.querySelector(".figure strong")?.textContent === "5,000"`);
  const readyMs = await page.evaluate<number>("performance.now()");
  const paintMs = await page.evaluate<number>(
    `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0`,
  );
  const before = await page.metrics();
  const ids = instancesOf(account).ids();
  for (let delta = 0; delta < DELTAS; delta++) {
    for (let count = 0; count < NODES_PER_DELTA; count++) {
      const id = ids[(delta * NODES_PER_DELTA + count) % ids.length] ?? "";
      instancesOf(account).patch(id, { status: delta % 2 ? "Running" : "Stopped" });
    }
    account.changed();
    await sleep(systemClock, 250);
  }
  const after = await page.metrics();
  const spent = (name: string) => ((after[name] ?? 0) - (before[name] ?? 0)) * (1000 / DELTAS);
  const round = (value: number) => Math.round(value * 10) / 10;
  const result = {
    ...SIZE,
    snapshotMB: round(JSON.stringify(tracker.snapshot()).length / 1e6),
    filesGzipKB: round([...files.values()].reduce((sum, file) => sum + gzipSync(file).length, 0) / 1e3),
    firstContentfulPaintMs: round(paintMs),
    allThereMs: round(readyMs),
    heapMB: round((after.JSHeapUsedSize ?? 0) / 1e6),
    elements: await page.evaluate<number>("document.querySelectorAll('*').length"),
    pageMsPerDelta: round(spent("TaskDuration")),
    pageScriptMsPerDelta: round(spent("ScriptDuration")),
    simulatorMsPerLook: round(lookMs),
    machine: machine(),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  await browser.close();
  await lab.close();
}
