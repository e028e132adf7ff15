import type { TlsOptions } from "@ccm/base";

/** How to reach an API server, and how to prove who we are. */
export interface KubeConnection {
  /** `https://host:port` */
  readonly server: string;
  readonly tls: TlsOptions;
  /** The same anew. Present when the client certificate comes from files or a plugin, which may renew it. */
  readonly renewTls?: () => Promise<TlsOptions>;
  /** The context's namespace. */
  readonly namespace?: string;
  /** Headers for a request. `refresh`: what was given before was refused. */
  authorize(refresh: boolean): Promise<Readonly<Record<string, string>>>;
}

/** What configuration needs of the machine. */
export interface ConfigEnvironment {
  readonly readFile: (path: string) => Promise<string>;
  /** Runs a credential plugin and resolves to what it printed on stdout. */
  readonly run: (command: ExecCommand) => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
}

export interface ExecCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
}
