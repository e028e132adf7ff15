import assert from "node:assert/strict";
import type { Eip, SecurityGroup } from "@ccm/bce";
import { familyOf, listenerKey, type Observed, type ObservedLoadBalancer, transportKey } from "../observed.ts";
import { NEW, NEW_EIP, type Step } from "../plan.ts";
import { ruleKey } from "../plan-source-ranges.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a state of the cloud must never be, looked at after each step. */
export type Invariant = (before: Observed, after: Observed, step: Step) => void;

export const nothing: Observed = {
  blb: undefined,
  refused: "",
  surplus: [],
  ownEips: [],
  givenEip: undefined,
  formerEip: undefined,
  securityGroup: undefined,
};

export const loadBalancer = (more: Partial<ObservedLoadBalancer> = {}): ObservedLoadBalancer => ({
  id: "lb-1",
  name: "n",
  description: "d",
  address: "192.168.0.5",
  ipv6: "",
  status: "available",
  publicIp: "",
  publicIpv6: "",
  ours: true,
  tags: [],
  protectedFromDeletion: false,
  performanceLevel: undefined,
  listeners: [],
  ownListeners: new Set(),
  backends: [],
  clusterInstances: new Set(),
  guarded: false,
  ...more,
});

export const eip = (address: string, more: Partial<Eip> = {}): Eip => ({
  eip: address,
  eipId: `ip-${address}`,
  name: "e",
  status: more.instanceId ? "binded" : "available",
  instanceType: more.instanceId ? "BLB" : null,
  instanceId: null,
  bandwidthInMbps: 100,
  paymentTiming: "Postpaid",
  billingMethod: "ByTraffic",
  ...more,
});

const ADDRESSES: Readonly<Record<string, string>> = { [NEW_EIP.IPv4]: "198.51.100.1", [NEW_EIP.IPv6]: "2400::1" };

/** The cloud after the steps, as the observer would see it. Asserts that no step touches what is somebody else's. */
export function after(observed: Observed, steps: readonly Step[], check: Invariant = () => {}): Observed {
  return steps.reduce((state, step) => {
    const next = applied(state, step);
    check(state, next, step);
    return next;
  }, observed);
}

