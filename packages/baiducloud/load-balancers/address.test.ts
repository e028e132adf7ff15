import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inLab, type Lab, OWN, PREFIX, problemsOf } from "./testing/lab.ts";

const EIP = `${PREFIX}cce-elastic-ip-`;
const INTERNAL = `${PREFIX}cce-load-balancer-internal-vpc`;

const eips = (lab: Lab) => lab.simulator.inventory().eips;
const listed = (lab: Lab) => lab.during(lab.console.eip.list());
const ips = (status: { readonly ingress?: readonly { readonly ip?: string }[] } | undefined) =>
  (status?.ingress ?? []).map(({ ip }) => ip);
/** An address of the user's. */
const own = async (lab: Lab, name = "mine") => {
  const billing = { paymentTiming: "Postpaid", billingMethod: "ByTraffic" } as const;
  const { eip } = await lab.during(lab.console.eip.create({ name, bandwidthInMbps: 1, billing }, lab.token()));
  await lab.clock.advance(5000);
  return eip;
};

describe("the public address of a Service", () => {
  it("row 21: is made once, with the name, the tags, the billing and 200 Mbps, also when the first attempt is cut off", () =>
    inLab(async (lab) => {
      await lab.apply("web", { annotations: { [`${EIP}name`]: "web-ip" } });
      const asked = lab.loadBalancers.ensure({
        clusterName: "lab",
        service: await lab.get("web"),
        nodes: [],
        signal: new AbortController().signal,
      });
      assert.ok(await lab.clock.advanceUntil(() => eips(lab).length === 1, 60_000));
      lab.restart();
      await lab.during(asked.catch(() => {}));
      await lab.ensure("web");
      const [eip, ...more] = await listed(lab);
      assert.deepEqual(more, []);
      assert.equal(eip?.name, "web-ip");
      assert.deepEqual([eip?.bandwidthInMbps, eip?.paymentTiming, eip?.billingMethod], [200, "Postpaid", "ByTraffic"]);
      assert.ok(eip?.tags?.some(({ tagKey }) => tagKey === "cce-created"));
    }));
  it("row 21: has the bandwidth of the cloud config when the Service says nothing", () =>
    inLab(
      async (lab) => {
        await lab.apply("web");
        await lab.ensure("web");
        assert.equal((await listed(lab))[0]?.bandwidthInMbps, 30);
      },
      { defaults: { bandwidthMbps: 30 } },
    ));
  it("row 21: is the one that spec.loadBalancerIP names: bound, exchanged, unbound, never released", () =>
    inLab(async (lab) => {
      const [first, second] = [await own(lab, "first"), await own(lab, "second")];
      await lab.apply("web", { spec: { loadBalancerIP: first } });
      assert.deepEqual(ips((await lab.ensure("web")).status), [first]);
      await lab.apply("web", { spec: { loadBalancerIP: second } });
      assert.deepEqual(ips((await lab.ensure("web")).status), [second]);
      await lab.remove("web");
      assert.deepEqual(
        eips(lab)
          .map(({ eip, status }) => `${eip} ${status}`)
          .sort(),
        [`${first} available`, `${second} available`].sort(),
      );
    }));
  it("row 21: that is named and in use elsewhere is not taken away, and one that does not exist is told", () =>
    inLab(async (lab) => {
      const mine = await own(lab);
      await lab.apply("a", { spec: { loadBalancerIP: mine } });
      await lab.ensure("a");
      await lab.apply("b", { spec: { loadBalancerIP: mine } });
      assert.match(
        problemsOf(await lab.ensure("b"), "AddressInUse")[0] ?? "",
        /is bound to BLB lb-.*: unbind it first/,
      );
      await lab.apply("c", { spec: { loadBalancerIP: "203.0.113.250" } });
      assert.deepEqual((await lab.ensure("c")).reasons, ["AddressNotFound"]);
      assert.equal(eips(lab).length, 1);
    }));
  it("row 21: goes when the Service becomes internal, and comes when it becomes public again", () =>
    inLab(async (lab) => {
      await lab.apply("web");
      assert.match(ips((await lab.ensure("web")).status)[0] ?? "", /^127\.100\./);
      await lab.apply("web", { annotations: { [INTERNAL]: "true" } });
      assert.match(ips((await lab.ensure("web")).status)[0] ?? "", /^192\.168\./);
      assert.deepEqual(eips(lab), []);
      await lab.apply("web", { annotations: { [INTERNAL]: null } });
      assert.match(ips((await lab.ensure("web")).status)[0] ?? "", /^127\.100\./);
      await lab.remove("web");
      assert.deepEqual(eips(lab), []);
    }));
  it("row 21: is resized in place, and only when the Service says so", () =>
    inLab(async (lab) => {
      await lab.apply("web");
      await lab.ensure("web");
      const [before] = await listed(lab);
      await lab.during(lab.console.eip.resize(before?.eip ?? "", 7, lab.token()));
      await lab.clock.advance(5000);
      await lab.ensure("web");
      assert.equal((await listed(lab))[0]?.bandwidthInMbps, 7, "nobody said otherwise");
      await lab.apply("web", { annotations: { [`${EIP}bandwidth-in-mbps`]: "50" } });
      await lab.ensure("web");
      assert.deepEqual(
        (await listed(lab)).map(({ eip, bandwidthInMbps }) => [eip, bandwidthInMbps]),
        [[before?.eip, 50]],
      );
    }));
  it("row 21: keeps its payment and billing, which is told, while its bandwidth follows", () =>
    inLab(async (lab) => {
      await lab.apply("web");
      await lab.ensure("web");
      const annotations = { [`${EIP}billing-method`]: "ByBandwidth", [`${EIP}bandwidth-in-mbps`]: "20" };
      await lab.apply("web", { annotations });
      assert.match(
        problemsOf(await lab.ensure("web"), "BillingNotChangeable")[0] ?? "",
        /is Postpaid ByTraffic, wanted is Postpaid ByBandwidth: the cloud cannot change that/,
      );
      const [eip] = await listed(lab);
      assert.deepEqual([eip?.billingMethod, eip?.bandwidthInMbps], ["ByTraffic", 20]);
    }));
  it("row 21: that is prepaid stays, unbound, and users are told", () =>
    inLab(async (lab) => {
      await lab.apply("web", {
        annotations: { [`${EIP}payment-timing`]: "Prepaid", [`${EIP}reservation-length`]: "12" },
      });
      await lab.ensure("web");
      await lab.remove("web");
      assert.deepEqual(lab.simulator.inventory().blbs, []);
      assert.deepEqual(
        eips(lab).map(({ status }) => status),
        ["available"],
      );
      assert.match(
        lab.told.join("\n"),
        /AddressKept: EIP .* as it is prepaid and cannot be released before its term ends/,
      );
    }));
});

