import type { Clock, Listen, Logger, LogLevel, Metrics, Random, ServerCertificate } from "@ccm/base";
import type { KubeClient } from "@ccm/kube";
import type { ControllerEntry } from "./controllers.ts";
import type { Webhook } from "./webhooks.ts";

/** What the manager takes from outside. */
export interface ManagerEnvironment {
  readonly client: KubeClient;
  /** A client for each identity, with a limit of its own: a busy controller holds up no other. Default: `client` for all. */
  readonly clientFor?: (identity: string) => KubeClient;
  /** So that a busy controller cannot keep the lease from being renewed. Default: client. */
  readonly electionClient?: KubeClient;
  /** Asks about tokens and access to our own server. Default: client. */
  readonly authenticationClient?: KubeClient;
  readonly authorizationClient?: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly hostname: string;
  /** Absent: nothing is served. */
  readonly listen?: Listen;
  readonly files?: ManagerFiles;
  /** Makes a certificate for localhost, signed by itself. */
  readonly makeCertificate?: () => Promise<ServerCertificate>;
  /** An empty set of metrics, for /metrics/slis. */
  readonly newMetrics?: () => Metrics;
  /** Changes what is logged, for PUT /debug/flags/v. */
  readonly setLogLevel?: (level: LogLevel) => void;
  readonly profiler?: Profiler;
  readonly build?: BuildInfo;
}

export interface ManagerFiles {
  /** Rejects with an error whose `code` is ENOENT when there is no such file. */
  read(path: string): Promise<string>;
  /** Makes the folder too; `secret`: nobody else may read it. */
  write(path: string, text: string, secret: boolean): Promise<void>;
}

/** What /debug/pprof shows, in V8's own formats. */
export interface Profiler {
  /** A CPU profile over this long. */
  cpu(seconds: number, signal: AbortSignal): Promise<string>;
  heap(): Promise<string>;
}

/** Labels of `kubernetes_build_info`. */
export interface BuildInfo {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  /** Of the runtime, in place of Go's. */
  readonly runtimeVersion: string;
  readonly compiler: string;
  /** "linux/amd64" */
  readonly platform: string;
}

/** What a provider's program adds to the manager. */
export interface ManagerExtensions {
  /** All controllers there are. Default: upstream's four. */
  readonly controllers?: readonly ControllerEntry[];
  readonly webhooks?: readonly Webhook[];
}
