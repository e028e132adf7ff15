/** A rule as somebody writes it. */
export interface GivenRule {
  readonly id?: string;
  readonly match?: Readonly<Record<string, unknown>>;
  readonly effect: Readonly<Record<string, unknown>>;
}

/** Rules with a name, for those who do not want to write any. */
export interface Preset {
  readonly about: string;
  readonly rules: readonly GivenRule[];
}

const WRITES = ["POST", "PUT", "DELETE"];

export const PRESETS: Readonly<Record<string, Preset>> = {
  throttled: {
    about: "each product takes five calls a second; the others get 429 and Retry-After",
    rules: ["bcc", "vpc", "eip", "blb", "appblb", "cce"].map((product) => ({
      match: { product },
      effect: { kind: "throttle", perSecond: 5, burst: 10, retryAfter: 1 },
    })),
  },
  "lost-answers": {
    about: "one change in five is made, but its answer is lost, and one gets a 500",
    rules: [
      { match: { methods: WRITES, probability: 0.2 }, effect: { kind: "error-after", how: "reset" } },
      { match: { methods: WRITES, probability: 0.2 }, effect: { kind: "error-after", how: "error", status: 500 } },
    ],
  },
  eventual: {
    about: "what is created is missing from lists and reads for two seconds; pages shift",
    rules: [
      { match: {}, effect: { kind: "lag", ms: 2000 } },
      { match: { every: 3 }, effect: { kind: "shift", how: "skip" } },
    ],
  },
  "stuck-blb": {
    about: "load balancers that are created stay in the state creating",
    rules: [{ match: { product: "*blb", operation: "Create*LoadBalancer" }, effect: { kind: "stuck" } }],
  },
};
