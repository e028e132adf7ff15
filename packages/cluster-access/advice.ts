import { TransportError } from "@ccm/base";
import { type BceError, isBceError } from "@ccm/bce";

/** A failure with its cause and what to do, in one line. */
export class AccessFault extends Error {
  override readonly name = "AccessFault";
}

export interface AdviceContext {
  /** Of the account: see Account.source. */
  readonly source: string;
  readonly region: string;
  /** The wall clock, milliseconds. */
  readonly now: number;
  /** What was to be done: "the kubeconfig of cce-1". */
  readonly what: string;
  /** What the caller needs to be allowed to. */
  readonly permission: string;
}

/** Says why the cloud refused, and what to do; the cloud's own words and its request id follow. Others pass as they are. */
export function explained(error: unknown, context: AdviceContext): unknown {
  if (!isBceError(error)) return error;
  const advice = adviceFor(error, context);
  return advice === "" ? error : new AccessFault(`${context.what}: ${advice}`, { cause: error });
}

function adviceFor(error: BceError, { source, region, now, permission }: AdviceContext): string {
  const { code = "", kind, serverTime } = error;
  if (code === "InvalidAccessKeyId") {
    return `the cloud does not know the access key (${source}): was it deleted or disabled, or is it of another cloud (--endpoint)?`;
  }
  if (code === "SignatureDoesNotMatch" || code === "InvalidHTTPAuthHeader") {
    return `the secret access key does not belong to the access key ID (${source}): copy both anew`;
  }
  if (/SecurityToken|SessionToken|ExpiredToken/i.test(code)) {
    return `the temporary keys have ended, or their session token is missing (${source}): get new ones`;
  }
  if (code === "RequestTimeTooSkewed" || code === "RequestExpired") {
    return `this machine's clock is ${skewText(now, serverTime)}: set it, for example with: timedatectl set-ntp true`;
  }
  if (kind === "auth" && code === "") return "";
  if (kind === "auth") return `no permission (${source}): ${permission}`;
  if (/Cluster(?:NotFound|NotExist)$/.test(code))
    return `it is not in ${region}: is --region right, and the account (${source})?`;
  if (kind === "absent")
    return "there is no such grant: was it revoked already? `kubeconfig grants` shows those that are";
  if (code === "PreconditionFailed") return "the cluster is not ready for that yet: try again when it is running";
  if (kind === "throttled") return "the account calls the cloud too often: try again in a minute";
  const transport = transportCause(error);
  if (transport?.code === "tls") {
    return `the certificate of the cloud's endpoint is not trusted here: for a private cloud, name its authority with --cloud-ca FILE`;
  }
  if (transport?.code === "unresolved") {
    return `the endpoint has no address in DNS: is ${region} the right region, and for a private cloud --endpoint?`;
  }
  if (transport) return "the endpoint cannot be reached: is there a network, a proxy or a firewall in between?";
  return "";
}

/** "7 min behind the cloud's". */
function skewText(now: number, serverTime: number | undefined): string {
  if (serverTime === undefined) return "not the cloud's";
  const seconds = Math.round(Math.abs(now - serverTime) / 1000);
  const amount = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `${amount} ${now < serverTime ? "behind" : "ahead of"} the cloud's`;
}

function transportCause(error: Error): TransportError | undefined {
  let current: unknown = error;
  for (let depth = 0; current instanceof Error && depth < 6; depth++) {
    if (current instanceof TransportError) return current;
    current = current.cause;
  }
  return undefined;
}
