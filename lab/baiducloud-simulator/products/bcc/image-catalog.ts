import type { Account } from "../../account.ts";
import { customImagesOf } from "./records.ts";

export interface Image {
  readonly id: string;
  readonly name: string;
  readonly type: "System" | "Custom";
  readonly osName: string;
  readonly osVersion: string;
  readonly osType: "linux" | "windows";
  readonly osArch: string;
  readonly desc: string;
  readonly status: string;
  readonly createTime: string;
  readonly minDiskGb: number;
}

/** The images of the cloud itself. */
const SYSTEM: readonly Image[] = [
  system("m-lab00000", "Ubuntu", "22.04 LTS amd64 (64bit)", "linux"),
  system("m-lab00001", "CentOS", "7.9 x86_64 (64bit)", "linux"),
  system("m-lab00002", "BaiduLinux", "3.0 x86_64 (64bit)", "linux"),
  system("m-lab00003", "Windows Server", "2022 x86_64 (64bit)", "windows"),
  // The one of the official documentation's samples: programs have it written down.
  system("m-DpgNg8lO", "CentOS", "7.5 x86_64 (64bit)", "linux"),
];
const BY_ID = new Map(SYSTEM.map((image) => [image.id, image]));

function system(id: string, osName: string, osVersion: string, osType: Image["osType"]): Image {
  return {
    id,
    name: `${osName} ${osVersion}`,
    type: "System",
    osName,
    osVersion,
    osType,
    osArch: osVersion.includes("amd64") ? "amd64 (64bit)" : "x86_64 (64bit)",
    desc: "",
    status: "Available",
    createTime: "2024-01-01T00:00:00Z",
    minDiskGb: osType === "windows" ? 40 : 20,
  };
}

export function imagesOf(account: Account): readonly Image[] {
  return [
    ...SYSTEM,
    ...customImagesOf(account)
      .ids()
      .flatMap((id) => imageOf(account, id) ?? []),
  ];
}

export function imageOf(account: Account, id: string): Image | undefined {
  const known = BY_ID.get(id);
  if (known) return known;
  const custom = customImagesOf(account).get(id);
  const base = custom && (imageOf(account, custom.baseId) ?? SYSTEM[0]);
  if (!custom || !base) return undefined;
  const { name, desc, status, createTime } = custom;
  return { ...base, id, name, desc, status, createTime, type: "Custom" };
}
