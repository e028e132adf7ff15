/** What can be bought. The figures of the real catalogue change all the time; these are of its kinds. */
export interface Flavor {
  readonly spec: string;
  readonly specId: string;
  readonly cpuCount: number;
  readonly memoryCapacityInGB: number;
  /** "" for none. */
  readonly gpuCard: string;
  readonly gpuCount: number;
  readonly localDisks: number;
}

const SIZES = [
  [1, 1],
  [1, 2],
  [2, 4],
  [4, 8],
  [8, 16],
  [16, 32],
  [32, 64],
] as const;

/** Families by the memory that they have for each CPU of the plain one. */
const FAMILIES = [
  ["bcc.c5", 1],
  ["bcc.g5", 2],
  ["bcc.m5", 4],
  ["bcc.ic4", 1],
  ["bcc.ig4", 2],
] as const;

const plain = FAMILIES.flatMap(([family, factor]) =>
  SIZES.map(([cpu, memory]) => flavor(`${family}.c${cpu}m${memory * factor}`)),
);

export const FLAVORS: readonly Flavor[] = [
  ...plain,
  flavor("bcc.gn5.c8m36.1p4", "P4", 1),
  flavor("bcc.gn5.c16m72.2p4", "P4", 2),
  flavor("bcc.lgn3.c10m80.1a10", "A10", 1),
  flavor("ebc.l5c.c128m256.1d", "", 0, 1),
  flavor("ebc.gn5.c128m1024.8a100", "A100", 8, 4),
];

export const isEbc = (spec: string): boolean => spec.startsWith("ebc.");

function flavor(spec: string, gpuCard = "", gpuCount = 0, localDisks = 0): Flavor {
  const { cpuCount, memoryCapacityInGB } = sizeOf(spec);
  return { spec, specId: spec.split(".")[1] ?? spec, cpuCount, memoryCapacityInGB, gpuCard, gpuCount, localDisks };
}

/** As the name of the flavour says: "…c2m8…". Bare metal does not say. */
export function sizeOf(spec: string): { readonly cpuCount: number; readonly memoryCapacityInGB: number } {
  const [, cpu, memory] = /\.c(\d+)m(\d+)/.exec(spec) ?? [];
  if (cpu && memory) return { cpuCount: Number(cpu), memoryCapacityInGB: Number(memory) };
  if (spec.startsWith("BBC-")) return { cpuCount: 40, memoryCapacityInGB: 192 };
  return spec.startsWith("llama")
    ? { cpuCount: 128, memoryCapacityInGB: 1024 }
    : { cpuCount: 2, memoryCapacityInGB: 8 };
}

export function gpuCountOf(spec: string, gpuCard: string): number {
  const known = FLAVORS.find((one) => one.spec === spec)?.gpuCount;
  return known || (gpuCard === "" ? 0 : 1);
}
