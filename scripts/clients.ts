/**
 * Proof by clients that nobody here wrote: the official SDKs of Baidu AI Cloud tour the simulator. `npm run test:clients`
 * runs all; arguments choose languages and products: `npm run test:clients -- go vpc blb`. Where a language or its
 * registry is not to be had, one line says so; with REQUIRE_CLIENTS=1 that is a failure.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { errorText } from "@ccm/base";
import { userStore } from "@ccm/control-plane/node";
import { prepareGo } from "./clients/go.ts";
import { preparePython } from "./clients/python.ts";
import { type Outcome, Unavailable, walk } from "./clients/tour.ts";

const TOURS = { python: preparePython, go: prepareGo };
const SOURCES = fileURLToPath(new URL("../lab/baiducloud-simulator/clients/tours/", import.meta.url));

const required = process.env.REQUIRE_CLIENTS === "1";
const wanted = process.argv.slice(2);
const languages = Object.keys(TOURS).filter((name) => wanted.includes(name));
const products = wanted.filter((name) => !(name in TOURS));

const outcomes = await Promise.all(
  Object.entries(TOURS)
    .filter(([name]) => languages.length === 0 || languages.includes(name))
    .map(async ([name, prepare]): Promise<Outcome | undefined> => {
      const preparation = {
        folder: join(SOURCES, name),
        cache: join(dirname(userStore(process.env).folder), "clients"),
        env: process.env,
        say: (text: string) => void process.stderr.write(`${name}: ${text}\n`),
      };
      try {
        return await walk(name, await prepare(preparation), products);
      } catch (error) {
        const why = errorText(error);
        if (required || !(error instanceof Unavailable)) return { passed: false, summary: `${name}: FAILED: ${why}` };
        process.stdout.write(`${name}: skipped: ${why.split("\n")[0]}\n`);
        return undefined;
      }
    }),
);

const ran = outcomes.filter((outcome) => outcome !== undefined);
for (const { summary } of ran) process.stdout.write(`${summary}\n`);
const failed = ran.filter(({ passed }) => !passed).length;
const skipped = outcomes.length - ran.length;
process.stdout.write(`clients: ${ran.length - failed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed > 0 ? 1 : 0;
