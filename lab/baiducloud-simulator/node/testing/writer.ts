/** For a test: makes machines in the state file that is named, and prints the id of each when it is stored. */
import { setImmediate } from "node:timers/promises";
import { systemClock, systemRandom } from "@ccm/base/node";
import { createSimulator } from "../../simulator.ts";
import { openSqliteBackend } from "../sqlite-backend.ts";

const [file = ""] = process.argv.slice(2);
const simulator = createSimulator({ clock: systemClock, random: systemRandom, backend: openSqliteBackend(file) });
for (let n = 0; ; n++) {
  process.stdout.write(`${simulator.createInstance({ name: `node-${n}` }).id}\n`);
  await setImmediate();
}
