import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Service } from "@ccm/kube";
import { newService } from "../testing/harness.ts";
import {
  ANNOTATION_SOURCE_RANGES,
  allowsAll,
  frontendsOf,
  healthCheckOf,
  isOnlyLocal,
  needsHealthCheck,
  parseNodeSelector,
  sourceRangesOf,
} from "./provider-helpers.ts";

const annotated = (value: string) => newService("web", {}, { annotations: { [ANNOTATION_SOURCE_RANGES]: value } });
const listed = (value: string) => newService("web", { loadBalancerSourceRanges: value.split(",") });
/** In the annotation, and split at commas in the spec. */
const bothWays = (value: string): readonly Service[] => [annotated(value), listed(value)];
const texts = (service: Service) => sourceRangesOf(service).map(({ text }) => text);

describe("source ranges", () => {
  const bad: readonly (readonly [id: string, value: string])[] = [
    ["HS-253: (HS01) a prefix that is too long", "10.0.0.1/33"],
    ["HS-254: (HS02) a name", "foo.bar"],
    ["HS-255: (HS03) a range and a star", "10.0.0.1/32,*"],
    ["HS-256: (HS04) an empty entry at the end", "10.0.0.1/32,"],
    ["HS-257: (HS05) a blank entry at the end", "10.0.0.1/32, "],
    ["HS-258: (HS06) an address without a prefix", "10.0.0.1"],
  ];
  for (const [id, value] of bad) {
    it(`${id} is refused, both ways`, () => {
      for (const service of bothWays(value)) {
        assert.throws(() => sourceRangesOf(service), { code: "permanent", message: /is no range: expected a CIDR/ });
      }
    });
  }

  const good: readonly (readonly [id: string, value: string, expected: readonly string[]])[] = [
    ["HS-259: (HS07) one range", "192.168.0.1/32", ["192.168.0.1/32"]],
    ["HS-260: (HS08) the same range twice is one", "192.168.0.1/32,192.168.0.1/32", ["192.168.0.1/32"]],
    ["HS-261: (HS09) two ranges", "192.168.0.1/32,192.168.0.2/32", ["192.168.0.1/32", "192.168.0.2/32"]],
    ["HS-262: (HS10) blanks around two", "  192.168.0.1/32 , 192.168.0.2/32 ", ["192.168.0.1/32", "192.168.0.2/32"]],
  ];
  for (const [id, value, expected] of good) {
    it(`${id}, both ways`, () => {
      for (const service of bothWays(value)) assert.deepEqual(texts(service), expected);
    });
  }
  it("HS-263: (HS11) that nobody gave are all of IPv4", () =>
    assert.deepEqual(texts(newService("web")), ["0.0.0.0/0"]));
  it("HS-264: (HS12) of an empty annotation are all of IPv4", () =>
    assert.deepEqual(texts(annotated("")), ["0.0.0.0/0"]));

  const all: readonly (readonly [id: string, value: string, expected: boolean])[] = [
    ["HS-265: (HS13) one address does not allow all", "10.0.0.1/32", false],
    ["HS-266: (HS14) nor do two", "10.0.0.1/32,10.0.0.2/32", false],
    ["HS-267: (HS15) nor one twice", "10.0.0.1/32,10.0.0.1/32", false],
    ["HS-268: (HS16) all of IPv4 does", "0.0.0.0/0", true],
    ["HS-269: (HS17) so does an address with no bits kept", "192.168.0.0/0", true],
    ["HS-270: (HS18) and one of two is enough", "192.168.0.1/32,0.0.0.0/0", true],
  ];
  for (const [id, value, expected] of all) {
    it(id, () => assert.equal(allowsAll(sourceRangesOf(annotated(value))), expected));
  }
  it("of IPv6 are written the shortest way, and all of it is not all of IPv4", () => {
    const ranges = sourceRangesOf(annotated("2001:DB8:0:0:1::5/64, ::/0, fd00::1/128, 1:0:0:2:0:0:0:3/128"));
    assert.deepEqual(
      ranges.map(({ text }) => text),
      ["2001:db8::/64", "::/0", "fd00::1/128", "1:0:0:2::3/128"],
    );
    assert.equal(allowsAll(ranges), false);
  });
  it("of the spec go before those of the annotation", () => {
    const both = annotated("10.0.0.0/8");
    const service = { ...both, spec: { ...both.spec, loadBalancerSourceRanges: ["192.0.2.7/24"] } };
    assert.deepEqual(texts(service), ["192.0.2.0/24"]);
  });
});

