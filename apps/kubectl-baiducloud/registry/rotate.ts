import {
  imagesPulled,
  type Look,
  listPods,
  loginOf,
  observeRotation,
  planRollback,
  planRotation,
  type RotationEnd,
  type RotationEnv,
  type RotationRequest,
  runRotation,
  type SecretUsers,
  type Step,
  secretUsers,
} from "@ccm/image-registry";
import { openAccountOf } from "../credentials/account.ts";
import { EXIT, type Io, NAME, UsageFault } from "../io.ts";
import { plural, writeReport } from "../output.ts";
import { openKube, readText } from "../session.ts";
import { findRegistry } from "./place.ts";
import { checkOptions, duration, type RotateOptions, requestOf } from "./rotate-options.ts";
import { stepText } from "./steps.ts";

/** Shows what is to be done and who it concerns; does it when asked to, as far as it can go now. */
export async function rotate(io: Io, wanted: string, options: RotateOptions): Promise<number> {
  checkOptions(options);
  const account = await openAccountOf(io, options, options);
  const ca = options.cloudCa ?? io.env.BCE_CA_BUNDLE;
  const registry = io.openTransport(ca ? { ca: await readText(io, ca, "--cloud-ca") } : {});
  try {
    const kube = await openKube(io, options);
    try {
      const found = await findRegistry(io, account, wanted);
      const asked = await requestOf(io, found, options);
      const env: RotationEnv = {
        ccr: found.ccr,
        kube: kube.client,
        send: registry.send,
        clock: io.clock,
        random: io.random,
        stateNamespace: options.stateNamespace,
        signal: io.signal,
      };
      return await show(io, env, asked, options);
    } finally {
      await kube.close();
    }
  } finally {
    await registry.close();
    await account.close();
  }
}

async function show(io: Io, env: RotationEnv, asked: RotationRequest, options: RotateOptions): Promise<number> {
  const warned = new Set<string>();
  const onBad = (message: string) => {
    if (!warned.has(message)) io.err(`${NAME}: warning: ${message}; it is left as it is\n`);
    warned.add(message);
  };
  const pods = await listPods(env.kube, io.signal);
  const request = asked.images.length > 0 ? asked : { ...asked, images: imagesPulled(pods, asked) };
  const seen = await observeRotation({ ...env, onBad }, request);
  // Taken back is what was begun, whatever the command line says now.
  const now = options.rollback && seen.observed.record ? { ...request, to: seen.observed.record.to } : request;
  const steps = (options.rollback ? planRollback : planRotation)(now, seen.observed);
  const concerned = new Set(seen.observed.secrets.map(({ namespace }) => namespace));
  const users = await secretUsers(env.kube, pods, concerned, io.signal);
  report(io, options, now, seen, steps, users);
  const [first] = steps;
  if (first === undefined) return EXIT.nothing;
  if (options.dryRun || first.do === "stop") return EXIT.findings;
  if (!options.yes) {
    const answer = await io.ask('Type "yes" to go on: ');
    if (answer === undefined) throw new UsageFault("it asks first, and there is no terminal to ask at: add --yes");
    if (answer.trim() !== "yes") return EXIT.findings;
  }
  const end = await runRotation({ ...env, onBad }, now, {
    rollback: options.rollback === true,
    waitForDelete: options.wait === true,
    pollMs: duration(options.poll, "--poll"),
    onStep: (step) => io.err(`${NAME}: ${stepText(step, now)}\n`),
  });
  return told(io, end, now, options);
}

function told(io: Io, end: RotationEnd, { from }: RotationRequest, { rollback }: RotateOptions): number {
  if (end.end === "done") {
    const user =
      !rollback && !from.startsWith("ccr$") ? `; the password of ${from} goes on until that user sets another` : "";
    io.err(`${NAME}: done${user}\n`);
    return EXIT.nothing;
  }
  if (end.end === "waiting") {
    const time = new Date(end.until).toISOString();
    io.err(
      `${NAME}: ${from} is disabled, and may be deleted after ${time}: run the same again then; until then --rollback takes all back\n`,
    );
    return EXIT.findings;
  }
  for (const line of end.because) io.err(`${NAME}: stopped: ${line}\n`);
  io.err(`${NAME}: run the same again when that is mended; --rollback takes all back\n`);
  return EXIT.failure;
}

function report(
  io: Io,
  options: RotateOptions,
  request: RotationRequest,
  { observed }: Look,
  steps: readonly Step[],
  users: SecretUsers,
): void {
  const login = loginOf(request.to);
  const rows = observed.secrets.map(({ namespace, name, kept, entries }) => {
    const change = steps.find((step) => "name" in step && step.namespace === namespace && step.name === name)?.do;
    const isOld = entries.some(({ carries }) => carries === "old");
    const stays = isOld ? `kept: ${kept ?? "not chosen"}` : "as it is to be";
    const what = change === "replace" ? "to be changed" : change === "restore" ? "to be put back" : stays;
    const logins = [...new Set(entries.map(({ carries }) => (carries === "old" ? request.from : login)))];
    const using = users.get(`${namespace}/${name}`) ?? [];
    const tone = change || !isOld ? "plain" : "warn";
    return { cells: [`${namespace}/${name}`, logins.join(", "), what, shown(using)], tone, using } as const;
  });
  const texts = steps.map((step) => stepText(step, request));
  const secrets = observed.secrets.map(({ resourceVersion: _, ...one }, index) => ({
    ...one,
    usedBy: rows[index]?.using ?? [],
  }));
  writeReport(io, options.output, {
    data: { instanceId: request.instanceId, from: request.from, images: request.images, secrets, steps },
    sections: [
      { columns: ["SECRET", "LOGS IN AS", "", "USED BY"], rows },
      {
        columns: ["STEP"],
        rows: texts.map((text, index) => ({ cells: [text], tone: steps[index]?.do === "stop" ? "warn" : "plain" })),
      },
    ],
    summary: [
      steps.length === 0
        ? `Nothing to do: no Secret of the chosen namespaces logs in to ${request.instanceId} as ${request.from}.`
        : `${plural(steps.length, "step")}${options.dryRun ? "; nothing has been done" : ""}.`,
    ],
  });
}

const MOST_SHOWN = 5;

function shown(names: readonly string[]): string {
  if (names.length === 0) return "nobody";
  const rest = names.length - MOST_SHOWN;
  return names.slice(0, MOST_SHOWN).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
