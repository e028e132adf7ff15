import { type Clock, errorText, type Logger, mapLimited, TtlCache } from "@ccm/base";
import { type BareMetal, type BareMetalNetwork, type BceClient, isBceError } from "@ccm/bce";
import type { MachineType } from "../cloud-config.ts";
import { type Machine, machineOfBbc, machineOfBcc, machineOfHpas } from "./machine.ts";
import type { Found, MachineSource } from "./machine-source.ts";
import { createSnapshot } from "./snapshot.ts";

export interface ProductSourceOptions {
  readonly client: Pick<BceClient, "bcc" | "bbc" | "hpas">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly machineTypes: readonly MachineType[];
  /** The VPC that Nodes without a provider ID are searched in; empty for all of the account's. */
  readonly vpcId: () => string;
}

/** From this many ids on, the paged list (1,000 in a call) costs fewer calls than ids by the hundred. */
const LISTING_PAYS_FROM = 300;
/** Machines that lists lack are asked for one by one: so many in one pass, and so many at a time. */
const CONFIRMATIONS = 50;
const AT_A_TIME = 10;
const NETWORK_MS = 600_000;

/** Machines from the products themselves: BCC, BBC and HPAS. It works without CCE. */
export function createProductSource(options: ProductSourceOptions): MachineSource {
  const { client, clock, logger, vpcId } = options;
  const { bcc, bbc, hpas } = client;
  const types = new Set(options.machineTypes);
  const networks = new TtlCache<BareMetalNetwork>(clock, NETWORK_MS, 10_000);
  const told = new Set<string>();

  const tellRefused = (product: MachineType, error: unknown): void => {
    if (told.has(product)) return;
    told.add(product);
    logger.warn("a product cannot be asked for its machines: Nodes on them are not found, nor seen to be gone", {
      product,
      error: errorText(error),
      remedy: "grant read access, or leave it out of MachineTypes in the cloud config",
    });
  };
  /** A product that the account has not got, that is not in this region, or that we may not ask, has no machines to list. */
  const unlessRefused = async <T>(product: MachineType, read: Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await read;
    } catch (error) {
      if (isNotHere(error)) return [];
      if (!isBceError(error, "auth", "permanent")) throw error;
      tellRefused(product, error);
      return [];
    }
  };
  /** BBC's answers say nothing of the network; without a word of it the labels for it are left out. */
  const withNetworks = async (servers: readonly BareMetal[]): Promise<readonly Machine[]> => {
    const missing = servers.map(({ id }) => id).filter((id) => networks.get(id) === undefined);
    if (missing.length > 0) {
      const asked = bbc.networks(missing).catch((error: unknown) => {
        logger.debug("the networks of bare metal servers are unknown", { error: errorText(error) });
        return [];
      });
      for (const network of await asked) networks.set(network.bbcId, network);
    }
    return servers.map((server) => machineOfBbc(server, networks.get(server.id)));
  };

  const listBcc = createSnapshot(clock, async () => {
    const vpc = vpcId();
    return (await bcc.list(vpc ? { vpcId: vpc } : {})).map(machineOfBcc);
  });
  const list = createSnapshot(clock, async () => {
    const vpc = vpcId();
    const [servers, metal, ai] = await Promise.all([
      types.has("bcc") ? listBcc() : [],
      types.has("bbc") ? unlessRefused("bbc", bbc.list()).then(withNetworks) : [],
      types.has("hpas") ? unlessRefused("hpas", hpas.list(vpc ? { vpcId: vpc } : {})) : [],
    ]);
    const all = [...servers, ...metal, ...ai.map(machineOfHpas)];
    return vpc ? all.filter((machine) => machine.vpcId === vpc || machine.vpcId === "") : all;
  });

  /** A list that lacks a machine proves nothing: it is asked for by its id, and only the products' own "no such" counts. */
  const confirm = async (id: string, signal: AbortSignal): Promise<Found> => {
    const said: string[] = [];
    const askers: readonly (readonly [MachineType, () => Promise<Machine | undefined>])[] = [
      ["bcc", async () => machineOfBcc(await bcc.get(id, { signal }))],
      ["bbc", async () => (await withNetworks([await bbc.get(id, { signal })]))[0]],
    ];
    for (const [type, ask] of askers) {
      if (!types.has(type)) continue;
      try {
        const machine = await ask();
        if (machine) return { machine };
      } catch (error) {
        if (signal.aborted) throw error;
        if (!isBceError(error, "absent") && (type === "bcc" || !isNotHere(error))) {
          if (isBceError(error, "auth", "permanent")) tellRefused(type, error);
          return { unknown: `${errorText(error)}${refusalRemedy(error, type)}` };
        }
        said.push(errorText(error));
      }
    }
    return said.length > 0
      ? { absent: said.join("; ") }
      : { unknown: `no machine type in the cloud config fits ${id}` };
  };
  const findHpas = async (ids: readonly string[]): Promise<ReadonlyMap<string, Found>> => {
    if (ids.length === 0) return new Map();
    if (!types.has("hpas")) return new Map(ids.map((id) => [id, { unknown: `hpas is not in MachineTypes: ${id}` }]));
    const found = new Map((await hpas.listByIds(ids)).map((one) => [one.hpasId, machineOfHpas(one)]));
    // HPAS has no other word for it than an answer, to this very question, without the machine.
    const answer = (id: string): Found => {
      const machine = found.get(id);
      return machine ? { machine } : { absent: `hpas.list: no machine ${id}` };
    };
    return new Map(ids.map((id) => [id, answer(id)]));
  };
  const findServers = async (ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Found>> => {
    const found = new Map<string, Found>();
    const wanted = new Set(ids);
    const note = (machines: readonly Machine[]) => {
      for (const machine of machines) if (wanted.has(machine.id)) found.set(machine.id, { machine });
    };
    const missing = () => ids.filter((id) => !found.has(id));
    if (types.has("bcc") && ids.length >= LISTING_PAYS_FROM) note(await listBcc());
    if (types.has("bcc") && missing().length > 0) note((await bcc.listByIds(missing(), { signal })).map(machineOfBcc));
    if (types.has("bbc") && missing().length > 0) {
      note(await withNetworks(await unlessRefused("bbc", bbc.listByIds(missing(), { signal }))));
    }
    const doubtful = missing();
    const answers = await mapLimited(doubtful, AT_A_TIME, async (id, index): Promise<Found> => {
      return index < CONFIRMATIONS ? confirm(id, signal) : { unknown: `${id} is in no list, and not asked for yet` };
    });
    for (const [index, id] of doubtful.entries()) found.set(id, answers[index] ?? { unknown: "no answer" });
    return found;
  };

  return {
    list,
    async find(ids, signal) {
      const of = Object.groupBy(ids, (id) => (/^hpas-/.test(id) ? "hpas" : /^i-/.test(id) ? "servers" : "others"));
      const [servers, ai] = await Promise.all([findServers(of.servers ?? [], signal), findHpas(of.hpas ?? [])]);
      const others = (of.others ?? []).map((id): [string, Found] => {
        return [id, { unknown: `"${id}" is no id of a machine that can be asked for (i-…, hpas-…)` }];
      });
      return new Map([...servers, ...ai, ...others]);
    },
  };
}

/** The account has never opened the product, or the region has no such host: there is no machine of ours. */
function isNotHere(error: unknown): boolean {
  if (!isBceError(error)) return false;
  if (error.code === "OptInRequired") return true;
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    // What DNS says of a name that there is not; a server that cannot be asked is EAI_AGAIN.
    if ("code" in cause && cause.code === "ENOTFOUND") return true;
  }
  return false;
}

function refusalRemedy(error: unknown, type: MachineType): string {
  if (!isBceError(error, "auth", "permanent")) return "";
  return `; grant read access to ${type.toUpperCase()}, or leave ${type} out of MachineTypes in the cloud config`;
}
