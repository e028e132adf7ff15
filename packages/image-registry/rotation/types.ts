import type { Robot, RobotPermission } from "@ccm/bce";
import type { PullProof } from "../token-flow.ts";

/** What somebody asks for: another identity to pull with, in place of `from`. */
export interface RotationRequest {
  /** Of the enterprise edition: `ccr-…`. */
  readonly instanceId: string;
  /** All names that the registry has, as docker knows them. The first is where the new login is tried. */
  readonly hosts: readonly string[];
  /** What Secrets log in as now: `ccr$old`, or a user's login name. */
  readonly from: string;
  readonly to: RotationTarget;
  /** Whose Secrets are changed; undefined: all. */
  readonly namespaces?: readonly string[];
  /** How long pulls are watched before the old robot is disabled. Milliseconds. */
  readonly graceMs: number;
  /** How long the old robot stays, disabled, before it is deleted. Milliseconds. */
  readonly deleteAfterMs: number;
  /** "project/name" or "project/name:tag": what the new login must be able to pull. None: only to log in. */
  readonly images: readonly string[];
}

export type RotationTarget =
  | {
      readonly kind: "robot";
      /** Without `ccr$`. */
      readonly name: string;
      /** Default: those of the old robot. */
      readonly permissions?: readonly RobotPermission[];
      /** Days; -1: for ever. Default: that of the old robot. */
      readonly duration?: number;
    }
  /** The IAM user that asks: sets its password. */
  | { readonly kind: "user"; readonly name: string };

/** What lasts of a rotation, in one Secret. The password and the entries that were replaced are beside it, not in it. */
export interface RotationRecord {
  readonly instanceId: string;
  readonly from: string;
  readonly to: RotationTarget;
  /** Made up at its begin: the mark in the new robot's description. */
  readonly id: string;
  readonly startedAt: number;
  /** UIDs of Pods whose pulls failed before: not our doing. */
  readonly failingBefore: readonly string[];
  /** The last Secret was changed, forward; undefined: some are still to be. Milliseconds since the epoch. */
  readonly replacedAt?: number;
  readonly disabledAt?: number;
  /** The last Secret was put back. */
  readonly restoredAt?: number;
  /** Fingerprints of the replaced entries, by "namespace/name" and key. Their texts are in the record's Secret. */
  readonly previous: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A Secret that logs in to the registry as one of the two. */
export interface SecretView {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly chosen: boolean;
  /** Why it is not touched although it is chosen: "immutable", "belongs to ExternalSecret shop/pull". */
  readonly kept?: string;
  readonly entries: readonly {
    readonly key: string;
    /** stale: the new name with another password. */
    readonly carries: "old" | "new" | "stale";
    /** Of the entry's bytes. */
    readonly fingerprint: string;
  }[];
}

export interface PullFailure {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly image: string;
  readonly message: string;
}

/** All that a plan depends on. No secret is in it. */
export interface Observed {
  readonly now: number;
  readonly record?: RotationRecord;
  readonly old?: Pick<Robot, "id" | "name" | "disable" | "duration" | "permissions">;
  readonly new?: Pick<Robot, "id" | "name" | "disable" | "description">;
  /** Of the new login; undefined as long as there is none. */
  readonly proof?: PullProof;
  readonly secrets: readonly SecretView[];
  /** Since the Secrets were changed, without those that failed before. */
  readonly failures: readonly PullFailure[];
}

/** One thing to do. Plain data without a secret. */
export type Step =
  /** Writes the record, with the new password. */
  | { readonly do: "begin" }
  | { readonly do: "create" | "set-secret" | "enable-new" | "set-password"; readonly login: string }
  /** Nothing is done: the next look has to say that the new login can pull. */
  | { readonly do: "prove"; readonly login: string }
  /** Keeps the entries that are about to be replaced. */
  | { readonly do: "remember"; readonly secrets: readonly string[] }
  | {
      readonly do: "replace" | "restore";
      readonly namespace: string;
      readonly name: string;
      readonly keys: readonly string[];
    }
  | { readonly do: "mark-replaced" | "mark-disabled" | "mark-restored" }
  /** Nothing is done before this time; pulls are watched. Undefined: counted from the step before. */
  | { readonly do: "watch" | "rest"; readonly ms: number; readonly until?: number }
  | { readonly do: "disable" | "enable-old" | "delete-old" | "delete-new"; readonly login: string }
  /** It does not go on from here as things are. One line each. What follows is what would. */
  | { readonly do: "stop"; readonly because: readonly string[] }
  /** Deletes the record. */
  | { readonly do: "finish" };

/** The mark in a robot's description. */
export function robotMark(record: Pick<RotationRecord, "id" | "from">): string {
  return `kubectl-baiducloud rotation ${record.id}: in place of ${record.from}`;
}

/** What the new identity logs in as. */
export function loginOf(to: RotationTarget): string {
  return to.kind === "robot" ? `ccr$${to.name}` : to.name;
}
