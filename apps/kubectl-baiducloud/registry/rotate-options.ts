import { pullPermissions } from "@ccm/bce";
import type { RotationRequest, RotationTarget } from "@ccm/image-registry";
import type { AccountOptions } from "../credentials/account.ts";
import { type Io, UsageFault } from "../io.ts";
import type { Format } from "../output.ts";
import type { FoundRegistry } from "./place.ts";

export interface RotateOptions extends AccountOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly host?: string;
  readonly from: string;
  readonly to?: string;
  readonly toUser?: boolean;
  readonly namespace?: readonly string[];
  readonly allNamespaces?: boolean;
  readonly project?: string;
  readonly days?: string;
  readonly image?: readonly string[];
  readonly grace: string;
  readonly deleteAfter: string;
  readonly poll: string;
  readonly stateNamespace: string;
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly rollback?: boolean;
  readonly output: Format;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** "90s", "10m", "24h", "7d": milliseconds. */
export function duration(text: string, flag: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhd]?)$/.exec(text) ?? [];
  if (count === "" || (unit === "" && count !== "0")) {
    throw new UsageFault(`${flag} ${text}: expected a duration such as 90s, 10m or 24h`);
  }
  return Number(count) * (UNITS[unit] ?? 1);
}

/** What does not need the cloud. Throws a UsageFault. */
export function checkOptions(options: RotateOptions): void {
  const { to, toUser, namespace = [], allNamespaces } = options;
  if (!options.rollback && (to === undefined) === !toUser)
    throw new UsageFault("expected --to NAME for a robot, or --to-user");
  if (to !== undefined && (!NAME.test(robotName(to)) || robotName(to).length > 65)) {
    throw new UsageFault(`--to ${to}: expected a robot's name: a-z, 0-9, single . _ - between them, at most 65`);
  }
  if (!options.rollback && namespace.length > 0 === (allNamespaces === true)) {
    throw new UsageFault("expected the namespaces whose Secrets are changed: -n NAMESPACE, or -A for all");
  }
  if (options.days !== undefined && !/^(-1|[1-9]\d{0,4})$/.test(options.days)) {
    throw new UsageFault(`--days ${options.days}: expected a number of days, or -1 for ever`);
  }
  for (const image of options.image ?? []) {
    if (!/^[a-z0-9._-]+(\/[a-z0-9._-]+)+([:@][\w.:-]+)?$/.test(image)) {
      throw new UsageFault(`--image ${image}: expected project/name, or project/name:tag`);
    }
  }
}

export async function requestOf(
  io: Io,
  { instance, hosts, ccr }: FoundRegistry,
  options: RotateOptions,
): Promise<RotationRequest> {
  const [host] = hosts;
  const at = options.host?.toLowerCase();
  if (host === undefined && at === undefined) throw new Error(`registry ${instance.id} has no address yet`);
  const target = async (): Promise<RotationTarget> => {
    const { to = "", project, days } = options;
    if (options.toUser) {
      return { kind: "user", name: await ccr.loginName(undefined, { lane: "user", signal: io.signal }) };
    }
    const projects = project
      ?.split(",")
      .map((one) => one.trim())
      .filter(Boolean);
    return {
      kind: "robot",
      name: robotName(to),
      ...(projects ? { permissions: pullPermissions(projects) } : {}),
      ...(days === undefined ? {} : { duration: Number(days) }),
    };
  };
  return {
    instanceId: instance.id,
    hosts: at === undefined ? hosts : [at, ...hosts.filter((one) => one !== at)],
    from: options.from,
    to: await target(),
    ...(options.namespace && !options.allNamespaces ? { namespaces: options.namespace } : {}),
    graceMs: duration(options.grace, "--grace"),
    deleteAfterMs: duration(options.deleteAfter, "--delete-after"),
    images: options.image ?? [],
  };
}

function robotName(text: string): string {
  return text.replace(/^ccr\$/, "");
}
