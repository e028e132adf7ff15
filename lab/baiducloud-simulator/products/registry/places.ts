import { cidrContains, parseCidr, parseIp } from "@ccm/base";
import type { Account } from "../../account.ts";
import type { World } from "../../world.ts";
import { PERSONAL } from "../ccr/personal.ts";
import { type RegistryInstance, registriesOf } from "../ccr/records.ts";
import { denied, RegistryError } from "./errors.ts";

/** One registry: an instance, or the personal edition of an account (instance ""). */
export interface Registry {
  readonly account: Account;
  readonly instanceId: string;
}

const INSTANCE_HOST = /^(ccr-[a-z0-9]{8})-(pub|vpc)\.cnc\.([a-z]+)\.baidubce\.com$/;
const PERSONAL_HOSTS = ["registry.baidubce.com", "hub.baidubce.com"];

/** Whether docker, and not the API, is spoken at a host. */
export function isRegistryHost(host = ""): boolean {
  const name = nameOf(host);
  return INSTANCE_HOST.test(name) || PERSONAL_HOSTS.includes(name);
}

export function sameRegistry(a: Registry, b: Registry): boolean {
  return a.account.id === b.account.id && a.instanceId === b.instanceId;
}

/**
 * The registries that a request to this host may mean; more than one where the credential has to tell. At a host that is
 * not the cloud's (loopback) that is every registry of every account, whatever its network says: the lab's own door.
 */
export function registriesAt(world: World, host: string, client: string): readonly Registry[] {
  const name = nameOf(host);
  const accounts = world.accountIds.map((id) => world.account(id));
  const personal = accounts.map((account) => ({ account, instanceId: PERSONAL }));
  if (PERSONAL_HOSTS.includes(name)) return personal;
  const instances = accounts.flatMap((account) =>
    registriesOf(account)
      .all()
      .filter(({ status }) => status !== "Creating")
      .map((instance) => ({ account, instance })),
  );
  const [, id, door, region] = INSTANCE_HOST.exec(name) ?? [];
  if (id === undefined) {
    const all = instances.map(({ account, instance }) => ({ account, instanceId: instance.id }));
    return [...all, ...personal];
  }
  const found = instances.find(({ instance }) => instance.id === id && instance.region === region);
  if (!found) throw new RegistryError(404, "NOT_FOUND", `there is no registry at ${name}`);
  if (door === "pub") checkPublic(found.instance, client);
  else if (found.instance.privateLinks.length === 0) throw denied(`registry ${id} is linked into no VPC`);
  return [{ account: found.account, instanceId: id }];
}

/** An empty list lets everybody in. */
function checkPublic({ id, publicOpen, whitelist }: RegistryInstance, client: string): void {
  if (!publicOpen) throw denied(`registry ${id} is closed to the internet`);
  const address = parseIp(client);
  const isIn = ({ ipAddr }: { readonly ipAddr: string }): boolean => {
    const range = parseCidr(ipAddr.includes("/") ? ipAddr : `${ipAddr}/32`);
    return address !== undefined && range !== undefined && cidrContains(range, address);
  };
  if (whitelist.length > 0 && !whitelist.some(isIn)) throw denied(`registry ${id} does not let ${client} in`);
}

function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "");
}
