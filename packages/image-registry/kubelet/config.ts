import { HOST_PATTERNS, type NamedRegistry } from "../registries/place.ts";
import { ANNOTATION_LOGIN_SECRET } from "./login-secret.ts";
import { API_VERSION } from "./protocol.ts";

/** How the kubelet is told of this program. */
export interface KubeletConfigOptions {
  /** Of the executable in --image-credential-provider-bin-dir. */
  readonly name: string;
  /** What the program is started with. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly registries: readonly NamedRegistry[];
  /** Hands the Pod's service account token over, for this audience. "" or absent: not. */
  readonly audience?: string;
  /** Only Pods whose service account has the annotation: nobody pulls with the node's own login. */
  readonly onlyServiceAccounts?: boolean;
}

/** Used only where an answer says nothing, as ours never does. */
const DEFAULT_CACHE = "10m0s";

/** A CredentialProviderConfig, as plain data. */
export function kubeletConfig(options: KubeletConfigOptions) {
  const { name, args, env = {}, registries, audience = "", onlyServiceAccounts = false } = options;
  const keys = [ANNOTATION_LOGIN_SECRET];
  const tokenAttributes = {
    serviceAccountTokenAudience: audience,
    // What is found depends on who asks, and not on the Pod.
    cacheType: "ServiceAccount",
    requireServiceAccount: onlyServiceAccounts,
    ...(onlyServiceAccounts
      ? { requiredServiceAccountAnnotationKeys: keys }
      : { optionalServiceAccountAnnotationKeys: keys }),
  };
  const provider = {
    name,
    apiVersion: API_VERSION,
    matchImages: [...HOST_PATTERNS, ...registries.map(({ host }) => host)],
    defaultCacheDuration: DEFAULT_CACHE,
    ...(args.length > 0 ? { args } : {}),
    ...(Object.keys(env).length > 0 ? { env: Object.entries(env).map(([key, value]) => ({ name: key, value })) } : {}),
    ...(audience === "" ? {} : { tokenAttributes }),
  };
  return { apiVersion: "kubelet.config.k8s.io/v1", kind: "CredentialProviderConfig", providers: [provider] };
}
