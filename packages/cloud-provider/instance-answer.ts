import type { InstanceLookup, InstanceMetadata } from "./contract.ts";

const NO_METADATA: InstanceMetadata = {
  providerId: "",
  instanceType: "",
  addresses: [],
  zone: "",
  region: "",
  additionalLabels: {},
  shutdown: false,
};

/**
 * A provider need not be written in TypeScript: an answer that is none (null, a state nobody knows, "found" without
 * metadata) is unknown, and fields that are missing are empty. So no controller ever stumbles over one.
 */
export function checkedLookup(answer: unknown): InstanceLookup {
  const { state, metadata, evidence, reason } = fieldsOf(answer);
  if (state === "absent") return { state, evidence: textOf(evidence, "the provider gave no evidence") };
  if (state === "unknown") return { state, reason: textOf(reason, "the provider gave no reason") };
  if (state !== "found" || typeof metadata !== "object" || metadata === null) {
    return { state: "unknown", reason: "the provider gave no metadata" };
  }
  const given = fieldsOf(metadata);
  const complete = Object.entries(NO_METADATA).every(([name, empty]) => isLike(given[name], empty));
  if (complete) return { state, metadata: given as unknown as InstanceMetadata };
  const usable = Object.entries(NO_METADATA).map(([name, empty]) => [
    name,
    isLike(given[name], empty) ? given[name] : empty,
  ]);
  return { state, metadata: Object.fromEntries(usable) as InstanceMetadata };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isLike(value: unknown, empty: unknown): boolean {
  return value !== null && typeof value === typeof empty && Array.isArray(value) === Array.isArray(empty);
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? value : otherwise;
}
