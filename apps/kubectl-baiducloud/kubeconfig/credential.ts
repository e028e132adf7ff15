import type { KubeconfigType } from "@ccm/bce";
import { cachedCredential, checkClusterId, execCredential, issueKubeconfig } from "@ccm/cluster-access";
import { type AccountOptions, openAccountOf } from "../credentials/account.ts";
import { EXIT, type Io, UsageFault } from "../io.ts";
import { cacheKey, cacheOf, lookingWith, type TemporaryOptions, temporaryOf } from "./options.ts";

export interface CredentialOptions extends AccountOptions, TemporaryOptions {
  readonly cluster: string;
  readonly type: KubeconfigType;
}

/**
 * The credential plugin (`client.authentication.k8s.io/v1`) that `kubeconfig get --exec` names: prints a credential from
 * the cache, or gets one, and never asks anybody anything.
 */
export async function credential(io: Io, options: CredentialOptions): Promise<number> {
  const { cluster, type } = options;
  if (options.credentialsSecret !== undefined) {
    throw new UsageFault(
      "--credentials-secret: expected another source: to read a Secret, kubectl would run this again",
    );
  }
  const clusterId = checkClusterId(cluster);
  const temporary = temporaryOf(options);
  const account = await openAccountOf(io, options);
  try {
    const { region } = account;
    const issue = () => issueKubeconfig(account, { region, clusterId, type }, temporary, lookingWith(io));
    const key = await cacheKey(account, { clusterId, region }, temporary);
    const found = await cachedCredential(key, async () => (await issue()).user, cacheOf(io));
    io.out(execCredential(found, io.env.KUBERNETES_EXEC_INFO));
    return EXIT.nothing;
  } finally {
    await account.close();
  }
}
