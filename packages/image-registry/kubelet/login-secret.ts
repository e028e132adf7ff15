/**
 * A login of a ServiceAccount's own: an annotation names a Secret, and the Pod's service account token has to be able to
 * read it. So the API server decides, by RBAC, who pulls as whom; neither the node nor this program holds a right of its own.
 */
import { Secret } from "@ccm/base";
import { hasCode, type KubeClient, type ObjectRef, SECRETS, type Secret as SecretObject } from "@ccm/kube";
import { keyMatchesHost, type RegistryCredential, readDockerConfig } from "../docker-config.ts";

/** Value: `name`, of the Pod's namespace, or `namespace/name`. */
export const ANNOTATION_LOGIN_SECRET = "image-registry.ccm/login-secret";

const NAME = "[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?";
const REFERENCE = new RegExp(`^(?:(${NAME})/)?(${NAME})$`);

/** Throws an Error that names the annotation, the Secret and what was expected, and a KubeError. */
export async function loginFromSecret(
  reference: string,
  token: Secret,
  host: string,
  connect: (token: Secret) => Pick<KubeClient, "get">,
  signal: AbortSignal,
): Promise<RegistryCredential> {
  const ref = refOf(reference, token);
  const where = `Secret ${ref.namespace}/${ref.name}`;
  let secret: SecretObject;
  try {
    secret = await connect(token).get(SECRETS, ref, { signal });
  } catch (error) {
    if (hasCode(error, "forbidden", "unauthorized")) {
      throw new Error(`${where}: the Pod's service account may not read it: expected a Role with verb get`, {
        cause: error,
      });
    }
    throw error;
  }
  const found =
    secret.type === "kubernetes.io/dockerconfigjson" ? fromDockerConfig(secret, host, where) : fromTexts(secret);
  if (!found) {
    throw new Error(`${where}: expected username and password, or a dockerconfigjson with an entry for ${host}`);
  }
  return found;
}

/** The token is only read to see which namespace is meant: whether it is good is for the API server to say. */
function refOf(reference: string, token: Secret): Required<ObjectRef> {
  const [, namespace = namespaceOf(token), name] = REFERENCE.exec(reference) ?? [];
  if (!name) throw new Error(`${ANNOTATION_LOGIN_SECRET}: expected the name of a Secret, or namespace/name`);
  if (!namespace) throw new Error(`${ANNOTATION_LOGIN_SECRET}: the token names no namespace: expected namespace/name`);
  return { namespace, name };
}

function namespaceOf(token: Secret): string | undefined {
  try {
    const payload = Buffer.from(token.reveal().split(".")[1] ?? "", "base64url").toString("utf8");
    const { namespace } = (JSON.parse(payload) as { "kubernetes.io"?: { namespace?: unknown } })["kubernetes.io"] ?? {};
    return typeof namespace === "string" && new RegExp(`^${NAME}$`).test(namespace) ? namespace : undefined;
  } catch {
    return undefined;
  }
}

function fromTexts({ data = {} }: SecretObject): RegistryCredential | undefined {
  const [username, password] = [decoded(data.username).trim(), decoded(data.password).trim()];
  return username && password ? { username, password: new Secret(password) } : undefined;
}

function fromDockerConfig({ data = {} }: SecretObject, host: string, where: string): RegistryCredential | undefined {
  const entries = readDockerConfig(decoded(data[".dockerconfigjson"]), where);
  return entries.find(({ key, credential }) => credential && keyMatchesHost(key, host))?.credential;
}

const decoded = (text = ""): string => Buffer.from(text, "base64").toString("utf8");
