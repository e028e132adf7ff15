import { X509Certificate } from "node:crypto";
import { type Clock, errorText, type Logger, type Random } from "@ccm/base";
import { createInformer, hasCode, type KubeClient, type KubeObject, type ResourceType } from "@ccm/kube";
import { CloudError } from "../error.ts";
import type { ServingConfig } from "./config.ts";

/** Whose certificates are believed: of clients that speak for themselves, and of proxies that speak for others. */
export interface ClientAuthorities {
  current(): {
    readonly clients: Authority;
    readonly proxies: Authority & ProxyHeaders;
    /** All of them, for the TLS handshake. PEM; empty for none. */
    readonly pem: string;
  };
  /** Follows the ConfigMap until the signal aborts; `onChange` after each change. */
  run(signal: AbortSignal, onChange: () => void): Promise<void>;
}

export interface Authority {
  /** Whether one of the chain's certificates (by fingerprint) is an authority of ours. */
  vouchesFor(chain: readonly string[]): boolean;
}

interface ProxyHeaders {
  readonly allowedNames: readonly string[];
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeadersPrefix: readonly string[];
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const CONFIG_MAPS: ResourceType<ConfigMap> = {
  group: "",
  version: "v1",
  plural: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};
/** Where every API server writes what it believes itself. */
const REF = { namespace: "kube-system", name: "extension-apiserver-authentication" };

export interface AuthoritiesOptions {
  readonly config: ServingConfig;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Contents of the files that the flags name; empty without them. */
  readonly clientCa: string;
  readonly proxyCa: string;
}

/**
 * From files, and what they leave open from the API server's ConfigMap. Throws when that cannot be read, unless
 * --authentication-tolerate-lookup-failure; a ConfigMap that is not there is believed when it comes.
 */
export async function createClientAuthorities(
  options: AuthoritiesOptions,
  signal: AbortSignal,
): Promise<ClientAuthorities> {
  const { config, client, logger } = options;
  const looksUp = !config.authenticationSkipLookup && !(options.clientCa && options.proxyCa);
  let data: Readonly<Record<string, string>> = {};
  if (looksUp) {
    try {
      data = (await client.get(CONFIG_MAPS, REF, { signal })).data ?? {};
    } catch (error) {
      if (!hasCode(error, "not_found")) {
        if (!config.authenticationTolerateLookupFailure) throw lookupFailure(error);
        logger.warn("cannot read the client authorities, going on without", { error: errorText(error) });
      }
    }
  }
  let current = readAuthorities(options, data);
  return {
    current: () => current,
    async run(term, onChange) {
      if (!looksUp) return;
      const informer = createInformer<ConfigMap>({
        ...options,
        type: CONFIG_MAPS,
        namespace: REF.namespace,
        fieldSelector: `metadata.name=${REF.name}`,
      });
      const update = (object: ConfigMap) => {
        try {
          current = readAuthorities(options, object.data ?? {});
        } catch (error) {
          logger.warn("cannot read the client authorities, keeping the old ones", { error: errorText(error) });
          return;
        }
        onChange();
      };
      informer.subscribe({ add: update, update: (_, after) => update(after) });
      await informer.run(term);
    },
  };
}

function lookupFailure(cause: unknown): CloudError {
  const text = `ConfigMap ${REF.namespace}/${REF.name} cannot be read: expected the right to, --authentication-tolerate-lookup-failure or --authentication-skip-lookup`;
  return new CloudError("permanent", text, { cause });
}

function readAuthorities(
  { config, clientCa, proxyCa }: AuthoritiesOptions,
  data: Readonly<Record<string, string>>,
): ReturnType<ClientAuthorities["current"]> {
  const clients = clientCa || (data["client-ca-file"] ?? "");
  const proxies = proxyCa || (data["requestheader-client-ca-file"] ?? "");
  // A proxy's headers belong to the place that its authority is from.
  const listed = (key: string): readonly string[] => jsonList(data[`requestheader-${key}`]);
  const headers = proxyCa
    ? {
        allowedNames: config.requestheaderAllowedNames,
        usernameHeaders: config.requestheaderUsernameHeaders,
        uidHeaders: config.requestheaderUidHeaders,
        groupHeaders: config.requestheaderGroupHeaders,
        extraHeadersPrefix: config.requestheaderExtraHeadersPrefix,
      }
    : {
        allowedNames: listed("allowed-names"),
        usernameHeaders: listed("username-headers"),
        uidHeaders: listed("uid-headers"),
        groupHeaders: listed("group-headers"),
        extraHeadersPrefix: listed("extra-headers-prefix"),
      };
  return {
    clients: authorityOf(clients),
    proxies: { ...authorityOf(proxies), ...headers },
    pem: [clients, proxies].filter((pem) => pem !== "").join("\n"),
  };
}

function authorityOf(pem: string): Authority {
  const prints = new Set(
    (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
      (one) => new X509Certificate(one).fingerprint256,
    ),
  );
  return { vouchesFor: (chain) => chain.some((print) => prints.has(print)) };
}

function jsonList(text: string | undefined): readonly string[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
  } catch {
    return [];
  }
}
