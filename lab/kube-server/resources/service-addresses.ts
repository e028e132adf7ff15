/** The addresses and address families of Services: what may be asked for, and what a cluster of one family gives. */
import { parseCidr, parseIp } from "@ccm/base";
import { fieldsOf, listOf, type Stored, textOf } from "../json.ts";
import type { FieldErrors } from "../validation.ts";

const FAMILIES = ["IPv4", "IPv6"];
const POLICIES = ["PreferDualStack", "RequireDualStack", "SingleStack"];

export const isIp = (text: string): boolean => parseIp(text) !== undefined;

export const isCidr = (text: string): boolean => parseCidr(text) !== undefined;

export const familyOf = (ip: string): string => (ip.includes(":") ? "IPv6" : "IPv4");

/** For every type but ExternalName. */
export function validateClusterIps(service: Stored, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const ips = listOf(spec.clusterIPs).map(textOf);
  const families = listOf(spec.ipFamilies).map(textOf);
  if (spec.clusterIP) {
    if (ips.length === 0) errors.required("spec.clusterIPs");
    else if (ips[0] !== spec.clusterIP) errors.invalid("spec.clusterIPs", ips, "first value must match `clusterIP`");
  } else if (ips.length > 0) errors.invalid("spec.clusterIPs", ips, "must be empty when `clusterIP` is not specified");
  families.forEach((family, index) => {
    const field = `spec.ipFamilies[${index}]`;
    if (!FAMILIES.includes(family)) errors.unsupported(field, family, FAMILIES);
    if (families.indexOf(family) < index) errors.duplicate(field, family);
  });
  if (spec.ipFamilyPolicy !== undefined && !POLICIES.includes(textOf(spec.ipFamilyPolicy))) {
    errors.unsupported("spec.ipFamilyPolicy", spec.ipFamilyPolicy, POLICIES);
  }
  let broken = false;
  ips.forEach((ip, index) => {
    if (index === 0 && ip === "None") {
      if (ips.length > 1) errors.invalid("spec.clusterIPs", ips, "'None' must be the first and only value");
      broken ||= ips.length > 1;
    } else if (!isIp(ip)) {
      errors.invalid(`spec.clusterIPs[${index}]`, ip, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
      broken = true;
    }
  });
  if (ips.length > 2) errors.invalid("spec.clusterIPs", ips, "may only hold up to 2 values");
  if (broken) return;
  // More than one address of the same family.
  if (ips.length > 1 && new Set(ips.map(familyOf)).size < Math.min(ips.length, 2)) {
    errors.invalid("spec.clusterIPs", ips, "may specify no more than one IP for each IP family");
  }
  if (ips[0] === "None") return;
  ips.slice(0, families.length).forEach((ip, index) => {
    const family = families[index] as string;
    if (!FAMILIES.includes(family) || familyOf(ip) === family) return;
    errors.invalid(
      `spec.clusterIPs[${index}]`,
      ip,
      `expected an ${family} value as indicated by \`ipFamilies[${index}]\``,
    );
  });
}

/**
 * Fills policy and families in, and refuses what a cluster of IPv4 alone cannot give. A headless Service without a selector has
 * addresses that the cluster does not hand out, so it may have both families.
 */
export function settleFamilies(service: Stored, old: Stored | undefined, errors: FieldErrors): void {
  const spec = fieldsOf(service.spec);
  const before = fieldsOf(old?.spec);
  if (spec.type === "ExternalName") return;
  const free = spec.clusterIP === "None" && Object.keys(fieldsOf(spec.selector)).length === 0;
  spec.ipFamilyPolicy ??= before.ipFamilyPolicy ?? (free ? "RequireDualStack" : "SingleStack");
  validateClusterIps(service, errors);
  if (errors.causes.length > 0) return;
  const single = spec.ipFamilyPolicy === "SingleStack";
  const families = listOf(spec.ipFamilies).map(textOf);
  const hadBoth = listOf(before.ipFamilies).length > 1;
  if (single && hadBoth && families.length > 1 && families.join() === listOf(before.ipFamilies).join()) families.pop();
  const refuse = (why: string) => errors.invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, why);
  if (!single && hadBoth && families.length === 1) refuse("must be 'SingleStack' to release the secondary IP family");
  const both = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  if (single && listOf(spec.clusterIPs).length > 1) refuse(`${both} cluster IPs are specified`);
  if (single && families.length > 1) refuse(`${both} IP families are specified`);
  listOf(spec.clusterIPs).forEach((ip, index, ips) => {
    if (ips[0] === "None" || index < families.length) return;
    const family = familyOf(textOf(ip));
    if (family === "IPv4") families.push(family);
    else errors.invalid(`spec.clusterIPs[${index}]`, ips, `${family} is not configured on this cluster`);
  });
  if (errors.causes.length > 0) return;
  if (!free) {
    if (spec.ipFamilyPolicy === "RequireDualStack") refuse("this cluster is not configured for dual-stack services");
    families.forEach((family, index) => {
      if (family !== "IPv4") errors.invalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster");
    });
  }
  if (families.length === 0) families.push("IPv4");
  if (free && !single && families.length < 2) families.push(families[0] === "IPv4" ? "IPv6" : "IPv4");
  spec.ipFamilies = families;
}
