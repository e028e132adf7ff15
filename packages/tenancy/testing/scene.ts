/** For tests: the controller of tenants over an API in memory, with a cloud that remembers what it was asked. */
import { seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { NAMESPACES, type Namespace, NODES, SERVICE_ACCOUNTS } from "@ccm/kube";
import type { RegistryRobots, TenantCloud } from "../cloud.ts";
import { createTenantController } from "../controller.ts";
import { allInformers, createTenancyInformers } from "../informers.ts";
import { createObserver } from "../observe.ts";
import { plan } from "../plan.ts";
import { type IamGrant, stepText } from "../steps.ts";
import { TENANTS, type Tenant, type TenantSpec } from "../tenant.ts";
import { createMemoryKube, type MemoryKube } from "./memory-kube.ts";

export const OPERATOR_NAMESPACE = "tenant-system";

export function createMemoryCloud() {
  const grants: IamGrant[] = [];
  const calls: string[] = [];
  const state = { broken: false };
  /** Robots, and what they may pull from. */
  const made = new Map<string, string>();
  const at = (grant: IamGrant) =>
    grants.findIndex((one) => one.user === grant.user && one.namespace === grant.namespace);
  const call = (text: string) => {
    calls.push(text);
    if (state.broken) throw new Error("the cloud is down");
  };
  const cloud: TenantCloud = {
    async grantsOf(user) {
      call(`list ${user}`);
      return grants.filter((one) => one.user === user);
    },
    async grant(grant) {
      call(`grant ${grant.role} ${grant.namespace} ${grant.user}`);
      if (at(grant) >= 0) grants.splice(at(grant), 1);
      grants.push(grant);
    },
    async revoke(grant) {
      call(`revoke ${grant.namespace} ${grant.user}`);
      if (at(grant) >= 0) grants.splice(at(grant), 1);
    },
  };
  const robots: RegistryRobots = {
    async login() {
      return JSON.stringify({ auths: { "registry.test": { auth: "cm9ib3Q6c2VjcmV0" } } });
    },
    async keep({ tenant, instanceID, name, project }) {
      call(`robot ${tenant} ${project}`);
      made.set(`${instanceID}/${name}`, project);
    },
    async remove({ tenant, instanceID, name }) {
      call(`end robot ${tenant}`);
      made.delete(`${instanceID}/${name}`);
    },
  };
  return { cloud, robots, grants, made, calls, state };
}

export interface SceneOptions {
  /** Of a process before this one: what there is stays. */
  readonly client?: MemoryKube;
  readonly clock?: VirtualClock;
  readonly robots?: RegistryRobots;
}

export async function createScene(options: SceneOptions = {}) {
  const { client = createMemoryKube(), clock = new VirtualClock() } = options;
  const random = seededRandom("tenants");
  const logger = silentLogger;
  const cloud = createMemoryCloud();
  if (!client.all(NAMESPACES).some(({ metadata }) => metadata.name === OPERATOR_NAMESPACE))
    await client.create(NAMESPACES, { metadata: { name: OPERATOR_NAMESPACE } });
  const informers = createTenancyInformers({ client, clock, random, logger });
  const stop = new AbortController();
  const controller = createTenantController({
    client,
    clock,
    random,
    logger,
    informers,
    operatorNamespace: OPERATOR_NAMESPACE,
    cloud: cloud.cloud,
    robots: options.robots ?? cloud.robots,
  });
  const running = [...allInformers(informers).map((one) => one.run(stop.signal)), controller.run(stop.signal)];
  const observer = createObserver({
    client,
    informers,
    operatorNamespace: OPERATOR_NAMESPACE,
    cloud: cloud.cloud,
    changed: () => {},
    cloudFailed: () => {},
  });
  return {
    client,
    clock,
    cloud,
    /** What the controller would do now. */
    async plan(name: string): Promise<readonly string[]> {
      const tenant = await client.get(TENANTS, { name });
      return plan(await observer.observe(tenant, stop.signal)).steps.map(stepText);
    },
    /** Long enough for everything that follows from a change, and not for what is done every few minutes. */
    settle: () => clock.advance(20_000),
    addTenant: (name: string, spec: TenantSpec, more: Partial<Tenant["metadata"]> = {}) =>
      client.create(TENANTS, { metadata: { name, ...more }, spec }),
    async addNamespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<Namespace> {
      const made = await client.create(NAMESPACES, { metadata: { name, labels } });
      await client.create(SERVICE_ACCOUNTS, { metadata: { name: "default", namespace: name } });
      return made;
    },
    addNode: (name: string, labels: Readonly<Record<string, string>> = {}) =>
      client.create(NODES, { metadata: { name, labels }, spec: {} }),
    editTenant: (name: string, spec: Readonly<Record<string, unknown>>) =>
      client.patch(TENANTS, { name }, { type: "merge", body: { spec } }),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the test is over"));
      await Promise.allSettled(running);
    },
  };
}
