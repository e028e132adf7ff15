/** A rule of GET /admin/faults, as far as the page shows it. */
export interface FaultRule {
  readonly id: string;
  readonly enabled: boolean;
  /** How often it has struck. */
  readonly fired: number;
  readonly match: FaultMatch;
  readonly effect: FaultEffect;
}

/** Absent fields match everything. */
export interface FaultMatch {
  readonly product?: string;
  readonly operation?: string;
  readonly resource?: string;
  /** Only the nth call that fits. */
  readonly nth?: number;
  /** 0 to 1. */
  readonly probability?: number;
}

export interface FaultEffect {
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface NewFault {
  readonly match: FaultMatch;
  readonly effect: FaultEffect;
}

/** What the page offers to switch on; the admin API knows more. */
export interface FaultPreset {
  readonly name: string;
  readonly about: string;
  readonly effect: FaultEffect;
}

export const FAULT_PRESETS: readonly FaultPreset[] = [
  {
    name: "Refuse",
    about: "500 before anything is done",
    effect: { kind: "error", status: 500, code: "InternalError" },
  },
  {
    name: "Throttle",
    about: "429 with the cloud's own code",
    effect: { kind: "throttle" },
  },
  {
    name: "Lose the answer",
    about: "done, but the connection is reset",
    effect: { kind: "error-after", how: "reset" },
  },
  {
    name: "Slow down",
    about: "answers come two seconds late",
    effect: { kind: "latency", ms: 2000 },
  },
];

/** One line for a rule: what it strikes. */
export function describeMatch({ product, operation, resource, nth, probability }: FaultMatch): string {
  const what = [product, operation].filter(Boolean).join(" ") || "every call";
  return [
    what,
    ...(resource ? [`on ${resource}`] : []),
    ...(nth === undefined ? [] : [`call number ${nth} only`]),
    ...(probability === undefined ? [] : [`${Math.round(probability * 100)} % of them`]),
  ].join(", ");
}

/** One line for what it does: "latency, ms 2000". */
export function describeEffect({ kind, ...rest }: FaultEffect): string {
  const fields = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
  return [kind, ...fields].join(", ");
}
