import { defaultConfig, parseFlags, UsageError } from "@ccm/cloud-provider";
import { parse } from "yaml";
import { CloudConfigError, parseCloudConfig } from "../cloud-config.ts";
import { FORMER_FLAGS } from "../former-flags.ts";
import { PROVIDER_NAME } from "../provider-id.ts";

/** What is different for whoever comes from the Go CCM. */
export interface FormerSetting {
  /** A flag, a key of the cloud config or a variable of the environment. */
  readonly setting: string;
  readonly found: string;
  /** must: it does not start, or two of them work at once. check: it means something else. drop: it means nothing. */
  readonly action: "must" | "check" | "drop";
  readonly now: string;
}

const ABOUT_ENDPOINT =
  "it is the endpoint of CCE only; the other products have https://<product>.<region>.baidubce.com, or Endpoints";

/** Keys by name in lower case. Values are never looked at: some are secrets. */
const KEYS: Readonly<Record<string, readonly [FormerSetting["action"], string]>> = {
  masterid: ["drop", "means nothing"],
  nodename: ["drop", "means nothing"],
  nodeip: ["drop", "means nothing"],
  debug: ["drop", "means nothing: bodies and tokens are never logged; --log-level=debug logs more"],
  endpoint: ["check", ABOUT_ENDPOINT],
  subnetid: ["check", "decides the subnet of new load balancers; the Go CCM overwrote it with that of a node"],
};

/** What of a Go CCM's cloud config has to change. Pure; never quotes a value. */
export function formerConfig(
  text: string,
  source: string,
  env: Parameters<typeof parseCloudConfig>[2] = {},
): readonly FormerSetting[] {
  const settings: FormerSetting[] = [];
  let mapping: unknown;
  try {
    parseCloudConfig(text, source, env);
    mapping = parse(text, { logLevel: "error" });
  } catch (error) {
    if (!(error instanceof CloudConfigError)) throw error;
    settings.push({ setting: source, found: "cannot be used", action: "must", now: error.message });
    try {
      mapping = parse(text, { logLevel: "error" });
    } catch {
      return settings;
    }
  }
  const names = typeof mapping === "object" && mapping !== null ? Object.keys(mapping) : [];
  for (const name of names) {
    const [action, now] = KEYS[name.toLowerCase()] ?? [];
    if (action && now) settings.push({ setting: name.slice(0, 60), found: "set", action, now });
  }
  const has = (key: string) => names.some((name) => name.toLowerCase() === key);
  if (has("accesskeyid")) {
    settings.push({
      setting: "AccessKeyID",
      found: "set",
      action: "check",
      now: "is used: the Go CCM used it only where CCE's token could not be read; write Gateway: {} instead for the token",
    });
  }
  return settings;
}

const ELECTION = "leader-elect-resource-lock";
/** What a flag of the Go CCM means here, where it is not the same. */
const FLAGS: Readonly<Record<string, readonly [FormerSetting["action"], string]>> = {
  address: ["must", "is gone: --bind-address"],
  "allow-verification-with-non-compliant-keys": ["drop", "means nothing"],
};
const LOCK =
  "Leases are the only lock: the Go CCM locked an Endpoints object, which is not looked at. Stop it before this one " +
  "starts, or both work on the same load balancers";

/** The defaults that are others than the Go CCM's. */
function changedDefaults(): readonly (readonly [flag: string, before: string, now: string])[] {
  const now = defaultConfig(PROVIDER_NAME);
  const all: readonly (readonly [string, string, unknown])[] = [
    ["concurrent-service-syncs", "1", now.concurrentServiceSyncs],
    ["kube-api-qps", "20", now.kubeApiQps],
    ["kube-api-burst", "30", now.kubeApiBurst],
  ];
  return all.map(([flag, before, value]) => [flag, before, String(value)]);
}

/** What of a Go CCM's command line and environment has to change. Pure. */
export function formerFlags(argv: readonly string[], env: readonly string[] = []): readonly FormerSetting[] {
  const settings: FormerSetting[] = [];
  const given = new Map<string, string>();
  for (const [index, arg] of argv.entries()) {
    const [, name, value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (!name) continue;
    const next = argv[index + 1];
    given.set(name.replaceAll("_", "-"), value ?? (next === undefined || next.startsWith("-") ? "true" : next));
  }
  const lock = given.get(ELECTION);
  if (lock !== "leases") {
    const found = lock ?? "endpoints (the default)";
    settings.push({ setting: `--${ELECTION}`, found, action: "must", now: LOCK });
  }
  for (const [name, value] of given) {
    if (name === ELECTION) continue;
    const [action, now] = FLAGS[name] ?? [];
    if (action && now) settings.push({ setting: `--${name}`, found: value, action, now });
    else {
      const fault = faultOf(name, value);
      if (fault) settings.push({ setting: `--${name}`, found: value, ...fault });
    }
  }
  if (given.get("allocate-node-cidrs") !== "true") {
    const now = "routes are made only with --allocate-node-cidrs=true and --configure-cloud-routes=true, as before";
    settings.push({
      setting: "--allocate-node-cidrs",
      found: given.get("allocate-node-cidrs") ?? "false",
      action: "check",
      now,
    });
  }
  for (const [flag, before, now] of changedDefaults()) {
    if (!given.has(flag)) {
      settings.push({
        setting: `--${flag}`,
        found: `${before} (the default)`,
        action: "check",
        now: `${now} by default`,
      });
    }
  }
  if (env.includes("NODE_WORKERS")) {
    const now = `--concurrent-node-syncs (${defaultConfig(PROVIDER_NAME).concurrentNodeSyncs} by default)`;
    settings.push({ setting: "NODE_WORKERS", found: "set", action: "drop", now });
  }
  return settings;
}

/** What our own command line says of the flag. */
function faultOf(name: string, value: string): Pick<FormerSetting, "action" | "now"> | undefined {
  const info = {
    command: "ccm",
    description: "",
    version: "",
    cloudProvider: PROVIDER_NAME,
    formerFlags: FORMER_FLAGS,
  };
  try {
    parseFlags([`--${name}=${value}`], info);
    const former = FORMER_FLAGS.some((flag) => flag.name === name);
    return former ? { action: "drop", now: "means nothing: lines go to stderr, and only HTTPS is served" } : undefined;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const unknown = error.message.startsWith("unknown flag");
    const words = error.message.replace(/ \(see --help\)$/, "");
    return { action: "must", now: unknown ? "is gone: leave it out" : words };
  }
}