function applied(observed: Observed, step: Step): Observed {
  const model: Mutable<Observed> = { ...observed };
  const onBlb = (change: (blb: ObservedLoadBalancer) => Partial<ObservedLoadBalancer>) => {
    assert.ok(model.blb, `${step.do} without a load balancer`);
    model.blb = { ...model.blb, ...change(model.blb) };
  };
  const addressOf = (written: string) => ADDRESSES[written] ?? written;
  const onEip = (written: string, change: (eip: Eip) => Partial<Eip>) => {
    const at = addressOf(written);
    const known = [...model.ownEips, ...(model.givenEip ? [model.givenEip] : [])].some((one) => one.eip === at);
    assert.ok(known || step.do === "unbindEip", `${step.do} on an address of somebody else`);
    model.ownEips = model.ownEips.map((one) => (one.eip === at ? { ...one, ...change(one) } : one));
    if (model.formerEip?.eip === at && step.do === "unbindEip") model.formerEip = undefined;
    if (model.givenEip?.eip === at) model.givenEip = { ...model.givenEip, ...change(model.givenEip) };
  };
  const onGroup = (change: (group: SecurityGroup) => Partial<SecurityGroup>) => {
    assert.ok(model.securityGroup, `${step.do} without a security group`);
    model.securityGroup = { ...model.securityGroup, ...change(model.securityGroup) };
  };
  const setPublic = (address: string, value: string) =>
    onBlb(() => (familyOf(address) === "IPv6" ? { publicIpv6: value } : { publicIp: value }));

  switch (step.do) {
    case "createLoadBalancer": {
      assert.equal(model.blb, undefined, "a second load balancer is made");
      const { name, desc, tags = [], type, allocateIpv6, allowDelete, performanceLevel } = step.spec;
      model.blb = loadBalancer({
        id: "lb-new",
        name,
        description: desc,
        tags,
        address: type === "ipv6" ? "fd00::9" : "192.168.0.9",
        ipv6: allocateIpv6 ? "fd00::8" : "",
        protectedFromDeletion: allowDelete === false,
        performanceLevel,
      });
      break;
    }
    case "updateLoadBalancer":
      onBlb((blb) => {
        assert.ok(blb.ours, "a load balancer of somebody else is changed");
        const { name, desc, allowDelete, allocateIpv6 } = step.change;
        return {
          ...(name === undefined ? {} : { name }),
          ...(desc === undefined ? {} : { description: desc }),
          ...(allowDelete === undefined ? {} : { protectedFromDeletion: !allowDelete }),
          ...(allocateIpv6 === undefined ? {} : { ipv6: allocateIpv6 ? "fd00::8" : "" }),
        };
      });
      break;
    case "resizeLoadBalancer":
      onBlb(() => ({ performanceLevel: step.performanceLevel }));
      break;
    case "deleteLoadBalancer":
      if (model.blb?.id === step.blbId) {
        assert.ok(model.blb.ours, "a load balancer of somebody else is deleted");
        assert.ok(!model.blb.protectedFromDeletion, "a protected load balancer is deleted");
        model.blb = undefined;
      } else {
        assert.ok(model.surplus.includes(step.blbId), "a load balancer of somebody else is deleted");
        model.surplus = model.surplus.filter((id) => id !== step.blbId);
      }
      break;
    case "assignTag": {
      const put = (tags: Eip["tags"]) => [...(tags ?? []).filter(({ tagKey }) => tagKey !== step.tag.tagKey), step.tag];
      if (step.service === "BLB") onBlb((blb) => ({ tags: put(blb.tags) }));
      else
        model.ownEips = model.ownEips.map((one) =>
          one.eipId === step.resourceId ? { ...one, tags: put(one.tags) } : one,
        );
      break;
    }
    case "createSecurityGroup":
      assert.equal(model.securityGroup, undefined, "a second security group is made");
      model.securityGroup = { id: "g-new", name: step.name, rules: step.rules };
      break;
    case "authorizeRule":
      onGroup(({ rules }) => ({ rules: [...(rules ?? []), step.rule] }));
      break;
    case "revokeRule":
      onGroup(({ rules }) => ({ rules: (rules ?? []).filter((rule) => ruleKey(rule) !== ruleKey(step.rule)) }));
      break;
    case "bindSecurityGroup":
      onBlb((blb) => {
        assert.ok(blb.ours, "a load balancer of somebody else is guarded");
        assert.equal(step.groupId === NEW ? "g-new" : step.groupId, model.securityGroup?.id);
        return { guarded: true };
      });
      break;
    case "unbindSecurityGroup":
      onBlb(() => ({ guarded: false }));
      break;
    case "deleteSecurityGroup":
      assert.ok(!model.blb?.guarded, "a bound security group is deleted");
      model.securityGroup = undefined;
      break;
    case "createListener":
      onBlb((blb) => {
        const clash = blb.listeners.some((one) => transportKey(one) === transportKey(step.listener));
        assert.ok(!clash, "listener made twice");
        return {
          listeners: [...blb.listeners, step.listener],
          ownListeners: new Set([...blb.ownListeners, listenerKey(step.listener)]),
        };
      });
      break;
    case "updateListener":
      onBlb((blb) => {
        const key = listenerKey(step.listener);
        assert.ok(blb.ours || blb.ownListeners.has(key), "a listener of somebody else is changed");
        return {
          listeners: blb.listeners.map((old) => (listenerKey(old) === key ? { ...old, ...step.listener } : old)),
        };
      });
      break;
    case "deleteListeners":
      onBlb((blb) => {
        const keys = new Set(step.listeners.map(listenerKey));
        for (const key of keys)
          assert.ok(blb.ours || blb.ownListeners.has(key), "a listener of somebody else is deleted");
        return { listeners: blb.listeners.filter((listener) => !keys.has(listenerKey(listener))) };
      });
      break;
    case "addBackends":
    case "updateBackends":
      onBlb((blb) => {
        const backends = [
          ...blb.backends.filter(({ instanceId }) => !step.instanceIds.includes(instanceId)),
          ...step.instanceIds.map((instanceId) => ({ instanceId, weight: step.weight })),
        ];
        return { backends };
      });
      break;
    case "removeBackends":
      onBlb((blb) => {
        for (const id of step.instanceIds)
          assert.ok(blb.ours || blb.clusterInstances.has(id), "a backend of somebody else is removed");
        return { backends: blb.backends.filter(({ instanceId }) => !step.instanceIds.includes(instanceId)) };
      });
      break;
    case "createEip": {
      const { bandwidthInMbps, billing, tags = [], deleteProtect = false } = step.spec;
      const { paymentTiming, billingMethod = null } = billing;
      const address = addressOf(NEW_EIP[step.family]);
      const terms = { bandwidthInMbps, paymentTiming, billingMethod, tags, deleteProtect };
      model.ownEips = [...model.ownEips, eip(address, terms)];
      break;
    }
    case "bindEip":
      onEip(step.eip, (old) => {
        assert.ok(!old.instanceId, "an address in use is bound again");
        return { instanceId: model.blb?.id ?? "", instanceType: "BLB", status: "binded" };
      });
      setPublic(addressOf(step.eip), addressOf(step.eip));
      break;
    case "unbindEip":
      onEip(step.eip, () => ({ instanceId: null, instanceType: null, status: "available" }));
      if (model.blb && [model.blb.publicIp, model.blb.publicIpv6].includes(step.eip)) setPublic(step.eip, "");
      break;
    case "resizeEip":
      onEip(step.eip, () => ({ bandwidthInMbps: step.bandwidthInMbps }));
      break;
    case "protectEip":
      onEip(step.eip, () => ({ deleteProtect: step.on }));
      break;
    case "joinGroup":
      onEip(step.eip, () => ({ shareGroupId: step.groupId, eipInstanceType: "shared" }));
      break;
    case "leaveGroup":
      onEip(step.eip, () => ({ shareGroupId: null, eipInstanceType: "normal" }));
      break;
    case "handOverEip":
      model.ownEips = model.ownEips.filter((candidate) => candidate.eip !== step.eip);
      break;
    case "releaseEip": {
      const released = model.ownEips.find((candidate) => candidate.eip === step.eip);
      assert.ok(released, "an address of somebody else is released");
      assert.ok(!released.instanceId, "a bound address is released");
      assert.ok(!released.deleteProtect, "a protected address is released");
      assert.notEqual(released.paymentTiming, "Prepaid", "a prepaid address is released");
      model.ownEips = model.ownEips.filter((candidate) => candidate.eip !== step.eip);
    }
  }
  return model;
}
