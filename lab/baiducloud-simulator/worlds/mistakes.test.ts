import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { createScene } from "../testing/client.ts";
import { arbitraryWorld } from "./testing/arbitrary-world.ts";
import { readWorld, WorldFileError } from "./world-text.ts";

/** All that is wrong with a file; none when a cloud can begin with it. */
function mistakesOf(text: string): readonly string[] {
  try {
    createScene({ worldFile: readWorld(text, "w.yaml") });
    return [];
  } catch (error) {
    if (!(error instanceof WorldFileError)) throw error;
    return error.mistakes;
  }
}

/** Of a region with this in it. */
const inRegion = (text: string) => mistakesOf(`accounts: [{ id: lab, regions: [{ name: bj, ${text} }] }]`);
const IN_REGION = "w.yaml:1: accounts[0].regions[0]";
const inVpc = (text: string) => inRegion(`vpcs: [{ name: one, cidr: 10.0.0.0/16, ${text} }]`);
const IN_VPC = `${IN_REGION}.vpcs[0]`;
const SUBNET = "name: a, zone: cn-bj-a, cidr: 10.0.0.0/24";

describe("a mistake in a world's file", () => {
  it("is told with all others, each with its line, its place, what was found and what was expected", () => {
    const text = `
accounts:
  - id: lab
    regions:
      - name: BJ
        vpcs:
          - name: one
            cidr: 10.0.0/8
      - name: bj
        vpcs:
          - name: two
            cdir: 10.0.0.0/16
          - name: three
            cidr: 10.0.0.0/16
            subnets:
              - { name: a, zone: cn-gz-a, cidr: 10.0.0.0/24, instances: [{ name: far }] }
              - { name: b, zone: cn-bj-a, cidr: 10.1.0.0/24 }
              - { name: c, zone: cn-bj-a, cidr: 10.0.2.0/24, instances: [{ name: near, status: Runing }] }
              - 7
            loadBalancers:
              - name: web
                subnet: c
                listeners: [{ protocol: TCP, port: "80" }]
                backends: [{ instance: far }, { instance: near }]
`;
    assert.deepEqual(
      mistakesOf(text),
      [
        'w.yaml:5: accounts[0].regions[0].name: found "BJ", expected the short name of a region, such as "bj"',
        'w.yaml:8: accounts[0].regions[0].vpcs[0].cidr: found "10.0.0/8", expected an IPv4 CIDR such as 192.168.0.0/16',
        'w.yaml:12: accounts[0].regions[1].vpcs[0].cdir: is unknown here, the nearest known key is "cidr"',
        "w.yaml:11: accounts[0].regions[1].vpcs[0].cidr: is missing, expected an IPv4 CIDR such as 192.168.0.0/16",
        'w.yaml:16: accounts[0].regions[1].vpcs[1].subnets[0].zone: "cn-gz-a" is not a zone of bj.',
        "w.yaml:17: accounts[0].regions[1].vpcs[1].subnets[1].cidr: 10.1.0.0/24 is not inside the VPC's 10.0.0.0/16.",
        'w.yaml:18: accounts[0].regions[1].vpcs[1].subnets[2].instances[0].status: found "Runing", expected one of Running, Stopped, Expired, Error',
        "w.yaml:19: accounts[0].regions[1].vpcs[1].subnets[3]: found 7, expected a map with id, name, zone, cidr, type, ipv6, description, tags, instances",
        'w.yaml:23: accounts[0].regions[1].vpcs[1].loadBalancers[0].listeners[0].port: found "80", expected a whole number from 1 to 65535',
      ].toSorted((one, other) => Number(one.split(":")[1]) - Number(other.split(":")[1])),
    );
  });

  it("is a reference that means nothing, or too much", () => {
    const instances = "instances: [{ name: node-1 }, { name: twin }, { name: twin }]";
    const found = inVpc(`subnets: [{ ${SUBNET}, ${instances} }], loadBalancers: [{ subnet: b },
      { subnet: a, securityGroups: [web], backends: [{ instance: node-7 }, { instance: twin }] }],
      routes: [{ destination: 172.16.0.0/24, nextHop: gateway }]`);
    assert.deepEqual(
      found,
      [
        `${IN_VPC}.loadBalancers[0].subnet: found "b", expected one of the subnets: the nearest is "a"`,
        `${IN_VPC}.loadBalancers[1].securityGroups[0]: found "web", expected one of the security groups: the nearest is "default"`,
        `${IN_VPC}.loadBalancers[1].backends[0].instance: found "node-7", expected one of the instances: the nearest is "node-1"`,
        `${IN_VPC}.loadBalancers[1].backends[1].instance: found "twin", the name of 2 instances: expected the id of one`,
        `${IN_VPC}.routes[0].nextHop: found "gateway", expected one of the instances: the nearest is "twin"`,
      ].map((line, index) => (index === 0 ? line : line.replace("w.yaml:1:", index === 4 ? "w.yaml:3:" : "w.yaml:2:"))),
    );
    assert.deepEqual(inRegion("eips: [{ boundTo: web }]"), [
      `${IN_REGION}.eips[0].boundTo: found "web", expected one of the instances and load balancers: but there are none here`,
    ]);
  });

  it("is what the cloud itself would refuse: quotas, overlaps, what is taken", () => {
    const full =
      "accounts: [{ id: lab, quotas: { instances: 2 }, regions: [{ name: bj, vpcs: [{ name: a, cidr: 10.0.0.0/16";
    assert.deepEqual(mistakesOf(`${full}, subnets: [{ ${SUBNET}, instances: [{ name: n, count: 3 }] }] }] }] }]`), [
      `${IN_VPC}.subnets[0].instances[0]: The quota of instances is used up.`,
    ]);
    const key = "credentials: { accessKeyId: the-same, secretAccessKey: x }";
    assert.deepEqual(mistakesOf(`accounts: [{ id: a, ${key} }, { id: b, ${key} }]`), [
      "w.yaml:1: accounts[1].credentials: found an accessKeyId that another account has",
    ]);
    const tight = "accounts: [{ id: lab, quotas: { vpcs: 1, eips: 1 }, regions: [{ name: bj, eips: [{}, {}], vpcs: [";
    assert.deepEqual(mistakesOf(`${tight}{ name: a, cidr: 10.0.0.0/16 }, { name: b, cidr: 10.1.0.0/16 }] }] }]`), [
      `${IN_REGION}.vpcs[1]: The quota of VPCs is used up.`,
      `${IN_REGION}.eips[1]: The quota of EIPs is used up.`,
    ]);
    const ids =
      "instances: [{ id: i-same0000, name: a }, { id: i-same0000, name: b }, { name: c, internalIp: 10.0.0.3 }]";
    assert.deepEqual(inVpc(`subnets: [{ ${SUBNET}, ${ids} }, { ${SUBNET} }]`), [
      `${IN_VPC}.subnets[0].instances[1].id: found "i-same0000", which another object has`,
      `${IN_VPC}.subnets[0].instances[2]: 10.0.0.3 is in use.`,
      `${IN_VPC}.subnets[1].cidr: 10.0.0.0/24 overlaps 10.0.0.0/24 of subnet "a".`,
    ]);
    assert.deepEqual(
      inRegion("eips: [{ address: 127.0.9.9 }, { address: 127.0.9.9 }, { address: 8.8.8.8 }]").length,
      2,
    );
    assert.deepEqual(mistakesOf("accounts: [{ id: a }, { id: a }]"), [
      'w.yaml:1: accounts[1].id: found "a", which another one has',
    ]);
  });

  it("is a field that goes with another protocol, or that the protocol wants", () => {
    const listeners =
      "{ protocol: UDP, port: 53, keepSession: true }, { protocol: HTTPS, port: 443 }, { protocol: HTTP, port: 80, scheduler: Hash }";
    assert.deepEqual(inVpc(`subnets: [{ ${SUBNET} }], loadBalancers: [{ subnet: a, listeners: [${listeners}] }]`), [
      `${IN_VPC}.loadBalancers[0].listeners[0].keepSession: is not for listeners of UDP`,
      `${IN_VPC}.loadBalancers[0].listeners[1].certIds: is missing, expected a list`,
      `${IN_VPC}.loadBalancers[0].listeners[2].scheduler: found "Hash", expected one of RoundRobin, LeastConnection, WeightLeastConn`,
    ]);
  });

  it("is told without the keys of an account, also where these are in the wrong place", () => {
    const secret = "5ec2e7".repeat(60);
    for (const text of [
      `accounts: [{ id: a, credentials: ${secret} }]`,
      `accounts: [{ id: a, credentials: { accessKeyId: "${secret}", secretAccessKey: "${secret}" } }]`,
      `accounts: [{ id: a, credentials: { accessKeyId: ${"k".repeat(8)}, secretAccessKey: [${secret}], more: ${secret} } }]`,
      `accounts: [{ id: a, credentials: { secretAccessKey: "${secret}" }: "${secret}" }]`,
      `secretAccessKey: "\\q${secret}"\n  ${secret}: }`,
    ]) {
      const found = mistakesOf(text);
      assert.ok(found.length > 0, text);
      for (const line of found) assert.ok(!line.includes(secret.slice(0, 12)), line);
    }
  });

  it("is that a file is empty, no YAML, or many of them", () => {
    assert.deepEqual(mistakesOf(""), ["w.yaml: accounts: is missing, expected a list"]);
    assert.deepEqual(mistakesOf("accounts: []"), ["w.yaml:1: accounts: is empty, expected one account or more"]);
    assert.deepEqual(mistakesOf('accounts:\n  - id: "a'), ['w.yaml:2: is no YAML: Missing closing "quote']);
    assert.deepEqual(mistakesOf("accounts: 7\n---\naccounts: 7"), [
      "w.yaml:2: is no YAML: Source contains multiple documents",
    ]);
    const bomb = `a: &a [${"x,".repeat(9)}]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\naccounts: [${"*c,".repeat(9)}]`;
    assert.deepEqual(mistakesOf(bomb), ["w.yaml: is no YAML: an alias leads nowhere, or to too much"]);
    assert.equal(mistakesOf("[".repeat(50_000))[0], "w.yaml:1: is no YAML: it is nested too deeply");
  });
});

