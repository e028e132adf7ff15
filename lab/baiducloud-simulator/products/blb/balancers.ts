import { ANY_TEXT, NAME, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, denied, Fault, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { bindEip, boundEips, freeEip } from "../eip/binding.ts";
import { subnetsOf, vpcsOf } from "../vpc/records.ts";
import { getBlb, mutateBlb, READY } from "./mutate.ts";
import { type Blb, blbsOf } from "./records.ts";

const LEVEL = oneOf("small1", "small2", "medium1", "medium2", "large1", "large2", "large3", "unlimited");
const STATUS = oneOf("creating", "available", "updating", "paused", "unavailable");
const SUMMARY = {
  blbId: text(),
  name: text(),
  desc: ANY_TEXT,
  address: text(),
  status: STATUS,
  vpcId: text(),
  publicIp: ANY_TEXT,
  eipRouteType: ANY_TEXT,
  publicIpv6: ANY_TEXT,
  eipV6RouteType: ANY_TEXT,
  ipv6: optional(text()),
  tags: TAGS,
  allowDelete: boolean(),
  allowModify: boolean(),
  modificationProtectionReason: ANY_TEXT,
  layer4ClusterId: ANY_TEXT,
  layer7ClusterId: ANY_TEXT,
  layer4ClusterExclusive: boolean(),
  layer7ClusterExclusive: boolean(),
  paymentTiming: text(),
  billingMethod: ANY_TEXT,
};

const OPERATIONS = operations({
  CreateLoadBalancer: {
    summary: "Creates a load balancer; it is `creating` for a while.",
    method: "POST",
    path: "/v1/blb",
    delay: "blbCreate",
    body: object({
      vpcId: text(),
      subnetId: text(),
      name: NAME,
      desc: optional(text({ maxBytes: 450 }), ""),
      address: optional(text()),
      type: optional(oneOf("normal", "ipv6")),
      allocateIpv6: optional(boolean()),
      eip: optional(text()),
      tags: TAGS,
      allowDelete: optional(boolean(), true),
      performanceLevel: optional(LEVEL),
      layer4ClusterId: optional(text(), ""),
      layer7ClusterId: optional(text(), ""),
    }),
    answer: object({ blbId: text(), name: text(), desc: ANY_TEXT, address: text(), ipv6: optional(text()) }),
    errors: ["NoSuchObject", "QuotaLimitExceeded", "PrivateIpInUseException", "SubnetHasNoMoreIpException"],
  },
  DescribeLoadBalancers: {
    summary: "Lists load balancers; name and address match as parts unless exactlyMatch is true.",
    method: "GET",
    path: "/v1/blb",
    query: {
      ...PAGING,
      address: optional(text()),
      name: optional(text()),
      blbId: optional(text()),
      bccId: optional(text()),
      exactlyMatch: optional(boolean()),
      type: optional(text()),
    },
    answer: pageOf("blbList", object({ ...SUMMARY, subnetId: text() })),
  },
  DescribeLoadBalancerDetail: {
    summary: "One load balancer.",
    method: "GET",
    path: "/v1/blb/{blbId}",
    answer: object({
      ...SUMMARY,
      cidr: text(),
      vpcName: text(),
      createTime: text(),
      releaseTime: ANY_TEXT,
      performanceLevel: ANY_TEXT,
      expireTime: ANY_TEXT,
      // A text here, a number everywhere else: official clients insist on it.
      listener: list(object({ port: text(), type: text() })),
    }),
    errors: ["NoSuchObject"],
  },
  UpdateLoadBalancer: {
    summary: "Changes name, description, deletion protection or the second address.",
    method: "PUT",
    path: "/v1/blb/{blbId}",
    delay: "blbUpdate",
    body: object({
      name: NAME,
      desc: optional(text({ maxBytes: 450 })),
      allowDelete: optional(boolean()),
      allocateIpv6: optional(boolean()),
    }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ResizeLoadBalancer: {
    summary: "Changes the performance level.",
    method: "POST",
    path: "/v1/blb/{blbId}",
    when: "action=RESIZE",
    delay: "blbUpdate",
    body: object({ performanceLevel: LEVEL }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DeleteLoadBalancer: {
    summary: "Deletes a load balancer with its listeners and backends; its EIP is unbound.",
    method: "DELETE",
    path: "/v1/blb/{blbId}",
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

export const balancers = part(OPERATIONS, (account) => {
  const all = blbsOf(account);
  const { clock, timings, quotas } = account;
  account.store.on(READY, (id) => {
    const blb = all.get(id);
    if (!blb) return;
    all.patch(id, { status: "available" });
    if (blb.status === "creating") {
      account.emit({ kind: "blb.available", blbId: id, name: blb.name, address: blb.address });
    }
    account.changed();
  });
  account.onGone((id) => {
    for (const { blbId, backends } of all.all()) {
      const left = backends.filter(({ instanceId }) => instanceId !== id);
      if (left.length < backends.length) all.patch(blbId, { backends: left });
    }
  });

  return {
    CreateLoadBalancer({ body }) {
      const { vpcId, subnetId, desc, eip, tags, allowDelete } = body;
      if (!vpcsOf(account).has(vpcId)) throw noSuchObject(vpcId);
      const subnet = subnetsOf(account).get(subnetId);
      if (!subnet) throw noSuchObject(subnetId);
      if (subnet.vpcId !== vpcId) throw badRequest(`subnetId: ${subnetId} is not in ${vpcId}.`);
      if (all.size >= quotas.blbs) throw quotaExceeded("load balancers");
      if (eip) freeEip(account, eip);
      const ipv6Only = body.type === "ipv6";
      const address = ipv6Only
        ? account.takeIpv6(subnetId)
        : account.takeIp(subnetId, "BLB", body.address || undefined);
      const blbId = account.newId("lb");
      const name = body.name || `BLB-${account.region}-${blbId.slice(3)}`;
      all.set(blbId, {
        blbId,
        address,
        vpcId,
        subnetId,
        ipv6Only,
        ipv6: !ipv6Only && body.allocateIpv6 ? account.takeIpv6(subnetId) : "",
        performanceLevel: body.performanceLevel ?? "",
        securityGroups: [],
        clusters: { layer4: body.layer4ClusterId, layer7: body.layer7ClusterId },
        tags,
        createTime: account.time(),
        visibleFrom: clock.now() + timings.blbListLag,
        name,
        desc,
        status: "creating",
        allowDelete,
        listeners: [],
        backends: [],
      });
      if (eip) bindEip(account, eip, "BLB", blbId);
      account.emit({ kind: "blb.created", blbId, name, address });
      account.store.schedule(READY, blbId, timings.blbCreate);
      return { blbId, name, desc, address };
    },
    DescribeLoadBalancers({ query }) {
      const { address, name, blbId, bccId, exactlyMatch: exact } = query;
      const fits = (value: string, wanted: string | undefined) =>
        !wanted || (exact ? value === wanted : value.includes(wanted));
      const ipv6Only = query.type === "ipv6";
      const chosen = all
        .all()
        .filter(
          (blb) =>
            blb.ipv6Only === ipv6Only &&
            blb.visibleFrom <= clock.now() &&
            fits(blb.name, name) &&
            fits(blb.address, address) &&
            (!blbId || blb.blbId === blbId) &&
            (!bccId || blb.backends.some(({ instanceId }) => instanceId === bccId)),
        );
      const boundEip = boundEips(account);
      const views = chosen.map((blb) => ({ ...summaryOf(blb, boundEip), subnetId: blb.subnetId }));
      return page(query, "blbList", views, (view) => view.blbId);
    },
    DescribeLoadBalancerDetail({ params }) {
      const blb = getBlb(account, params.blbId);
      const vpc = vpcsOf(account).get(blb.vpcId);
      return {
        ...summaryOf(blb, boundEips(account)),
        cidr: vpc?.cidr ?? "",
        vpcName: vpc?.name ?? "",
        createTime: blb.createTime,
        releaseTime: "",
        performanceLevel: blb.performanceLevel,
        expireTime: "",
        listener: blb.listeners.map(({ listenerPort, listenerType }) => ({
          port: String(listenerPort),
          type: listenerType,
        })),
      };
    },
    UpdateLoadBalancer({ params, body }) {
      mutateBlb(account, params.blbId, (blb) => ({
        name: body.name || blb.name,
        desc: body.desc ?? blb.desc,
        allowDelete: body.allowDelete ?? blb.allowDelete,
        ipv6:
          body.allocateIpv6 === undefined
            ? blb.ipv6
            : body.allocateIpv6
              ? blb.ipv6 || account.takeIpv6(blb.subnetId)
              : "",
      }));
      return {};
    },
    ResizeLoadBalancer({ params, body }) {
      mutateBlb(account, params.blbId, () => ({ performanceLevel: body.performanceLevel }));
      return {};
    },
    DeleteLoadBalancer({ params: { blbId: id } }) {
      const blb = getBlb(account, id);
      if (!blb.allowDelete)
        throw new Fault(403, "OperationDenied", `load balancer ${id} is protected against deletion (allowDelete).`);
      if (blb.status !== "available")
        throw denied(`load balancer ${id} is ${blb.status}: try again when it is available.`);
      all.delete(id);
      if (!blb.ipv6Only) account.releaseIp(blb.subnetId, blb.address);
      account.gone(id);
      account.emit({ kind: "blb.deleted", blbId: id, name: blb.name });
      account.changed();
      return {};
    },
  };
});

function summaryOf(blb: Blb, boundEip: ReturnType<typeof boundEips>) {
  const eip = boundEip(blb.blbId, "ipv4");
  const eip6 = boundEip(blb.blbId, "ipv6");
  return {
    blbId: blb.blbId,
    name: blb.name,
    desc: blb.desc,
    address: blb.address,
    status: blb.status,
    vpcId: blb.vpcId,
    publicIp: eip?.eip ?? "",
    eipRouteType: eip?.routeType ?? "",
    publicIpv6: eip6?.eip ?? "",
    eipV6RouteType: eip6?.routeType ?? "",
    ...(blb.ipv6 === "" ? {} : { ipv6: blb.ipv6 }),
    tags: blb.tags,
    allowDelete: blb.allowDelete,
    allowModify: true,
    modificationProtectionReason: "",
    layer4ClusterId: blb.clusters.layer4,
    layer7ClusterId: blb.clusters.layer7,
    layer4ClusterExclusive: false,
    layer7ClusterExclusive: false,
    paymentTiming: "Postpaid",
    billingMethod: "",
  };
}
