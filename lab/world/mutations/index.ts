import { jsonResponse } from "@ccm/base";
import type { BceClient, WriteOptions } from "@ccm/bce";
import type { InstanceLookup } from "@ccm/cloud-provider";
import { SERVICES } from "@ccm/kube";
import { isCloudRead, pathOf } from "../enumeration/effects.ts";
import type { World } from "../world.ts";
import { type Mutation, replaced } from "./mutation.ts";

export type { Mutation } from "./mutation.ts";

/** Twelve bugs and more, each of which some cloud controller has had. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: "drop-client-token",
    bug: "Each attempt to create sends a token of its own, so that the cloud cannot tell a repetition.",
    scenarios: ["service-create"],
    client: (client) => {
      const fresh = tokens();
      return replaced(client, {
        blb: replaced(client.blb, { create: (spec, options) => client.blb.create(spec, fresh(options)) }),
        eip: replaced(client.eip, { create: (spec, options) => client.eip.create(spec, fresh(options)) }),
      });
    },
  },
  {
    name: "finalizer-early",
    bug: "The finalizer goes when the deletion has begun, not when it is done.",
    scenarios: ["service-delete"],
    provider: (provider) => {
      const { loadBalancers } = provider;
      if (!loadBalancers) return provider;
      const ensureDeleted: typeof loadBalancers.ensureDeleted = async (request) => {
        loadBalancers.ensureDeleted(request).catch(() => {});
        return true;
      };
      return replaced(provider, { loadBalancers: replaced(loadBalancers, { ensureDeleted }) });
    },
  },
  {
    name: "name-only",
    bug: "A load balancer or address of the right name counts as ours, whatever its marks say.",
    scenarios: ["service-create"],
    client: (client, world) =>
      replaced(client, {
        eip: replaced(client.eip, {
          list: async (...args) => {
            const found = await client.eip.list(...args);
            return Promise.all(found.map((eip) => claimed(eip, world)));
          },
        }),
      }),
  },
  {
    name: "forget-mark",
    bug: "What is created does not carry the mark of the Service that it is for.",
    scenarios: ["service-create"],
    client: (client) =>
      replaced(client, {
        blb: replaced(client.blb, {
          create: (spec, options) => client.blb.create({ ...spec, tags: [], desc: "" }, options),
        }),
        eip: replaced(client.eip, { create: (spec, options) => client.eip.create({ ...spec, tags: [] }, options) }),
      }),
  },
  {
    name: "ignore-conflict",
    bug: "A conflict is taken for a success.",
    scenarios: ["service-create", "service-ports"],
    transport: (link, transport) => async (request, options) => {
      const response = await transport(request, options);
      if (link.to !== "cloud" || response.status !== 409) return response;
      return jsonResponse(200, {});
    },
  },
  {
    name: "ignore-failure",
    bug: "A write that failed is taken for done.",
    scenarios: ["service-local-pod-moves"],
    transport: (link, transport) => async (request, options) => {
      const response = await transport(request, options);
      const read = isCloudRead({ method: request.method, path: pathOf(request.url) });
      return link.to === "cloud" && !read && response.status >= 400 ? jsonResponse(200, {}) : response;
    },
  },
  {
    name: "no-wait-for-unbind",
    bug: "An address is released without waiting until it is unbound, and taken for gone whatever the cloud says.",
    scenarios: ["service-delete"],
    client: (client) => {
      const released = new Set<string>();
      return replaced(client, {
        eip: replaced(client.eip, {
          list: async (...args) => (await client.eip.list(...args)).filter(({ eip }) => !released.has(eip)),
          look: async (eip, options) => {
            const found = await client.eip.look(eip, options);
            return found && { ...found, status: "available", instanceId: null };
          },
          release: async (eip, options) => {
            released.add(eip);
            await client.eip.release(eip, options).catch(() => {});
          },
        }),
      });
    },
  },
  {
    name: "no-election",
    bug: "A replica works without having the lease.",
    scenarios: ["service-create"],
    config: { leaderElect: false },
    replicas: 2,
  },
  {
    name: "remove-before-add",
    bug: "Backends are taken out before others are put in.",
    scenarios: ["node-join", "service-listener-settings", "service-create"],
    client: (client) =>
      replaced(client, {
        blb: replaced(client.blb, {
          async addBackends(blbId, backends, options) {
            const there = await client.blb.listBackends(blbId);
            if (there.length > 0) {
              await client.blb.removeBackends(
                blbId,
                there.map(({ instanceId }) => instanceId),
                tokens()(options),
              );
            }
            const all = [
              ...there.map(({ instanceId, weight, desc }) => ({ instanceId, weight, desc: desc ?? "" })),
              ...backends,
            ];
            await client.blb.addBackends(blbId, all, tokens()(options));
          },
        }),
      }),
  },
  {
    name: "absence-at-once",
    bug: "A look-up that fails means that the machine is gone, and the Node is deleted.",
    scenarios: ["cloud-down-node-silent"],
    provider: (provider) => {
      const { instances } = provider;
      if (!instances) return provider;
      const absent: InstanceLookup = { state: "absent", evidence: "the call failed" };
      const sure = (lookup: InstanceLookup): InstanceLookup => (lookup.state === "unknown" ? absent : lookup);
      return replaced(provider, {
        instances: replaced(instances, {
          lookup: (node, signal) => instances.lookup(node, signal).then(sure, () => absent),
          ...(instances.lookupMany
            ? {
                lookupMany: async (nodes, signal) => {
                  const found = await instances.lookupMany?.(nodes, signal).catch(() => nodes.map(() => absent));
                  return (found ?? []).map(sure);
                },
              }
            : {}),
        }),
      });
    },
  },
  {
    name: "status-from-memory",
    bug: "The status shows the address that the Service had before, although it has another one now.",
    scenarios: ["service-recreate", "service-to-internal", "service-to-public"],
    provider: (provider) => {
      const { loadBalancers } = provider;
      if (!loadBalancers) return provider;
      const first = new Map<string, Awaited<ReturnType<typeof loadBalancers.ensure>>["status"]>();
      const ensure: typeof loadBalancers.ensure = async (request) => {
        const result = await loadBalancers.ensure(request);
        const key = request.service.metadata.name ?? "";
        if (result.status && !first.has(key)) first.set(key, result.status);
        return { ...result, status: first.get(key) };
      };
      return replaced(provider, { loadBalancers: replaced(loadBalancers, { ensure }) });
    },
  },
  {
    name: "all-routes-ours",
    bug: "Every rule of the route table counts as ours.",
    scenarios: ["route-conflict"],
    client: (client) =>
      replaced(client, {
        vpc: replaced(client.vpc, {
          listRouteRules: async (...args) => {
            const rules = await client.vpc.listRouteRules(...args);
            return rules.map((rule) => ({ ...rule, description: "auto generated by cce:cce-world" }));
          },
        }),
      }),
  },
  {
    name: "write-on-restart",
    bug: "After a restart everything is written again, changed or not.",
    scenarios: ["service-create"],
    client: (client) => {
      const written = new Set<string>();
      return replaced(client, {
        blb: replaced(client.blb, {
          list: async (...args) => {
            const found = await client.blb.list(...args);
            for (const { blbId, name } of found) {
              if (written.has(blbId) || !name.startsWith("CCE/SVC/")) continue;
              written.add(blbId);
              await client.blb.update(blbId, { name }, { clientToken: `again ${blbId}` });
            }
            return found;
          },
        }),
      });
    },
  },
];

/** Throws a RangeError for a name that is none. */
export function mutationNamed(name: string): Mutation {
  const found = MUTATIONS.find((mutation) => mutation.name === name);
  if (found) return found;
  throw new RangeError(`mutation "${name}": expected one of ${MUTATIONS.map((one) => one.name).join(", ")}`);
}

/** Options with a token that no attempt before had. */
function tokens(): (options: WriteOptions) => WriteOptions {
  let count = 0;
  return (options) => ({ ...options, clientToken: `${options.clientToken.slice(0, 40)}-${++count}` });
}

async function claimed<T extends Awaited<ReturnType<BceClient["eip"]["list"]>>[number]>(
  eip: T,
  world: World,
): Promise<T> {
  const [, namespace = "", name = ""] = /^CCE\/SVC\/cce-world\/([^/]+)\/(.+)$/.exec(eip.name) ?? [];
  if (name === "") return eip;
  const uid = await world.client.get(SERVICES, { namespace, name }).then(
    ({ metadata }) => metadata.uid ?? "",
    () => "",
  );
  if (uid === "") return eip;
  const tagValue = `cce-world/Service/UID/${uid}`;
  return {
    ...eip,
    tags: [
      { tagKey: "cce-created", tagValue },
      { tagKey: "cce-resource-name", tagValue },
    ],
  };
}
