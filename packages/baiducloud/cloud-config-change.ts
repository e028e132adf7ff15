import type { CloudConfig } from "./cloud-config.ts";

/** What becomes of a change to a key while we run. */
type Following = {
  /** As users write it. */
  readonly key: string;
} & (
  | /** Calls that begin from now on go over another connection. */ { readonly takes: "connection" }
  | /** What begins from now on is decided by it. */ {
      readonly takes: "provider";
      /** It may change what Services have: all are looked at again. */
      readonly services?: true;
    }
  | /** The connection reads it again and again. */ { readonly takes: "keys" }
  | { readonly takes: "nothing" }
  | /** It says which world this is: the whole file is refused, for its other keys may be of that other world. */ {
      readonly takes: "restart";
      readonly why: string;
    }
);

const CONNECTION = { takes: "connection" } as const;
const NODES = { takes: "provider" } as const;
const SERVICES = { takes: "provider", services: true } as const;
const KEYS = { takes: "keys" } as const;

/** The one place that says so. The pages docs/cloud-config*.md name those that need a restart. */
export const FOLLOWING: Readonly<Record<keyof CloudConfig, Following>> = {
  clusterId: { key: "ClusterId", takes: "restart", why: "all that was made so far bears the old one as its mark" },
  region: { key: "Region", takes: "restart", why: "all that was made so far is in the old one" },
  vpcId: { key: "VpcId", takes: "restart", why: "nodes, routes and load balancers are in the old one" },
  clusterName: { key: "ClusterName", takes: "nothing" },
  subnetId: { key: "SubnetId", takes: "provider" },

  accessKeyId: { key: "AccessKeyID", ...KEYS },
  secretAccessKey: { key: "SecretAccessKey", ...KEYS },
  sessionToken: { key: "SessionToken", ...KEYS },
  credentials: { key: "CredentialsFile, CredentialsSecret or Gateway", ...CONNECTION },
  assumeRole: { key: "AssumeRole", ...CONNECTION },

  endpoints: { key: "Endpoints", ...CONNECTION },
  endpointTemplate: { key: "EndpointTemplate", ...CONNECTION },
  ccePathPrefix: { key: "CcePathPrefix", ...CONNECTION },
  tls: { key: "Tls", ...CONNECTION },

  nodeSource: { key: "NodeSource", ...NODES },
  machineTypes: { key: "MachineTypes", ...NODES },
  instanceTypeLabel: { key: "InstanceTypeLabel", ...NODES },
  gpuLabel: { key: "GpuLabel", ...NODES },
  routeTableIds: { key: "RouteTableIds", ...NODES },

  limits: { key: "RateLimits", ...CONNECTION },
  concurrency: { key: "Concurrency", ...CONNECTION },
  timeoutMs: { key: "TimeoutSeconds", ...CONNECTION },
  retries: { key: "Retries", ...CONNECTION },

  internalByDefault: { key: "InternalByDefault", ...SERVICES },
  disableEip: { key: "DisableEip", ...SERVICES },
  serviceSelection: { key: "ServiceSelection", ...SERVICES },
  eipBandwidthInMbps: { key: "EipBandwidthInMbps", takes: "provider" },

  unknownKeys: { key: "", takes: "nothing" },
};

export interface ConfigChange {
  /** As users write them. */
  readonly keys: readonly string[];
  /** Why it cannot be followed, in one line; "" when it can. */
  readonly refused: string;
  readonly connection: boolean;
  readonly provider: boolean;
  readonly services: boolean;
}

/** What a changed cloud config means for whoever runs with the one before. Pure. */
export function changeBetween(before: CloudConfig, after: CloudConfig): ConfigChange {
  const changed = Object.entries(FOLLOWING)
    .filter(([field]) => textOf(before, field) !== textOf(after, field))
    .map(([, following]) => following);
  const refused = changed
    .flatMap((one) => (one.takes === "restart" ? [`${one.key} was changed: ${one.why}`] : []))
    .concat(otherAccount(before, after) ? ["AssumeRole.AccountId was changed: the old account has all so far"] : []);
  return {
    keys: changed.filter(({ takes }) => takes !== "nothing").map(({ key }) => key),
    refused: refused.length === 0 ? "" : `${refused.join("; ")}; a restart takes the new file`,
    connection: changed.some(({ takes }) => takes === "connection"),
    provider: changed.some(({ takes }) => takes === "provider"),
    services: changed.some((one) => one.takes === "provider" && one.services === true),
  };
}

function otherAccount({ assumeRole: before }: CloudConfig, { assumeRole: after }: CloudConfig): boolean {
  return before?.accountId !== after?.accountId;
}

/** Equal for equal values, in whatever order their keys were written. Never shown: it may hold a secret. */
function textOf(config: CloudConfig, field: string): string {
  const { secretAccessKey, sessionToken, ...rest } = config;
  const plain = { ...rest, secretAccessKey: secretAccessKey.reveal(), sessionToken: sessionToken?.reveal() ?? "" };
  return JSON.stringify(plain[field as keyof CloudConfig] ?? null, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
