/** The kinds of bare metal: a few of the real ones. */
export const FLAVORS = [
  flavor("BBC-G4-PDDAS", 40, 192, "2*480GB SSD, 12*4TB SATA"),
  flavor("BBC-G4-02S", 40, 192, "2*480GB SSD"),
  flavor("BBC-G5-IG1S", 72, 384, "2*480GB SSD, 2*3.2TB NVMe"),
  flavor("BBC-S3-02S", 24, 128, "2*240GB SSD"),
] as const;

function flavor(flavorId: string, cpuCount: number, memoryCapacityInGB: number, disk: string) {
  const cpuType = `Intel Xeon Gold ${cpuCount / 2} cores * 2`;
  return { flavorId, cpuCount, cpuType, memoryCapacityInGB, disk, networkCard: "2*25Gbps", others: "" };
}
