import { createHash } from "node:crypto";
import type { Secret } from "@ccm/kube";
import { DOCKER_CONFIG } from "./desired/pull-secret.ts";
import { ROBOT_ANNOTATION, ROBOT_PROJECT_ANNOTATION } from "./names.ts";
import type { Problem } from "./observed.ts";
import type { RobotRequest, Step } from "./steps.ts";
import type { Tenant } from "./tenant.ts";

/** What the tenant's own Secret says of the robot whose password it holds. */
export interface RobotRecord {
  readonly instanceID: string;
  readonly name: string;
  /** What it is known to pull from. Absent: the password was written down, and the robot may not have been made yet. */
  readonly project?: string;
}

/** Undefined: the platform has made the Secret, and the operator lets it be. */
export function robotRecord(source: Secret | undefined): RobotRecord | undefined {
  const { [ROBOT_ANNOTATION]: robot = "", [ROBOT_PROJECT_ANNOTATION]: project } = source?.metadata.annotations ?? {};
  const [instanceID, name] = robot.split("/");
  return instanceID && name ? { instanceID, name, ...(project ? { project } : {}) } : undefined;
}

/** The Secret, if pulls with it can succeed. */
export function usableSource(source: Secret | undefined): Secret | undefined {
  const record = robotRecord(source);
  return source?.data?.[DOCKER_CONFIG] && (!record || record.project) ? source : undefined;
}

/** Tells apart tenants of the same name in several clusters, or one after the other, that share a registry. */
function robotName({ metadata: { name = "", uid = "" } }: Tenant): string {
  // A robot's name has single signs between letters and digits, and 65 characters.
  const words = name
    .replaceAll(/[._-]+/g, "-")
    .slice(0, 40)
    .replace(/-$/, "");
  const end = createHash("sha256").update(uid).digest("hex").slice(0, 8);
  return `tenant-${words}-${end}`;
}

function requestOf(tenant: Tenant, name: string): Pick<RobotRequest, "tenant" | "name" | "mark"> {
  const of = tenant.metadata.name ?? "";
  return { tenant: of, name, mark: `tenant-operator: ${name} of tenant ${of}` };
}

/** A robot for the project that the tenant names; none where the platform has made the Secret. */
export function planRobot(tenant: Tenant, source: Secret | undefined) {
  const { instanceID = "", project = "" } = tenant.spec.registries?.pullSecret ?? {};
  const record = robotRecord(source);
  const steps: Step[] = [];
  const problems: Problem[] = [];
  const wanted = instanceID !== "" && project !== "";
  const name = robotName(tenant);
  if (record && (!wanted || record.instanceID !== instanceID || record.name !== name))
    steps.push(...endRobot(tenant, source));
  else if (wanted && (record ? record.project !== project : !usableSource(source))) {
    steps.push({ facet: "registries", verb: "robot", robot: { ...requestOf(tenant, name), instanceID, project } });
  }
  if (!wanted && tenant.spec.registries?.pullSecret && (record || !usableSource(source))) {
    const message =
      "spec.registries.pullSecret names no registry to make a robot in, and the platform has made no Secret for the tenant";
    problems.push({ reason: "NoPullSecret", message });
  }
  return { steps, problems };
}

/** The robot goes, and after it the Secret that tells of it. */
export function endRobot(tenant: Tenant, source: Secret | undefined): readonly Step[] {
  const record = robotRecord(source);
  if (!record) return [];
  const { instanceID, name, project = "" } = record;
  const robot = { ...requestOf(tenant, name), instanceID, project };
  return [{ facet: "registries", verb: "end-robot", robot }];
}
