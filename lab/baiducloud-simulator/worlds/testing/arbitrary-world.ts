import fc from "fast-check";

/** Files of worlds that are right, with all that a file can say. */

type Part = Readonly<Record<string, unknown>>;

/** Names of which some are the same, and some are hard for YAML. */
const name = fc.constantFrom("web", "node", "node-1", "节点", "a: b", "yes", "1e3", "#x", "- y", "i-aaaaaaaa");
const text = fc.constantFrom("plain", "two\nlines", "'quoted'", "{}");
const tags = fc.uniqueArray(fc.record({ tagKey: fc.constantFrom("a", "b"), tagValue: fc.constantFrom("1", "x y") }), {
  selector: ({ tagKey }) => tagKey,
});
const letters = fc.string({
  unit: fc.constantFrom(..."0123456789abcdefghijklmnopqrstuvwxyz"),
  minLength: 8,
  maxLength: 8,
});

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const instance = fc.record(
  {
    name,
    product: fc.constantFrom("bcc", "bbc", "hpas"),
    spec: fc.constantFrom("bcc.g5.c2m8", "bcc.gn5.c8m36.1p4", "of-my-own"),
    host: fc.constant("127.0.0.1"),
    ipv6: fc.boolean(),
    status: fc.constantFrom("Running", "Stopped", "Expired", "Error"),
    inCluster: fc.boolean(),
    description: text,
    tags,
  },
  { requiredKeys: ["name"] },
);
const copies = fc.record({ name: fc.constantFrom("copy", "other"), count: fc.integer({ min: 1, max: 4 }) });

const listener = fc.oneof(
  fc.record(
    {
      protocol: fc.constant("TCP"),
      port: fc.integer({ min: 1, max: 65535 }),
      backendPort: fc.integer({ min: 1, max: 65535 }),
      scheduler: fc.constantFrom("RoundRobin", "LeastConnection", "WeightLeastConn", "Hash"),
      healthCheckInterval: fc.integer({ min: 1, max: 10 }),
      tcpSessionTimeout: fc.integer({ min: 10, max: 4000 }),
    },
    { requiredKeys: ["protocol", "port"] },
  ),
  fc
    .record(
      {
        protocol: fc.constantFrom("HTTP", "HTTPS"),
        port: fc.integer({ min: 1, max: 65535 }),
        keepSession: fc.boolean(),
        healthCheckURI: fc.constantFrom("/", "/healthz"),
        xForwardFor: fc.boolean(),
      },
      { requiredKeys: ["protocol", "port"] },
    )
    .map((one) => (one.protocol === "HTTPS" ? { ...one, certIds: ["cert-1"] } : one)),
  fc.record({
    protocol: fc.constant("UDP"),
    port: fc.integer({ min: 1, max: 65535 }),
    healthCheckString: fc.constant("ping"),
  }),
);
const listeners = fc.uniqueArray(listener, { selector: ({ port }) => port, maxLength: 4 });

const eip = fc.record(
  {
    name: fc.constantFrom("eip", "address", "x"),
    ipVersion: fc.constantFrom("ipv4", "ipv6"),
    bandwidthInMbps: fc.integer({ min: 1, max: 1000 }),
    billingMethod: fc.constantFrom("ByTraffic", "ByBandwidth"),
    routeType: fc.constantFrom("BGP", "BGP_S"),
    deleteProtect: fc.boolean(),
    tags,
  },
  { requiredKeys: [] },
);

