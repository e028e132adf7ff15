import { type Clock, type Random, randomText, type ServerRequest } from "@ccm/base";
import { Fault } from "./fault.ts";
import { type AccessKey, verifySignature } from "./signature.ts";
import type { Target } from "./wire.ts";

const KEY_CHARS = "0123456789abcdef";
const TOKEN_LIFE_MS = 3_600_000;

/** As CCE writes it where components of its clusters find it. */
export interface GatewayToken {
  readonly token: string;
  /** Unix seconds. */
  readonly expiredAt: number;
}

/** Who may call: by a key that signs, temporary or not, or through CCE's gateway with its token. */
export interface Access {
  /** The key of the account, as it is now. */
  readonly credentials: AccessKey;
  /** Throws a Fault. */
  authenticate(request: ServerRequest, target: Target): void;
  /** Makes another key; the one before is refused from now on. */
  rotate(): AccessKey;
  issueTemporary(lifeMs: number): AccessKey & { readonly sessionToken: string; readonly expiresAt: number };
  /** The token for CCE's gateway; another than before, which is refused from now on. */
  issueGatewayToken(): GatewayToken;
}

export function createAccess(clock: Clock, random: Random, given: AccessKey | undefined): Access {
  const text = (length: number) => randomText(random, length, KEY_CHARS);
  const newKey = (): AccessKey => ({ accessKeyId: `lab${text(29)}`, secretAccessKey: text(32) });
  let credentials = given ?? newKey();
  const temporary = new Map<string, AccessKey & { readonly expiresAt: number }>();
  let gateway: GatewayToken | undefined;

  const keyFor = (id: string): AccessKey | undefined => {
    if (id === credentials.accessKeyId) return credentials;
    const key = temporary.get(id);
    if (key && key.expiresAt > clock.now()) return key;
    temporary.delete(id);
    return undefined;
  };
  /** What a refused token gets is not published. */
  const checkToken = ({ headers }: ServerRequest): void => {
    const valid = gateway && headers["cce-token"] === gateway.token && gateway.expiredAt * 1000 > clock.now();
    if (!valid) throw new Fault(403, "AccessDenied", "The token of the cluster is unknown or has expired.");
    if (!headers["cce-cluster"]) throw new Fault(403, "AccessDenied", "cce-cluster: expected the ID of the cluster.");
    if (!headers["cce-remote-host"]) throw new Fault(400, "InvalidHTTPRequest", "cce-remote-host: expected a host.");
  };
  return {
    get credentials() {
      return credentials;
    },
    authenticate(request, target) {
      if (request.headers["cce-token"] !== undefined) checkToken(request);
      else verifySignature(request, target, clock.now(), keyFor);
    },
    rotate() {
      credentials = newKey();
      return credentials;
    },
    issueTemporary(lifeMs) {
      const key = { ...newKey(), sessionToken: `${text(32)}|${text(200)}+/=`, expiresAt: clock.now() + lifeMs };
      temporary.set(key.accessKeyId, key);
      return key;
    },
    issueGatewayToken() {
      gateway = { token: text(64), expiredAt: Math.floor((clock.now() + TOKEN_LIFE_MS) / 1000) };
      return gateway;
    },
  };
}
