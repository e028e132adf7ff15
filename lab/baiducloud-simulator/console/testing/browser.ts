import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

/** A headless Chromium, driven over its debugging pipe: no port, no driver of its own, no package. */
export interface Browser {
  open(url: string, options?: PageOptions): Promise<Page>;
  close(): Promise<void>;
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "light" | "dark";
}

export interface Page {
  /** The value of an expression, or of what it promises. Rejects when it throws. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression is true. */
  until(expression: string): Promise<void>;
  /** Presses keys one after the other: "Tab", "Enter", "Shift+Tab", "a". */
  press(...keys: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
  /** Clicks the middle of the first element that a selector finds. */
  click(selector: string): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  theme(theme: "light" | "dark"): Promise<void>;
  /** A PNG. */
  screenshot(): Promise<Buffer>;
  /** What Chromium measures: Nodes, JSHeapUsedSize, ScriptDuration, … */
  metrics(): Promise<Readonly<Record<string, number>>>;
  /** What was thrown and nobody caught, and what the security policy stopped. A test that expects some takes them out. */
  readonly problems: string[];
  close(): Promise<void>;
}

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];
const DEADLINE_MS = 30_000;

/** The path of the browser, from the variable CHROMIUM or the PATH. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.CHROMIUM) return env.CHROMIUM;
  const folders = (env.PATH ?? "").split(delimiter);
  return PROGRAMS.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function launch(program: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "console-test-"));
  const child = spawn(
    program,
    [
      "--headless=new",
      "--remote-debugging-pipe",
      // Tests run as root in containers, where Chromium's own sandbox cannot; it opens nothing but our page.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--hide-scrollbars",
      "--force-color-profile=srgb",
      `--user-data-dir=${profile}`,
      "about:blank",
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const protocol = speak(child);
  return {
    async open(url, { width = 1280, height = 800, theme = "light" } = {}) {
      const { targetId } = await protocol.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await protocol.send<{ sessionId: string }>("Target.attachToTarget", {
        targetId,
        flatten: true,
      });
      const page = createPage(protocol, targetId, sessionId);
      await page.prepare();
      await page.resize(width, height);
      await page.theme(theme);
      await protocol.send("Page.navigate", { url }, sessionId);
      await page.until("document.readyState === 'complete' && document.querySelector('#app > *') !== null");
      return page;
    },
    async close() {
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      if (child.exitCode === null) child.kill("SIGKILL");
      else return;
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

interface Protocol {
  send<T>(method: string, params: object, sessionId?: string): Promise<T>;
  on(sessionId: string, listener: (method: string, params: Readonly<Record<string, unknown>>) => void): void;
}

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** The protocol: JSON messages that end with a zero byte, on file descriptors 3 and 4. */
function speak(child: ChildProcess): Protocol {
  const [, , , input, output] = child.stdio as unknown as [null, null, null, Writable, Readable];
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const listeners = new Map<string, (method: string, params: Readonly<Record<string, unknown>>) => void>();
  let count = 0;
  let buffer = "";
  output.setEncoding("utf8");
  output.on("data", (chunk: string) => {
    const texts = (buffer + chunk).split("\0");
    buffer = texts.pop() ?? "";
    for (const text of texts) take(JSON.parse(text) as Message);
  });
  input.on("error", () => {});
  child.once("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("the browser has ended"));
    waiting.clear();
  });
  const take = ({ id, sessionId = "", method, params = {}, result, error }: Message): void => {
    if (method !== undefined) listeners.get(sessionId)?.(method, params);
    const call = waiting.get(id ?? 0);
    if (!call) return;
    waiting.delete(id ?? 0);
    if (error) call.reject(new Error(error.message));
    else call.resolve(result);
  };
  return {
    send: <T>(method: string, params: object, sessionId?: string) =>
      new Promise<T>((resolve, reject) => {
        const id = ++count;
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        input.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
      }),
    on: (sessionId, listener) => void listeners.set(sessionId, listener),
  };
}

