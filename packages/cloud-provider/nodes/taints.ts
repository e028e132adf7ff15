import type { Node, Taint } from "@ccm/kube";
import { TAINT_UNINITIALIZED } from "../well-known.ts";

/** Two taints are one when key and effect are the same, whatever their values. */
export function isSameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}

export function hasTaint(taints: readonly Taint[] | undefined, taint: Taint): boolean {
  return (taints ?? []).some((one) => isSameTaint(one, taint));
}

/** The taints with this one: in its place when it is there with another value, else at the end. */
export function withTaint(taints: readonly Taint[] | undefined, taint: Taint): readonly Taint[] {
  if (!hasTaint(taints, taint)) return [...(taints ?? []), taint];
  return (taints ?? []).map((one) => (isSameTaint(one, taint) ? taint : one));
}

export function withoutTaint(taints: readonly Taint[] | undefined, taint: Taint): readonly Taint[] {
  return (taints ?? []).filter((one) => !isSameTaint(one, taint));
}

/** Of the uninitialized taint only the key counts. */
export function isUninitialized(node: Node): boolean {
  return (node.spec?.taints ?? []).some(({ key }) => key === TAINT_UNINITIALIZED);
}

export function isReady(node: Node): boolean {
  return (node.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}
