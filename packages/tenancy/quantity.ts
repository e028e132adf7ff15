/** Kubernetes quantities, exact. */

const FORM = /^(\d+)(?:\.(\d+))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/;
const BILLION = 1_000_000_000n;
const DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"] as const;
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;

/** In billionths, rounded up. Throws a RangeError for what is no quantity, or below zero. */
export function parseQuantity(value: string | number): bigint {
  const match = FORM.exec(String(value));
  if (!match) throw new RangeError(`"${value}" is no quantity: expected a number such as 500m, 2 or 1.5Gi`);
  const [, whole = "", fraction = "", suffix = ""] = match;
  const scaled = BigInt(whole + fraction) * factor(suffix);
  const divisor = 10n ** BigInt(fraction.length);
  return (scaled + divisor - 1n) / divisor;
}

function factor(suffix: string): bigint {
  const decimal = (DECIMAL as readonly string[]).indexOf(suffix);
  if (decimal >= 0) return 1000n ** BigInt(decimal);
  return BILLION * 1024n ** BigInt((BINARY as readonly string[]).indexOf(suffix));
}

/** As the API server writes it: the largest suffix, of the family of `like`, that leaves a whole number. */
export function formatQuantity(billionths: bigint, like: string | number = ""): string {
  if (billionths === 0n) return "0";
  const binary = String(like).endsWith("i");
  if (binary && billionths % BILLION === 0n && billionths >= 1024n * BILLION) {
    const [count, power] = divided(billionths / BILLION, 1024n, BINARY.length - 1);
    return `${count}${BINARY[power]}`;
  }
  const [count, power] = divided(billionths, 1000n, DECIMAL.length - 1);
  return `${count}${DECIMAL[power]}`;
}

export function canonicalQuantity(value: string | number): string {
  return formatQuantity(parseQuantity(value), value);
}

function divided(value: bigint, by: bigint, most: number): readonly [count: bigint, power: number] {
  let power = 0;
  let count = value;
  for (; power < most && count % by === 0n; power++) count /= by;
  return [count, power];
}

/** Amounts by name, such as those of a quota, in billionths. */
export type Amounts = Readonly<Record<string, bigint>>;

export function parseAmounts(quantities: Readonly<Record<string, string | number>>): Amounts {
  return Object.fromEntries(Object.entries(quantities).map(([name, value]) => [name, parseQuantity(value)]));
}

export function canonicalQuantities(
  quantities: Readonly<Record<string, string | number>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(quantities).map(([name, value]) => [name, canonicalQuantity(value)]));
}

export function addAmounts(a: Amounts, b: Amounts): Amounts {
  const out: Record<string, bigint> = { ...a };
  for (const [name, value] of Object.entries(b)) out[name] = (out[name] ?? 0n) + value;
  return out;
}