describe("what else an address can be", () => {
  it("row 22: of a route type, tagged, protected, in a resource group", () =>
    inLab(async (lab) => {
      const annotations = {
        [`${OWN}eip-route-type`]: "BGP_S",
        [`${OWN}tags`]: "team=web",
        [`${OWN}eip-deletion-protection`]: "true",
        [`${OWN}resource-group-id`]: "RESG-1",
        [`${EIP}billing-method`]: "ByBandwidth",
      };
      await lab.apply("web", { annotations });
      assert.deepEqual((await lab.ensure("web")).problems, []);
      const [eip] = await listed(lab);
      assert.deepEqual([eip?.routeType, eip?.deleteProtect], ["BGP_S", true]);
      assert.ok(eip?.tags?.some(({ tagKey, tagValue }) => tagKey === "team" && tagValue === "web"));
      await lab.apply("web", { annotations: { [`${OWN}tags`]: "team=api" } });
      await lab.ensure("web");
      assert.ok((await listed(lab))[0]?.tags?.some(({ tagKey, tagValue }) => tagKey === "team" && tagValue === "api"));
      await lab.remove("web");
      assert.deepEqual(eips(lab), [], "our own protection does not keep it");
    }));
  it("row 22: protected by somebody else, and then it stays", () =>
    inLab(async (lab) => {
      await lab.apply("web");
      await lab.ensure("web");
      await lab.during(lab.console.eip.protect(eips(lab)[0]?.eip ?? "", true, lab.token()));
      await lab.remove("web");
      assert.equal(eips(lab).length, 1);
      assert.match(lab.told.join("\n"), /AddressKept: .* as somebody protected it against release/);
    }));
  it("row 22: in a shared bandwidth group, whose bandwidth is not its own", () =>
    inLab(async (lab) => {
      await lab.apply("web", { annotations: { [`${OWN}eip-bandwidth-group-id`]: "eg-1" } });
      assert.deepEqual((await lab.ensure("web")).problems, []);
      assert.equal((await listed(lab))[0]?.shareGroupId, "eg-1");
      await lab.apply("web", {
        annotations: { [`${OWN}eip-bandwidth-group-id`]: "eg-2", [`${EIP}bandwidth-in-mbps`]: "5" },
      });
      assert.deepEqual((await lab.ensure("web")).reasons, ["BandwidthShared"]);
      assert.equal((await listed(lab))[0]?.shareGroupId, "eg-2");
      await lab.remove("web");
      assert.deepEqual(eips(lab), []);
    }));
});

