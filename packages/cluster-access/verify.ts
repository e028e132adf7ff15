import { errorText, mapLimited, TransportError } from "@ccm/base";
import { hasCode, type KubeClient, type KubeConnection, KubeError } from "@ccm/kube";
import { AccessFault } from "./advice.ts";
import { type CertificateFacts, certificateFacts } from "./issued.ts";

export interface Access {
  readonly server: string;
  readonly user: string;
  readonly groups: readonly string[];
  /** certificate: an API server too old to tell; it is what the certificate says. */
  readonly toldBy: "server" | "certificate";
  readonly certificate: CertificateFacts | undefined;
  readonly everything: boolean;
  readonly namespace: string;
  readonly rights: readonly Right[];
  /** As the API server lists them for the namespace. */
  readonly rules: readonly Rule[];
  /** Whether there may be more than the list has. */
  readonly incomplete: boolean;
}

export interface Right {
  readonly resource: string;
  readonly verbs: readonly string[];
}

export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

const VERBS = ["get", "list", "create", "update", "delete"] as const;
/** What people ask about first: with the group, and whether it is in namespaces. */
const RESOURCES = [
  ["", "pods", true],
  ["", "services", true],
  ["", "configmaps", true],
  ["", "secrets", true],
  ["apps", "deployments", true],
  ["rbac.authorization.k8s.io", "rolebindings", true],
  ["", "nodes", false],
  ["", "namespaces", false],
] as const;
const AT_ONCE = 8;
const AUTHENTICATION = "/apis/authentication.k8s.io/v1";
const AUTHORIZATION = "/apis/authorization.k8s.io/v1";

/** Signs in, and asks the API server who that was and what it may do. Throws an AccessFault that says why it cannot. */
export async function verifyAccess(
  client: Pick<KubeClient, "post">,
  connection: KubeConnection,
  { namespace, now, signal }: { readonly namespace: string; readonly now: number; readonly signal: AbortSignal },
): Promise<Access> {
  const { server, tls } = connection;
  const certificate = tls.cert === undefined ? undefined : certificateFacts(tls.cert);
  const ask = <T>(path: string, kind: string, spec: object) => {
    const apiVersion = path.replace("/apis/", "");
    const body = { apiVersion, kind, spec };
    return client.post<{ readonly status?: T }>(`${path}/${kind.toLowerCase()}s`, body, { signal });
  };
  const mayI = async (attributes: Readonly<Record<string, string>>): Promise<boolean> => {
    const spec = { resourceAttributes: attributes };
    const { status } = await ask<{ readonly allowed?: boolean }>(AUTHORIZATION, "SelfSubjectAccessReview", spec);
    return status?.allowed === true;
  };
  try {
    const whoami = await ask<WhoAmI>(AUTHENTICATION, "SelfSubjectReview", {}).catch((error: unknown) => {
      if (hasCode(error, "not_found") && certificate) return undefined;
      throw error;
    });
    const { username, groups } = whoami?.status?.userInfo ?? {};
    const [everything, listed, rights] = await Promise.all([
      mayI({ verb: "*", group: "*", resource: "*" }),
      ask<Rules>(AUTHORIZATION, "SelfSubjectRulesReview", { namespace }),
      mapLimited(RESOURCES, AT_ONCE, async ([group, resource, inNamespace]): Promise<Right> => {
        const place = inNamespace ? { namespace } : {};
        const asked = VERBS.map(async (verb) => ((await mayI({ verb, group, resource, ...place })) ? [verb] : []));
        return { resource, verbs: (await Promise.all(asked)).flat() };
      }),
    ]);
    return {
      server,
      user: username ?? certificate?.user ?? "",
      groups: groups ?? certificate?.groups ?? [],
      toldBy: whoami ? "server" : "certificate",
      certificate,
      everything,
      namespace,
      rights,
      rules: listed.status?.resourceRules ?? [],
      incomplete: listed.status?.incomplete === true,
    };
  } catch (error) {
    if (signal.aborted) throw error;
    const advice = adviceFor(error, certificate, now);
    throw advice === "" ? error : new AccessFault(`${server}: ${advice}`, { cause: error });
  }
}

interface WhoAmI {
  readonly userInfo?: { readonly username?: string; readonly groups?: readonly string[] };
}

interface Rules {
  readonly resourceRules?: readonly Rule[];
  readonly incomplete?: boolean;
}

function adviceFor(error: unknown, certificate: CertificateFacts | undefined, now: number): string {
  const time = (ms: number) => new Date(ms).toISOString();
  if (certificate && certificate.notAfter <= now) {
    return `the client certificate has ended at ${time(certificate.notAfter)}: get a new one with kubectl baiducloud kubeconfig get`;
  }
  if (certificate && certificate.notBefore > now) {
    return `the client certificate begins at ${time(certificate.notBefore)}: is this machine's clock right?`;
  }
  if (hasCode(error, "unauthorized")) {
    return "the API server does not know who this is: the credential was reset, or is of another cluster; get a new one with kubectl baiducloud kubeconfig get";
  }
  const transport = error instanceof KubeError ? transportOf(error) : undefined;
  if (transport?.code === "tls") {
    return /expired|not yet valid/i.test(errorText(transport))
      ? "its certificate is not good at this time: is this machine's clock right?"
      : "its certificate is not of the authority in the kubeconfig: is something in between, or was the cluster made anew?";
  }
  if (hasCode(error, "unreachable", "lost", "timeout")) {
    return "it does not answer: an address of the VPC can be reached from inside of it only; from outside take --type public";
  }
  return "";
}

function transportOf(error: Error): TransportError | undefined {
  let current: unknown = error;
  for (let depth = 0; current instanceof Error && depth < 6; depth++) {
    if (current instanceof TransportError) return current;
    current = current.cause;
  }
  return undefined;
}
