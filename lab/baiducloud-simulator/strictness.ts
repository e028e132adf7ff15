import { Fault } from "./api/fault.ts";

/** A refusal as it goes over the wire. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** Refusals whose code is not published: a client must cope with other ones than our guesses. */
export interface Refusals {
  /** A change of a load balancer that is not `available`. */
  readonly busy: Refusal;
  /** An action that the state of an address or an instance does not allow. */
  readonly wrongState: Refusal;
  /** unbind of an address that is not bound (code seen in the field). */
  readonly notBound: Refusal;
  readonly deletionProtected: Refusal;
  readonly listenerExists: Refusal;
  readonly backendExists: Refusal;
  readonly addressInUse: Refusal;
  readonly quota: Refusal;
  readonly routeQuota: Refusal;
  readonly routeRepeated: Refusal;
  readonly badDigest: Refusal;
}

/** Where the documentation leaves a choice. */
export interface Strictness {
  /** How far a client's clock may be ahead, in milliseconds. Not published. */
  readonly clockAheadMs: number;
  /** Whether TCP and UDP may share a port: a switch of the account. */
  readonly samePortForTwoProtocols: boolean;
  /** Unknown ids in listByInstanceId are left out, or the whole call is refused (both were seen). */
  readonly unknownInstances: "omit" | "refuse";
  /** Deleting a listener that is not there. */
  readonly absentListener: "refuse" | "ignore";
  readonly refusals: Refusals;
}

export const DEFAULT_STRICTNESS: Strictness = {
  clockAheadMs: 900_000,
  samePortForTwoProtocols: true,
  unknownInstances: "omit",
  absentListener: "refuse",
  refusals: {
    busy: { status: 409, code: "OperationDenied" },
    wrongState: { status: 409, code: "OperationDenied" },
    notBound: { status: 409, code: "UnsupportedOperation" },
    deletionProtected: { status: 403, code: "OperationDenied" },
    listenerExists: { status: 409, code: "ListenerAlreadyExist" },
    backendExists: { status: 409, code: "BackendServerAlreadyExist" },
    addressInUse: { status: 409, code: "PrivateIpInUseException" },
    quota: { status: 403, code: "QuotaLimitExceeded" },
    routeQuota: { status: 403, code: "RouteRuleExceedQuota" },
    routeRepeated: { status: 409, code: "RouteRuleRepeated" },
    badDigest: { status: 400, code: "BadDigest" },
  },
};

export type StrictnessOptions = Partial<Omit<Strictness, "refusals">> & { readonly refusals?: Partial<Refusals> };

export function strictnessFrom(options: StrictnessOptions = {}): Strictness {
  return {
    ...DEFAULT_STRICTNESS,
    ...options,
    refusals: { ...DEFAULT_STRICTNESS.refusals, ...options.refusals },
  };
}

export function refusal({ status, code }: Refusal, message: string): Fault {
  return new Fault(status, code, message);
}
