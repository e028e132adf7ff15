import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, findChromium, launch, type Page, type PageOptions } from "./browser.ts";
import { decorate, fill, type Lab, type Size, startLab } from "./lab.ts";

/** What CI keeps. */
const SHOTS = fileURLToPath(new URL("../../../../test-results/screenshots/", import.meta.url));

export interface Stage {
  readonly lab: Lab;
  /** Opens the page at a view. It is closed at the end of the test, which fails when the page has complained. */
  open(test: TestContext, view: string, options?: PageOptions): Promise<Page>;
}

/** A suite over a lab of this size and a real browser; skipped where there is none, unless REQUIRE_BROWSER=1. */
export function describePage(name: string, size: Size, suite: (stage: Stage) => void): void {
  const program = findChromium();
  const isRequired = process.env.REQUIRE_BROWSER === "1";
  const skip = !program && !isRequired && "no Chromium on the PATH: apt-get install chromium, or set CHROMIUM";
  describe(name, { skip }, () => {
    let browser: Browser;
    let lab: Lab;
    before(async () => {
      if (!program) throw new Error("REQUIRE_BROWSER=1, but no Chromium is on the PATH: apt-get install chromium");
      [browser, lab] = await Promise.all([launch(program), startLab()]);
      await fill(lab, size);
      await decorate(lab, Math.min(4, size.blbs));
    });
    after(async () => {
      await browser?.close();
      await lab?.close();
    });
    suite({
      get lab() {
        return lab;
      },
      async open(test, view, options) {
        const page = await browser.open(lab.url, options);
        test.after(async () => {
          await page.close();
          if (page.problems.length > 0) throw new Error(`the page complained: ${page.problems.join("; ")}`);
        });
        await page.until("document.querySelector('.connection.live')");
        await show(page, view);
        return page;
      },
    });
  });
}

export async function show(page: Page, view: string): Promise<void> {
  await page.evaluate(`location.hash = "#/${view}"`);
  await page.until(`document.querySelector('nav [aria-current]')?.hash === "#/${view}"`);
}

/** The value of one of the figures at the top. */
export function figure(name: string): string {
  return `[...document.querySelectorAll(".figure")].find((one) => one.querySelector("dt").textContent === ${JSON.stringify(name)})?.querySelector("strong").textContent`;
}

/** The lines of the list that is shown, as a user reads them. */
export function lines(): string {
  return `[...document.querySelectorAll(".row:not(.header)")].map((row) => row.innerText.replace(/\\s+/g, " "))`;
}

export async function keep(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  writeFileSync(`${SHOTS}${name}.png`, await page.screenshot());
}
