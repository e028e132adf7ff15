import { type Clock, type Random, randomText, type ServerRequest } from "@ccm/base";
import type { Store } from "../store/store.ts";
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

/** Who calls. */
export interface Principal {
  readonly accountId: string;
  /** "" through the gateway. */
  readonly accessKeyId: string;
  readonly kind: KeyKind | "gateway";
  /** The IAM user whose key it is. */
  readonly userId?: string;
}

/** An account's own key, one of an IAM user, or temporary credentials. */
export type KeyKind = "account" | "user" | "temporary";

export interface KeyRecord extends AccessKey {
  readonly accountId: string;
  readonly kind: KeyKind;
  readonly userId?: string;
  /** Wall-clock milliseconds. */
  readonly expiresAt?: number;
  /** Default: true. */
  readonly enabled?: boolean;
}

export type TemporaryKey = AccessKey & { readonly sessionToken: string; readonly expiresAt: number };

/** Who may call: by a key that signs, temporary or not, or through CCE's gateway with its token. */
export interface Access {
  /** The key of an account, as it is now. */
  credentialsOf(accountId: string): AccessKey;
  /** Throws a Fault. */
  authenticate(request: ServerRequest, target: Target): Principal;
  /** Another key, made here unless given. An account has one of its own kind: use rotate to change that. */
  addKey(owner: Pick<KeyRecord, "accountId" | "kind" | "userId">, given?: AccessKey): AccessKey;
  /** By access key ID: those of IAM users are read and changed here. */
  readonly keys: ReturnType<typeof keysOf>;
  /** Gives the account another key; the one before is refused from now on. */
  rotate(accountId: string): AccessKey;
  issueTemporary(accountId: string, lifeMs: number, userId?: string): TemporaryKey;
  /** The token for CCE's gateway; another than before, which is refused from now on. */
  issueGatewayToken(accountId: string): GatewayToken;
}

const keysOf = (store: Store) => store.table<KeyRecord>("keys");

export interface AccessParts {
  /** By which keys and tokens expire. */
  readonly clock: Clock;
  /** By which clients sign. */
  readonly clientClock: Clock;
  readonly random: Random;
  readonly store: Store;
}

export function createAccess({ clock, clientClock, random, store }: AccessParts): Access {
  const keys = keysOf(store);
  const tokens = store.table<GatewayToken>("gatewayTokens");
  const text = (length: number) => randomText(random, length, KEY_CHARS);
  const newKey = (): AccessKey => ({ accessKeyId: `lab${text(29)}`, secretAccessKey: text(32) });

  const keyFor = (id: string): KeyRecord | undefined => {
    const key = keys.get(id);
    if (!key || key.enabled === false) return undefined;
    if (key.expiresAt === undefined || key.expiresAt > clock.now()) return key;
    keys.delete(id);
    return undefined;
  };
  /** What a refused token gets is not published. */
  const checkToken = ({ headers }: ServerRequest): Principal => {
    const accountId = tokens.ids().find((id) => tokens.get(id)?.token === headers["cce-token"]);
    const expiredAt = accountId === undefined ? 0 : (tokens.get(accountId)?.expiredAt ?? 0);
    if (accountId === undefined || expiredAt * 1000 <= clock.now())
      throw new Fault(403, "AccessDenied", "The token of the cluster is unknown or has expired.");
    if (!headers["cce-cluster"]) throw new Fault(403, "AccessDenied", "cce-cluster: expected the ID of the cluster.");
    if (!headers["cce-remote-host"]) throw new Fault(400, "InvalidHTTPRequest", "cce-remote-host: expected a host.");
    return { accountId, accessKeyId: "", kind: "gateway" };
  };
  const add = (record: Omit<KeyRecord, keyof AccessKey>, key: AccessKey): void =>
    keys.set(key.accessKeyId, { ...record, ...key });
  const ownKeyOf = (accountId: string): KeyRecord => {
    const own = keys.all().find((key) => key.accountId === accountId && key.kind === "account");
    if (!own) throw new RangeError(`account "${accountId}" has no key`);
    return own;
  };
  return {
    keys,
    credentialsOf(accountId) {
      const { accessKeyId, secretAccessKey } = ownKeyOf(accountId);
      return { accessKeyId, secretAccessKey };
    },
    authenticate(request, target) {
      if (request.headers["cce-token"] !== undefined) return checkToken(request);
      const { accessKeyId } = verifySignature(request, target, clientClock.now(), keyFor);
      const key = keys.get(accessKeyId);
      if (!key) throw new Fault(403, "InvalidAccessKeyId", "The Access Key ID does not exist in our records.");
      const { accountId, kind, userId } = key;
      return { accountId, accessKeyId, kind, ...(userId === undefined ? {} : { userId }) };
    },
    addKey(owner, given) {
      const key = given ?? newKey();
      add(owner, key);
      return key;
    },
    rotate(accountId) {
      keys.delete(ownKeyOf(accountId).accessKeyId);
      const key = newKey();
      add({ accountId, kind: "account" }, key);
      return key;
    },
    issueTemporary(accountId, lifeMs, userId) {
      const key = { ...newKey(), sessionToken: `${text(32)}|${text(200)}+/=`, expiresAt: clock.now() + lifeMs };
      add({ accountId, kind: "temporary", ...(userId === undefined ? {} : { userId }) }, key);
      return key;
    },
    issueGatewayToken(accountId) {
      const token = { token: text(64), expiredAt: Math.floor((clock.now() + TOKEN_LIFE_MS) / 1000) };
      tokens.set(accountId, token);
      return token;
    },
  };
}
