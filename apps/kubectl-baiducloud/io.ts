import type { Clock, Random, TransportFactory } from "@ccm/base";
import type { PrivateFiles } from "@ccm/cluster-access";
import type { KubeConnection } from "@ccm/kube";

/** What a command takes from outside: main.ts hands in the machine's, tests hand in theirs. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly openTransport: TransportFactory;
  readonly connectKube: (options: {
    readonly kubeconfig: string;
    readonly context?: string;
  }) => Promise<KubeConnection>;
  /** Rejects with an error that has the system's `code`. */
  readonly readFile: (path: string) => Promise<string>;
  /** Kubeconfigs and cached credentials. */
  readonly files: PrivateFiles;
  /** As Node.js names the system: "linux", "darwin". */
  readonly platform: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether what is written to `out` may be coloured. */
  readonly colors: boolean;
  /** The answer of a person; undefined when there is none to ask. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** What is piped in, to its end: of programs that speak a protocol with us. */
  readonly input?: () => Promise<string>;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}

export const NAME = "kubectl-baiducloud";

/** What scripts can go by. */
export const EXIT = { nothing: 0, failure: 1, usage: 2, findings: 3, interrupted: 130 } as const;

/** A command line that cannot be followed, in one line. */
export class UsageFault extends Error {
  override readonly name = "UsageFault";
}
