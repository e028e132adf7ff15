import { X509Certificate } from "node:crypto";
import { parse } from "yaml";

/** What a kubeconfig of the cloud says. Holds a private key: never print it whole. */
export interface IssuedKubeconfig {
  readonly server: string;
  /** Base64 of PEM; "" when the server's certificate is of a public authority. */
  readonly caData: string;
  readonly user: IssuedUser;
}

/** A client certificate, or a token. Base64 of PEM, as the file has it. */
export type IssuedUser =
  | { readonly certData: string; readonly keyData: string; readonly certificate: CertificateFacts }
  | { readonly token: string };

export interface CertificateFacts {
  /** The user's name in Kubernetes (CN), and its groups (O). */
  readonly user: string;
  readonly groups: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

type Mapping = Readonly<Record<string, unknown>>;

/** Reads the kubeconfig that the cloud gave. Throws an Error of one line, without anything of its content. */
export function parseIssued(text: string, where: string): IssuedKubeconfig {
  const fault = (what: string) => new Error(`${where}: the cloud's kubeconfig ${what}`);
  let root: Mapping;
  try {
    root = mapping(parse(text, { logLevel: "error" }));
  } catch {
    throw fault("is not YAML");
  }
  const current = String(root["current-context"] ?? "");
  const context = named(root.contexts, current, "context") ?? only(root.contexts, "context");
  if (!context) throw fault("has no current context");
  const cluster = named(root.clusters, String(context.cluster), "cluster");
  const user = named(root.users, String(context.user), "user");
  if (!cluster || !user) throw fault("has a context without its cluster or its user");
  const server = String(cluster.server ?? "");
  if (!/^https:\/\/[^/?#@\s]+\/?$/i.test(server)) throw fault("has no server such as https://host:6443");
  const caData = base64(cluster["certificate-authority-data"]) ?? "";
  const token = user.token;
  if (typeof token === "string" && token !== "") return { server, caData, user: { token } };
  const certData = base64(user["client-certificate-data"]);
  const keyData = base64(user["client-key-data"]);
  if (!certData || !keyData) throw fault("has neither a client certificate with its key nor a token");
  const certificate = certificateFacts(Buffer.from(certData, "base64").toString("utf8"));
  if (!certificate) throw fault("has a client certificate that cannot be read");
  return { server, caData, user: { certData, keyData, certificate } };
}

/** What a certificate says, the first of those in a PEM text; undefined for what is none. */
export function certificateFacts(pem: string): CertificateFacts | undefined {
  try {
    const { subject, validFromDate, validToDate } = new X509Certificate(pem);
    const values = (name: string) =>
      subject.split("\n").flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []));
    const facts = { notBefore: validFromDate.getTime(), notAfter: validToDate.getTime() };
    return { user: values("CN")[0] ?? "", groups: values("O"), ...facts };
  } catch {
    return undefined;
  }
}

function named(list: unknown, name: string, field: string): Mapping | undefined {
  const found = entries(list).find((entry) => String(entry.name) === name);
  return found && mapping(found[field]);
}

function only(list: unknown, field: string): Mapping | undefined {
  const [first, ...more] = entries(list);
  return first && more.length === 0 ? mapping(first[field]) : undefined;
}

function entries(list: unknown): readonly Mapping[] {
  return Array.isArray(list) ? list.map(mapping) : [];
}

function mapping(value: unknown): Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
}

function base64(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Za-z0-9+/=\s]+$/.test(value) ? value.replace(/\s+/g, "") : undefined;
}
