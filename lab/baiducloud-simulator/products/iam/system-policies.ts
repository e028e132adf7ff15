import { createHash } from "node:crypto";
import type { Policy } from "./records.ts";

/** Per product one to read, one to run it and one for everything. The names follow the two of IAM, which are published. */
const SERVICES = [
  "BCC",
  "BBC",
  "HPAS",
  "NETWORK",
  "EIP",
  "BLB",
  "CCE",
  "CCR",
  "BEC",
  "CNAP",
  "TAG",
  "QUOTA_CENTER",
  "IAM",
];
const LEVELS: readonly (readonly [level: string, permission: readonly string[], text: string])[] = [
  ["ReadAccessPolicy", ["READ"], "Reads everything of"],
  ["OperateAccessPolicy", ["READ", "OPERATE"], "Reads and runs everything of"],
  ["FullControlAccessPolicy", ["FULL_CONTROL"], "Does everything in"],
];
const PUBLISHED: Readonly<Record<string, string>> = { IAMReadAccessPolicy: "IAMReadOnlyAccessPolicy" };
const EPOCH = "2016-01-01T00:00:00Z";

/** Those that the cloud brings: the same for every account. */
export const SYSTEM_POLICIES: readonly Policy[] = [
  system("AdministratorAccess", "Does everything.", { service: "*", permission: ["*"] }),
  ...SERVICES.flatMap((service) =>
    LEVELS.map(([level, permission, text]) => {
      const name = `${service}${level}`;
      const wire = service.toLowerCase().replace("_", "-");
      return system(PUBLISHED[name] ?? name, `${text} ${service}.`, { service: `bce:${wire}`, permission });
    }),
  ),
];

function system(
  name: string,
  description: string,
  entry: { readonly service: string; readonly permission: readonly string[] },
): Policy {
  const document = { version: "v1", accessControlList: [{ ...entry, region: "*", resource: ["*"], effect: "Allow" }] };
  const id = createHash("md5").update(name).digest("hex");
  return { id, name, type: "System", createTime: EPOCH, description, document: JSON.stringify(document) };
}
