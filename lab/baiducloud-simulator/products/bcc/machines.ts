import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { badRequest } from "../../api/fault.ts";
import { type Infer, integer, object, oneOf, optional, text } from "../../api/schema.ts";
import { bindEip } from "../eip/binding.ts";
import { addEip } from "../eip/create.ts";
import { eipsOf } from "../eip/records.ts";
import { monthsAfter } from "../eip/terms.ts";
import { getSubnet } from "../vpc/find.ts";
import { type Subnet, subnetsOf, vpcsOf } from "../vpc/records.ts";
import type { Flavor } from "./flavors.ts";
import { getKeypair } from "./keypair-model.ts";
import { createInstance, switchInstance, watchTerm } from "./lifecycle.ts";
import { instancesOf, type MachineProduct, type SimulatedInstance } from "./records.ts";

export const INSTANCE_NAME = optional(
  text({
    pattern: /^[\p{L}][\p{L}\p{N}\-_/.]{0,64}$/u,
    hint: "1 to 65 characters, a letter first, then letters, digits and -_/.",
  }),
);
export const HOSTNAME = optional(
  text({ pattern: /^[a-z0-9][a-z0-9.-]{1,63}$/, hint: "2 to 64 lower-case letters, digits and -." }),
);
export const BILLING = object({
  paymentTiming: optional(oneOf("Prepaid", "Postpaid", "Spotpaid", "bidding", "")),
  reservation: optional(
    object({ reservationLength: optional(integer(0, 36)), reservationTimeUnit: optional(text(), "month") }),
  ),
});
export interface NewMachines {
  readonly product: MachineProduct;
  readonly subnet: Subnet;
  readonly count: number;
  readonly internalIps: readonly string[];
  readonly flavor: Pick<Flavor, "spec" | "gpuCard">;
  readonly wanted: {
    readonly name?: string | undefined;
    readonly hostname?: string | undefined;
    readonly isOpenIpv6?: boolean | undefined;
    readonly tags?: readonly Tag[];
  };
  readonly more: Partial<SimulatedInstance>;
}

/** Makes so many machines, or none: with names in a row and an address each. They run when the time has come. */
export function addMachines(
  account: Account,
  { product, subnet, count, internalIps, flavor, wanted, more }: NewMachines,
) {
  const { subnetId } = subnet;
  const taken: string[] = [];
  try {
    for (let index = 0; index < count; index++)
      taken.push(account.takeIp(subnetId, product.toUpperCase(), internalIps[index] || undefined));
  } finally {
    // They are taken again one by one below: this was to see that there are enough.
    for (const ip of taken) account.releaseIp(subnetId, ip);
  }
  return taken.map((internalIp, index) => {
    const suffix = count > 1 ? `-${index + 1}` : "";
    const id = createInstance(account, {
      product,
      subnetId,
      internalIp,
      name: `${wanted.name || "instance"}${suffix || (wanted.name ? "" : `-${internalIp.replaceAll(".", "-")}`)}`,
      ...(wanted.hostname ? { hostname: `${wanted.hostname}${suffix}` } : {}),
      spec: flavor.spec,
      gpuCard: flavor.gpuCard,
      ipv6: wanted.isOpenIpv6 ? account.takeIpv6(subnetId) : "",
      inCluster: false,
      more,
    }).id;
    const during = more.status ?? "Starting";
    switchInstance(account, id, during, "Running", account.timings.instanceCreate);
    const made = instancesOf(account).get(id);
    if (made) watchTerm(account, made);
    return id;
  });
}

/** The one that is named, or the first of the zone, in the default VPC when there is one. */
export function subnetFor(
  account: Account,
  { subnetId, zoneName }: { readonly subnetId?: string | undefined; readonly zoneName?: string | undefined },
): Subnet {
  if (subnetId) {
    const subnet = getSubnet(account, subnetId);
    if (zoneName && subnet.zoneName !== zoneName) throw badRequest(`zoneName: ${subnetId} is in ${subnet.zoneName}.`);
    return subnet;
  }
  const fits = subnetsOf(account)
    .all()
    .filter((subnet) => !zoneName || subnet.zoneName === zoneName);
  const found = fits.find(({ vpcId }) => vpcsOf(account).get(vpcId)?.isDefault) ?? fits[0];
  if (!found) throw badRequest(`zoneName: there is no subnet in ${zoneName}.`);
  return found;
}

export function termOf(
  billing: Partial<Infer<typeof BILLING>>,
  now: string,
): Pick<SimulatedInstance, "paymentTiming" | "expireTime"> {
  const paymentTiming = billing.paymentTiming || "Postpaid";
  if (paymentTiming !== "Prepaid") return { paymentTiming, expireTime: null };
  const months = billing.reservation?.reservationLength || 1;
  const unit = billing.reservation?.reservationTimeUnit ?? "month";
  return { paymentTiming, expireTime: monthsAfter(now, /^year$/i.test(unit) ? months * 12 : months) };
}

/** By password or by key pair, not both. Passwords come encrypted, so that nothing can be said of their strength. */
export function checkLogin(
  account: Account,
  { adminPass, keypairId }: { readonly adminPass?: string | undefined; readonly keypairId?: string | undefined },
): void {
  if (keypairId) getKeypair(account, keypairId);
  if (adminPass && keypairId) throw badRequest("adminPass and keypairId exclude each other.");
}

/** The transition of a new public address that waits for its machine. */
const EIP_READY = "instance.eip";

interface WantedEip {
  readonly eipName?: string | undefined;
  readonly networkPurchaseType?: string | undefined;
  readonly internetChargeType?: string | undefined;
}

/** A public address of its own, bound as soon as it is available. */
export function giveEip(account: Account, id: string, wanted: WantedEip, bandwidthInMbps: number): void {
  const { eip } = addEip(account, {
    name: wanted.eipName || undefined,
    bandwidthInMbps,
    routeType: wanted.networkPurchaseType || "BGP",
    ipVersion: "ipv4",
    deleteProtect: false,
    tags: [],
    renewal: null,
    shareGroupId: "",
    paymentTiming: "Postpaid",
    billingMethod: wanted.internetChargeType?.startsWith("TRAFFIC") ? "ByTraffic" : "ByBandwidth",
    expireTime: null,
  });
  account.store.schedule(EIP_READY, eip, account.timings.eipCreate, { instanceId: id });
}

export function startEips(account: Account): void {
  account.store.on(EIP_READY, (eip, { instanceId }) => {
    const isFree = eipsOf(account).get(eip)?.status === "available";
    if (isFree && typeof instanceId === "string" && instancesOf(account).get(instanceId)?.publicIp === "")
      bindEip(account, eip, "BCC", instanceId);
  });
}
