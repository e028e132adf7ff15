import { Secret } from "@ccm/base";
import { KubeError } from "../error.ts";
import type { ConfigEnvironment, KubeConnection } from "./connection.ts";
import { configError } from "./fields.ts";
import { bearer, fileToken } from "./token.ts";

const FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The connection of a Pod: service account token, CA and namespace from where the kubelet mounts them. Throws a KubeError with code "config". */
export async function inClusterConnection(
  machine: Pick<ConfigEnvironment, "readFile" | "env" | "now">,
): Promise<KubeConnection> {
  const { readFile, env, now } = machine;
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port) {
    throw new KubeError(
      "config",
      "no --kubeconfig given, and not running in a Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set",
    );
  }
  const read = async (name: string): Promise<string> => {
    try {
      return (await readFile(`${FOLDER}/${name}`)).trim();
    } catch (cause) {
      throw configError(`${FOLDER}/${name}`, "cannot be read, expected the Pod's service account", cause);
    }
  };
  const ca = await read("ca.crt");
  const namespace = await read("namespace").catch(() => "");
  const tokens = fileToken(`${FOLDER}/token`, async () => new Secret(await read("token")), now);
  // Read once now: a Pod without a token should say so at its start.
  await tokens.get(false);
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    tls: { ca },
    ...(namespace ? { namespace } : {}),
    authorize: bearer(tokens),
  };
}
