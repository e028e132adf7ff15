import { errorText, isAbort, type Logger, mapLimited } from "@ccm/base";
import { hasCode, type KubeClient } from "@ccm/kube";
import type { RegistryRobots, TenantCloud } from "./cloud.ts";
import { keepRobot, removeRobot } from "./keep-robot.ts";
import { TYPES } from "./kinds.ts";
import type { Failure } from "./status.ts";
import { type CloudStep, type ObjectStep, type Step, stepText } from "./steps.ts";

export interface ApplyParts {
  readonly client: KubeClient;
  readonly logger: Logger;
  readonly operatorNamespace: string;
  readonly cloud?: TenantCloud;
  readonly robots?: RegistryRobots;
}

export interface Outcome {
  readonly failures: readonly Failure[];
  /** Somebody was faster, or what was seen is old: look again. */
  readonly again: boolean;
}

const AT_ONCE = 8;

/** Does the steps: in their order from kind to kind, those of one kind side by side. A failure stops nothing else. */
export async function apply(steps: readonly Step[], parts: ApplyParts, signal: AbortSignal): Promise<Outcome> {
  const failures: Failure[] = [];
  let again = false;
  for (const group of groups(steps)) {
    await mapLimited(group, AT_ONCE, async (step) => {
      try {
        await run(step, parts, signal);
        parts.logger.debug("done", { step: stepText(step) });
      } catch (error) {
        if (isAbort(error, signal)) throw error;
        if (isRace(step, error)) again = true;
        else failures.push({ facet: step.facet, message: `${stepText(step)}: ${errorText(error)}` });
      }
    });
  }
  return { failures, again };
}

function isRace(step: Step, error: unknown): boolean {
  if (hasCode(error, "conflict", "already_exists")) return true;
  return step.verb === "delete" && hasCode(error, "not_found");
}

/** Steps that follow each other and do not depend on each other. */
function groups(steps: readonly Step[]): readonly (readonly Step[])[] {
  const out: Step[][] = [];
  let last = "";
  for (const step of steps) {
    // A deletion and the creation that replaces it are never side by side.
    const key = `${step.verb} ${"kind" in step ? step.kind : ""}`;
    if (key !== last) out.push([]);
    last = key;
    out.at(-1)?.push(step);
  }
  return out;
}

async function run(step: Step, parts: ApplyParts, signal: AbortSignal): Promise<void> {
  if ("kind" in step) await runObject(step, parts.client, signal);
  else await runCloud(step, parts, signal);
}

async function runObject(step: ObjectStep, client: KubeClient, signal: AbortSignal): Promise<void> {
  const type = TYPES[step.kind];
  switch (step.verb) {
    case "create":
      await client.create(type, step.object, { signal });
      return;
    case "update":
      await client.update(type, step.object, { signal });
      return;
    case "patch": {
      const { subresource } = step;
      await client.patch(
        type,
        step.ref,
        { type: "merge", body: step.body },
        { signal, ...(subresource ? { subresource } : {}) },
      );
      return;
    }
    case "delete":
      await client.delete(type, step.ref, { signal, ...(step.uid ? { preconditions: { uid: step.uid } } : {}) });
  }
}

async function runCloud(step: CloudStep, parts: ApplyParts, signal: AbortSignal): Promise<void> {
  const { cloud, robots } = parts;
  if (step.facet === "registries") {
    if (!robots) {
      const help = step.verb === "robot" ? "the platform must make the Secret itself" : "give it --region and keys";
      throw new Error(`the operator runs without a cloud account: ${help}`);
    }
    await (step.verb === "robot" ? keepRobot : removeRobot)(step.robot, { ...parts, robots }, signal);
  } else if (!cloud) throw new Error("the operator runs without a cloud account: IAM users cannot be owners");
  else if (step.verb === "grant") await cloud.grant(step.grant, signal);
  else await cloud.revoke(step.grant, signal);
}
