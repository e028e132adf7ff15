/** What the kubelet and a credential provider say to each other: credentialprovider.kubelet.k8s.io/v1, in JSON. */
import { Secret } from "@ccm/base";

export const API_VERSION = "credentialprovider.kubelet.k8s.io/v1";

export interface CredentialRequest {
  /** With its registry and without tag and digest, but nobody promises that. */
  readonly image: string;
  /** Of the Pod whose image it is, where the kubelet is told to hand it over (KEP-4412). */
  readonly serviceAccountToken?: Secret;
  readonly serviceAccountAnnotations: Readonly<Record<string, string>>;
}

/** Which pulls the kubelet may answer with the same credentials: those of one image, of one registry, or all. */
export type CacheKeyType = "Image" | "Registry" | "Global";

export interface CredentialAnswer {
  readonly cacheKeyType: CacheKeyType;
  /** 0: not to be kept. */
  readonly cacheSeconds: number;
  /** By what images have to begin with. None: there are no credentials for this image. */
  readonly auth: Readonly<Record<string, { readonly username: string; readonly password: Secret }>>;
}

/** Something that the kubelet sent and that is no request: one line, without what was sent, which may hold a token. */
export class RequestFault extends Error {
  override readonly name = "RequestFault";
}

/** Longer ones are no requests of a kubelet. */
const LONGEST_IMAGE = 4096;

/** Throws a RequestFault. */
export function parseRequest(text: string): CredentialRequest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RequestFault(
      `stdin: expected a CredentialProviderRequest in JSON, got ${text.length} characters of something else`,
    );
  }
  const request = mapping(value) ?? {};
  if (request.kind !== "CredentialProviderRequest") {
    throw new RequestFault("stdin: expected kind CredentialProviderRequest");
  }
  if (request.apiVersion !== API_VERSION) {
    throw new RequestFault(`stdin: expected apiVersion ${API_VERSION}: set it in the CredentialProviderConfig`);
  }
  const { image, serviceAccountToken: token, serviceAccountAnnotations } = request;
  if (typeof image !== "string" || image === "" || image.length > LONGEST_IMAGE) {
    throw new RequestFault("stdin: expected the name of an image in image");
  }
  if (token !== undefined && typeof token !== "string") {
    throw new RequestFault("stdin: expected a text in serviceAccountToken");
  }
  const annotations = mapping(serviceAccountAnnotations ?? {});
  if (!annotations || !Object.values(annotations).every((one) => typeof one === "string")) {
    throw new RequestFault("stdin: expected texts in serviceAccountAnnotations");
  }
  return {
    image,
    ...(token ? { serviceAccountToken: new Secret(token) } : {}),
    serviceAccountAnnotations: annotations as Readonly<Record<string, string>>,
  };
}

/** The one place where passwords are written out. */
export function formatAnswer({ cacheKeyType, cacheSeconds, auth }: CredentialAnswer): string {
  const logins = Object.entries(auth).map(([pattern, { username, password }]) => {
    return [pattern, { username, password: password.reveal() }] as const;
  });
  const answer = {
    kind: "CredentialProviderResponse",
    apiVersion: API_VERSION,
    cacheKeyType,
    cacheDuration: duration(cacheSeconds),
    ...(logins.length > 0 ? { auth: Object.fromEntries(logins) } : {}),
  };
  return `${JSON.stringify(answer)}\n`;
}

/** As Go writes durations: "16h0m0s", "0s". */
export function duration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

function mapping(value: unknown): Record<string, unknown> | undefined {
  const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMapping ? (value as Record<string, unknown>) : undefined;
}