describe("the reader of worlds", () => {
  const examples = ["three-zones", "tight-quotas"].map((name) =>
    readFileSync(new URL(`../../../examples/worlds/${name}.yaml`, import.meta.url), "utf8"),
  );
  const clear = (text: string): void => {
    for (const line of mistakesOf(text)) assert.match(line, /^w\.yaml:(\d+:)? [^\p{Cc}]+$/u);
  };

  it("answers any text and any bytes with lines, and never fails otherwise", () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => new TextDecoder().decode(array));
    const signs = fc.string({ unit: fc.constantFrom(..."[]{}:-,&*!|>'\"%@#? \n\tab0"), maxLength: 60 });
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), bytes, signs), clear), { numRuns: 200 });
  });

  it("answers any JSON in the place of any part", () => {
    const spoiled = fc.tuple(arbitraryWorld, fc.nat(), fc.jsonValue()).map(([file, place, junk]) => {
      let left = place % Math.max(1, JSON.stringify(file).split(/[:,]/).length);
      const spoil = (value: unknown): unknown => {
        if (left-- === 0) return junk;
        if (Array.isArray(value)) return value.map(spoil);
        if (typeof value !== "object" || value === null) return value;
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spoil(inner)]));
      };
      return stringify(spoil(file));
    });
    fc.assert(fc.property(spoiled, clear), { numRuns: 30 });
  });

  it("answers an example of which a part is cut out, doubled or written over", () => {
    const spoiled = fc
      .tuple(fc.constantFrom(...examples), fc.nat(), fc.nat(30), fc.string({ maxLength: 4 }), fc.boolean())
      .map(([text, place, length, more, twice]) => {
        const from = place % text.length;
        const part = text.slice(from, from + length);
        return text.slice(0, from) + (twice ? part + part : more) + text.slice(from + length);
      });
    fc.assert(fc.property(spoiled, clear), { numRuns: 60 });
  });
});