describe("a Service with IPv6", () => {
  const status = async (lab: Lab, name: string) => (await lab.ensure(name)).status?.ingress ?? [];

  it("row 30: and IPv4 has an address of each, in its order, and loses the second one with the family", () =>
    inLab(async (lab) => {
      await lab.apply("web", { spec: { ipFamilies: ["IPv4", "IPv6"] } });
      const [four, six] = await status(lab, "web");
      assert.match(four?.ip ?? "", /^127\./);
      assert.match(six?.ip ?? "", /^2400:/);
      await lab.apply("web", { spec: { ipFamilies: ["IPv4"] } });
      assert.deepEqual(
        (await status(lab, "web")).map(({ ip }) => ip),
        [four?.ip],
      );
      assert.deepEqual(
        eips(lab).map(({ eip }) => eip),
        [four?.ip],
      );
      assert.equal((await lab.during(lab.console.blb.list()))[0]?.ipv6, undefined);
    }));
  it("row 30: that is internal has the load balancer's own", () =>
    inLab(async (lab) => {
      const spec = { ipFamilies: ["IPv4" as const, "IPv6" as const] };
      await lab.apply("web", { spec, annotations: { [INTERNAL]: "true" } });
      const [four, six] = await status(lab, "web");
      assert.match(four?.ip ?? "", /^192\.168\./);
      assert.match(six?.ip ?? "", /^fd00:/);
      await lab.remove("web");
      assert.deepEqual(lab.simulator.inventory().blbs, []);
    }));
  it("row 30: alone has an IPv6 load balancer, found again among those, and gone with it", () =>
    inLab(async (lab) => {
      await lab.apply("web", { spec: { ipFamilies: ["IPv6"] } });
      const [six, ...more] = await status(lab, "web");
      assert.match(six?.ip ?? "", /^2400:/);
      assert.deepEqual(more, []);
      lab.restart();
      lab.calls.length = 0;
      assert.deepEqual((await lab.ensure("web")).problems, []);
      assert.deepEqual(
        lab.calls.filter((call) => !call.startsWith("GET")),
        [],
        "a second look changes nothing",
      );
      await lab.remove("web");
      assert.deepEqual([lab.simulator.inventory().blbs, eips(lab)], [[], []]);
    }));
  it("row 30: says how traffic from inside must go", () =>
    inLab(async (lab) => {
      await lab.apply("plain");
      assert.equal((await status(lab, "plain"))[0]?.ipMode, undefined);
      await lab.apply("proxied", { annotations: { [`${OWN}ip-mode`]: "Proxy" } });
      assert.equal((await status(lab, "proxied"))[0]?.ipMode, "Proxy");
      await lab.apply("web", { annotations: { [`${OWN}listener-protocols`]: "80=HTTP" } });
      assert.equal((await status(lab, "web"))[0]?.ipMode, "Proxy");
    }));
});
