import { type HttpHeaders, readText, seededRandom, VirtualClock } from "@ccm/base";
import { signatureOf } from "../api/signature.ts";
import { parseTarget } from "../api/wire.ts";
import { createSimulator } from "../simulator.ts";
import type { RecordedCall, RecordingHead } from "./recorder.ts";

export interface Recording {
  readonly head: RecordingHead;
  readonly calls: readonly RecordedCall[];
}

/** A call that was answered otherwise than in the recording. */
export interface Difference {
  /** Its line in the file, from 1. */
  readonly line: number;
  readonly call: string;
  readonly expected: string;
  readonly got: string;
}

export interface ReplayResult {
  readonly sent: number;
  /** Refused by a fault before they did anything, or without an operation. */
  readonly skipped: number;
  readonly differences: readonly Difference[];
}

/** Throws an Error that names the line. */
export function parseRecording(text: string): Recording {
  const lines = text.split("\n").filter((line) => line !== "");
  const [head, ...calls] = lines.map((line, index) => {
    try {
      return JSON.parse(line) as unknown;
    } catch {
      throw new Error(`line ${index + 1}: expected a JSON object`);
    }
  });
  const { recording, version } = (head ?? {}) as Partial<RecordingHead>;
  if (recording !== "baiducloud" || version !== 1)
    throw new Error('line 1: expected {"recording":"baiducloud","version":1,…}: a file of --record');
  for (const [index, call] of calls.entries()) {
    const { at, method, target, status } = (call ?? {}) as Partial<RecordedCall>;
    if (![at, status].every(Number.isFinite) || typeof method !== "string" || typeof target !== "string")
      throw new Error(`line ${index + 2}: expected a call, with at, method, target and status`);
  }
  return { head: head as RecordingHead, calls: calls as RecordedCall[] };
}

/**
 * Makes the same calls, at the same times of a virtual clock, in a new cloud, and compares the answers: status, code and
 * which fields there are. Ids of the recording become those of the new cloud.
 */
export async function replay({ head, calls }: Recording): Promise<ReplayResult> {
  const clock = new VirtualClock(head.startedAt);
  const simulator = createSimulator({ clock, random: seededRandom("replay"), region: head.region });
  /** From the recording's to ours. */
  const ids = new Map<string, string>();
  const differences: Difference[] = [];
  let skipped = 0;
  try {
    for (const [index, call] of calls.entries()) {
      if (call.operation === undefined || (call.fault !== undefined && !call.done)) {
        skipped++;
        continue;
      }
      await clock.advance(Math.max(0, head.startedAt + call.at - clock.now()));
      const { method, host } = call;
      const target = translate(call.target, ids);
      const headers: HttpHeaders = { host };
      const text = call.request === undefined ? "" : translate(JSON.stringify(call.request), ids);
      const authorization = signatureOf({ method, headers }, parseTarget(target), simulator.credentials, clock.now());
      const body = new TextEncoder().encode(text);
      const { signal } = new AbortController();
      const reply = simulator.handler({ method, target, headers: { ...headers, authorization }, body, signal });
      const answer = await reply;
      const got = jsonOf(await readText(answer.body));
      learn(call.answer, got, ids);
      // What a fault has changed is no answer of the cloud's.
      if (call.fault !== undefined || call.status === 0) continue;
      const [before, now] = [shapeOf(call.status, call.answer), shapeOf(answer.status, got)];
      if (before === now) continue;
      differences.push({ line: index + 2, call: `${method} ${call.target}`, expected: before, got: now });
    }
  } finally {
    await simulator.close();
  }
  return { sent: calls.length - skipped, skipped, differences };
}

/** An id: letters, a dash, letters and digits; an address; a UUID. */
const ID = /^([a-z]{1,6}-[\w-]{4,60}|\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** What is at the same place of both answers is the same thing. */
function learn(theirs: unknown, ours: unknown, ids: Map<string, string>): void {
  if (typeof theirs === "string" && typeof ours === "string") {
    if (theirs !== ours && ID.test(theirs) && ID.test(ours) && !ids.has(theirs)) ids.set(theirs, ours);
  } else if (typeof theirs === "object" && theirs !== null && typeof ours === "object" && ours !== null) {
    const known = ours as Readonly<Record<string, unknown>>;
    for (const [name, value] of Object.entries(theirs)) if (name !== "requestId") learn(value, known[name], ids);
  }
}

/** Whole ids only: one may be the beginning of another. */
function translate(text: string, ids: ReadonlyMap<string, string>): string {
  return text.replace(/[\w.-]+/g, (word) => ids.get(word) ?? word);
}

/** Status, code and fields, with the length of lists. */
function shapeOf(status: number, answer: unknown): string {
  if (status >= 400) return `${status} ${String((answer as { code?: unknown } | undefined)?.code ?? "")}`;
  return `${status} ${JSON.stringify(fieldsOf(answer))}`;
}

function fieldsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [value.length, fieldsOf(value[0])];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      // Its type says only that it was removed.
      .map(([name, field]) => [name, field === "<removed>" ? "string" : fieldsOf(field)]),
  );
}

function jsonOf(text: string): unknown {
  return text === "" ? undefined : JSON.parse(text);
}