describe("traffic policy", () => {
  type Spec = NonNullable<Service["spec"]>;
  const of = (type?: NonNullable<Spec["type"]>, policy?: NonNullable<Spec["externalTrafficPolicy"]>): Service => ({
    metadata: { name: "web" },
    spec: { ...(type ? { type } : {}), ...(policy ? { externalTrafficPolicy: policy } : {}) },
  });
  const local: readonly (readonly [id: string, service: Service, expected: boolean])[] = [
    ["HS-271: (HS19) an empty Service is not only local", of(), false],
    ["HS-272: (HS20) nor is a ClusterIP", of("ClusterIP"), false],
    ["HS-273: (HS21) nor a NodePort without a policy", of("NodePort"), false],
    ["HS-274: (HS22) nor a NodePort with policy Cluster", of("NodePort", "Cluster"), false],
    ["HS-275: (HS23) a NodePort with policy Local is", of("NodePort", "Local"), true],
    ["HS-276: (HS24) a load balancer with policy Cluster is not", of("LoadBalancer", "Cluster"), false],
    ["HS-277: (HS25) a load balancer with policy Local is", of("LoadBalancer", "Local"), true],
  ];
  for (const [id, service, expected] of local) it(id, () => assert.equal(isOnlyLocal(service), expected));

  const checked: readonly (readonly [id: string, service: Service, expected: boolean])[] = [
    ["HS-278: (HS26) a ClusterIP needs no health check", of("ClusterIP"), false],
    ["HS-279: (HS27) nor does a NodePort with policy Cluster", of("NodePort", "Cluster"), false],
    ["HS-280: (HS28) nor one with policy Local", of("NodePort", "Local"), false],
    ["HS-281: (HS29) nor a load balancer with policy Cluster", of("LoadBalancer", "Cluster"), false],
    ["HS-282: (HS30) a load balancer with policy Local does", of("LoadBalancer", "Local"), true],
  ];
  for (const [id, service, expected] of checked) it(id, () => assert.equal(needsHealthCheck(service), expected));

  it("says where health is asked, when it is needed and a port was given out", () => {
    const withPort = (service: Service, healthCheckNodePort: number): Service => ({
      ...service,
      spec: { ...service.spec, healthCheckNodePort },
    });
    const wanted = of("LoadBalancer", "Local");
    assert.deepEqual(healthCheckOf(withPort(wanted, 30123)), { path: "/healthz", port: 30123 });
    assert.equal(healthCheckOf(wanted), undefined);
    assert.equal(healthCheckOf(withPort(of("LoadBalancer", "Cluster"), 30123)), undefined);
  });
});

describe("frontends", () => {
  const dual = (ipFamilyPolicy: string) => newService("web", { ipFamilies: ["IPv6", "IPv4"], ipFamilyPolicy });
  it("come in the order the Service wants them", () => {
    const { build, missing } = frontendsOf(dual("RequireDualStack"), ["IPv4", "IPv6"]);
    assert.deepEqual([build, missing], [["IPv6", "IPv4"], []]);
  });
  it("that the cloud has not are missing when required, and not when only preferred", () => {
    assert.deepEqual(frontendsOf(dual("RequireDualStack"), ["IPv4"]), { build: ["IPv4"], missing: ["IPv6"] });
    assert.deepEqual(frontendsOf(dual("PreferDualStack"), ["IPv4"]), { build: ["IPv4"], missing: [] });
    const none = { build: [], missing: ["IPv6", "IPv4"] };
    assert.deepEqual(frontendsOf(dual("PreferDualStack"), []), none, "one of the two must be there");
    const single = newService("web", { ipFamilies: ["IPv6"], ipFamilyPolicy: "SingleStack" });
    assert.deepEqual(frontendsOf(single, ["IPv4"]), { build: [], missing: ["IPv6"] });
  });
  it("are IPv4 when the Service does not say", () => {
    assert.deepEqual(frontendsOf(newService("web"), ["IPv4", "IPv6"]), { build: ["IPv4"], missing: [] });
  });
});

describe("a node selector of an annotation", () => {
  it("is read as labels, with blanks around them and keys without a value", () => {
    assert.deepEqual(parseNodeSelector(" pool = edge, gpu ,zone=a=b,"), { pool: "edge", gpu: "", zone: "a=b" });
    assert.deepEqual(parseNodeSelector(""), {});
  });
});
