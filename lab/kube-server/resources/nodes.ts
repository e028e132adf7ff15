/** Nodes and Leases. */
import { at, equal, fieldsOf, listOf, type Stored, textOf } from "../json.ts";
import { ensure, type Strategy } from "../resource.ts";
import { type FieldErrors, keyProblems, labelValueProblem } from "../validation.ts";
import { keepSpec, keepStatus } from "./keep.ts";
import { familyOf, isCidr } from "./service-addresses.ts";

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export const nodeStrategy: Strategy = {
  // The kubelet registers its node together with a status: only updates are split.
  prepareUpdate: keepStatus,
  prepareStatusUpdate: keepSpec,
  defaults(node) {
    matchPodCidrs(node);
    const status = ensure(node, "status");
    if (status.capacity !== undefined) status.allocatable ??= status.capacity;
  },
  validate(node, old, errors) {
    validateTaints(listOf(at(node, "spec", "taints")), errors);
    validatePodCidrs(node, errors);
    if (old) validateChange(node, old, errors);
  },
  validateStatus(node, old, errors) {
    nodeStrategy.validate?.(node, old, errors);
  },
};

function validateAddresses(node: Stored, errors: FieldErrors): void {
  const seen: unknown[] = [];
  listOf(at(node, "status", "addresses")).forEach((address, index) => {
    const shown = { Type: at(address, "type"), Address: at(address, "address") };
    if (seen.some((one) => equal(one, shown))) errors.duplicate(`status.addresses[${index}]`, shown);
    seen.push(shown);
  });
}

/** podCIDR is the first of podCIDRs, and wins. */
function matchPodCidrs(node: Stored): void {
  const spec = ensure(node, "spec");
  const list = listOf(spec.podCIDRs);
  if (spec.podCIDR && list[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
  else if (!spec.podCIDR && list.length > 0) spec.podCIDR = list[0];
}

function validatePodCidrs(node: Stored, errors: FieldErrors): void {
  const cidrs = listOf(at(node, "spec", "podCIDRs")).map(textOf);
  cidrs.forEach((cidr, index) => {
    if (isCidr(cidr)) return;
    errors.invalid(`spec.podCIDRs[${index}]`, cidr, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
  });
  if (cidrs.length > 1 && (cidrs.length > 2 || new Set(cidrs.map(familyOf)).size < 2)) {
    errors.invalid("spec.podCIDRs", cidrs, "may specify no more than one CIDR for each IP family");
  }
}

function validateChange(node: Stored, old: Stored, errors: FieldErrors): void {
  validateAddresses(node, errors);
  const before = listOf(at(old, "spec", "podCIDRs"));
  if (before.length > 0) {
    const now = listOf(at(node, "spec", "podCIDRs"));
    const changed = now.length === before.length ? before.filter((cidr, index) => cidr !== now[index]).length : 1;
    for (let i = 0; i < changed; i++) {
      errors.forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid');
    }
  }
  const known = textOf(at(old, "spec", "providerID"));
  const given = textOf(at(node, "spec", "providerID"));
  if (known !== "" && given !== known) {
    errors.invalid("spec.providerID", undefined, `field cannot be ${given === "" ? "cleared" : "modified"} once set`);
  }
}

function validateTaints(taints: readonly unknown[], errors: FieldErrors): void {
  const seen = new Set<string>();
  taints.forEach((taint, index) => {
    const { key, effect, value, timeAdded } = fieldsOf(taint);
    const field = `metadata.taints[${index}]`;
    for (const problem of keyProblems(textOf(key))) errors.invalid(`${field}.key`, key ?? "", problem);
    const problem = labelValueProblem(textOf(value));
    if (problem) errors.invalid(`${field}.value`, value, problem);
    if (!effect) errors.required(`${field}.effect`);
    else if (!EFFECTS.includes(textOf(effect))) errors.unsupported(`${field}.effect`, effect, EFFECTS);
    const unique = `${textOf(key)}:${textOf(effect)}`;
    const shown = { Key: textOf(key), Value: textOf(value), Effect: textOf(effect), TimeAdded: timeAdded ?? null };
    if (seen.has(unique)) errors.duplicate(field, shown, "taints must be unique by key and effect pair");
    seen.add(unique);
  });
}

export const leaseStrategy: Strategy = {
  defaults(lease) {
    const spec = ensure(lease, "spec");
    // Behind a feature gate that is off.
    delete spec.strategy;
    delete spec.preferredHolder;
  },
  validate(lease, _old, errors) {
    const { leaseDurationSeconds, leaseTransitions } = fieldsOf(lease.spec);
    if (leaseDurationSeconds !== undefined && !(Number(leaseDurationSeconds) > 0)) {
      errors.invalid("spec.leaseDurationSeconds", leaseDurationSeconds, "must be greater than 0");
    }
    if (leaseTransitions !== undefined && !(Number(leaseTransitions) >= 0)) {
      errors.invalid("spec.leaseTransitions", leaseTransitions, "must be greater than or equal to 0");
    }
  },
};