const KEYS: Readonly<Record<string, readonly [code: string, keyCode: number, text?: string]>> = {
  Tab: ["Tab", 9],
  Enter: ["Enter", 13, "\r"],
  Escape: ["Escape", 27],
  Space: ["Space", 32, " "],
  End: ["End", 35],
  Home: ["Home", 36],
  PageUp: ["PageUp", 33],
  PageDown: ["PageDown", 34],
  ArrowLeft: ["ArrowLeft", 37],
  ArrowUp: ["ArrowUp", 38],
  ArrowRight: ["ArrowRight", 39],
  ArrowDown: ["ArrowDown", 40],
};

function createPage(protocol: Protocol, targetId: string, sessionId: string): Page & { prepare(): Promise<void> } {
  const problems: string[] = [];
  const send = <T>(method: string, params: object = {}) => protocol.send<T>(method, params, sessionId);
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await send<{
      result: { value: T };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    }>("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  const press = async (name: string): Promise<void> => {
    const shift = name.startsWith("Shift+");
    const key = name.replace(/^Shift\+/, "");
    const [code, windowsVirtualKeyCode, text] = KEYS[key] ?? ["", key.toUpperCase().charCodeAt(0), key];
    const event = { key: key === "Space" ? " " : key, code, windowsVirtualKeyCode, modifiers: shift ? 8 : 0 };
    await send("Input.dispatchKeyEvent", {
      type: text ? "keyDown" : "rawKeyDown",
      ...event,
      ...(text ? { text } : {}),
    });
    await send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  };
  return {
    problems,
    evaluate,
    async prepare() {
      protocol.on(sessionId, (method, params) => {
        if (method === "Runtime.exceptionThrown") problems.push(JSON.stringify(params));
        const { entry } = params as { entry?: { level: string; text: string; url?: string } };
        if (method === "Log.entryAdded" && entry?.level === "error") problems.push(`${entry.text} ${entry.url ?? ""}`);
      });
      await Promise.all(["Page", "Runtime", "Log", "Performance"].map((domain) => send(`${domain}.enable`)));
    },
    async until(expression) {
      const deadline = performance.now() + DEADLINE_MS;
      while (!(await evaluate<boolean>(`!!(${expression})`).catch(() => false))) {
        if (performance.now() > deadline) {
          const text = await evaluate<string>("document.body?.innerText.slice(0, 2000)");
          throw new Error(`never became true: ${expression}\nthe page says: ${text}\n${problems.join("\n")}`);
        }
        await pause(20);
      }
    },
    async press(...keys) {
      for (const key of keys) await press(key);
    },
    async type(text) {
      for (const letter of text) await send("Input.insertText", { text: letter });
    },
    async click(selector) {
      const quoted = JSON.stringify(selector);
      await this.until(`document.querySelector(${quoted})`);
      const { x, y } = await evaluate<{ x: number; y: number }>(
        `(() => { const element = document.querySelector(${quoted}); element.scrollIntoView({ block: "nearest" });
          const { x, y, width, height } = element.getBoundingClientRect(); return { x: x + width / 2, y: y + height / 2 }; })()`,
      );
      const event = { x, y, button: "left", clickCount: 1 };
      for (const type of ["mousePressed", "mouseReleased"]) await send("Input.dispatchMouseEvent", { type, ...event });
    },
    async resize(width, height) {
      const isPhone = width < 600;
      await send("Emulation.setDeviceMetricsOverride", {
        width,
        height,
        deviceScaleFactor: isPhone ? 2 : 1,
        mobile: isPhone,
      });
    },
    async theme(value) {
      await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
    },
    async screenshot() {
      const { data } = await send<{ data: string }>("Page.captureScreenshot", { format: "png" });
      return Buffer.from(data, "base64");
    },
    async metrics() {
      const { metrics } = await send<{ metrics: { name: string; value: number }[] }>("Performance.getMetrics");
      return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
    },
    async close() {
      await protocol.send("Target.closeTarget", { targetId });
    },
  };
}