/** One VPC, the `index`th of its region. What refers to others does so by the ids of those that have one. */
const vpc = (index: number, region: string) =>
  fc
    .record({
      id: maybe(letters),
      name,
      description: maybe(text),
      tags: maybe(tags),
      ipv6: fc.boolean(),
      secondaryCidrs: fc.constantFrom(undefined, [`172.${16 + index}.0.0/16`]),
      isDefault: fc.boolean(),
      subnets: fc.uniqueArray(
        fc.record({
          id: letters,
          name,
          zone: fc.constantFrom("a", "b"),
          ipv6: fc.boolean(),
          items: fc.array(instance, { maxLength: 3 }),
          copies: maybe(copies),
        }),
        { selector: ({ id }) => id, minLength: 1, maxLength: 3 },
      ),
      ids: fc.uniqueArray(letters, { minLength: 12, maxLength: 12 }),
      groups: fc.uniqueArray(fc.constantFrom("default", "web", "组", "db"), { maxLength: 3 }),
      rules: fc.array(fc.tuple(fc.constantFrom("ingress", "egress"), fc.nat(2), fc.integer({ min: 1, max: 9 })), {
        maxLength: 4,
      }),
      balancers: fc.array(
        fc.record({
          ipVersion: fc.constantFrom("ipv4", "dual", "ipv6"),
          allowDelete: fc.boolean(),
          listeners,
          weights: fc.array(fc.nat(100), { maxLength: 3 }),
          grouped: fc.boolean(),
        }),
        { maxLength: 2 },
      ),
      routes: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
    })
    .map(({ id, subnets, ids, groups, rules, balancers, routes, isDefault, ...more }): Part => {
      let next = 0;
      const machines: { id: string; hpas: boolean }[] = [];
      const zones = subnets.map(({ id: subnetId, zone, items, copies: several, ipv6, ...subnet }, place) => ({
        ...subnet,
        id: `sbn-${index}${subnetId}`,
        ipv6: ipv6 && more.ipv6,
        zone: `cn-${region}-${zone}`,
        cidr: `10.${index}.${place}.0/24`,
        instances: [
          ...items.map((item) => {
            const hpas = item.product === "hpas";
            const own = `${hpas ? "hpas" : "i"}-${index}${ids[next++]}`;
            machines.push({ id: own, hpas });
            return { ...item, id: own, ...(groups[0] ? { securityGroups: [groups[0]] } : {}) };
          }),
          ...(several ? [{ ...several, name: `${several.name}-${place}` }] : []),
        ],
      }));
      const pairs = [...new Map(rules.map((rule) => [rule.slice(0, 2).join(), rule])).values()];
      return {
        ...more,
        ...(id === undefined ? {} : { id: `vpc-${index}${id}` }),
        cidr: `10.${index}.0.0/16`,
        default: isDefault && index === 0,
        subnets: zones,
        securityGroups: groups.map((group) => ({
          name: group,
          rules: pairs.map(([direction, from, port]) => ({
            direction,
            protocol: "tcp",
            portRange: String(port),
            ...(direction === "ingress"
              ? groups[from]
                ? { sourceGroup: groups[from] }
                : { sourceIp: `10.9.${from}.0/24` }
              : { destIp: `10.8.${from}.0/24` }),
          })),
        })),
        loadBalancers: balancers.map(({ weights, grouped, ...balancer }, place) => ({
          ...balancer,
          name: `lb-of-${place}`,
          subnet: zones[0]?.id,
          ...(grouped ? { securityGroups: groups } : {}),
          backends: weights.slice(0, machines.length).map((weight, at) => ({ instance: machines[at]?.id, weight })),
        })),
        routes: routes.flatMap((block) => {
          const hop = machines[block % (machines.length || 1)];
          return hop ? [{ destination: `192.168.${block}.0/24`, nextHop: hop.id }] : [];
        }),
      };
    });

const region = (regionName: string) =>
  fc
    .record({
      first: vpc(0, regionName),
      second: vpc(1, regionName),
      count: fc.nat(2),
      eips: fc.array(eip, { maxLength: 4 }),
      bound: fc.boolean(),
    })
    .map(({ first, second, count, eips, bound }): Part => {
      const vpcs = [first, second].slice(0, count);
      const [balancer] = vpcs.length === 1 ? (first.loadBalancers as readonly Part[]) : [];
      return {
        name: regionName,
        vpcs,
        eips: eips.map((one, index) => (bound && balancer && index === 0 ? { ...one, boundTo: balancer.name } : one)),
      };
    });

export const arbitraryWorld: fc.Arbitrary<Part> = fc
  .record({
    lab: region("bj"),
    far: maybe(region("gz")),
    // Ids are unique in all of a world: this account has none of the parts that have them.
    other: maybe(fc.array(eip, { maxLength: 2 })),
    quotas: fc.constantFrom(undefined, { blbs: 77, vpcs: 8 }),
  })
  .map(({ lab, far, other, quotas }) => ({
    accounts: [
      { id: "first", quotas, regions: far ? [lab, far] : [lab] },
      ...(other ? [{ id: "second", regions: [{ name: "su", eips: other }] }] : []),
    ],
  }));
