import type { CloudProvider } from "@ccm/cloud-provider";
import { parseCloudConfig } from "./cloud-config.ts";
import { type Cloud, followCloud, type LiveCloudOptions } from "./live-cloud.ts";
import { type BaiduCloudOptions, createBaiduCloud } from "./provider.ts";

export interface OpenOptions
  extends Omit<LiveCloudOptions, "config" | "reload">,
    Pick<BaiduCloudOptions, "routes" | "version"> {
  readonly cloudConfig: {
    readonly path: string;
    /** What is in the file now. */
    readonly content: string;
    /** Variables that win over it. */
    readonly env: Readonly<Record<string, string | undefined>>;
  };
}

/** The provider that a cloud config file describes, now and when it changes. Throws a CloudConfigError. */
export async function openBaiduCloud(options: OpenOptions): Promise<{
  readonly provider: CloudProvider;
  /** The cloud as the config leads to it now, for what else runs beside the provider. */
  now(): Cloud;
  close(): Promise<void>;
}> {
  const { cloudConfig, readFile } = options;
  const { path, content, env } = cloudConfig;
  const cloud = await followCloud({
    ...options,
    config: parseCloudConfig(content, path, env),
    reload: async () => parseCloudConfig(await readFile(path), path, env),
  });
  const parts = { ...options, ...cloud.now, changes: cloud, onKubernetes: cloud.useKubernetes };
  return { provider: createBaiduCloud(parts), now: () => cloud.now, close: cloud.close };
}
