/** Sends a scenario's requests and collects what came back. */
import { type HttpResponse, readText, type Transport } from "@ccm/base";
import { isFields, textOf } from "../json.ts";
import type { Events, Request, Scenario, Step } from "./scenario.ts";

export interface Target {
  readonly send: Transport;
  /** "https://host:port". */
  readonly url: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Resolves when an event that has not come by then will not come. */
  readonly patience: () => Promise<void>;
}

/** What one step gave: an answer, or a watch's events. */
export interface Outcome {
  readonly step: string;
  readonly status: number;
  readonly contentType: string;
  readonly warnings: readonly string[];
  readonly body: unknown;
}

interface Open {
  readonly response: HttpResponse;
  readonly events: unknown[];
  readonly done: Promise<void>;
  readonly more: () => Promise<void>;
  readonly stop: () => void;
}

/** Makes the namespace, runs the steps, and gives back what the scenario took (cluster IPs, node ports, nodes). */
export async function runScenario(target: Target, scenario: Scenario, namespace: string): Promise<readonly Outcome[]> {
  const saved = new Map<string, unknown>();
  const watches = new Map<string, Open>();
  const outcomes: Outcome[] = [];
  const fill = (text: string): string =>
    text.replaceAll("{ns}", namespace).replace(/\{(\w+):([\w.]+)\}/g, (_all, name: string, path: string) => {
      let value = saved.get(name);
      for (const part of path.split("."))
        value = isFields(value) || Array.isArray(value) ? Reflect.get(value, part) : "";
      return textOf(value);
    });
  const send = (request: Request, signal?: AbortSignal) =>
    target.send(
      {
        method: request.method,
        url: target.url + fill(request.path),
        headers: { ...target.headers, ...bodyType(request), ...request.headers },
        ...(request.body === undefined ? {} : { body: fill(textBody(request.body)) }),
      },
      ...(signal ? [{ signal }] : []),
    );
  await drain(send({ method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: namespace } } }));
  for (const step of scenario.steps) {
    const label = labelOf(step);
    if ("events" in step) {
      const open = watches.get(step.events) as Open;
      outcomes.push(await collect(open, step, target.patience, label));
    } else if ("watch" in step) {
      const gone = new AbortController();
      watches.set(step.as, follow(await send({ method: "GET", path: step.watch, ...step }, gone.signal), gone));
    } else {
      const outcome = await answer(await send(step), label);
      if (step.as) saved.set(step.as, outcome.body);
      outcomes.push(outcome);
    }
  }
  for (const open of watches.values()) open.stop();
  await drain(send({ method: "DELETE", path: `/api/v1/namespaces/${namespace}/services` }));
  await drain(send({ method: "DELETE", path: `/api/v1/nodes?labelSelector=scenario%3D${namespace}` }));
  return outcomes;
}

function labelOf(step: Step): string {
  if ("events" in step) return `events of ${step.events}`;
  return "watch" in step ? `watch ${step.watch}` : `${step.method} ${step.path}`;
}

const textBody = (body: unknown): string => (typeof body === "string" ? body : JSON.stringify(body));
const bodyType = ({ body }: Request): Record<string, string> =>
  body === undefined ? {} : { "content-type": "application/json" };

async function drain(response: Promise<HttpResponse>): Promise<void> {
  await readText((await response).body);
}

async function answer(response: HttpResponse, step: string): Promise<Outcome> {
  return outcome(response, step, readJson(await readText(response.body)));
}

function outcome({ status, headers }: HttpResponse, step: string, body: unknown): Outcome {
  const warning = textOf(headers.warning);
  return {
    step,
    status,
    contentType: textOf(headers["content-type"]),
    warnings: warning === "" ? [] : warning.split(/, (?=299 )/),
    body,
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function follow(response: HttpResponse, gone: AbortController): Open {
  const events: unknown[] = [];
  let wake = () => {};
  let rest = "";
  const done = (async () => {
    for await (const chunk of response.body) {
      rest += new TextDecoder().decode(chunk);
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") events.push(readJson(line));
      wake();
    }
    if (rest.trim() !== "") events.push(readJson(rest));
  })().catch(() => {});
  return {
    response,
    events,
    done,
    more: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    stop: () => gone.abort(new Error("seen enough")),
  };
}

async function collect(open: Open, { count }: Events, patience: Target["patience"], step: string): Promise<Outcome> {
  let waiting = true;
  const end = Promise.race([open.done, patience()]).then(() => {
    waiting = false;
  });
  while (waiting && open.events.length < count) await Promise.race([open.more(), end]);
  open.stop();
  await open.done;
  // A watch that was refused has a Status for an answer, possibly over several lines.
  const events = open.events.slice(0, count);
  return outcome(open.response, step, open.response.status === 200 ? events : (events[0] ?? ""));
}
