import { createHash } from "node:crypto";
import { Secret } from "@ccm/base";
import type { ObjectRef, Secret as SecretObject } from "@ccm/kube";
import type { RegistryCredential } from "../docker-config.ts";
import type { RotationRecord } from "./types.ts";
import { loginOf } from "./types.ts";

/** Marks the Secret that a rotation lives in. */
export const LABEL_ROTATION = "image-registry.ccm/rotation";
const RECORD_KEY = "rotation.json";
const PREVIOUS = "previous.";

/** A rotation as it is kept: the record, the new login, and the entries that it replaced. */
export interface KeptRotation {
  readonly record: RotationRecord;
  readonly credential: RegistryCredential;
  /** Texts by fingerprint. */
  readonly previous: ReadonlyMap<string, Secret>;
  /** Undefined before it is written. */
  readonly resourceVersion?: string;
}

/** One for each login that is replaced: two that replace the same one at once are one rotation. */
export function recordRef(namespace: string, instanceId: string, from: string): Required<ObjectRef> {
  const hash = createHash("sha256")
    .update(JSON.stringify([instanceId, from]))
    .digest("hex");
  return { namespace, name: `registry-rotation-${hash.slice(0, 10)}` };
}

export function fingerprintOf(text: Secret): string {
  return createHash("sha256").update(text.reveal()).digest("hex").slice(0, 16);
}

export function printRecord(ref: Required<ObjectRef>, kept: KeptRotation): SecretObject {
  const { record, credential, previous, resourceVersion } = kept;
  const texts: Record<string, string> = {
    [RECORD_KEY]: JSON.stringify(record),
    password: credential.password.reveal(),
  };
  for (const [fingerprint, text] of previous) texts[PREVIOUS + fingerprint] = text.reveal();
  return {
    metadata: {
      ...ref,
      labels: { [LABEL_ROTATION]: record.id, "app.kubernetes.io/managed-by": "kubectl-baiducloud" },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type: "Opaque",
    data: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
  };
}

/** Throws an Error without a secret in it for a Secret that is no record. */
export function readRecord({ metadata, data = {} }: SecretObject): KeptRotation {
  const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString("utf8");
  const record = recordOf(text(RECORD_KEY));
  const password = text("password");
  if (!record || password === "") {
    const where = `Secret ${metadata.namespace}/${metadata.name}`;
    throw new Error(`${where}: expected ${RECORD_KEY} and password, as a rotation keeps them`);
  }
  const previous = Object.keys(data).flatMap((key) =>
    key.startsWith(PREVIOUS) ? [[key.slice(PREVIOUS.length), new Secret(text(key))] as const] : [],
  );
  return {
    record,
    credential: { username: loginOf(record.to), password: new Secret(password) },
    previous: new Map(previous),
    ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
  };
}

function recordOf(text: string): RotationRecord | undefined {
  try {
    const record = JSON.parse(text) as RotationRecord;
    const isOne = typeof record.id === "string" && typeof record.from === "string" && typeof record.to === "object";
    return isOne ? record : undefined;
  } catch {
    return undefined;
  }
}
