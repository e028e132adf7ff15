/** What machines are offered for: the level goes with the application. */
export const HPAS_SPECS = [
  spec("llama2_7B_train", "10k", 128, 1024, 8),
  spec("llama2_7B_infer", "5k", 64, 512, 4),
] as const;

function spec(
  appType: string,
  appPerformanceLevel: string,
  cpuCount: number,
  memoryCapacityInGB: number,
  gpuCardCount: number,
) {
  return { appType, appPerformanceLevel, cpuCount, memoryCapacityInGB, gpuCardCount };
}

export function levelOf(appType: string): string {
  return HPAS_SPECS.find((one) => one.appType === appType)?.appPerformanceLevel ?? "10k";
}
