import type { KubeObject, ResourceType } from "./types/meta.ts";

/** Writes Events about objects, so that `kubectl describe` shows them. Never throws and never waits for the server. */
export interface EventRecorder {
  event<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    severity: "Normal" | "Warning",
    reason: string,
    message: string,
  ): void;
}
