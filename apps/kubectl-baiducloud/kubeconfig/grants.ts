import { ALL } from "@ccm/bce";
import {
  type Account,
  accessContext,
  explained,
  findCluster,
  findIdentity,
  forgetCluster,
  listGrants,
  listIdentities,
  type NamedIdentity,
  type RegionalCluster,
} from "@ccm/cluster-access";
import { type AccountOptions, openAccountOf } from "../credentials/account.ts";
import { EXIT, type Io, UsageFault } from "../io.ts";
import { type Format, plural, writeReport } from "../output.ts";
import { createProgress, type Progress } from "../progress.ts";
import { cacheOf, lookingWith, roleOf } from "./options.ts";

export interface GrantOptions extends AccountOptions {
  readonly role: string;
  readonly namespace?: string;
}

export interface GrantsOptions extends AccountOptions {
  readonly output: Format;
}

export interface RevokeOptions extends AccountOptions {
  readonly namespace?: string;
}

export interface ResetOptions extends AccountOptions {
  readonly yes: boolean;
}

/** Lets a user or role of IAM into a cluster, or into all of a region. */
export async function grant(io: Io, clusterId: string, who: string, options: GrantOptions): Promise<number> {
  const role = roleOf(options.role);
  const namespace = options.namespace ?? ALL;
  if (clusterId === ALL && namespace !== ALL) throw new UsageFault("--namespace: expected one cluster, not all");
  return withAccess(io, options, async (account, progress) => {
    const looking = lookingWith(io, (what) => progress.step(what));
    const { region } =
      clusterId === ALL ? { region: oneRegion(account) } : await findCluster(account, clusterId, looking);
    const whom = await findIdentity(account, who, looking);
    const done = await told(account, region, clusterId, io, () =>
      account.client(region).cceAccess.grant({ clusterId, userId: whom.id, role, namespace }, optionsOf(io)),
    );
    const place = namespace === ALL ? "in all namespaces" : `in namespace ${namespace}`;
    for (const { clusterId: id, success, message } of done) {
      io.out(
        success
          ? `${nameOf(whom)} is ${options.role} of ${id || clusterId} ${place}.\n`
          : `FAILED: ${nameOf(whom)} in ${id}: ${message}\n`,
      );
    }
    return done.every(({ success }) => success) ? EXIT.nothing : EXIT.failure;
  });
}

/** Who may what, of one user or role, or of all. */
export async function grants(io: Io, who: string | undefined, options: GrantsOptions): Promise<number> {
  return withAccess(io, options, async (account, progress) => {
    const looking = lookingWith(io, (what) => progress.step(what));
    const all =
      who === undefined ? await listIdentities(account, looking) : [await findIdentity(account, who, looking)];
    const { grants: found, unread } = await listGrants(account, all, looking);
    progress.stop();
    writeReport(io, options.output, {
      data: { grants: found, unread },
      sections: [
        {
          columns: ["WHO", "ROLE", "NAMESPACE", "CLUSTER", "NAME", "REGION"],
          rows: found.map(({ who: one, role, namespace, clusterId, clusterName, region }) => ({
            cells: [nameOf(one), role.replace("cce:", ""), namespace, clusterId, clusterName, region],
          })),
        },
        {
          columns: ["COULD NOT BE READ", "WHY"],
          rows: unread.map(({ region, why }) => ({ cells: [region, why], tone: "warn" })),
        },
      ],
      summary: [
        `${plural(found.length, "grant")} of ${all.length === 1 && all[0] ? nameOf(all[0]) : `${all.length} users and roles`}.`,
      ],
    });
    return unread.length > 0 ? EXIT.failure : EXIT.nothing;
  });
}

/** Takes back what was granted in a cluster; in all namespaces unless one is named. */
export async function revoke(io: Io, clusterId: string, who: string, options: RevokeOptions): Promise<number> {
  return withAccess(io, options, async (account, progress) => {
    const looking = lookingWith(io, (what) => progress.step(what));
    const cluster = await findCluster(account, clusterId, looking);
    const whom = await findIdentity(account, who, looking);
    const { namespace } = options;
    const target = { clusterId, userId: whom.id, ...(namespace === undefined ? {} : { namespace }) };
    await told(account, cluster.region, clusterId, io, () =>
      account.client(cluster.region).cceAccess.revoke(target, optionsOf(io)),
    );
    const place = namespace === undefined ? "" : ` in namespace ${namespace}`;
    io.out(`${nameOf(whom)} has no longer what was granted in ${clusterId}${place}.\n`);
    return EXIT.nothing;
  });
}

/** Makes the kubeconfigs of somebody useless, and the credentials that this machine keeps for the cluster with them. */
export async function reset(
  io: Io,
  clusterId: string,
  who: string | undefined,
  options: ResetOptions,
): Promise<number> {
  return withAccess(io, options, async (account, progress) => {
    const looking = lookingWith(io, (what) => progress.step(what));
    const cluster = await findCluster(account, clusterId, looking);
    const whom = who === undefined ? undefined : await findIdentity(account, who, looking);
    const name = whom ? nameOf(whom) : "the owner of these keys";
    progress.stop();
    if (!options.yes && !(await confirmed(io, cluster, name))) {
      io.err("Nothing was reset.\n");
      return EXIT.findings;
    }
    await told(account, cluster.region, clusterId, io, () =>
      account.client(cluster.region).cceAccess.resetCredentials({ clusterId, userId: whom?.id ?? "" }, optionsOf(io)),
    );
    const forgotten = await forgetCluster(clusterId, cacheOf(io));
    io.out(`Kubeconfigs of ${name} for ${clusterId} from before are refused from now on: get new ones.\n`);
    if (forgotten > 0)
      io.out(`${plural(forgotten, "credential")} kept on this machine ${forgotten === 1 ? "was" : "were"} removed.\n`);
    return EXIT.nothing;
  });
}

async function confirmed(io: Io, { clusterId, name }: RegionalCluster, who: string): Promise<boolean> {
  const question = `Every kubeconfig of ${who} for ${clusterId} (${name}) stops working. Type "yes" to go on: `;
  const answer = await io.ask(question);
  if (answer === undefined) throw new UsageFault("reset asks first, and there is no terminal to ask at: add --yes");
  return answer.trim() === "yes";
}

async function withAccess(
  io: Io,
  options: AccountOptions,
  run: (account: Account, progress: Progress) => Promise<number>,
): Promise<number> {
  const account = await openAccountOf(io, options);
  const progress = createProgress(io);
  try {
    return await run(account, progress);
  } finally {
    progress.stop();
    await account.close();
  }
}

async function told<T>(
  account: Account,
  region: string,
  clusterId: string,
  io: Io,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw explained(error, accessContext(account, region, clusterId, io.clock.now(), true));
  }
}

function oneRegion({ regions, region, regionChosen }: Account): string {
  if (regionChosen && regions.length === 1) return region;
  throw new UsageFault("all: expected --region with the one region whose clusters are meant");
}

function optionsOf(io: Io) {
  return { signal: io.signal, lane: "user" as const };
}

function nameOf({ kind, name }: NamedIdentity): string {
  return kind === "role" ? `role/${name}` : name;
}
