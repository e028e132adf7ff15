import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { hasCode, SERVICES, type Service } from "@ccm/kube";
import { EXAMPLE, fetchOnce, type Lab } from "./lab.ts";
import { applyManifest } from "./manifests.ts";

export interface CheckResult {
  readonly ok: boolean;
  readonly nodes: number;
  readonly address: string;
  /** HTTP requests answered through the address. */
  readonly requests: number;
  /** Load balancers, listeners and addresses that exist at the end and did not at the start. */
  readonly leaked: number;
  /** The whole run. */
  readonly seconds: number;
  /** From the processes being up to the Service having its address. */
  readonly secondsToAddress: number;
}

const REQUESTS = 20;
const STEP_LIMIT_MS = 60_000;
const NGINX = { namespace: "default", name: "nginx" };

/** The main job from end to end, as a user would try it. Throws an Error that says what did not happen. */
export async function runCheck(lab: Lab, print: (line: string) => void, startedAt: number): Promise<CheckResult> {
  const upAt = systemClock.monotonic();
  const before = chargeable(lab);
  await applyManifest(lab.client, EXAMPLE);
  const until = (what: string, condition: () => boolean | Promise<boolean>) => waitUntil(lab, what, condition);

  await until("every node is initialised", () => lab.nodes.list().every((node) => node.spec?.providerID));
  await until("the Service has an address", () => addressOf(service(lab)) !== undefined);
  const address = addressOf(service(lab)) ?? "";
  const secondsToAddress = seconds(upAt);
  print(`check: address ${address} after ${secondsToAddress} s`);

  const port = service(lab)?.spec?.ports?.[0]?.port ?? 0;
  const answered = await requestsThrough(lab, `http://${address}:${port}/`);
  print(`check: ${REQUESTS} requests answered by ${[...answered.entries()].map(([n, c]) => `${n} (${c})`).join(", ")}`);
  if (answered.size < 2) throw new Error(`${REQUESTS} requests reached ${answered.size} node(s), expected at least 2`);

  await scalePorts(lab, address, until);
  print("check: ports scaled up and down");

  await lab.client.delete(SERVICES, NGINX);
  await until("the deleted Service is gone, its finalizer with it", () => isGone(lab));
  const leaked = [...chargeable(lab)].filter((id) => !before.has(id));
  if (leaked.length > 0) throw new Error(`left in the cloud after the Service was deleted: ${leaked.join(", ")}`);
  print("check: Service deleted, nothing left in the cloud");

  const nodes = lab.nodes.list().length;
  await loseNode(lab, until);
  print("check: an instance was deleted, its Node and its route are gone");
  return {
    ok: true,
    nodes,
    address,
    requests: REQUESTS,
    leaked: leaked.length,
    seconds: seconds(startedAt),
    secondsToAddress,
  };
}

async function requestsThrough(lab: Lab, url: string): Promise<ReadonlyMap<string, number>> {
  await waitUntil(lab, `${url} answers`, () => fetchOnce(url).then(isAnswer, () => false));
  const answered = new Map<string, number>();
  for (let i = 0; i < REQUESTS; i++) {
    const text = await fetchOnce(url);
    const node = text.split(" ")[0] ?? "";
    if (!isAnswer(text))
      throw new Error(`request ${i + 1} to ${url}: unexpected answer ${JSON.stringify(text.slice(0, 80))}`);
    answered.set(node, (answered.get(node) ?? 0) + 1);
  }
  return answered;
}

/** One port becomes three, then the first two go: the listeners follow, and traffic flows through the new one. */
async function scalePorts(
  lab: Lab,
  address: string,
  until: (what: string, condition: () => boolean | Promise<boolean>) => Promise<void>,
): Promise<void> {
  const first = service(lab)?.spec?.ports?.[0];
  if (!first) throw new Error("the Service has no port");
  const more = [
    { name: "alt", port: 8081, targetPort: 80, protocol: "TCP" as const },
    { name: "udp", port: 8081, targetPort: 80, protocol: "UDP" as const },
  ];
  await setPorts(lab, [first, ...more]);
  await until("three listeners", () => listeners(lab) === `TCP/${first.port} TCP/8081 UDP/8081`);
  await until("the new port answers", () => fetchOnce(`http://${address}:8081/`).then(isAnswer, () => false));
  const kept = service(lab)?.spec?.ports?.find((port) => port.name === "alt");
  await setPorts(lab, kept ? [kept] : []);
  await until("one listener", () => listeners(lab) === "TCP/8081");
  await until("the removed port is closed", () =>
    fetchOnce(`http://${address}:${first.port}/`).then(
      () => false,
      () => true,
    ),
  );
}

async function setPorts(lab: Lab, ports: readonly unknown[]): Promise<void> {
  // A JSON patch replaces the list as a whole; a strategic one would merge it by port number.
  const body = [{ op: "replace", path: "/spec/ports", value: ports }];
  await lab.client.patch(SERVICES, NGINX, { type: "json", body });
}

async function loseNode(
  lab: Lab,
  until: (what: string, condition: () => boolean | Promise<boolean>) => Promise<void>,
): Promise<void> {
  const victim = lab.nodes.list()[0];
  const name = victim?.metadata.name ?? "";
  const instanceId = victim?.spec?.providerID?.replace(/^.*\//, "") ?? "";
  const hasRoute = () => lab.cloud.simulator.inventory().routes.some((route) => route.nexthopId === instanceId);
  await until(`a route to ${name}`, hasRoute);
  lab.cloud.simulator.deleteInstance(instanceId);
  await until(`Node ${name} is gone`, () => lab.nodes.get(name) === undefined);
  await until(`the route to ${name} is gone`, () => !hasRoute());
}

function service(lab: Lab): Service | undefined {
  return lab.services.get(`${NGINX.namespace}/${NGINX.name}`);
}

export function addressOf(service: Service | undefined): string | undefined {
  return service?.status?.loadBalancer?.ingress?.[0]?.ip;
}

function isAnswer(text: string): boolean {
  return text.startsWith("node-");
}

function listeners(lab: Lab): string {
  const { listeners } = lab.cloud.simulator.inventory();
  return listeners
    .map((listener) => `${listener.type}/${listener.port}`)
    .sort()
    .join(" ");
}

/** What costs money or blocks a name when it stays behind. */
function chargeable(lab: Lab): ReadonlySet<string> {
  const { blbs, eips, listeners } = lab.cloud.simulator.inventory();
  return new Set([
    ...blbs.map((blb) => blb.id),
    ...eips.map((eip) => eip.eip),
    ...listeners.map((listener) => `${listener.blbId} ${listener.type}/${listener.port}`),
  ]);
}

async function isGone(lab: Lab): Promise<boolean> {
  try {
    await lab.client.get(SERVICES, NGINX);
    return false;
  } catch (error) {
    if (hasCode(error, "not_found")) return true;
    throw error;
  }
}

async function waitUntil(lab: Lab, what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + STEP_LIMIT_MS;
  let ended: string | undefined;
  void lab.ccm.ended.then((how) => {
    ended = how;
  });
  while (!(await condition())) {
    if (ended) throw new Error(`waiting until ${what}: the cloud controller manager ${ended}\n${lab.ccm.tail()}`);
    if (systemClock.monotonic() > deadline) throw new Error(`waited ${STEP_LIMIT_MS / 1000} s in vain until ${what}`);
    await sleep(systemClock, 50);
  }
}

function seconds(since: number): number {
  return Math.round((systemClock.monotonic() - since) / 100) / 10;
}
