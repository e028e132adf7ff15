import type { FormerFlag } from "@ccm/cloud-provider";

const toggles = [
  "logtostderr",
  "alsologtostderr",
  "add-dir-header",
  "skip-headers",
  "skip-log-headers",
  "one-output",
] as const;
const values = ["log-dir", "log-file", "log-file-max-size", "stderrthreshold", "log-backtrace-at"] as const;

/** What the Go CCM's command line has (that of Kubernetes 1.16) and today's manager has no use for: all lines go to stderr, no port without TLS is open. */
export const FORMER_FLAGS: readonly FormerFlag[] = [
  { name: "port", only: "0", instead: "secure-port" },
  ...toggles.map((name): FormerFlag => ({ name, boolean: true })),
  ...values.map((name): FormerFlag => ({ name })),
];
