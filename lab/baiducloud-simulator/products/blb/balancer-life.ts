import type { Account } from "../../account.ts";
import { badRequest, denied, Fault, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { page } from "../../api/paging.ts";
import type { Infer, InferFields } from "../../api/schema.ts";
import { bindEip, boundEips, freeEip } from "../eip/binding.ts";
import { renewalOf, termsOf } from "../eip/terms.ts";
import { subnetsOf, vpcsOf } from "../vpc/records.ts";
import { type CHANGE, type FILTER, type NEW_BALANCER, summaryOf } from "./balancer-schemas.ts";
import { countAll, type Family, getOf } from "./mutate.ts";
import { type Balancer, dedicatedClustersOf } from "./records.ts";

/** The life of a load balancer of either family: made, listed, changed, deleted. */

type NewBalancer = InferFields<typeof NEW_BALANCER> & { readonly type?: string | undefined };

/** What the transition to `available` does, and that the machines of deleted instances leave. */
export function startBalancers<T extends Balancer>(account: Account, family: Family<T>): void {
  const all = family.tableOf(account);
  account.store.on(family.ready, (id) => {
    const found = all.get(id);
    if (!found) return;
    all.set(id, { ...found, status: "available" });
    if (found.status === "creating")
      account.emit({ kind: "blb.available", blbId: id, name: found.name, address: found.address });
    account.changed();
  });
}

/** `complete` adds what only its family has. */
export function createBalancer<T extends Balancer>(
  account: Account,
  family: Family<T>,
  body: NewBalancer,
  complete: (base: Balancer) => T,
) {
  const { clock, timings, quotas } = account;
  const { vpcId, subnetId, desc, eip, performanceLevel = "" } = body;
  if (!vpcsOf(account).has(vpcId)) throw noSuchObject(vpcId);
  const subnet = subnetsOf(account).get(subnetId);
  if (!subnet) throw noSuchObject(subnetId);
  if (subnet.vpcId !== vpcId) throw badRequest(`subnetId: ${subnetId} is not in ${vpcId}.`);
  const terms = body.billing?.paymentTiming ? termsOf(account, body.billing, ["BySpec", "ByCapacityUnit"]) : undefined;
  if (terms?.billingMethod && (performanceLevel === "unlimited") !== (terms.billingMethod === "ByCapacityUnit"))
    throw badRequest(`performanceLevel: "${performanceLevel}" does not go with ${terms.billingMethod}.`);
  for (const [clusterId, type] of [
    [body.layer4ClusterId, "4Layer"],
    [body.layer7ClusterId, "7Layer"],
  ] as const) {
    const cluster = dedicatedClustersOf(account).get(clusterId);
    if (cluster && cluster.type !== type) throw badRequest(`cluster ${clusterId} is of type ${cluster.type}.`);
  }
  if (countAll(account) >= quotas.blbs) throw quotaExceeded("load balancers");
  if (eip) freeEip(account, eip);
  const ipv6Only = body.type?.startsWith("ipv6") === true;
  const address = ipv6Only ? account.takeIpv6(subnetId) : account.takeIp(subnetId, "BLB", body.address || undefined);
  const blbId = account.newId("lb");
  const name = body.name || `BLB-${account.region}-${blbId.slice(3)}`;
  const ipv6 = !ipv6Only && body.allocateIpv6 ? account.takeIpv6(subnetId) : "";
  family.tableOf(account).set(
    blbId,
    complete({
      blbId,
      address,
      vpcId,
      subnetId,
      ipv6Only,
      ipv6,
      performanceLevel,
      paymentTiming: terms?.paymentTiming ?? "Postpaid",
      billingMethod: terms?.billingMethod ?? "",
      expireTime: terms?.expireTime ?? "",
      renewal: body.autoRenewLength ? renewalOf(body.autoRenewTimeUnit, body.autoRenewLength) : null,
      toPostpaid: false,
      securityGroups: [],
      enterpriseSecurityGroups: [],
      clusters: { layer4: body.layer4ClusterId, layer7: body.layer7ClusterId },
      tags: body.tags,
      createTime: account.time(),
      visibleFrom: clock.now() + timings.blbListLag,
      name,
      desc,
      status: "creating",
      allowDelete: body.allowDelete,
      allowModify: body.allowModify,
      modificationProtectionReason: body.modificationProtectionReason,
      supportAcl: false,
      listeners: [],
    }),
  );
  if (eip) bindEip(account, eip, "BLB", blbId);
  account.emit({ kind: "blb.created", blbId, name, address });
  account.store.schedule(family.ready, blbId, timings.blbCreate);
  return { blbId, name, desc, address, ...(ipv6 === "" ? {} : { ipv6 }) };
}

/** `uses` tells whether a machine is behind it. */
export function listBalancers<T extends Balancer>(
  account: Account,
  family: Family<T>,
  query: InferFields<typeof FILTER>,
  uses: (balancer: T, instanceId: string) => boolean,
) {
  const { address, name, blbId, bccId, exactlyMatch: exact } = query;
  const fits = (value: string, wanted: string | undefined) =>
    !wanted || (exact ? value === wanted : value.includes(wanted));
  const ipv6Only = query.type?.startsWith("ipv6") === true;
  const now = account.clock.now();
  const chosen = family
    .tableOf(account)
    .all()
    .filter(
      (one) =>
        one.ipv6Only === ipv6Only &&
        one.visibleFrom <= now &&
        fits(one.name, name) &&
        fits(one.address, address) &&
        (!blbId || one.blbId === blbId) &&
        (!bccId || uses(one, bccId)),
    );
  const boundEip = boundEips(account);
  const views = chosen.map((one) => ({ ...summaryOf(one, boundEip), subnetId: one.subnetId }));
  return page(query, "blbList", views, (view) => view.blbId);
}

/** What an update changes. */
export function changeOf(
  account: Account,
  balancer: Balancer,
  { name, desc, allowDelete, allocateIpv6 }: Infer<typeof CHANGE>,
): Pick<Balancer, "name" | "desc" | "allowDelete" | "ipv6"> {
  const { ipv6, ipv6Only, subnetId } = balancer;
  const second = allocateIpv6 && !ipv6Only ? ipv6 || account.takeIpv6(subnetId) : "";
  return {
    name: name || balancer.name,
    desc: desc ?? balancer.desc,
    allowDelete: allowDelete ?? balancer.allowDelete,
    ipv6: allocateIpv6 === undefined ? ipv6 : second,
  };
}

/** Deletes it with what it has; its EIP is let go. */
export function deleteBalancer<T extends Balancer>(account: Account, family: Family<T>, id: string): object {
  const found = getOf(account, family, id);
  if (!found.allowDelete)
    throw new Fault(403, "OperationDenied", `load balancer ${id} is protected against deletion (allowDelete).`);
  if (found.status !== "available")
    throw denied(`load balancer ${id} is ${found.status}: try again when it is available.`);
  if (found.paymentTiming === "Prepaid")
    throw denied(`load balancer ${id} is prepaid: it cannot be deleted before its term ends.`);
  removeBalancer(account, family, found);
  return {};
}

export function removeBalancer<T extends Balancer>(account: Account, family: Family<T>, found: T): void {
  family.tableOf(account).delete(found.blbId);
  if (!found.ipv6Only) account.releaseIp(found.subnetId, found.address);
  account.gone(found.blbId);
  account.emit({ kind: "blb.deleted", blbId: found.blbId, name: found.name });
  account.changed();
}
